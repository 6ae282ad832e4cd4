// The arithmetic of the report: pure functions over numbers.

/** The value below which `share` of the numbers lie, interpolated between neighbours; undefined of nothing. */
export function quantile(numbers, share) {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.ceil(at);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export const median = (numbers) => quantile(numbers, 0.5);

export function summary(numbers) {
  return { median: median(numbers), low: quantile(numbers, 0.25), high: quantile(numbers, 0.75) };
}

/** Both series hold one number per round: a round that one of them lacks counts for neither. */
function pairs(series, base, combine) {
  return series
    .map((value, round) => [value, base[round]])
    .filter((pair) => pair.every(Number.isFinite))
    .map(([value, other]) => combine(value, other));
}

export const pairedDifferences = (series, base) => pairs(series, base, (value, other) => value - other);
export const pairedRatios = (series, base) => pairs(series, base, (value, other) => value / other);

/** What the tasks (in ms) keep the page from answering: of each the part over 50 ms. */
export const blockingTime = (tasks) => tasks.reduce((total, task) => total + Math.max(0, task - 50), 0);

export const longest = (tasks) => Math.max(0, ...tasks);

/** "met", or by how much the figure misses its goal. */
export function verdict(figure, goal, unit = '') {
  if (!Number.isFinite(figure)) return 'not measured';
  if (figure <= goal) return 'met';
  const over = figure - goal;
  const share = goal > 0 ? ` (${((100 * over) / goal).toFixed(0)} %)` : '';
  return `over by ${over >= 10 ? over.toFixed(0) : over.toFixed(2)}${unit}${share}`;
}
