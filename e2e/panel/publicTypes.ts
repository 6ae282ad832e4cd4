// What a customer's TypeScript may and may not write; checked by the compiler alone.
import type {} from '../../web/api/public.ts';

export async function uses(token: string): Promise<void> {
  const { widgent } = window;
  await widgent.init({ productId: 'acme', serviceKey: 'pk_acme' });
  const { sub, expiresIn } = await widgent('identify', token);
  const known: [string | undefined, number | undefined] = [sub, expiresIn];
  await widgent.identify(null);
  await widgent.on('message:failed', ({ id, code }) => known.concat(id, code));
  await widgent('on', 'identity:change', ({ state }) => state === 'guest');
  if (widgent.state?.identity.state === 'user') await widgent('logout');

  // @ts-expect-error a token is a string
  await widgent.identify(42);
  // @ts-expect-error no such command
  await widgent('indentify', token);
  // @ts-expect-error the service key is missing
  await widgent.init({ productId: 'acme' });
  // @ts-expect-error read only
  widgent.state = undefined;
}
