import { openChat, signedIn, signedOut } from './chat';

const button = (id: string) => document.querySelector<HTMLButtonElement>(`#${id}`)!;
const post = (path: string, body = {}) =>
  fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function showWho() {
  const { user } = await (await fetch('/api/me')).json();
  document.querySelector('#who')!.textContent = user ? `Signed in as ${user.name}.` : 'Nobody is signed in.';
  return user;
}

button('sign-in').onclick = async () => {
  await post('/api/sign-in', { person: 'ada' });
  await showWho();
  await signedIn();
};
button('sign-out').onclick = async () => {
  await post('/api/sign-out');
  await signedOut();
  await showWho();
};
button('help').onclick = openChat;

if (await showWho()) await signedIn();
