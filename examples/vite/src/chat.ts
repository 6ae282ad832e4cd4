import { loadWidgent } from 'widgent';

const loading = loadWidgent({
  src: 'http://localhost:8787/widgent.js',
  productId: 'acme',
  serviceKey: 'pk_acme_demo',
});

async function fetchToken(): Promise<string | null> {
  const response = await fetch('/api/widgent-token', { method: 'POST' });
  return response.ok ? (await response.json()).token : null;
}

/** After the page has loaded with somebody signed in, after a login, after an account switch. */
export const signedIn = async () => (await loading).identify(fetchToken);
export const signedOut = async () => (await loading).logout();
export const openChat = async () => (await loading).open();
