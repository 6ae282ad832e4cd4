// Stand-ins for the servers of the peers: as much of each protocol as a greeting and one answered message take.
export const question = 'How long does shipping take?';
/** What every answer says, those of the stubs and that of Widgent's own agent. */
export const answer = 'Standard delivery takes two to four working days.';

const greeting = 'Hi! How can I help?';
const now = () => new Date().toISOString();

let streams = 0;
const listeners = new Map();

function botpress(pathname, body) {
  const at = { id: `c${++streams}`, user: `u${streams}`, createdAt: now(), updatedAt: now() };
  const user = { id: at.user, userKey: at.user, createdAt: at.createdAt, updatedAt: at.createdAt };
  const message = (id, conversationId, userId, text) => ({
    ...{ id, conversationId, userId, createdAt: now() },
    payload: { type: 'text', text },
  });
  if (pathname.endsWith('/initialize')) {
    const data = {
      conversation: { id: at.id, createdAt: at.createdAt, updatedAt: at.createdAt },
      messages: [message(`m${at.id}`, at.id, 'bot', greeting)],
      participants: [user, { id: 'bot', name: 'Bot', createdAt: at.createdAt, updatedAt: at.createdAt }],
      user,
    };
    const stream = (response) => {
      response.write(`data: ${JSON.stringify({ type: 'init', data })}\n\n`);
      listeners.set(at.id, response);
      response.on('close', () => listeners.delete(at.id));
    };
    return { type: 'text/event-stream', stream };
  }
  if (pathname.endsWith('/events')) {
    const { conversationId, payload } = JSON.parse(body);
    const data = { ...payload.data, status: { isInitial: false } };
    return { json: { event: { id: `e${streams}`, conversationId, createdAt: now(), payload: { ...payload, data } } } };
  }
  if (pathname.endsWith('/messages')) {
    const { conversationId, payload, metadata } = JSON.parse(body);
    const sent = { ...message(`m${streams}`, conversationId, 'me', payload.text), metadata };
    const reply = { type: 'message_created', data: message(`r${streams}`, conversationId, 'bot', answer) };
    setTimeout(() => listeners.get(conversationId)?.write(`data: ${JSON.stringify(reply)}\n\n`));
    return { json: { message: sent } };
  }
  if (pathname.endsWith('/conversations')) return { json: { conversations: [], meta: {} } };
  return { json: {} };
}

function typebot(pathname) {
  const bubble = (id, text) => ({
    ...{ id, type: 'text' },
    content: { type: 'richText', richText: [{ type: 'p', children: [{ text }] }] },
  });
  const input = { id: 'input', type: 'text input', options: { labels: { placeholder: 'Write', button: 'Send' } } };
  if (pathname.endsWith('/continueChat')) return { json: { messages: [bubble('b2', answer)], input } };
  if (!pathname.endsWith('/startChat')) return { json: {} };
  const settings = { general: { isBrandingEnabled: false }, typingEmulation: { enabled: false } };
  // A font of the system: the default is fetched from elsewhere.
  const theme = { general: { font: { type: 'Custom', family: 'sans-serif', css: '' } } };
  const bot = { id: 'bench', version: '6', theme, settings, publishedAt: now() };
  return { json: { sessionId: 's1', resultId: 'r1', typebot: bot, messages: [bubble('b1', greeting)], input } };
}

function flowise(pathname) {
  if (pathname.includes('/chatflows-streaming/')) return { json: { isStreaming: false } };
  if (pathname.includes('/public-chatbotConfig/')) {
    const uploads = { isSpeechToTextEnabled: false, isImageUploadAllowed: false, imgUploadSizeAndTypes: [] };
    return { json: { uploads } };
  }
  if (pathname.includes('/prediction/')) return { json: { text: answer, chatId: 'c1', chatMessageId: 'm1' } };
  return { json: {} };
}

/** Answers {json} or {type, stream(response)}; undefined where no stub knows the path. */
export function answerStub({ pathname, body }) {
  const [, peer] = pathname.split('/');
  switch (peer) {
    case 'limit':
      return { type: 'text/plain', stream: (response) => response.end(answer) };
    case 'deep-chat-api':
      return { json: { text: answer } };
    case 'n8n-api':
      return { json: JSON.parse(body).action === 'loadPreviousSession' ? { data: [] } : { output: answer } };
    case 'botpress-api':
      return botpress(pathname, body);
    case 'typebot-api':
      return typebot(pathname);
    case 'flowise-api':
      return flowise(pathname);
  }
  return undefined;
}
