// What can be done to secrets and origins, each after a question.
import { h, moment } from '../dom.ts';
import { askFirst, showOnce } from '../dialog.ts';
import type { Product, Secret } from '../types.ts';
import type { Loaded, View } from '../view.ts';

const overlaps: [string, string][] = [
  ['24', 'a day'],
  ['1', 'an hour'],
  ['72', 'three days'],
  ['168', 'a week'],
  ['0', 'not at all: they end now'],
];

/** Makes a new secret, which is shown once. */
export function rotate(view: View, product: Product, part: Loaded): void {
  const hasLive = product.secrets.some(({ state }) => state !== 'ended');
  const select = h('select', { name: 'overlap' }, ...overlaps.map(([value, text]) => h('option', { value }, text)));
  const endsAll = () => hasLive && select.value === '0';
  const warning = h(
    'p',
    { class: 'wrong', role: 'alert', hidden: true },
    'Every token that they have signed is refused at once: nobody can sign in until your backend signs with the new one.',
  );
  select.addEventListener('input', () => (warning.hidden = !endsAll()));
  askFirst({
    title: 'Make a new secret?',
    text: [
      h('p', {}, 'The new secret is shown once. Give it to the backend that signs tokens.'),
      hasLive && h('label', {}, 'Older secrets go on for', select),
      warning,
    ],
    confirm: 'Make a new secret',
    isDangerous: endsAll,
    async act() {
      const body = { overlap_hours: Number(select.value) };
      const made = await view.api.send<{ kid: string; secret: string; old_until: string | null }>(
        'POST',
        '/secrets',
        body,
      );
      await part.refresh();
      return () =>
        showOnce('Your new Verification Secret', made.secret, [
          h(
            'p',
            {},
            'Its kid is ',
            h('code', {}, made.kid),
            '. It is shown only now: keep it where your backend finds it.',
          ),
          made.old_until
            ? h('p', {}, 'Older secrets are accepted until ', moment(made.old_until), '.')
            : h('p', {}, 'Older secrets are refused.'),
        ]);
    },
  });
}

/** Ends a secret at once. */
export function revoke(view: View, product: Product, part: Loaded, { kid }: Secret): void {
  const isOnly = product.secrets.every((other) => other.kid === kid || other.state === 'ended');
  askFirst({
    title: `Revoke the secret ${kid}?`,
    text: [
      h(
        'p',
        {},
        'Every token that it has signed is refused from the next request on, and replies to the users whom it let in are cancelled. This cannot be taken back.',
      ),
      isOnly &&
        h(
          'p',
          { class: 'wrong' },
          'It is the only live secret: nobody can sign in until there is a new one and your backend signs with it. Rotate first.',
        ),
    ],
    confirm: 'Revoke',
    isDangerous: true,
    ...(isOnly && { typed: kid }),
    async act() {
      await view.api.send('POST', `/secrets/${encodeURIComponent(kid)}/revoke`, {});
      await part.refresh();
      view.say(`The secret ${kid} is refused from now on.`);
    },
  });
}

/** Lets the pages of one more origin in. */
export async function addOrigin(
  event: Event,
  view: View,
  part: Loaded,
  field: HTMLInputElement,
  said: HTMLElement,
): Promise<void> {
  event.preventDefault();
  const origin = field.value.trim().replace(/(?<=\w)\/$/, '');
  said.textContent = '';
  try {
    if (!origin) throw new Error('Write an origin: scheme and host, such as https://www.shop.example.');
    // As the list is now: somebody else may have changed it since.
    const { origins } = await view.api.product(view.signal);
    if (origins.includes(origin)) throw new Error('It is there already.');
    const changed = await view.api.send<Product>('PUT', '/origins', { origins: [...origins, origin] });
    const added = changed.origins.find((one) => !origins.includes(one));
    if (!added) throw new Error('It is there already.');
    await part.refresh();
    view.say(`Pages of ${added} may show the widget.`);
    part.element.querySelector<HTMLElement>('[name=origin]')?.focus();
  } catch (error) {
    said.textContent = (error as Error).message;
    field.focus();
  }
}

/** Keeps the pages of an origin out. */
export function removeOrigin(view: View, part: Loaded, origin: string): void {
  askFirst({
    title: 'Remove this origin?',
    text: [
      h(
        'p',
        {},
        'On pages of ',
        h('code', {}, origin),
        ' the widget stops working: their requests are refused from the next one on.',
      ),
    ],
    confirm: 'Remove',
    isDangerous: true,
    async act() {
      const { origins } = await view.api.product(view.signal);
      await view.api.send('PUT', '/origins', { origins: origins.filter((one) => one !== origin) });
      await part.refresh();
      view.say(`Pages of ${origin} are refused.`);
    },
  });
}
