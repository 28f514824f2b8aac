// @ts-check
// Samples as images: generated beside real, each with D's verdict under it, and a walk between two z.

import { decimal, percent, sigmoid } from '../core/format.js';
import { alpha } from '../core/theme.js';
import { opinionScale } from './opinion.js';

const GAP = 3,
  BAR = 4,
  FOOT = 8,
  BETWEEN = 18,
  HEAD = 18;

/**
 * How many columns and rows fit: all the generated images, large enough to be seen; `twins`: shown twice; `told`: each
 * stands between what is left of a real image and that image itself.
 */
export function layout(width, height, fakes, reals, walks, pixels, ratio, twins = false, told = false) {
  // Small images look best at a whole multiple of their own pixels.
  const whole = (size) =>
    pixels <= 16 && size * ratio >= 2 * pixels ? (Math.floor((size * ratio) / pixels) * pixels) / ratio : size;
  const strip = walks ? whole(Math.floor(Math.min((width + GAP) / walks - GAP, 56))) : 0;
  const room = height - HEAD - (walks ? strip + HEAD + 4 : 0);
  let best = null;
  for (let columns = 2; columns <= 12; columns++) {
    const beside = reals ? (told ? columns : Math.ceil(columns / 2)) : 0;
    const all = (twins ? 2 : 1) * columns + beside + (told ? columns : 0),
      gaps = (twins ? 1 : 0) + (beside ? 1 : 0) + (told ? 1 : 0);
    const tile = whole(Math.floor((width - gaps * BETWEEN + GAP) / all - GAP));
    const rows = Math.min(Math.ceil(fakes / columns), Math.floor(room / (tile + FOOT + GAP)));
    if (rows < 1) continue;
    const shown = Math.min(fakes, rows * columns);
    const score = Math.min(shown, 30) * tile; // thirty are enough to see variety; from there on size counts
    if (!best || score > best.score)
      best = { score, columns, beside, tile, rows, shown, strip, pitch: Math.min(room / rows, tile + FOOT + GAP + 10) };
  }
  return best;
}

