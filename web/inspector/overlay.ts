// The overlay: a panel in a shadow root of its own that collapses to a pill. Text is only ever a text node, and of the
// token there is nothing but its length.
import { button, el, link } from '../panel/dom.ts';
import { inspect } from './inspect.ts';
import { isDevelopmentHost, type InspectorInput, type InspectorOverlay, type WidgentDiagnosis } from './input.ts';
import css from './inspector.css';
import { claimAtFault, claimWords, duration, findingOf, skewWords, type Finding, type Tone } from './words.ts';

const settleMs = 100; // one question for a burst of changes
const kept = 'widgent-inspector'; // in sessionStorage: the developer's choice for this tab, no more
const signs: Record<Tone, string> = { ok: '✓', warn: '!', bad: '✕', calm: '–' };

const dot = (tone: Tone) => el('span', { class: `dot ${tone}`, 'aria-hidden': 'true' }, signs[tone]);

function findingParts(finding: Finding, base: string): Node[] {
  const parts: Node[] = [el('p', { class: 'title' }, dot(finding.tone), finding.title)];
  if (finding.line) parts.push(el('p', { class: 'line' }, finding.line));
  if (finding.code) parts.push(el('code', { class: 'code' }, finding.code));
  if (finding.hint) parts.push(el('p', { class: 'hint' }, finding.hint));
  if (finding.code && finding.code !== 'unreachable')
    parts.push(link('', `${base}problems/${encodeURIComponent(finding.code)}`, 'About this code'));
  return parts;
}

function facts(told: WidgentDiagnosis, tokenLength: number, countdown: Node): HTMLElement {
  const { identity, runtime } = told;
  const list = el('dl');
  const add = (name: string, value: Node | string) => list.append(el('dt', {}, name), el('dd', {}, value));
  add('Token', tokenLength ? `**** (${tokenLength} characters)` : 'none');
  if (identity.verdict === 'valid') add('Expires in', countdown);
  if (told.kid) add('Secret (kid)', identity.verdict === 'valid' ? told.kid : `${told.kid}, as the token says`);
  add('Widget is', identity.state);
  add('Origin seen', told.origin ?? 'none');
  add('Matched', told.matched ?? (told.allowed ? 'not told' : 'nothing'));
  add('Clock', skewWords(told.skewSeconds));
  add(
    'Runtime',
    (runtime.core === 'js' ? 'JavaScript' : 'WebAssembly') + (runtime.reason ? `: ${runtime.reason}` : ''),
  );
  return list;
}

function claimsTable(told: WidgentDiagnosis): Node {
  const { claims } = told;
  if (!claims) return el('p', { class: 'empty' }, 'None that can be read.');
  const fault = claimAtFault(told);
  const names = Object.keys(claims);
  if (fault && !names.includes(fault)) names.unshift(fault);
  const rows = names.map((name) => {
    const [value, meaning] = name in claims ? claimWords(name, claims[name]) : ['', 'missing'];
    const cell = el('td', {}, value);
    if (meaning) cell.append(el('small', {}, meaning));
    if (name === fault) cell.append(el('small', {}, '▲ this is what the hint is about'));
    return el('tr', name === fault ? { class: 'fault' } : {}, el('th', { scope: 'row' }, name), cell);
  });
  return el('table', { 'aria-label': 'Claims' }, el('tbody', {}, ...rows));
}

function transitionsTable({ transitions }: Pick<WidgentDiagnosis, 'transitions'>): Node {
  if (!transitions.length) return el('p', { class: 'empty' }, 'None so far.');
  const two = (n: number) => String(n).padStart(2, '0');
  const rows = transitions
    .slice(-20)
    .reverse()
    .map(({ at, from, to, reason }) => {
      const time = new Date(at);
      const cell = el('td', {}, `${from} → ${to}`);
      if (reason) cell.append(el('small', {}, reason));
      const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
      return el('tr', {}, el('th', { scope: 'row' }, clock), cell);
    });
  return el('table', { 'aria-label': 'Identity transitions, newest first' }, el('tbody', {}, ...rows));
}

function remember(open: boolean): void {
  try {
    sessionStorage.setItem(kept, open ? 'open' : 'closed');
  } catch {
    // Where storage is blocked each page starts anew.
  }
}

/** As it was left; at first open, but on a small screen. */
function startsOpen(): boolean {
  try {
    const last = sessionStorage.getItem(kept);
    if (last) return last === 'open';
  } catch {
    // As on a first visit.
  }
  return innerWidth > 559;
}

