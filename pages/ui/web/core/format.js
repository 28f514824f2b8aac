// @ts-check
// Numbers as people read them. A true minus sign, thousands with commas, widths that do not jump.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** @typedef {number | null | undefined} Maybe A number that may be missing; then a dash stands in its place. */

/** @param {Maybe} x @returns {x is number} */
const known = (x) => typeof x === 'number' && Number.isFinite(x);

/** @param {Maybe} x */
export const integer = (x) => (known(x) ? whole.format(x) : '–');

/**
 * A number with so many digits after the point, fewer where it is large, a power of ten where it is huge or tiny.
 * @param {Maybe} x
 */
export function decimal(x, digits = 3) {
  if (!known(x)) return '–';
  const size = Math.abs(x);
  if (size >= 1e5 || (size > 0 && size < 0.5 * 10 ** -digits)) {
    const [mantissa, power] = x.toExponential(1).split('e');
    return `${mantissa}e${Number(power)}`.replaceAll('-', '−');
  }
  const fewer = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? Math.min(2, digits) : digits;
  return trueMinus(x.toFixed(fewer));
}

/**
 * A coordinate: always so many digits, so that it does not jump under a moving pointer.
 * @param {Maybe} x
 */
export const fixed = (x, digits = 2) => (known(x) ? trueMinus(x.toFixed(digits)) : '–');

/** A text of digits with a true minus sign, and none before zero. @param {string} text */
export const trueMinus = (text) => text.replace(/^-(?=[0.]*$)/, '').replace('-', '−');

/** @param {Maybe} x */
export const percent = (x, digits = 0) => (known(x) ? `${(100 * x).toFixed(digits)} %` : '– %');

/** Steps a second. @param {Maybe} x */
export function rate(x) {
  if (!known(x)) return '–';
  return x >= 9.95 ? whole.format(x) : x.toFixed(1);
}

/** Minutes and seconds, with hours where there are any. @param {Maybe} seconds */
export function clock(seconds) {
  if (!known(seconds)) return '0:00';
  const all = Math.floor(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const minutes = Math.floor(all / 60);
  const tail = two(all % 60);
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`;
}

/** @param {number} x */
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
