// The report as a plot: a group of bars for each of some rows, on a logarithmic scale, with the goal as a line.
import { summary } from './figures.mjs';
import { rowsOf } from './report.mjs';

const plotted = [
  'bytes before the launcher shows',
  'bytes all in, chat usable',
  'launcher visible, ratio to the limit, mob',
  'CPU added, loaded and opened, 4x, ms',
  'click to input, mob, at once, ms',
  'JavaScript heap added, MB',
];
const width = 860;
const left = 150;
const bar = 15;
const colours = { limit: '#9aa5b1', widgent: '#1d5a4c' };

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const text = (x, y, words, more = '') => `<text x="${x}" y="${y}" ${more}>${escape(words)}</text>`;

function group(row, candidates, top) {
  const bars = Object.entries(candidates)
    .filter(([name]) => name !== 'host')
    .map(([name, it]) => {
      const value = row.of({ ...it, isOurs: name === 'widgent' });
      return { name, title: it.title, value: Array.isArray(value) ? summary(value).median : value };
    })
    .filter(({ value }) => value !== undefined);
  const most = Math.max(row.goal, ...bars.map(({ value }) => value));
  const least = Math.min(row.goal, ...bars.map(({ value }) => value).filter((value) => value > 0)) / 2;
  const scale = (value) => {
    const share = Math.log(Math.max(value, least) / least) / Math.log(most / least);
    return left + Math.max(2, share * (width - left - 110));
  };
  const lines = [text(0, top + 14, row.name, 'font-weight="bold"')];
  bars.forEach(({ name, title, value }, i) => {
    const y = top + 22 + i * (bar + 4);
    const end = scale(value);
    lines.push(
      text(left - 8, y + 12, title, 'text-anchor="end"'),
      `<rect x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="${bar}" fill="${colours[name] ?? '#c9b28a'}"/>`,
      text((end + 6).toFixed(1), y + 12, row.format(value)),
    );
  });
  const height = 22 + bars.length * (bar + 4);
  const goal = scale(row.goal).toFixed(1);
  lines.push(
    `<path d="M${goal} ${top + 18}V${top + height}" stroke="#b3261e" stroke-dasharray="4 3"/>`,
    text(goal, top + 14, `goal ${row.format(row.goal)}`, 'fill="#b3261e" text-anchor="middle"'),
  );
  return { lines, height: height + 16 };
}

export function plot(data) {
  const rows = rowsOf(data);
  const lines = [];
  let top = 8;
  for (const name of plotted) {
    const { lines: own, height } = group(
      rows.find((row) => row.name === name),
      data.candidates,
      top,
    );
    lines.push(...own);
    top += height;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 ${width + 16} ${top + 8}" font-family="sans-serif" font-size="12">`,
    `<rect x="-8" width="100%" height="100%" fill="#fff"/>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}
