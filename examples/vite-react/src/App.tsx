import { useEffect, useState } from 'react';
import { Chat, HelpButton } from './Chat';

interface User {
  id: string;
  name: string;
}

const post = (path: string, body = {}) =>
  fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const fetchUser = async (): Promise<User | null> => (await (await fetch('/api/me')).json()).user;

export function App() {
  const [user, setUser] = useState<User | null>();
  useEffect(() => {
    void fetchUser().then(setUser);
  }, []);

  async function signIn(person: string) {
    await post('/api/sign-in', { person });
    setUser(await fetchUser());
  }
  async function signOut() {
    await post('/api/sign-out');
    setUser(null);
  }
  return (
    <>
      <h1>Widgent with React</h1>
      <p aria-live="polite">{user ? `Signed in as ${user.name}.` : 'Nobody is signed in.'}</p>
      <button onClick={() => signIn('ada')}>Sign in as Ada</button>
      <button onClick={() => signIn('bob')}>Sign in as Bob</button>
      <button onClick={signOut}>Sign out</button>
      <HelpButton />
      <Chat user={user} />
    </>
  );
}