export function imagePainter() {
  const small = document.createElement('canvas'),
    large = document.createElement('canvas');
  let plan = null,
    boxes = [],
    scale = null,
    run = null;

  /** All images of one array side by side, enlarged by whole pixels: crisp whatever size they are then shown at. */
  function atlas(array, [n, h, w, channels], size) {
    const s = small.getContext('2d');
    small.width = n * w;
    small.height = h;
    const picture = s.createImageData(n * w, h),
      data = picture.data;
    for (let i = 0; i < n; i++) {
      for (let y = 0; y < h; y++) {
        let from = (i * h + y) * w * channels,
          to = 4 * (y * n * w + i * w);
        for (let x = 0; x < w; x++, from += channels, to += 4) {
          data[to] = array[from];
          data[to + 1] = array[from + (channels > 1 ? 1 : 0)];
          data[to + 2] = array[from + (channels > 1 ? 2 : 0)];
          data[to + 3] = 255;
        }
      }
    }
    s.putImageData(picture, 0, 0);
    const k = Math.max(1, Math.min(Math.ceil(size / w), Math.floor(16000 / (n * w))));
    const l = large.getContext('2d');
    large.width = n * w * k;
    large.height = h * k;
    l.imageSmoothingEnabled = false;
    l.drawImage(small, 0, 0, large.width, large.height);
    return { w: w * k, h: h * k };
  }

  function bar(c, look, frame, logit, x, y, width) {
    const px = look.ratio,
      h = BAR * px,
      critic = frame.header.meaning === 'critic';
    c.fillStyle = alpha(look.palette.muted, 0.22);
    c.fillRect(x, y, width, h);
    c.fillStyle = look.palette.discriminator;
    if (critic) {
      const t = scale.of(logit);
      c.fillRect(x + width / 2 + Math.min(0, t) * (width / 2), y, Math.abs(t) * (width / 2), h);
    } else c.fillRect(x, y, width * sigmoid(logit), h);
    c.fillStyle = look.palette.ink;
    c.fillRect(x + width / 2 - px / 2, y - px, px, h + 2 * px);
  }

  function group(c, look, frame, { array, shape, logits = null, columns, left, top, kind, colour, rows }) {
    const px = look.ratio,
      tile = plan.tile * px,
      count = Math.min(shape[0], columns * rows);
    const source = atlas(
      array.subarray(0, count * shape[1] * shape[2] * shape[3]),
      [count, shape[1], shape[2], shape[3]],
      tile,
    );
    c.imageSmoothingEnabled = source.w !== Math.round(tile);
    c.imageSmoothingQuality = 'high';
    for (let i = 0; i < count; i++) {
      const x = Math.round(left + (i % columns) * (plan.tile + GAP) * px);
      const y = Math.round(top + Math.floor(i / columns) * plan.pitch * px);
      c.drawImage(large, i * source.w, 0, source.w, source.h, x, y, tile, tile);
      c.strokeStyle = alpha(colour, 0.6);
      c.lineWidth = px;
      c.strokeRect(x + px / 2, y + px / 2, tile - px, tile - px);
      const logit = logits ? logits[i] : NaN;
      if (Number.isFinite(logit)) bar(c, look, frame, logit, x, y + tile + 2 * px, tile);
      boxes.push({ x, y, w: tile, h: tile + FOOT * px, kind, i, logit });
    }
  }

  function head(c, look, text, colour, x, y) {
    c.font = `600 ${12 * look.ratio}px ${look.font}`;
    c.textBaseline = 'top';
    c.textAlign = 'left';
    c.fillStyle = colour;
    c.fillText(text, x, y);
  }

  return {
    /** What is said beside the title while one half of a step is shown. */
    halves: { d: 'D’s half: verdicts change', g: 'G’s half: pictures change' },
    /** Layers that this picture has besides real and generated. */
    layers: { walk: 'Images on the way between the z of the first two generated ones' },
    /** Take a new frame. */
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
      const { arrays, shapes } = frame,
        px = look.ratio;
      const fakes = arrays.fake_images,
        reals = arrays.real_images,
        walk = arrays.walk,
        raw = arrays.raw_images,
        told = arrays.condition_images;
      c.clearRect(0, 0, canvas.width, canvas.height);
      boxes = [];
      if (!fakes) return;
      const width = canvas.width / px,
        height = canvas.height / px;
      const walks = walk ? shapes.walk[0] : 0;
      plan = layout(
        width,
        height,
        shapes.fake_images[0],
        reals ? shapes.real_images[0] : 0,
        walks,
        shapes.fake_images[2],
        px,
        Boolean(raw),
        Boolean(told),
      );
      if (!plan) return;
      const each = plan.tile + GAP;
      const second = plan.columns * each + BETWEEN,
        twins = raw ? second : 0, // where the next group begins
        first = told ? second : 0;
      const used = first + twins + (plan.columns + plan.beside) * each - GAP + (plan.beside ? BETWEEN : 0);
      const start = Math.max(0, (width - used) / 2),
        left = start + first;
      if (told) {
        head(c, look, frame.header.condition, look.palette.muted, start * px, 0);
        group(c, look, frame, {
          array: told,
          shape: shapes.condition_images,
          columns: plan.columns,
          rows: plan.rows,
          left: start * px,
          top: HEAD * px,
          kind: 'condition',
          colour: look.palette.muted,
        });
      }
      if (on.fake) {
        head(c, look, raw ? 'EMA' : 'generated', look.palette.fake, left * px, 0);
        group(c, look, frame, {
          array: fakes,
          shape: shapes.fake_images,
          logits: arrays.fake_logits,
          columns: plan.columns,
          rows: plan.rows,
          left: left * px,
          top: HEAD * px,
          kind: 'generated',
          colour: look.palette.fake,
        });
      }
      if (on.fake && raw) {
        head(c, look, 'raw', look.palette.fake, (left + twins) * px, 0);
        group(c, look, frame, {
          array: raw,
          shape: shapes.raw_images,
          columns: plan.columns,
          rows: plan.rows,
          left: (left + twins) * px,
          top: HEAD * px,
          kind: 'raw',
          colour: look.palette.fake,
        });
      }
      if (on.real && reals) {
        const x = left + twins + second;
        head(c, look, told ? 'the truth' : 'real', look.palette.real, x * px, 0);
        group(c, look, frame, {
          array: reals,
          shape: shapes.real_images,
          logits: arrays.real_logits,
          columns: plan.beside,
          rows: plan.rows,
          left: x * px,
          top: HEAD * px,
          kind: 'real',
          colour: look.palette.real,
        });
      }
      if (on.walk && walks) {
        const size = plan.strip * px,
          y = canvas.height - size;
        const whole = walks * (plan.strip + GAP) - GAP,
          x0 = Math.max(0, (width - whole) / 2) * px;
        const of = told ? 'the first one with other z: what changes is made up' : 'from one z to another';
        head(c, look, of, look.palette.fake, x0, y - HEAD * px);
        const source = atlas(walk, shapes.walk, size);
        c.imageSmoothingEnabled = source.w !== Math.round(size);
        for (let i = 0; i < walks; i++) {
          const x = Math.round(x0 + i * (plan.strip + GAP) * px);
          c.drawImage(large, i * source.w, 0, source.w, source.h, x, Math.floor(y), size, size);
          boxes.push({ x, y, w: size, h: size, kind: 'walk', i, logit: NaN });
        }
      }
    },
    /** The image under a point of the canvas, or null. */
    under(x, y) {
      return boxes.find((b) => x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h) || null;
    },
    /** What is said of the image under the pointer. */
    tells({ kind, i, logit }, header) {
      if (kind === 'walk') return `image ${i + 1} of the walk`;
      if (kind === 'raw') return `raw ${i + 1}: the same z`;
      if (kind === 'condition') return `${i + 1}, ${header.condition}: all that G is told`;
      const answer =
        header.meaning === 'critic' ? `D gives ${decimal(logit, 2)}` : `D says ${percent(sigmoid(logit), 1)} real`;
      return `${kind} ${i + 1}: ${answer}`;
    },
    /** The picture in words. */
    says({ header, shapes }) {
      const n = (plan ? plan.shown : 0) || shapes.fake_images?.[0] || 0;
      return `${n} generated images ${
        header.condition
          ? `between ${header.data} ${header.condition} and the true ones`
          : `beside real ones from ${header.data}`
      }`;
    },
  };
}
