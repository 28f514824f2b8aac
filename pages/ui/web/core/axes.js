// @ts-check
// Axes that change in steps, so that they stand still while a run goes on.

/** @typedef {[number, number]} Range Lowest and highest value. */

/** Smallest of 1, 2, 5 × 10^k that is not below x. @param {number} x */
export function step125(x) {
  if (!(x > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(x));
  for (const factor of [1, 2, 5]) if (factor * power >= x * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** End of an axis that shows steps 0…last: it grows by about a quarter at a time. @param {number} last */
export function stepAxisEnd(last) {
  const x = Math.max(last, 50);
  const power = 10 ** Math.floor(Math.log10(x));
  for (const factor of [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) if (factor * power >= x) return factor * power;
  return 10 * power;
}

/**
 * Lowest and highest value to be seen: all, unless the outermost in a hundred would flatten the rest; null of none.
 * @param {Iterable<ArrayLike<number>>} lines
 * @returns {Range | null}
 */
export function extent(lines) {
  const values = [];
  for (const line of lines) for (let i = 0; i < line.length; i++) if (Number.isFinite(line[i])) values.push(line[i]);
  if (!values.length) return null;
  values.sort((a, b) => a - b);
  const n = values.length - 1;
  const low = values[Math.floor(0.01 * n)];
  const high = values[Math.ceil(0.99 * n)];
  const room = 1.2 * (high - low);
  return [values[0] < low - room ? low : values[0], values[n] > high + room ? high : values[n]];
}

/**
 * An axis that holds an extent: it grows at once and shrinks only when most of it is empty.
 * @param {Range} extent
 * @param {Range | undefined} before The axis as it is.
 * @param {Range | undefined} clamp What it must not leave.
 * @returns {Range}
 */
export function steppedRange([low, high], before, clamp) {
  if (low > 0 && low < 0.6 * high) low = 0;
  if (high < 0 && high > 0.6 * low) high = 0;
  const least = Math.max(1e-6, 0.02 * Math.max(Math.abs(low), Math.abs(high)));
  const unit = step125(Math.max(high - low, least) / 3);
  /** @type {Range} */
  let range = [Math.floor(low / unit + 1e-6) * unit, Math.ceil(high / unit - 1e-6) * unit];
  if (range[0] === range[1]) range = [range[0] - unit, range[1] + unit];
  if (clamp) range = [Math.max(clamp[0], range[0]), Math.min(clamp[1], range[1])];
  const holds = before && low >= before[0] && high <= before[1];
  return holds && range[1] - range[0] > 0.45 * (before[1] - before[0]) ? before : range;
}
