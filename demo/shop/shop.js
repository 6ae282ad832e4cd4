// The shop's page: signs people in by the shop's own session, and tells the widget who they are.
const byId = (id) => document.getElementById(id);

const post = (path, body) =>
  fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) });

function log(line) {
  byId('log').textContent = line;
}

// Step 1 of the integration: fetch a token from our own backend and hand it to the widget.
async function identify(query = '') {
  const response = await post(`/api/widgent-token${query}`);
  if (!response.ok) return log('Sign in first: this shop signs tokens only for people it knows.');
  const { token } = await response.json();
  try {
    const who = await window.widgent('identify', token);
    log(`identified as ${who.sub}, for ${who.expiresIn} s`);
  } catch (error) {
    log(`refused: ${error.code}\n${error.hint ?? ''}`);
  }
}

async function showAccount() {
  const { user, orders } = await (await fetch('/api/me')).json();
  byId('who').textContent = user ? user.name : 'Guest';
  byId('state').textContent = user ? `Signed in as ${user.name} (${user.plan}).` : 'You are browsing as a guest.';
  byId('orders').replaceChildren(
    ...orders.map((order) => {
      const item = document.createElement('li');
      for (const [tag, text] of [
        ['code', order.id],
        ['b', order.items],
        ['span', order.status],
      ])
        item.appendChild(document.createElement(tag)).textContent = text;
      return item;
    }),
  );
  return user;
}

const acts = {
  async 'sign-out'() {
    await post('/api/sign-out');
    window.widgent('logout');
    await showAccount();
    log('signed out');
  },
  short: () => identify(`?ttl=${new URLSearchParams(location.search).get('ttl') ?? 60}`),
  forged: () => identify('?forged=1'),
};

document.addEventListener('click', async ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  const { person, act } = button?.dataset ?? {};
  if (act) await acts[act]();
  if (!person) return;
  await post('/api/sign-in', { person });
  await showAccount();
  await identify();
});

if (await showAccount()) await identify();
