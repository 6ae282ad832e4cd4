// How an app may use the npm package: every line here must compile against build/npm.
import { createElement } from 'react';
import { loadWidgent, type LoadOptions, type Widgent as Api, type WidgentVerdict } from '../../../build/npm/index';
import { Widgent, useWidgent, type WidgentProblem } from '../../../build/npm/react';

const product = { src: 'https://chat.example/widgent.js', productId: 'acme', serviceKey: 'pk_acme' };

export async function load(token: string, trusted: object, nonce: string | undefined): Promise<void> {
  const widgent: Api = await loadWidgent(product);
  const verdict: WidgentVerdict = await widgent.identify(token);
  await widgent('on', 'state', ({ unread, connection }) => console.log(unread + 1, connection));
  const options: LoadOptions = { ...product, nonce, integrity: 'sha384-x', getToken: async () => null };
  await loadWidgent(options);
  await loadWidgent({ ...product, src: new URL(product.src) });
  await loadWidgent({ ...product, src: trusted });
  console.log(verdict.sub, window.widgent.state?.unread);
}

export function Shown({
  user,
  fetchToken,
}: {
  user?: { id: string } | null;
  fetchToken: () => Promise<string | null>;
}) {
  const { open, identify, state } = useWidgent();
  const name: string | undefined = state.identity.name;
  void identify('a token').then(({ expiresIn }) => expiresIn);
  const onError = ({ code, hint }: WidgentProblem) => console.log(code, hint, name, open());
  return [
    createElement(Widgent, { ...product, key: 1, token: user && fetchToken, onError, destroyOnUnmount: true }),
    createElement(Widgent, { ...product, key: 2, token: 'a token', debug: true }),
    createElement(Widgent, { ...product, key: 3, token: null }),
    createElement(Widgent, { ...product, key: 4 }),
  ];
}
