// @ts-check
// Time below: how far it has come, step by step, with marks where something was changed.
import { el, setText, sharpCanvas } from '../core/dom.js';
import { integer, percent } from '../core/format.js';
import { alpha } from '../core/theme.js';
import { hasModes } from './words.js';

/**
 * What the strip shows of a frame: values in [0, 1] at steps, and how to say one of them.
 * @typedef {object} Course
 * @property {string} name
 * @property {ArrayLike<number>} steps
 * @property {(i: number) => number} [at]
 * @property {(i: number) => string} [say]
 * @property {boolean} [half] Whether one half means that nothing can be told.
 *
 * @param {{header: any, arrays: Record<string, any>}} frame
 * @param {any[]} metrics The entries of all metrics.
 * @returns {Course | null}
 */
export function course({ header, arrays }, metrics) {
  const metric = metrics.find(({ curve }) => curve?.strip && curve.kind === header.kind);
  const counts = metric && arrays[`metric_${metric.name}`];
  const total = metric && (header.metrics?.[metric.out_of]?.floor ?? header.metrics?.[metric.name]?.floor);
  if (counts?.length && total) {
    return {
      name: metric.curve.name,
      steps: arrays.metric_step,
      at: (i) => counts[i] / total,
      say: (i) => `${integer(counts[i])} of ${integer(total)}`,
      half: false,
    };
  }
  if (metric && hasModes(header) && !header.metrics_step) return { name: metric.curve.name, steps: [] };
  const real = arrays.real_accuracy,
    fake = arrays.fake_accuracy;
  if (!real || !fake) return null;
  const right = (/** @type {number} */ i) => (real[i] + fake[i]) / 2;
  return { name: 'D is right', steps: arrays.curve_step, at: right, say: (i) => percent(right(i)), half: true };
}

/**
 * The strip.
 * @param {object} given
 * @param {() => import('../core/view.js').Look} given.look
 * @param {() => any[]} given.metrics The entries of all metrics.
 */
export function strip({ look, metrics }) {
  /** @type {any} */
  let frame = null;
  /** @type {number | null} */
  let pointer = null;
  const surface = sharpCanvas(() => paint(), { role: 'img', 'aria-label': 'The run so far' });
  const { canvas, context: c } = surface;
  const name = el('span', { class: 'name', text: '\u00a0' }),
    now = el('span', { class: 'now', text: '\u00a0' });
  const node = el('section', { class: 'strip', 'aria-label': 'The run so far' }, name, canvas, now);
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    pointer = (event.clientX - box.left) / box.width;
    paint();
  });
  canvas.addEventListener('pointerleave', () => {
    pointer = null;
    paint();
  });

  function paint() {
    if (!frame || !canvas.width) return;
    const { palette, ratio: px } = look(),
      w = canvas.width,
      h = canvas.height,
      last = Math.max(1, frame.header.step);
    const line = course(frame, metrics());
    c.clearRect(0, 0, w, h);
    c.fillStyle = palette.line;
    c.fillRect(0, h - px, w, px);
    setText(name, line ? `${line.name}, from step 1` : 'from step 1');
    if (!line?.steps.length || !line.at || !line.say) {
      setText(now, Number.isFinite(frame.header.moment) ? `step ${integer(last)}` : 'now');
      return;
    }
    const n = line.steps.length,
      top = 3 * px,
      room = h - top - px;
    const x = (/** @type {number} */ step) => (Math.min(step, last) / last) * w;
    c.fillStyle = alpha(palette.muted, 0.5);
    c.beginPath();
    c.moveTo(0, h - px);
    let left = 0;
    for (let i = 0; i < n; i++) {
      const y = h - px - Math.min(1, Math.max(0, line.at(i) || 0)) * room;
      c.lineTo(left, y);
      left = i === n - 1 ? w : x(line.steps[i]);
      c.lineTo(left, y);
    }
    c.lineTo(left, h - px);
    c.fill();
    if (line.half) {
      c.strokeStyle = palette.muted;
      c.setLineDash([2 * px, 3 * px]);
      c.lineWidth = px;
      c.beginPath();
      c.moveTo(0, h - px - room / 2);
      c.lineTo(w, h - px - room / 2);
      c.stroke();
      c.setLineDash([]);
    }
    c.fillStyle = palette.ink;
    for (const mark of frame.header.marks || []) c.fillRect(Math.round(x(mark.step)), 0, Math.max(1, px), h);
    if (pointer === null) {
      const of = line.steps[n - 1];
      const present = of === last && !Number.isFinite(frame.header.moment);
      setText(now, `${present ? 'now' : `step ${integer(of)}`}: ${line.say(n - 1)}`);
      return;
    }
    const step = Math.max(1, Math.round(pointer * last));
    let i = 0;
    while (i < n - 1 && line.steps[i] < step) i++;
    const at = pointer * w;
    /** @type {import('../core/frame-types.js').Mark | undefined} */
    const near = (frame.header.marks || []).find(
      (/** @type {{step: number}} */ mark) => Math.abs(x(mark.step) - at) < 4 * px,
    );
    c.fillRect(Math.round(at), 0, px, h);
    setText(now, near ? `step ${integer(near.step)}: ${near.label}` : `step ${integer(step)}: ${line.say(i)}`);
  }

  return {
    node,
    repaint: paint,
    /** @param {any} next */
    update(next) {
      frame = next;
      paint();
    },
    end: () => surface.end(),
  };
}
