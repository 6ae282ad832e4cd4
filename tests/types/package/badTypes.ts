// How an app may not use the npm package: every marked line must be an error, or this file does not compile.
import { createElement } from 'react';
import { loadWidgent } from '../../../build/npm/index';
import { Widgent, useWidgent } from '../../../build/npm/react';

const product = { src: 'https://chat.example/widgent.js', productId: 'acme', serviceKey: 'pk_acme' };

export async function nothing(token: string): Promise<void> {
  // @ts-expect-error the server's address is missing
  await loadWidgent({ productId: 'acme', serviceKey: 'pk_acme' });
  // @ts-expect-error nor without its key
  await loadWidgent({ src: product.src, productId: 'acme' });
  // @ts-expect-error the Verification Secret has no place in a page
  await loadWidgent({ ...product, secret: 'wvs_x' });
  // @ts-expect-error a promise, not the widget
  loadWidgent(product).identify(token);
}

export function Shown() {
  const { state } = useWidgent();
  // @ts-expect-error the component alone starts the widget
  void useWidgent().init(product);
  // @ts-expect-error a snapshot is not written to
  useWidgent().state = state;
  return [
    // @ts-expect-error claims are no token
    createElement(Widgent, { ...product, token: { sub: 'u_42' } }),
    // @ts-expect-error the promise of a token is not awaited
    createElement(Widgent, { ...product, token: Promise.resolve('a token') }),
    // @ts-expect-error in React the token is the prop
    createElement(Widgent, { ...product, getToken: () => null }),
    // @ts-expect-error without its key
    createElement(Widgent, { src: product.src, productId: 'acme' }),
  ];
}
