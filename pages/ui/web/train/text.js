// @ts-check
// Samples as words: generated beside real, each with D's verdict under it, and a walk between two z.

import { decimal, percent, sigmoid } from '../core/format.js';
import { alpha } from '../core/theme.js';
import { opinionScale } from './opinion.js';

const HEAD = 20,
  BAR = 3,
  BETWEEN = 22,
  GAP = 10;

/**
 * The words of an array of letters' numbers; what fills a word up at its end is left out.
 *
 * @param {Uint8Array} codes
 * @param {number[]} shape
 * @param {string[]} alphabet
 */
export function wordsOf(codes, shape, alphabet) {
  const [n, length] = shape;
  return Array.from({ length: n }, (_, i) =>
    Array.from(codes.subarray(i * length, (i + 1) * length), (code) => alphabet[code] ?? '')
      .join('')
      .trimEnd(),
  );
}

/** How many columns and rows of words fit: `cell` is the width of the longest word. */
export function layout(width, height, fakes, reals, cell, twins = false) {
  const groups = 1 + (twins ? 1 : 0) + (reals ? 1 : 0);
  const fit = Math.max(groups, Math.floor((width - (groups - 1) * BETWEEN) / (cell + GAP)));
  const beside = reals ? Math.max(1, Math.floor(fit / 3)) : 0;
  const columns = Math.max(1, Math.floor((fit - beside) / (twins ? 2 : 1)));
  const rows = Math.max(1, Math.min(Math.ceil(fakes / columns), Math.floor(height / 24)));
  return { columns, beside, rows, pitch: Math.min(34, height / rows), shown: Math.min(fakes, columns * rows) };
}

