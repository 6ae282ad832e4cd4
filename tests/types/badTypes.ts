// How a page may not use window.widgent: every marked line must be an error, or this file does not compile.
const { widgent } = window;

export async function nothing(token: string): Promise<void> {
  // @ts-expect-error a page without its product
  await widgent.init({ serviceKey: 'pk_acme' });
  // @ts-expect-error nor without its key
  await widgent('init', { productId: 'acme' });
  // @ts-expect-error a number is no id
  await widgent.init({ productId: 7, serviceKey: 'pk_acme' });
  // @ts-expect-error the Verification Secret has no place in a page
  await widgent.init({ productId: 'acme', serviceKey: 'pk_acme', secret: 'wvs_x' });
  // @ts-expect-error a token, not the function's promise of an object
  await widgent.init({ productId: 'acme', serviceKey: 'pk_acme', getToken: async () => ({ token }) });
  // @ts-expect-error claims are no token
  await widgent.identify({ sub: 'u_42' });
  // @ts-expect-error the promise of a token is not awaited
  await widgent.identify(Promise.resolve(token));
  // @ts-expect-error identify without saying who; null is a logout
  await widgent.identify();
  // @ts-expect-error
  await widgent('identify');
  // @ts-expect-error there is no such command
  await widgent('signOut');
  // @ts-expect-error
  await widgent.signOut();
  // @ts-expect-error there is no such event
  await widgent.on('identity:changed', () => {});
  // @ts-expect-error of a text that is no number
  await widgent.on('unread', ({ count }: { count: string }) => count);
  // @ts-expect-error the detail has no such member
  await widgent('on', 'reply:delta', ({ text }) => text);
  // @ts-expect-error a snapshot is not written to
  widgent.state = undefined;
  // @ts-expect-error undefined until the widget is loaded
  console.log(widgent.state.identity);
  // @ts-expect-error the diagnosis holds no token
  console.log((await widgent.diagnose()).token);
}
