// @ts-check
// Samples as small pictures, rows of them as buttons, and plain line charts: all on canvases of fixed size.

import { step125 } from '../core/axes.js';
import { el, setAttr, setText, sharpCanvas } from '../core/dom.js';
import { decimal } from '../core/format.js';
import { alpha } from '../core/theme.js';

const TAU = 2 * Math.PI,
  POINT_SIDE = 96;

/** Word `i` of an array of letters' numbers; what fills it up at its end is left out. */
export const wordAt = (array, [, length], i, alphabet) =>
  Array.from(array.subarray(i * length, (i + 1) * length), (code) => alphabet[code] ?? '')
    .join('')
    .trimEnd() || '–';

/** Are these samples words: a number for each letter? Points come as floating point. */
export const areWords = (array, shape) => shape.length === 2 && array instanceof Uint8Array;

/** Write word `i` in the middle of a canvas three times as wide as high. */
function paintWord(canvas, array, shape, i, look, side) {
  const width = 2 * side,
    height = Math.round(width / 3);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const c = canvas.getContext('2d'),
    size = Math.min(0.55 * height, (1.5 * width) / Math.max(4, shape[1]));
  c.clearRect(0, 0, width, height);
  c.font = `${Math.round(size)}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace`;
  c.textAlign = 'center';
  c.textBaseline = 'middle';
  c.fillStyle = look.palette.ink;
  c.fillText(wordAt(array, shape, i, look.alphabet || []), width / 2, height / 2, width);
}

