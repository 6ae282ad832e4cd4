// How a page may use window.widgent: every line here must compile against build/web/widgent.d.ts.
import type { Widgent, WidgentDiagnosis, WidgentError, WidgentEvents, WidgentVerdict } from '../../build/web/widgent';

const { widgent } = window;

export async function everything(token: string): Promise<void> {
  await widgent.init({ productId: 'acme', serviceKey: 'pk_acme' });
  await widgent('init', { productId: 'acme', serviceKey: 'pk_acme', debug: true, getToken: () => null });
  await widgent.init({ productId: 'acme', serviceKey: 'pk_acme', getToken: async () => token });

  const verdict: WidgentVerdict = await widgent.identify(token);
  const sub: string | undefined = verdict.sub;
  const seconds: number | undefined = (await widgent('identify', token)).expiresIn;
  await widgent.identify(null);
  await widgent.identify(undefined);
  await widgent.identify(() => token);
  await widgent('identify', async () => (Math.random() > 0.5 ? token : null));
  await widgent.logout();
  await widgent('logout');

  await widgent.open();
  await widgent('close');
  await widgent.on('identity:change', ({ state, sub: who, reason }) => console.log(state, who, reason));
  await widgent('on', 'reply:delta', ({ id, delta }) => console.log(id.length, delta.length));
  await widgent.on('tool:end', ({ name, ok }) => console.log(name, ok === true));
  await widgent.on('unread', ({ count }) => console.log(count + 1));
  await widgent.on('identity:expiring', ({ expiresIn }) => console.log(expiresIn * 2));
  const listener = (detail: WidgentEvents['message:failed']) => console.log(detail.code);
  await widgent.on('message:failed', listener);
  await widgent.off('message:failed', listener);
  await widgent('off', 'ready');

  const diagnosis: WidgentDiagnosis = await widgent.diagnose();
  const why: string | undefined = diagnosis.identity.hint;
  const core: 'wasm' | 'js' = (await widgent('diagnose')).runtime.core;
  const locked: boolean | undefined = widgent.state?.identity.locked;
  const version: string = widgent.version;
  console.log(sub, seconds, why, core, locked, version);
  await widgent.destroy();

  await widgent.identify(token).catch(({ code, hint }: WidgentError) => console.log(code, hint));
  const same: Widgent = window.widgent;
  console.log(same);
}
