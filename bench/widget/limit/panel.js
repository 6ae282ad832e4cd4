// The panel at the least: what was said, a field, a button, and an answer that is shown as it streams in.
const css =
  '.panel{position:absolute;right:0;bottom:72px;width:360px;height:520px;max-width:90vw;max-height:75vh;display:flex;' +
  'flex-direction:column;border-radius:14px;background:#fff;color:#1c2126;box-shadow:0 12px 48px #0003;overflow:hidden}' +
  '.panel[hidden]{display:none}header{padding:14px 18px;background:#1d5a4c;color:#fff;font-weight:600}' +
  '.log{flex:1;overflow:auto;padding:16px;display:flex;flex-direction:column;gap:8px}' +
  '.log p{margin:0;padding:8px 12px;border-radius:12px;max-width:80%;background:#eef1f4;align-self:flex-start;' +
  'white-space:pre-wrap;overflow-wrap:anywhere}.log .user{background:#1d5a4c;color:#fff;align-self:flex-end}' +
  'form{display:flex;gap:8px;padding:12px;border-top:1px solid #dfe4e8}' +
  'textarea{flex:1;font:inherit;border:1px solid #c5ccd3;border-radius:10px;padding:8px;resize:none}' +
  'form button{border:0;border-radius:10px;padding:0 14px;font:inherit;background:#1d5a4c;color:#fff}';

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

export function create(root, launcher, base) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];

  const log = make('div', { className: 'log', role: 'log' }, make('p', {}, 'Hi! Ask me anything about your order.'));
  const input = make('textarea', { rows: 1, placeholder: 'Write a message', ariaLabel: 'Message' });
  const form = make('form', {}, input, make('button', {}, 'Send'));
  const panel = make('section', { className: 'panel', hidden: true, role: 'dialog', ariaLabel: 'Chat' });
  panel.append(make('header', {}, 'Chat'), log, form);
  root.prepend(panel);

  const say = (className, text) => {
    const line = make('p', { className }, text);
    log.append(line);
    line.scrollIntoView();
    return line;
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const message = input.value.trim();
    if (!message) return;
    input.value = '';
    say('user', message);
    const line = say('agent', '…');
    try {
      const response = await fetch(base + 'answer', { method: 'POST', body: message });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (let part = await reader.read(); !part.done; part = await reader.read())
        line.textContent = text += part.value;
    } catch {
      line.textContent = 'That did not arrive. Please try again.';
    }
  };
  input.onkeydown = (event) => {
    if (event.key != 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };
  panel.onkeydown = (event) => {
    if (event.key == 'Escape') toggle();
  };
  const toggle = () => {
    panel.hidden = !panel.hidden;
    (panel.hidden ? launcher : input).focus();
  };
  return toggle;
}
