// The report as Markdown: each row of the goals, Widgent's figure and the others', and what the figures mean.
import { pairedDifferences, pairedRatios, quantile, summary, verdict } from './figures.mjs';

const count = (value) => (value === undefined ? '–' : Math.round(value).toLocaleString('en'));
const decimal = (value) => (Math.abs(value) < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));
const ratio = (value) => value.toFixed(2);

/** A cell of a measured row: the median and, in brackets, the quartiles. */
function cell({ median, low, high }, format) {
  if (median === undefined) return '–';
  return `${format(median)} <small>(${format(low)}…${format(high)})</small>`;
}

/**
 * The rows: name; goal with its unit; `of(candidate, all)`, a number or a series of one number a round.
 */
export function rowsOf({ core, candidates }) {
  const host = candidates.host.rounds;
  const limit = candidates.limit?.rounds ?? {};
  const added = (key) => (it) => pairedDifferences(it.rounds[key] ?? [], host[key] ?? []);
  const times = (key) => (it) => pairedRatios(it.rounds[key] ?? [], limit[key] ?? []);
  const series = (key) => (it) => (it.rounds[key] ?? []).filter(Number.isFinite);
  return [
    { name: 'bytes before the launcher shows', goal: 1000, format: count, of: (it) => it.bytes.launcher.bytes },
    { name: 'requests before the launcher shows', goal: 1, format: count, of: (it) => it.bytes.launcher.requests },
    { name: 'bytes all in, chat usable', goal: 32_000, format: count, of: (it) => it.bytes.usable.bytes },
    { name: 'requests all in, for files', format: count, of: (it) => it.bytes.usable.requests },
    { name: 'session core alone, bytes', goal: 18_000, format: count, of: (it) => (it.isOurs ? core : undefined) },
    { name: 'launcher visible, ratio to the limit, 1x', goal: 1.1, format: ratio, of: times('launcher1') },
    { name: 'launcher visible, ratio to the limit, 4x', goal: 1.1, format: ratio, of: times('launcher4') },
    { name: 'launcher visible, ratio to the limit, mob', goal: 1.1, format: ratio, of: times('launcherMob') },
    { name: 'CPU added, loaded and opened, 1x, ms', goal: 20, format: decimal, of: added('cpuOpen1') },
    { name: 'CPU added, loaded and opened, 4x, ms', goal: 120, format: decimal, of: added('cpuOpen4') },
    { name: 'of it before it is opened, 1x, ms', format: decimal, of: added('cpuIdle1') },
    { name: 'of it before it is opened, 4x, ms', format: decimal, of: added('cpuIdle4') },
    { name: 'total blocking time added, 4x, ms', goal: 0, format: decimal, of: added('blocking4') },
    { name: 'longest task over 50 ms, 4x, ms', goal: 50, format: decimal, of: series('longest4') },
    { name: 'click to input, mob, after idle, ms', goal: 75, format: decimal, of: series('inputMob') },
    { name: 'click to input, mob, at once, ms', goal: 300, format: decimal, of: series('inputMobEarly') },
    { name: 'click to input, 4x, after idle, ms', format: decimal, of: series('input4') },
    { name: 'repeat view: bytes', goal: 0, format: count, of: series('repeatBytes') },
    { name: 'repeat view: CPU added, opened, 4x, ms', goal: 60, format: decimal, of: added('repeatOpen4') },
    { name: 'of it before it is opened, 4x, ms', format: decimal, of: added('repeatIdle4') },
    {
      name: 'JavaScript heap added, MB',
      goal: 0.2,
      format: ratio,
      of: (it) => added('heap')(it).map((bytes) => bytes / 1e6),
    },
    { name: 'WebAssembly memory, bytes', goal: 1_048_576, format: count, of: (it) => it.bytes.wasm },
    // A frame is the finest that a paint can be told apart by.
    { name: 'first paint of the page, later by, 1x, ms', goal: 17, format: decimal, of: added('paint1') },
    { name: 'first paint of the page, later by, mob, ms', goal: 17, format: decimal, of: added('paintMob') },
  ];
}

const medianOf = (value) => (Array.isArray(value) ? summary(value).median : value);

