// Numbers as people read them. A true minus sign, thousands with commas, widths that do not jump.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

const known = (x) => typeof x === 'number' && Number.isFinite(x);

export const integer = (x) => (known(x) ? whole.format(x) : '–');

export function decimal(x, digits = 3) {
  if (!known(x)) return '–';
  const size = Math.abs(x);
  if (size >= 1e5 || (size > 0 && size < 0.5 * 10 ** -digits)) {
    const [mantissa, power] = x.toExponential(1).split('e');
    return `${mantissa}e${Number(power)}`.replaceAll('-', '−');
  }
  const fewer = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? Math.min(2, digits) : digits;
  const text = x.toFixed(fewer).replace('-', '−');
  return /^−0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** A coordinate: always so many digits, so that it does not jump under a moving pointer. */
export const fixed = (x, digits = 2) =>
  known(x)
    ? x
        .toFixed(digits)
        .replace(/^-(?=[0.]*$)/, '')
        .replace('-', '−')
    : '–';

export const percent = (x, digits = 0) => (known(x) ? `${(100 * x).toFixed(digits)} %` : '– %');

export function rate(x) {
  if (!known(x)) return '–';
  return x >= 9.95 ? whole.format(x) : x.toFixed(1);
}

export function clock(seconds) {
  if (!known(seconds)) return '0:00';
  const s = Math.floor(seconds),
    two = (n) => String(n).padStart(2, '0');
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}

/** Smallest of 1, 2, 5 × 10^k that is not below x. */
export function step125(x) {
  if (!(x > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(x));
  for (const m of [1, 2, 5]) if (m * power >= x * (1 - 1e-9)) return m * power;
  return 10 * power;
}

/** End of an axis that shows steps 0…last: it grows by about a quarter at a time. */
export function stepAxisEnd(last) {
  const x = Math.max(last, 50),
    power = 10 ** Math.floor(Math.log10(x));
  for (const m of [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) if (m * power >= x) return m * power;
  return 10 * power;
}

export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
