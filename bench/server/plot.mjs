// The report as a plot: CPU a request of each stack, a group of bars for each row, on a logarithmic scale.
import { median } from '../widget/figures.mjs';

const rows = { fixed: 'fixed answer', verified: 'verified', durable: 'verified and durable', streamed: 'streamed run' };
const width = 860;
const left = 190;
const bar = 15;

export function plot({ series, titles }) {
  const bars = Object.keys(rows).flatMap((row) =>
    Object.keys(titles)
      .map((name) => ({ row, name, value: median(series[`${row} ${name} cpu`] ?? []) }))
      .filter(({ value }) => value !== undefined),
  );
  const values = bars.map(({ value }) => value);
  const least = Math.min(...values) / 2;
  const scale = (value) =>
    left + (Math.log(value / least) / Math.log(Math.max(...values) / least)) * (width - left - 90);
  const lines = [];
  let top = 8;
  for (const [row, title] of Object.entries(rows)) {
    lines.push(`<text x="0" y="${top + 14}" font-weight="bold">${title}: CPU a request, µs</text>`);
    top += 22;
    for (const { name, value } of bars.filter((it) => it.row === row)) {
      const end = scale(value);
      const colour = name === 'widgent' ? '#1d5a4c' : '#c9b28a';
      lines.push(
        `<text x="${left - 8}" y="${top + 12}" text-anchor="end">${titles[name]}</text>`,
        `<rect x="${left}" y="${top}" width="${(end - left).toFixed(1)}" height="${bar}" fill="${colour}"/>`,
        `<text x="${(end + 6).toFixed(1)}" y="${top + 12}">${value.toFixed(1)}</text>`,
      );
      top += bar + 4;
    }
    top += 12;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 ${width + 16} ${top}"`,
    ' font-family="sans-serif" font-size="12">',
    `<rect x="-8" width="100%" height="100%" fill="#fff"/>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}
