// The product at a glance, and how it gets onto a page.
import { badge, card, copyButton, count, facts, fill, h, icon, verbatim, type Child } from '../dom.ts';
import type { Product, Unanswered } from '../types.ts';
import { loaded, type Section, type View } from '../view.ts';

/** A text of the product as JavaScript has it, inside of a page's script. */
const literal = (text: string) => `'${JSON.stringify(text).slice(1, -1).replace(/'/g, "\\'").replace(/</g, '\\x3c')}'`;

/** Both scripts run after the page is read, in this order. */
function snippet({ id, service_keys }: Product): string {
  const init = `widgent.init({ productId: ${literal(id)}, serviceKey: ${literal(service_keys[0] ?? 'pk_…')} });`;
  return [
    `<script defer src="${location.origin}/widgent.js"></script>`,
    `<script type="module">`,
    `  ${init}`,
    `  const response = await fetch('/api/widgent-token', { method: 'POST' });`,
    `  if (response.ok) widgent.identify((await response.json()).token);`,
    `</script>`,
  ].join('\n');
}

function embed(product: Product): HTMLElement {
  const text = snippet(product);
  const shown = h('code', {}, text);
  return card(
    'Put it on your site',
    [
      h(
        'p',
        {},
        'Before ',
        h('code', {}, '</body>'),
        ' of each page. The token comes from your backend, which signs it with the Verification Secret.',
      ),
      verbatim('Embed snippet', shown),
    ],
    [
      copyButton(
        () => text,
        'the embed snippet',
        () => shown,
      ),
    ],
  );
}

function leaks({ secrets }: Product): Child {
  const leaked = secrets.filter(({ state }) => state === 'leaked').map(({ kid }) => kid);
  if (!leaked.length) return null;
  const text = `A Verification Secret has reached a browser (${leaked.join(', ')}): whoever has it can sign in as anybody. `;
  return h('div', { class: 'notice wrong' }, icon('warn'), h('p', {}, text, h('a', { href: '#keys' }, 'Mend it now')));
}

function warnings({ warnings: list }: Product): Child {
  if (!list.length) return null;
  const items = list.map((text) => h('li', {}, text));
  const title = h('strong', {}, `${count(list.length, 'thing')} in the product’s file to mend`);
  return h('div', { class: 'notice warning' }, icon('warn'), h('div', {}, title, h('ul', {}, ...items)));
}

function hints(product: Product): Child {
  const steps: [boolean, Child[]][] = [
    [!product.origins.length, ['Name the ', h('a', { href: '#keys' }, 'origins'), ' whose pages may show the widget.']],
    [
      !product.knowledge?.passages,
      [
        'Write help pages in Markdown and name their folder as ',
        h('code', {}, 'knowledge'),
        ' in the product’s file, so that the agent has something to answer from.',
      ],
    ],
    [
      !product.tools.length,
      ['Describe a tool in the product’s file, so that the agent can look things up for who is signed in.'],
    ],
    [
      !product.secrets.some(({ state }) => state === 'live'),
      ['Make a ', h('a', { href: '#keys' }, 'Verification Secret'), ': without one nobody can be signed in.'],
    ],
  ];
  const open = steps.filter(([isOpen]) => isOpen);
  if (!open.length) return null;
  return card('Get going', [h('ol', { class: 'steps' }, ...open.map(([, text]) => h('li', {}, ...text)))]);
}

function numbers(view: View, product: Product): HTMLElement {
  const tile = (one: string, href: string) => {
    const value = h('strong', {}, '…');
    const name = h('span', {}, `${one}s`);
    const show = (n: number | undefined, none = '…') => {
      fill(value, n?.toLocaleString('en') ?? none);
      fill(name, n === 1 ? one : `${one}s`);
    };
    return { show, link: h('a', { href, class: 'tile' }, value, name) };
  };
  const waiting = tile('waiting approval', '#approvals');
  const asked = tile('unanswered question', '#questions');
  const records = tile('audit record', '#audit');
  view.watch.listen(view.signal, () => waiting.show(view.watch.approvals?.length));
  records.show(product.audit.count);
  view.api.get<{ questions: Unanswered[] }>('/unanswered', view.signal).then(
    ({ questions }) => asked.show(questions.length),
    () => asked.show(undefined, '–'),
  );
  return h('div', { class: 'tiles' }, waiting.link, asked.link, records.link);
}

const minutes = (s: number) => (s % 60 ? `${s} s` : count(s / 60, 'minute'));
const quoted = (texts: string[]): Child =>
  texts.length > 0 && h('ul', { class: 'chips' }, ...texts.map((text) => h('li', {}, text)));
const limitNames: Record<string, [string, string]> = {
  per_user_per_min: ['One user', 'messages a minute'],
  per_ip_per_min: ['One address', 'messages a minute'],
  per_product_per_min: ['All visitors', 'messages a minute'],
  concurrent_runs_per_user: ['One user at a time', 'replies'],
};
const afterEnd: Record<string, string> = {
  guest: 'the visitor goes on as a guest',
  lock: 'the visitor must sign in again',
};
const merges: Record<string, string> = {
  session: 'is the user’s own after sign-in',
  never: 'stays the guest’s',
  ask: 'is the user’s own if they agree',
};

function about(product: Product): HTMLElement[] {
  const { agent, knowledge, greeting, suggestions, identity, handoff, rate_limits: limits } = product;
  const limited = Object.entries(limits).filter(([, value]) => value != null);
  return [
    card('Agent', [
      facts(
        ['Product', h('span', {}, product.name, ' ', h('code', {}, product.id))],
        ['Name', agent.name || product.name],
        ['Kind', badge(agent.kind)],
        ['Model', agent.model && h('code', {}, agent.model)],
        ['Endpoint', agent.base_url && h('code', {}, agent.base_url)],
        ['Help pages', knowledge ? count(knowledge.passages, 'passage') : 'none'],
        [
          'A person',
          handoff &&
            (/^https?:/.test(handoff.url)
              ? h('a', { href: handoff.url, rel: 'noreferrer' }, handoff.label)
              : handoff.label),
        ],
      ),
    ]),
    card('Greeting', [
      facts(
        ['Signed in', h('div', { class: 'greeting' }, h('p', {}, greeting.verified), quoted(suggestions.verified))],
        ['As a guest', h('div', { class: 'greeting' }, h('p', {}, greeting.anonymous), quoted(suggestions.anonymous))],
      ),
    ]),
    card('Identity', [
      facts(
        ['Guests', identity.required ? 'must sign in to write' : 'may write'],
        ['When a token ends', afterEnd[identity.on_expiry] ?? identity.on_expiry],
        ['A guest’s conversation', merges[identity.merge] ?? identity.merge],
        ['A token lasts', `${minutes(identity.max_lifetime_s)} at most`],
        ['Clocks may differ by', minutes(identity.leeway_s)],
      ),
    ]),
    card('Limits', [
      facts(
        ...limited.map(([key, value]): [string, Child] => {
          const [name, unit] = limitNames[key] ?? [key, ''];
          return [name, `${Number(value).toLocaleString('en')} ${unit}`];
        }),
      ),
    ]),
  ];
}

/** What the product is, what it warns of, and the snippet for its pages. */
export const overview: Section = {
  id: 'overview',
  title: 'Overview',
  about: 'The product as the server runs it now.',
  open: (view) => [
    loaded(
      view,
      () => view.api.product(view.signal),
      (product) => [
        leaks(product),
        warnings(product),
        numbers(view, product),
        hints(product),
        embed(product),
        h('div', { class: 'columns' }, ...about(product)),
      ],
    ).element,
  ],
};
