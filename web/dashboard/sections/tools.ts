// The product's tools: who may call each, what it is told, and a way to try the way there.
import { badge, card, count, empty, facts, h, icon, verbatim, type Child } from '../dom.ts';
import type { Tool } from '../types.ts';
import { loaded, type Section, type View } from '../view.ts';
import { whoMayCall } from '../words.ts';
import { tryForm } from './try.ts';

const kinds: Record<string, string> = { read: 'good', create: 'info', write: 'warn', delete: 'bad' };
const kindNames: Record<string, string> = { http: 'webhook', mcp: 'MCP' };

function asks({ approval }: Tool): Child {
  if (!approval) return 'Nobody';
  const whom = approval.by === 'operator' ? 'One of you' : 'The user';
  return h(
    'span',
    {},
    `${whom}: “${approval.message}” `,
    h('span', { class: 'quiet' }, `(${count(Math.round(approval.expires_s / 60), 'minute')} for the answer)`),
  );
}

function bound({ bind }: Tool): Child {
  const pairs = Object.entries(bind);
  if (!pairs.length) return null;
  return h(
    'ul',
    { class: 'chips' },
    ...pairs.map(([argument, pointer]) => h('li', {}, h('code', {}, `${argument} ← ${pointer}`))),
  );
}

function describe(view: View, tool: Tool): HTMLElement {
  const { name, effect, kind, host, examples, timeout_ms, retries, idempotent, per_user_per_min: limit } = tool;
  const title = h('code', {}, name);
  const times = [
    `${timeout_ms / 1000} s`,
    retries ? count(retries, 'retry', 'retries') : 'no retry',
    idempotent && 'safe to repeat',
  ];
  return card(
    title,
    [
      h('p', {}, tool.description),
      facts(
        ['Who may call it', whoMayCall(tool.requires)],
        ['Asks first', asks(tool)],
        ['Host', host && h('code', {}, host)],
        ['From the claims', bound(tool)],
        ['Waits', times.filter(Boolean).join(', ')],
        ['Limit', limit != null && `${count(limit, 'call')} per user and minute`],
        ['Examples', examples.length > 0 && h('ul', { class: 'chips' }, ...examples.map((text) => h('li', {}, text)))],
      ),
      h(
        'details',
        {},
        h('summary', {}, icon('more'), 'Arguments that the model fills in'),
        verbatim('JSON schema', JSON.stringify(tool.parameters, null, 2)),
      ),
      h('details', {}, h('summary', {}, icon('more'), 'Try it'), tryForm(view, tool)),
    ],
    [badge(effect, kinds[effect]), badge(kindNames[kind] ?? kind)],
  );
}

/** Lists the tools. */
export const tools: Section = {
  id: 'tools',
  title: 'Tools',
  about: 'What the agent may do, and for whom. The server holds each call to this, whatever a model says.',
  open: (view) => [
    loaded(
      view,
      () => view.api.product(view.signal),
      ({ tools: all }) =>
        all.length
          ? all.map((tool) => describe(view, tool))
          : [
              empty(
                'No tools yet',
                'Describe one in the product’s file, under ',
                h('code', {}, 'tools'),
                '. Then the agent can look things up for who is signed in.',
              ),
            ],
    ).element,
  ],
};
