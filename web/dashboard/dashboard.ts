// The page on which the owner's people say yes or no to what waits for them. It speaks the admin API of its own server;
// the admin key is in this page's memory alone, and gone with it.

export {};

interface Question {
  id: string;
  sub: string;
  tool: string;
  message: string;
  arguments: unknown;
  expires_at: string;
}

const everyMs = 3000;
const find = <Kind extends Element>(selector: string) => document.querySelector<Kind>(selector)!;
const form = find<HTMLFormElement>('#enter');
const state = find<HTMLElement>('#state');
const list = find<HTMLElement>('#list');
let product = '';
let key = '';
let who = '';

/** An answer of the admin API; otherwise an error that says what is wrong. */
async function ask(path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`/v1/admin/products/${encodeURIComponent(product)}/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (answer.code === 'admin_key_invalid')
    throw new Error(
      'No product of this name has this admin key. On the server, widgentd product admin-key ID makes a new one.',
    );
  if (!response.ok) throw new Error([answer.detail, answer.hint].filter(Boolean).join(' '));
  return answer;
}

function element(name: string, text: string, ...children: Node[]): HTMLElement {
  const made = document.createElement(name);
  made.append(text, ...children);
  return made;
}

/** What it says is text from elsewhere, and stays text. */
function draw({ id, sub, tool, message, arguments: given, expires_at }: Question): HTMLElement {
  const decide = (name: string, approved: boolean) => {
    const button = element('button', name);
    button.onclick = async () => {
      item.querySelectorAll('button').forEach((other) => (other.disabled = true));
      try {
        await ask(`approvals/${id}`, { approved, name: who });
        state.textContent = `${approved ? 'Approved' : 'Rejected'}: ${message}`;
      } catch (error) {
        state.textContent = (error as Error).message;
      }
      await refresh();
    };
    return button;
  };
  const until = new Date(expires_at).toLocaleString();
  const item = element(
    'li',
    '',
    element('h2', message),
    element('div', `For ${sub}, until ${until}`),
    element('pre', `${tool} ${JSON.stringify(given, null, 2)}`),
    decide('Approve', true),
    decide('Reject', false),
  );
  item.id = id;
  return item;
}

/** What is shown already stays, so that nobody's pointer or focus loses its button. */
async function refresh(): Promise<void> {
  const { approvals } = (await ask('approvals')) as unknown as { approvals: Question[] };
  const ids = new Set(approvals.map(({ id }) => id));
  for (const item of [...list.children]) if (!ids.has(item.id)) item.remove();
  for (const question of approvals) if (!document.getElementById(question.id)) list.append(draw(question));
  if (!list.firstChild && !state.textContent) state.textContent = 'Nothing waits.';
  if (list.firstChild && state.textContent === 'Nothing waits.') state.textContent = '';
}

async function watch(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    await refresh().catch((error: Error) => (state.textContent = error.message));
  }
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const given = new FormData(form);
  [product, key, who] = ['product', 'key', 'who'].map((name) => String(given.get(name)).trim()) as [
    string,
    string,
    string,
  ];
  state.textContent = state.className = '';
  try {
    await refresh();
  } catch (error) {
    state.textContent = (error as Error).message;
    state.className = 'wrong';
    return;
  }
  form.remove();
  void watch();
};
