// Keys, secrets and origins: what lets pages and tokens in.
import { badge, card, copyButton, empty, h, icon, moment, verbatim, type Child } from '../dom.ts';
import type { Product, Secret } from '../types.ts';
import { loaded, type Loaded, type Section, type View } from '../view.ts';
import { addOrigin, removeOrigin, revoke, rotate } from './keyActs.ts';

/** The newest secret is rotated; one that was replaced already only has to go. */
function leak(view: View, product: Product, part: Loaded, secret: Secret): HTMLElement {
  const { kid, leaked_at, leaked_origin: origin } = secret;
  const isNewest = product.secrets[0] === secret;
  const where = origin ? [' at ', h('code', {}, origin)] : [];
  const remedy = isNewest
    ? 'Take it out of that page, rotate it now, and give older secrets no more time.'
    : 'It is replaced already, but still accepted: revoke it.';
  const act = () => (isNewest ? rotate(view, product, part) : revoke(view, product, part, secret));
  return h(
    'div',
    { class: 'notice wrong' },
    icon('warn'),
    h(
      'div',
      {},
      h('strong', {}, 'The secret ', h('code', {}, kid), ' has reached a browser'),
      h('p', {}, 'Seen', ...where, ' on ', moment(leaked_at), '. Whoever has it can sign in as anybody. ', remedy),
    ),
    h('button', { type: 'button', onclick: act }, isNewest ? 'Rotate…' : 'Revoke…'),
  );
}

const states: Record<Secret['state'], [string, string]> = {
  live: ['live', 'good'],
  ended: ['ended', ''],
  leaked: ['leaked', 'bad'],
};

function secretRow(view: View, product: Product, part: Loaded, secret: Secret): HTMLElement {
  const { kid, state, created_at, used_at, not_after } = secret;
  const [word, kind] = states[state] ?? [state, ''];
  const button =
    state !== 'ended' &&
    h(
      'button',
      { type: 'button', class: 'quiet-danger', onclick: () => revoke(view, product, part, secret) },
      'Revoke…',
      h('span', { class: 'hidden' }, ` ${kid}`),
    );
  const cell = (name: string, ...children: Child[]) => h('td', { role: 'cell', 'data-name': name }, ...children);
  return h(
    'tr',
    { role: 'row' },
    h('th', { role: 'rowheader', scope: 'row' }, h('code', {}, kid)),
    cell('State', badge(word, kind)),
    cell('Made', moment(created_at, '–')),
    cell('Last used', moment(used_at)),
    cell('Ends', moment(not_after, 'no end')),
    cell('', button),
  );
}

function secrets(view: View, product: Product, part: Loaded): HTMLElement {
  const heads = ['Kid', 'State', 'Made', 'Last used', 'Ends'].map((name) =>
    h('th', { role: 'columnheader', scope: 'col' }, name),
  );
  const acts = h('th', { role: 'columnheader', scope: 'col' }, h('span', { class: 'hidden' }, 'Acts'));
  const table = h(
    'table',
    { role: 'table', 'aria-label': 'Verification Secrets' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads, acts)),
    h('tbody', { role: 'rowgroup' }, ...product.secrets.map((one) => secretRow(view, product, part, one))),
  );
  return card(
    'Verification Secrets',
    [
      h(
        'p',
        {},
        'Your backend signs tokens with one of them. They never reach a browser, and the server shows one only when it is made.',
      ),
      product.secrets.length ? table : empty('No secret', 'Nobody can be signed in yet.'),
    ],
    [h('button', { type: 'button', class: 'primary', onclick: () => rotate(view, product, part) }, 'Rotate…')],
  );
}

function serviceKeys({ service_keys }: Product): HTMLElement {
  const rows = service_keys.map((key) => {
    const shown = h('code', {}, key);
    return h(
      'li',
      {},
      shown,
      copyButton(
        () => key,
        `the service key ${key}`,
        () => shown,
      ),
    );
  });
  return card('Service keys', [
    h('p', {}, 'Public: the page gives one to ', h('code', {}, 'widgent.init'), '.'),
    h('ul', { class: 'rows' }, ...rows),
  ]);
}

function origins(view: View, product: Product, part: Loaded): HTMLElement {
  const isLast = product.origins.length < 2;
  const rows = product.origins.map((origin) =>
    h(
      'li',
      {},
      h('code', {}, origin),
      h(
        'button',
        { type: 'button', class: 'quiet-danger', disabled: isLast, onclick: () => removeOrigin(view, part, origin) },
        'Remove…',
        h('span', { class: 'hidden' }, ` ${origin}`),
      ),
    ),
  );
  const field = h('input', {
    name: 'origin',
    type: 'url',
    placeholder: 'https://www.shop.example',
    autocapitalize: 'none',
    spellcheck: 'false',
    required: true,
  });
  const said = h('p', { class: 'wrong', role: 'alert' });
  const form = h(
    'form',
    { class: 'row', novalidate: true, onsubmit: (event) => void addOrigin(event, view, part, field, said) },
    h('label', {}, 'Another origin', field),
    h('button', {}, 'Add origin'),
  );
  return card('Origins', [
    h('p', {}, 'Pages of these may show the widget; any other is refused.'),
    h('ul', { class: 'rows' }, ...rows),
    isLast && h('p', { class: 'quiet' }, 'The last one cannot be removed: add another first.'),
    form,
    said,
  ]);
}

function adminKeys({ admin_keys, id }: Product): HTMLElement {
  return card('Admin keys', [
    h(
      'p',
      {},
      'For this dashboard and for your backend. Of each the server knows the SHA-256 alone; the audit log names a key by its first digits.',
    ),
    h('ul', { class: 'chips' }, ...admin_keys.map((part) => h('li', {}, h('code', {}, `${part}…`)))),
    h('p', {}, 'They are made on the server, where they are shown once:'),
    verbatim(
      'Commands',
      `widgentd product admin-key ${id}\nwidgentd product admin-key ${id} --replace   # takes all earlier ones out`,
    ),
  ]);
}

/** Keys, secrets, origins. */
export const keys: Section = {
  id: 'keys',
  title: 'Keys & origins',
  about: 'A change holds from the next request on, and nobody’s connection is lost.',
  open: (view) => [
    loaded(
      view,
      () => view.api.product(view.signal),
      (product, part) => [
        ...product.secrets.filter(({ state }) => state === 'leaked').map((one) => leak(view, product, part, one)),
        secrets(view, product, part),
        origins(view, product, part),
        serviceKeys(product),
        adminKeys(product),
      ],
    ).element,
  ],
};
