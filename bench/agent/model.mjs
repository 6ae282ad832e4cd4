// A model behind Chat Completions that says what it is told to: so many words, one every so many milliseconds.
import { createServer } from 'node:http';

export const words = 40;
export const pause = 10;

/** Answers {url, firstTokens, stop}; `firstTokens` has, by the question, when the first word left. */
export async function startModel() {
  const firstTokens = new Map();
  const chunk = (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { content } = JSON.parse(body).messages.findLast(({ role }) => role === 'user');
    const question = /q_\w+/.exec(typeof content === 'string' ? content : JSON.stringify(content))[0];
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    let said = 0;
    const say = () => {
      if (said === 0) firstTokens.set(question, performance.now());
      response.write(chunk(`word${said} `));
      if (++said < words) return void setTimeout(say, pause);
      response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    };
    setTimeout(say, pause);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}/v1`, firstTokens, stop };
}
