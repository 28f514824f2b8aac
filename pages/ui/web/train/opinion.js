// @ts-check
// Which of D's answers means "cannot tell", and how far from it the colours reach.
import { step125 } from '../core/axes.js';
import { sigmoid } from '../core/format.js';

/** @param {Iterable<number> | undefined} values */
function mean(values) {
  let sum = 0,
    n = 0;
  for (const v of values ?? [])
    if (Number.isFinite(v)) {
      sum += v;
      n++;
    }
  return n ? sum / n : 0;
}

/**
 * The scale of D's answers in a picture: {middle, end, of(logit) → −1…1}.
 *
 * Probabilities: ½ (less with smoothed labels) ± end. Critic values: the objective's own middle, else half way between
 * real and generated. The outermost answers in twenty lie beyond the ends, so that the corners of a picture do not wash
 * out its centre. Both numbers change in steps, and not back and forth.
 *
 * @typedef {{middle: number, end: number, of: (logit: number) => number}} Scale
 *
 * @param {{header: {meaning?: string, middle?: number | null}, arrays: Record<string, any>}} frame
 * @param {ArrayLike<number>} logits
 * @param {Scale | null} [before] The scale of the frame before.
 * @returns {Scale}
 */
export function opinionScale({ header, arrays }, logits, before) {
  const critic = header.meaning === 'critic';
  const own = header.middle ?? null; // null: only differences of critic values have a meaning
  const free = critic && own === null;
  /** @type {(logit: number) => number} */
  const value = critic ? (logit) => logit : sigmoid;
  const wish = free
    ? (mean(arrays.real_logits) + mean(arrays.fake_logits)) / 2
    : critic
      ? (own ?? 0)
      : sigmoid(own ?? 0);
  const away = Float32Array.from(logits, (logit) => Math.abs(value(logit) - wish)).sort();
  const most = away[Math.floor(0.95 * (away.length - 1))] || 0;
  const room = Math.min(wish, 1 - wish); // a probability ends at 0 and at 1
  const wanted = critic ? Math.max(1e-3, step125(most)) : Math.min(room, Math.max(0.01, step125(most)));
  const end = before && wanted < before.end && most > 0.3 * before.end ? before.end : wanted;
  let middle = wish;
  if (free) {
    const grid = end / 4;
    middle =
      before && before.end === end && Math.abs(wish - before.middle) < 0.75 * grid
        ? before.middle
        : Math.round(wish / grid) * grid;
  }
  return { middle, end, of: (logit) => Math.max(-1, Math.min(1, (value(logit) - middle) / end)) };
}

/** The ends in words: as many digits as tell them apart. @param {{middle: number, end: number}} scale */
export function endsInWords({ middle, end }) {
  const extra = [1, 2, 4].findIndex((k) => Math.abs((k * middle) / end - Math.round((k * middle) / end)) < 1e-6);
  const digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10(end) - 1e-9) + extra));
  /** @param {number} x */
  const say = (x) =>
    x
      .toFixed(digits)
      .replace(/^-(0(\.0*)?)$/, '$1')
      .replace('-', '−');
  return [say(middle - end), say(middle + end)];
}