const how = `Chromium, files at brotli 11 from a server of their own ("the CDN"), every visit with an empty cache and
storage unless it says otherwise. 4x is a four-fold slowdown of the processor, mob adds 150 ms and 1.6 Mbit/s. In each
round every candidate has its turn, and the order rotates; the four heavier peers have theirs in every third round. A
cell is the median and, in brackets, the quartiles; differences and ratios are taken within a round and only then is
the median. Nothing leaves the machine.

- **Bytes** are bodies as they come over the wire, of files only: not the page, not what a server answers with data.
- **Launcher visible** is the frame that has painted it, looked for once a frame; **click to input** goes from the
  click to the frame in which the field can be written in.
- **CPU** is the thread time that all tasks of the page's main thread take (\`Performance.getMetrics\`, TaskDuration by
  thread ticks) until half a second is quiet, less that of the page without a widget. Other processes lengthen it less
  than any time by the clock, but a slowdown is simulated by waiting, which they do lengthen.
- **Blocking time** and **longest task** are of long tasks as the browser reports them, from the start of the load to
  the opened chat; 0 says that no task took 50 ms.
- **Heap** is what is used after a collection, the chat opened.
- **Widgent** is embedded as the README says and talks to a real server with its built-in agent. The servers of the
  peers are local stubs that give one fixed answer, so their time is no part of this. **deep-chat** has no launcher: the
  page makes a plain button once the element is defined. **Botpress** publishes React components: the page is made as
  its readme says and bundled with React. The **limit** is \`limit/\`: a launcher and a panel that streams an answer,
  without identity, errors, languages, accessibility or safety.`;

export function report(data) {
  const { candidates, chromium, commit, rounds, minutes } = data;
  const shown = Object.keys(candidates).filter((name) => name !== 'host');
  const all = Object.fromEntries(shown.map((name) => [name, { ...candidates[name], isOurs: name === 'widgent' }]));
  const lines = [
    '# What the widget costs a page',
    '',
    `\`npm run bench:widget\`: ${rounds} rounds in ${minutes} minutes, Chromium ${chromium}, commit ${commit}.`,
    '',
    `| | goal | | ${shown.map((name) => `${all[name].title} ${all[name].version}`.trim()).join(' | ')} |`,
    `|---|--:|---|${shown.map(() => '--:').join('|')}|`,
  ];
  for (const row of rowsOf(data)) {
    const cells = shown.map((name) => {
      const value = row.of(all[name]);
      if (Array.isArray(value)) return cell(summary(value), row.format);
      return value === undefined ? '–' : row.format(value);
    });
    const judged = row.goal === undefined || !all.widgent ? '' : verdict(medianOf(row.of(all.widgent)), row.goal);
    const goal = row.goal === undefined ? '' : `≤ ${row.goal.toLocaleString('en')}`;
    lines.push(`| ${row.name} | ${goal} | ${judged} | ${cells.join(' | ')} |`);
  }
  lines.push('', '![The same as a plot](report.svg)', '', '## The machine', '', ...noise(data), '', '## How', '', how);
  lines.push('', ...remarks(candidates), '');
  return lines.join('\n').replace(/\n{3,}/g, '\n\n');
}

/** How much the page without a widget varies, which is measured in every round like the others. */
function noise({ candidates }) {
  const names = {
    launcher1: 'first frame, 1x, ms',
    launcher4: 'first frame, 4x, ms',
    cpuIdle1: 'CPU, 1x, ms',
    cpuIdle4: 'CPU, 4x, ms',
    longest4: 'longest task, 4x, ms',
  };
  const lines = ['The page without a widget:', '', '| | least | quartile | median | quartile | most |'];
  lines.push('|---|--:|--:|--:|--:|--:|');
  for (const [key, name] of Object.entries(names)) {
    const series = candidates.host.rounds[key] ?? [];
    const cells = [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(series, share));
    lines.push(`| ${name} | ${cells.map((value) => (value === undefined ? '–' : decimal(value))).join(' | ')} |`);
  }
  return lines;
}

/** What could not be brought to use, and what wanted to leave the machine. */
function remarks(candidates) {
  const lines = [];
  for (const { title, bytes } of Object.values(candidates)) {
    if (bytes.answered === false)
      lines.push(`- **${title}** gave no answer here: its bytes are those until it is open.`);
    if (bytes.elsewhere.length)
      lines.push(`- **${title}** asks for ${bytes.elsewhere.join(', ')}, which was refused and is not counted.`);
  }
  return lines;
}
