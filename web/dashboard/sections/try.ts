// A dry run of one tool: the way of a real call up to the request, which is shown and not sent.
import { badge, facts, fill, h, once, verbatim, type Child } from '../dom.ts';
import type { DryRun, Tool } from '../types.ts';
import type { View } from '../view.ts';
import { sample, sampleClaims } from '../words.ts';

/** The object that a field holds, or a sentence on the field where it holds none. */
function readObject(field: HTMLTextAreaElement, what: string): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(field.value);
  } catch {
    // Said below.
  }
  const isObject = !!value && typeof value === 'object' && !Array.isArray(value);
  field.setCustomValidity(isObject ? '' : `${what}: write one JSON object, {…}.`);
  field.reportValidity();
  return isObject ? (value as object) : undefined;
}

function shownRequest({ method, url, headers, body }: NonNullable<DryRun['request']>): HTMLElement {
  const lines = [`${method} ${url}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', body];
  return verbatim('The request', lines.join('\n'));
}

function shownOutcome(outcome: DryRun['outcome']): Child {
  if (!outcome) return null;
  const { code, title, detail } = outcome;
  return h('span', {}, badge(code, code === 'ok' ? 'good' : 'bad'), ' ', [title, detail].filter(Boolean).join(' '));
}

function shownRun({ visitor, offered, withheld, question, request, outcome }: DryRun): Child[] {
  const asked =
    question && `${question.by === 'operator' ? 'One of you' : 'The user'} would be asked: “${question.message}”`;
  return [
    h(
      'p',
      { class: 'notice info' },
      request ? 'Nothing was sent. This is the request, without its signature.' : 'Nothing was sent.',
    ),
    facts(
      ['Visitor', visitor === null ? 'a guest' : h('span', {}, h('code', {}, visitor), ' (verified)')],
      [
        'Offered',
        offered
          ? badge('yes', 'good')
          : h('span', {}, badge('withheld', 'bad'), ' ', withheld && h('code', {}, withheld)),
      ],
      ['Asks first', asked],
      ['Outcome', shownOutcome(outcome)],
    ),
    request && shownRequest(request),
  ];
}

/** Fields for the arguments and for who asks. */
export function tryForm(view: View, tool: Tool): HTMLElement {
  const area = (value: unknown, name: string) => {
    const field = h('textarea', { name, rows: 4, spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off' });
    field.value = JSON.stringify(value, null, 2);
    return field;
  };
  const given = area(sample(tool.parameters), 'arguments');
  const claims = area(sampleClaims(tool.requires), 'claims');
  const radio = (label: string, isGuest: boolean) => {
    const input = h('input', { type: 'radio', name: 'visitor', checked: !isGuest, onchange: choose });
    return { input, label: h('label', { class: 'check' }, input, label) };
  };
  const user = radio('Somebody signed in', false);
  const guest = radio('A guest', true);
  const claimsLabel = h('label', {}, 'Claims of the token', claims);
  const yes = h('input', { type: 'checkbox', name: 'approved' });
  const result = h('div', { class: 'stack', 'aria-live': 'polite' });
  const button = h('button', { class: 'primary' }, 'Dry run');
  function choose(): void {
    claimsLabel.hidden = guest.input.checked;
  }
  for (const field of [given, claims]) field.addEventListener('input', () => field.setCustomValidity(''));

  const form = h(
    'form',
    { class: 'try', novalidate: true, onsubmit: (event) => void run(event) },
    h('label', {}, 'Arguments', given),
    h('fieldset', {}, h('legend', {}, 'Who asks'), user.label, guest.label),
    claimsLabel,
    tool.approval && h('label', { class: 'check' }, yes, 'Go on as if the answer were yes'),
    h('footer', {}, button, h('span', { class: 'quiet' }, 'Nothing is sent, and nothing is written to the audit log.')),
    result,
  );
  async function run(event: Event): Promise<void> {
    event.preventDefault();
    fill(result);
    const args = readObject(given, 'Arguments');
    const who = guest.input.checked ? null : readObject(claims, 'Claims');
    if (!args || who === undefined) return;
    await once(button, async () => {
      try {
        const path = `/tools/${encodeURIComponent(tool.name)}/dry-run`;
        const body = { arguments: args, claims: who, approved: yes.checked };
        fill(result, ...shownRun(await view.api.post<DryRun>(path, body, view.signal)));
      } catch (error) {
        fill(result, h('p', { class: 'wrong' }, (error as Error).message));
      }
    });
  }
  return form;
}