/** Draw sample `i`: an image pixel for pixel, a word, or a point as a dot in its frame, over a few real ones. */
export function paintSample(canvas, array, shape, i, look, frame, side = POINT_SIDE) {
  if (areWords(array, shape)) {
    paintWord(canvas, array, shape, i, look, side);
    return;
  }
  if (shape.length === 4) {
    const [, h, w, c] = shape;
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    const context = canvas.getContext('2d'),
      image = context.createImageData(w, h);
    const start = i * h * w * c;
    for (let p = 0, s = start, o = 0; p < h * w; p++, s += c, o += 4) {
      image.data[o] = array[s];
      image.data[o + 1] = array[s + (c === 3 ? 1 : 0)];
      image.data[o + 2] = array[s + (c === 3 ? 2 : 0)];
      image.data[o + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return;
  }
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const [x0, x1, y0, y1] = frame || [-1, 1, -1, 1],
    c = canvas.getContext('2d'),
    r = 2 + side / 32;
  const to = (x, y) => [((x - x0) / (x1 - x0)) * side, ((y1 - y) / (y1 - y0)) * side];
  const dot = (x, y, size) => {
    c.beginPath();
    c.arc(x, y, size, 0, TAU);
    c.fill();
  };
  c.clearRect(0, 0, side, side);
  if (look.real) {
    c.fillStyle = alpha(look.palette.real, 0.45);
    for (const [x, y] of look.real) dot(...to(x, y), r / 3);
  }
  const keep = (v) => Math.min(side - r, Math.max(r, v));
  c.fillStyle = look.palette.fake;
  dot(...to(array[2 * i], array[2 * i + 1]).map(keep), r);
}

/** Fill square `i` of a grid of `n` by `n` over a canvas `side` pixels wide, on whole pixels: no seams. */
export function fillCell(c, i, n, side) {
  const edge = (k) => Math.round((k * side) / n),
    x = i % n,
    y = Math.floor(i / n);
  c.fillRect(edge(x), edge(y), edge(x + 1) - edge(x), edge(y + 1) - edge(y));
}

/** Rows of samples as buttons. `pick(i, event)` hears of clicks; `name(i)` is what a screen reader says. */
export function tiles({ label, pick = null, name = null, kind = '' }) {
  const node = el('div', { class: `tiles ${kind}`, role: 'group', 'aria-label': label });
  const buttons = [];
  function grow(n) {
    while (buttons.length < n) {
      const i = buttons.length;
      const canvas = el('canvas', { 'aria-hidden': 'true' }),
        badge = el('span', { class: 'badge' });
      const button = el(
        pick ? 'button' : 'span',
        { class: 'tile', ...(pick ? { type: 'button', onclick: (event) => pick(i, event) } : { role: 'img' }) },
        canvas,
        badge,
      );
      buttons.push({ button, canvas, badge });
      node.append(button);
    }
    buttons.forEach((b, i) => {
      b.button.hidden = i >= n;
    });
  }
  return {
    node,
    fill(array, shape, look, frame) {
      grow(shape[0]);
      for (let i = 0; i < shape[0]; i++) {
        paintSample(buttons[i].canvas, array, shape, i, look, frame);
        const words = name ? name(i) : `${label}, ${i + 1}`;
        setAttr(
          buttons[i].button,
          'aria-label',
          areWords(array, shape) ? `${words}: ${wordAt(array, shape, i, look.alphabet || [])}` : words,
        );
      }
    },
    /** `badges(i)`: text at the corner or ''; `pressed(i)`: is it chosen? `share(i)`: of a bar below it, 0 to 1. */
    mark(badges, pressed, share) {
      buttons.forEach(({ button, badge }, i) => {
        if (share) button.style.setProperty('--share', `${(100 * share(i)).toFixed(1)}%`);
        setText(badge, badges(i) || '');
        badge.hidden = !badges(i);
        if (button.tagName === 'BUTTON') setAttr(button, 'aria-pressed', Boolean(pressed(i)));
      });
    },
    canvas: (i) => buttons[i]?.canvas,
  };
}

/** One large sample. */
export function large(label) {
  const canvas = el('canvas', { class: 'large', role: 'img', 'aria-label': label, width: 8, height: 8 });
  return {
    node: canvas,
    show(array, shape, i, look, frame, words = label) {
      paintSample(canvas, array, shape, i, look, frame, 3 * POINT_SIDE);
      setAttr(
        canvas,
        'aria-label',
        areWords(array, shape) ? `${words}: ${wordAt(array, shape, i, look.alphabet || [])}` : words,
      );
    },
  };
}

/** A chart of a few lines. `series`: [{ values, colour, dash, width }]; `band`: [low, high] and `middle` across it. */
export function chart(title, unit) {
  let drawn = null;
  const { canvas, context, end } = sharpCanvas(() => paint(), { class: 'chart', role: 'img', 'aria-label': title });
  const node = el(
    'figure',
    { class: 'small' },
    el('figcaption', {}, el('b', { text: title }), el('span', { class: 'note', text: unit })),
    canvas,
  );
  function paint() {
    if (!drawn || !canvas.width) return;
    const { series, band, middle, mark, look, from = 0, zero = true } = drawn,
      px = look.ratio,
      c = context;
    const left = 44 * px,
      right = 8 * px,
      top = 8 * px,
      bottom = 18 * px;
    const w = canvas.width - left - right,
      h = canvas.height - top - bottom;
    const all = series
      .flatMap((s) => Array.from(s.values))
      .concat(band || [])
      .filter(Number.isFinite);
    let low = zero ? Math.min(0, ...all) : Math.min(...all),
      high = Math.max(...all, low + 1e-9);
    const unitStep = step125((high - low) / 4);
    low = Math.floor(low / unitStep) * unitStep;
    high = Math.ceil(high / unitStep - 1e-9) * unitStep;
    const n = Math.max(2, ...series.map((s) => s.values.length));
    const x = (i) => left + (i / (n - 1)) * w,
      y = (v) => top + ((high - v) / (high - low)) * h;
    c.clearRect(0, 0, canvas.width, canvas.height);
    if (band) {
      c.fillStyle = alpha(look.palette.muted, 0.16);
      c.fillRect(left, y(band[1]), w, y(band[0]) - y(band[1]));
    }
    const digits = Math.max(0, -Math.floor(Math.log10(unitStep) + 1e-9));
    c.font = `${11 * px}px ${look.font}`;
    c.textBaseline = 'middle';
    c.lineWidth = px;
    for (let v = low; v <= high + 1e-9; v += unitStep) {
      c.strokeStyle = look.palette.line;
      c.beginPath();
      c.moveTo(left, y(v));
      c.lineTo(left + w, y(v));
      c.stroke();
      c.fillStyle = look.palette.muted;
      c.textAlign = 'right';
      c.fillText(Math.abs(v) < unitStep / 2 ? '0' : v.toFixed(digits).replace('-', '−'), left - 6 * px, y(v));
    }
    c.textAlign = 'left';
    c.fillText(String(from), left, canvas.height - 7 * px);
    c.textAlign = 'right';
    c.fillText(String(from + n - 1), left + w, canvas.height - 7 * px);
    const line = (values, colour, dash, width) => {
      c.strokeStyle = colour;
      c.lineWidth = width * px;
      c.setLineDash((dash || []).map((d) => d * px));
      c.beginPath();
      values.forEach((v, i) => {
        if (Number.isFinite(v)) c.lineTo(x(i), y(v));
      });
      c.stroke();
      c.setLineDash([]);
    };
    if (middle !== undefined && middle !== null)
      line([middle, ...Array(n - 1).fill(middle)], look.palette.muted, [2, 3], 1);
    for (const s of series) line(Array.from(s.values), s.colour, s.dash, s.width || 1.8);
    if (mark !== undefined && mark !== null) {
      c.strokeStyle = look.palette.ink;
      c.lineWidth = px;
      c.beginPath();
      c.moveTo(x(mark), top);
      c.lineTo(x(mark), top + h);
      c.stroke();
    }
  }
  return {
    node,
    end,
    draw(next, words) {
      drawn = next;
      paint();
      if (words) setAttr(canvas, 'aria-label', `${title}: ${words}`);
    },
    mark(i) {
      if (drawn) {
        drawn.mark = i;
        paint();
      }
    },
  };
}

/** A bar from 0 to `end` with a band, and a mark where a number lies. */
export function gauge() {
  const dot = el('i', { class: 'dot' }),
    band = el('i', { class: 'band' });
  const node = el('span', { class: 'gauge', role: 'img' }, band, dot);
  return {
    node,
    show(value, low, high, end, words) {
      const at = (v) => `${Math.min(100, Math.max(0, (100 * v) / end)).toFixed(1)}%`;
      band.style.left = at(low);
      band.style.width = `calc(${at(high)} - ${at(low)})`;
      dot.style.left = at(value);
      setAttr(node, 'aria-label', words);
    },
  };
}

/** A bar that shows where a norm lies among those that the prior makes likely. */
export function normGauge() {
  const made = gauge();
  return {
    node: made.node,
    show(norm, [low, , high]) {
      made.show(
        norm,
        low,
        high,
        1.6 * high,
        `norm ${decimal(norm, 1)}; nine of ten z have ${decimal(low, 1)} to ${decimal(high, 1)}`,
      );
    },
  };
}

/** The class that a point's text names, with its "@", or "". */
export const tagOf = (text) => (text.includes('@') ? text.slice(text.indexOf('@')) : '');
/** The same point, told another class. */
export const retag = (text, tag) => (text.includes('@') ? text.slice(0, text.indexOf('@')) : text) + tag;

/** Numbers of a point as the text that a request and a link carry. */
export function zText(array, i, dim) {
  const bytes = new Uint8Array(array.slice(i * dim, (i + 1) * dim).buffer);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `z${btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}