export function openOverlay(read: () => InspectorInput): InspectorOverlay | undefined {
  if (!isDevelopmentHost(location.hostname)) {
    console.info(
      '[widgent] debug shows the identity inspector on localhost, 127.0.0.1, *.localhost, *.test and *.local only.',
    );
    return undefined;
  }
  const life = new AbortController();
  let asking: AbortController | undefined;
  let settling: ReturnType<typeof setTimeout> | undefined;
  let shown = '';
  let endsAt = 0; // by the monotonic clock; 0: nothing ends

  const host = document.createElement('widgent-inspector');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];

  const countdown = el('span', { role: 'timer' });
  const pillDot = el('span');
  const pillText = el('span', {}, 'Widgent: asking…');
  const pill = button('pill', '', () => toggle(true), pillDot, pillText);
  const finding = el('div', { class: 'finding calm', role: 'status' }, el('p', {}, 'Asking the server…'));
  const details = el('div');
  const transitions = el('div');
  const body = el('div', { class: 'body', role: 'group', 'aria-label': 'Findings', tabindex: '0' }, finding, details);
  body.append(el('h3', {}, 'Identity transitions'), transitions);
  const panel = el(
    'section',
    { class: 'panel', 'aria-label': 'Widgent identity inspector' },
    el(
      'header',
      {},
      el('h2', {}, 'Identity inspector'),
      button('', 'Refresh', () => refresh()),
      button('collapse', 'Collapse', () => toggle(false)),
    ),
    body,
  );
  for (const name of ['aria-label', 'title']) pill.removeAttribute(name); // its text says it
  // The page's own direction decides the side; what is written here is English.
  const frame = el('div', { class: 'i', dir: 'ltr', lang: 'en' }, pill, panel);
  root.append(frame);

  function show(open: boolean): void {
    panel.hidden = !open;
    pill.hidden = open;
  }

  function toggle(open: boolean): void {
    show(open);
    remember(open);
    (open ? panel.querySelector<HTMLElement>('.collapse')! : pill).focus();
    tick();
  }

  function tick(): void {
    if (!endsAt) return;
    const left = (endsAt - performance.now()) / 1000;
    countdown.textContent = left > 0 ? duration(Math.floor(left)) : 'ended';
    if (left > 0) return;
    endsAt = 0;
    refresh();
  }

  function draw(told: WidgentDiagnosis, { base, token }: Pick<InspectorInput, 'base' | 'token'>): void {
    const found = findingOf(told);
    const { expiresIn = 0 } = told.identity;
    endsAt = expiresIn && performance.now() + expiresIn * 1000;
    countdown.textContent = 'ended'; // and held by the leeway, unless it goes on
    tick();
    pillDot.replaceChildren(dot(found.tone));
    pillText.textContent = `Widgent: ${found.title}${found.code ? ` (${found.code})` : ''}`;
    // Said aloud once, not with every question.
    const says = JSON.stringify(found);
    if (says !== shown) {
      shown = says;
      finding.className = `finding ${found.tone}`;
      finding.replaceChildren(...findingParts(found, base));
    }
    details.className = found.tone;
    details.replaceChildren(facts(told, token?.length ?? 0, countdown), el('h3', {}, 'Claims'), claimsTable(told));
    transitions.replaceChildren(transitionsTable(told));
  }

  async function ask(): Promise<void> {
    asking?.abort();
    const mine = (asking = new AbortController());
    const input = read();
    transitions.replaceChildren(transitionsTable(input));
    body.setAttribute('aria-busy', 'true');
    const told = await inspect(input, mine.signal);
    if (mine.signal.aborted) return;
    body.setAttribute('aria-busy', 'false');
    draw(told, input);
  }

  function refresh(): void {
    clearTimeout(settling);
    settling = setTimeout(() => void ask(), settleMs);
  }

  const { signal } = life;
  frame.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || panel.hidden) return;
      event.stopPropagation();
      toggle(false);
    },
    { signal },
  );
  // A clock may stand still while the machine sleeps.
  const woken = () => document.visibilityState === 'visible' && refresh();
  document.addEventListener('visibilitychange', woken, { signal });
  const ticking = setInterval(tick, 1000);

  show(startsOpen());
  document.documentElement.append(host);
  refresh();

  return {
    refresh,
    close() {
      life.abort();
      asking?.abort();
      clearTimeout(settling);
      clearInterval(ticking);
      host.remove();
    },
  };
}
