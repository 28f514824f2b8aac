// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filled, smoothed } from '../../pages/ui/web/core/fill.js';
import { parse } from '../../pages/ui/web/core/frame.js';
import { bytes, json } from './fixtures.js';

const FIGURES = json('figures.json').light.figures;
const FRAMES = Object.fromEntries(
  ['plane', 'critic', 'images', 'text'].map((name) => [name, parse(bytes(`${name}.bin`))]),
);
/** @returns {import('../../pages/ui/web/core/fill.js').Manner} */
const manner = (more = {}) => ({
  smooth: 0.6,
  memory: {},
  font: 'serif',
  ground: 'rgba(0,0,0,.5)',
  width: 400,
  height: 150,
  ...more,
});
/** A frame with some of its values changed. @param {any} frame @param {any} header @param {any} [arrays] */
const changed = (frame, header, arrays = {}) => ({
  ...frame,
  header: { ...frame.header, ...header },
  arrays: { ...frame.arrays, ...arrays },
});

for (const [kind, frame] of Object.entries(FRAMES))
  for (const name of ['losses', 'score_histograms', 'score_means', 'gradient_norms', 'accuracy', 'scores'])
    test(`each figure is filled from a frame, with axes that hold its lines: ${name}, ${kind}`, () => {
      const { data, layout } = filled(FIGURES[name], frame, manner());
      const lines = data.filter((trace) => trace.visible && trace.x?.length && !trace.meta.marks);
      assert.ok(lines.length, 'something is drawn');
      for (const { x, y } of lines) assert.equal(x.length, y.length);
      assert.equal(layout.font.family, 'serif');
      const { range } = layout.xaxis;
      if (range)
        for (const { x } of lines)
          assert.ok(x[0] >= range[0] && x[x.length - 1] <= range[1], `${range}: ${x[x.length - 1]}`);
      if (layout.yaxis.range) assert.ok(layout.yaxis.range[0] < layout.yaxis.range[1]);
      for (const note of layout.annotations) assert.ok(typeof note.text === 'string' && note.text);
    });

test('a template stays as it is', () => {
  const before = JSON.stringify(FIGURES);
  filled(FIGURES.losses, FRAMES.plane, manner());
  assert.equal(JSON.stringify(FIGURES), before);
});

test('smoothing has no lag at the start, keeps gaps, and none is none', () => {
  const values = Float32Array.from([4, NaN, 4, 0]);
  assert.equal(smoothed(values, 0), values);
  const out = smoothed(values, 0.5);
  assert.equal(out[0], 4);
  assert.ok(Number.isNaN(out[1]));
  assert.equal(out[2], 4);
  const weights = [0.125, 0.25, 0.5];
  const mean = (weights[0] * 4 + weights[1] * 4 + weights[2] * 0) / (weights[0] + weights[1] + weights[2]);
  assert.ok(Math.abs(out[3] - mean) < 1e-6);
});

test('an axis of steps stands still while a run grows into it, and another run starts anew', () => {
  const memory = {};
  const at = (/** @type {number} */ last) =>
    filled(
      FIGURES.losses,
      changed(FRAMES.plane, {}, { curve_step: Float32Array.from(FRAMES.plane.arrays.curve_step, () => last) }),
      manner({ memory }),
    ).layout.xaxis.range;
  assert.deepEqual(at(110), [0, 125]);
  assert.deepEqual(at(120), [0, 125]);
  assert.deepEqual(at(126), [0, 150]);
  assert.deepEqual(at(20), [0, 50]);
});

test('sides share their axes, but logits none with critic values', () => {
  const wide = changed(
    FRAMES.plane,
    {},
    { curve_step: FRAMES.plane.arrays.curve_step.map((/** @type {number} */ s) => 10 * s) },
  );
  const alone = filled(FIGURES.losses, FRAMES.plane, manner()).layout.xaxis.range[1];
  const shared = filled(FIGURES.losses, FRAMES.plane, manner({ others: [wide] })).layout.xaxis.range[1];
  assert.ok(shared >= 5 * alone);
  const other = changed(wide, { meaning: FRAMES.plane.header.meaning === 'critic' ? 'probability' : 'critic' });
  assert.equal(filled(FIGURES.losses, FRAMES.plane, manner({ others: [other] })).layout.xaxis.range[1], alone);
});

test('the moment that is looked at, the best step and changes are marked, in plain text', () => {
  const { step } = FRAMES.plane.header;
  const frame = changed(FRAMES.plane, {
    moment: 40,
    best: { step: 30, metric: 'js <b>', value: 0.123456 },
    marks: [{ step: 50, label: 'lr & <i>more</i>' }],
  });
  const { data, layout } = filled(FIGURES.losses, frame, manner());
  assert.ok(layout.shapes.some((/** @type {any} */ shape) => shape.x0 === 40 && shape.x1 === 40));
  const star = layout.annotations.find((/** @type {any} */ note) => note.text === '★');
  assert.equal(star.x, 30);
  assert.equal(star.hovertext, 'best so far: step 30, js &lt;b> 0.123');
  const marks = data.find((trace) => trace.meta.marks);
  assert.deepEqual(marks.x, [50, 50, null]);
  assert.equal(marks.text[0], 'step 50: lr &amp; &lt;i>more&lt;/i>');
  const later = changed(FRAMES.plane, { best: { step: 100 * step, metric: 'js', value: 1 } });
  const none = filled(FIGURES.losses, later, manner()).layout.annotations;
  assert.ok(!none.some((/** @type {any} */ note) => note.text === '★'), 'no star beyond the axis');
});

test('words of reference lines keep their place while it is free', () => {
  const memory = {};
  const places = () =>
    filled(FIGURES.losses, FRAMES.plane, manner({ memory })).layout.annotations.map(
      (/** @type {any} */ note) => note.y,
    );
  const first = places();
  assert.ok(first.length);
  assert.deepEqual(places(), first);
  const { range } = filled(FIGURES.losses, FRAMES.plane, manner({ memory })).layout.yaxis;
  for (const y of first) assert.ok(y > range[0] && y < range[1]);
});