export function textPainter() {
  let boxes = [],
    scale = null,
    run = null,
    plan = null;

  function bar(c, look, critic, logit, x, y, width) {
    const px = look.ratio;
    c.fillStyle = alpha(look.palette.muted, 0.22);
    c.fillRect(x, y, width, BAR * px);
    c.fillStyle = look.palette.discriminator;
    if (critic) {
      const t = scale.of(logit);
      c.fillRect(x + width / 2 + Math.min(0, t) * (width / 2), y, Math.abs(t) * (width / 2), BAR * px);
    } else c.fillRect(x, y, width * sigmoid(logit), BAR * px);
    c.fillStyle = look.palette.ink;
    c.fillRect(x + width / 2 - px / 2, y - px, px, (BAR + 2) * px);
  }

  function head(c, look, text, colour, x, y) {
    c.font = `600 ${12 * look.ratio}px ${look.font}`;
    c.textBaseline = 'top';
    c.textAlign = 'left';
    c.fillStyle = colour;
    c.fillText(text, x, y);
  }

  const face = (look, bold = false) =>
    `${bold ? 700 : 400} ${15 * look.ratio}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace`;

  function group(c, look, critic, { words, known = null, logits = null, columns, left, cell, kind }) {
    const px = look.ratio;
    words.slice(0, columns * plan.rows).forEach((word, i) => {
      const x = left + (i % columns) * (cell + GAP) * px,
        y = (HEAD + Math.floor(i / columns) * plan.pitch) * px;
      c.font = face(look, Boolean(known?.[i]));
      c.textBaseline = 'top';
      c.fillStyle = known && !known[i] ? look.palette.muted : look.palette.ink;
      c.fillText(word || '–', x, y);
      const logit = logits ? logits[i] : NaN;
      if (Number.isFinite(logit)) bar(c, look, critic, logit, x, y + 18 * px, cell * px);
      boxes.push({
        x,
        y,
        w: cell * px,
        h: plan.pitch * px,
        kind,
        i,
        word,
        logit,
        known: known ? Boolean(known[i]) : null,
      });
    });
  }

  return {
    /** What is said beside the title while one half of a step is shown. */
    halves: { d: 'D’s half: verdicts change', g: 'G’s half: words change' },
    /** Layers that this picture has besides real and generated. */
    layers: { walk: 'Words on the way between the z of the first two generated ones' },
    take(frame) {
      const { header, arrays } = frame;
      if (run !== header.run) {
        run = header.run;
        scale = null;
      }
      const logits = [...(arrays.real_logits || []), ...(arrays.fake_logits || [])];
      if (logits.length) scale = opinionScale(frame, logits, scale);
    },
    get scale() {
      return scale;
    },
    paint(frame, canvas, c, look, on) {
      const { header, arrays, shapes } = frame,
        px = look.ratio,
        critic = header.meaning === 'critic',
        of = (name) => (arrays[name] ? wordsOf(arrays[name], shapes[name], header.alphabet) : null);
      c.clearRect(0, 0, canvas.width, canvas.height);
      boxes = [];
      const fakes = of('fake_text'),
        reals = of('real_text'),
        raw = of('raw_text'),
        walk = on.walk ? of('walk_text') : null;
      if (!fakes) return;
      c.font = face(look);
      const cell = Math.max(44, c.measureText('m'.repeat(shapes.fake_text[1])).width / px),
        width = canvas.width / px,
        height = canvas.height / px - HEAD - (walk ? 2 * HEAD + 8 : 0);
      plan = layout(width, height, fakes.length, reals ? reals.length : 0, cell, Boolean(raw));
      const second = plan.columns * (cell + GAP) + BETWEEN - GAP,
        real = second * (raw ? 2 : 1) * px;
      if (on.fake) {
        head(c, look, raw ? 'EMA' : 'generated; bold: real', look.palette.fake, 0, 0);
        const told = { words: fakes, known: arrays.fake_known, logits: arrays.fake_logits, columns: plan.columns };
        group(c, look, critic, { ...told, cell, left: 0, kind: 'generated' });
      }
      if (on.fake && raw) {
        head(c, look, 'raw', look.palette.fake, second * px, 0);
        const told = { words: raw, columns: plan.columns, cell, left: second * px };
        group(c, look, critic, { ...told, kind: 'raw' });
      }
      if (on.real && reals) {
        head(c, look, 'real', look.palette.real, real, 0);
        const told = { words: reals, logits: arrays.real_logits, columns: plan.beside, cell, left: real };
        group(c, look, critic, { ...told, kind: 'real' });
      }
      if (walk) {
        const y = canvas.height - 2 * HEAD * px;
        head(c, look, 'from one z to another', look.palette.fake, 0, y);
        c.font = face(look);
        c.fillStyle = look.palette.ink;
        let x = 0;
        const chain = walk.filter((word, i) => i === 0 || word !== walk[i - 1]);
        for (const [i, word] of chain.entries()) {
          const text = (i ? '→ ' : '') + (word || '–'),
            wide = c.measureText(`${text} `).width;
          if (x + wide > canvas.width) break;
          c.fillText(text, x, y + HEAD * px);
          x += wide;
        }
      }
    },
    under(x, y) {
      return boxes.find((b) => x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h) || null;
    },
    /** What is said of the word under the pointer. */
    tells({ kind, i, word, logit, known }, { meaning }) {
      const which = `${kind} ${i + 1}, “${word}”${known === null ? '' : known ? ', real' : ', made up'}`;
      if (!Number.isFinite(logit)) return `${which}: the same z`;
      const answer = meaning === 'critic' ? `gives ${decimal(logit, 2)}` : `says ${percent(sigmoid(logit), 1)} real`;
      return `${which}: D ${answer}`;
    },
    /** The picture in words. */
    says({ header, arrays, shapes }) {
      const of = (name, n) => wordsOf(arrays[name], shapes[name], header.alphabet).slice(0, n).join(', ');
      if (!arrays.fake_text) return '';
      const reals = arrays.real_text ? `; real ones: ${of('real_text', 6)}` : '';
      const known = arrays.fake_known ? `; ${arrays.fake_known.reduce((a, b) => a + b, 0)} of them are real` : '';
      const n = shapes.fake_text[0];
      return `${n} generated words beside ${header.data}: ${of('fake_text', 12)} and more${known}${reals}`;
    },
  };
}
