// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../pages/ui/web/core/frame.js';
import { layout } from '../../pages/ui/web/train/images.js';
import { endsInWords, opinionScale } from '../../pages/ui/web/train/opinion.js';
import { course } from '../../pages/ui/web/train/strip.js';
import { layout as columnsOf, textPainter, wordsOf } from '../../pages/ui/web/train/text.js';
import { inTime } from '../../pages/ui/web/train/time-machine.js';
import { isOld, numberCards, rightOf } from '../../pages/ui/web/train/words.js';
import { bytes, json } from './fixtures.js';

const PLANE = parse(bytes('plane.bin'));
const CRITIC = parse(bytes('critic.bin'));
const IMAGES = parse(bytes('images.bin'));
const TEXT = parse(bytes('text.bin'));
const METRICS = json('figures.json').metrics;

test('probabilities are coloured about one half, critic values about the middle of both kinds', () => {
  const scale = opinionScale(PLANE, PLANE.arrays.heat, null);
  assert.equal(scale.middle, 0.5);
  assert.ok(scale.end > 0 && scale.end <= 0.5);
  assert.equal(scale.of(0), 0);
  assert.equal(scale.of(50), 1);
  assert.equal(scale.of(-50), -1);
  const critic = opinionScale(CRITIC, CRITIC.arrays.heat, null);
  const mean = (/** @type {ArrayLike<number>} */ values) =>
    Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  const half = (mean(CRITIC.arrays.real_logits) + mean(CRITIC.arrays.fake_logits)) / 2;
  assert.ok(Math.abs(critic.middle - half) <= critic.end / 8 + 1e-6);
});

test('smoothed labels move the middle: D cannot tell at less than one half', () => {
  const header = { ...PLANE.header, middle: Math.log(0.45 / 0.55) };
  const scale = opinionScale({ header, arrays: {} }, Float32Array.of(-9, 9, 0), null);
  assert.ok(Math.abs(scale.middle - 0.45) < 1e-9);
  assert.ok(scale.middle - scale.end >= 0);
  assert.ok(endsInWords(scale)[0] !== '−0');
  const words = JSON.stringify(numberCards({ header: { ...header, metrics: {} }, arrays: PLANE.arrays }, []));
  assert.match(words, /45\s?% = cannot tell/);
  assert.match(
    JSON.stringify(numberCards({ header: { ...PLANE.header, metrics: {} }, arrays: PLANE.arrays }, [])),
    /50\s?% = cannot tell/,
  );
});

test('the scale of colours does not go back and forth', () => {
  const header = PLANE.header;
  const answers = (/** @type {number} */ size) => Float32Array.from({ length: 100 }, (_, i) => (i % 2 ? size : -size));
  const wide = opinionScale({ header, arrays: {} }, answers(2), null);
  const smaller = opinionScale({ header, arrays: {} }, answers(0.7), wide);
  assert.equal(smaller.end, wide.end, 'a little smaller is as before');
  const tiny = opinionScale({ header, arrays: {} }, answers(0.05), wide);
  assert.ok(tiny.end < wide.end, 'much smaller is not');
});

test('one answer in twenty may lie beyond the ends', () => {
  const header = PLANE.header;
  const answers = Float32Array.from({ length: 100 }, (_, i) => (i < 4 ? 20 : 0.1));
  assert.ok(opinionScale({ header, arrays: {} }, answers, null).end < 0.1);
});

test('the ends are said with as many digits as tell them apart', () => {
  assert.deepEqual(endsInWords({ middle: 0.5, end: 0.5 }), ['0.0', '1.0']);
  assert.deepEqual(endsInWords({ middle: 0, end: 2 }), ['−2', '2']);
  const [low, high] = endsInWords({ middle: 0.5, end: 0.01 });
  assert.notEqual(low, high);
});

test('three numbers of a run, each with its scale and what it means', () => {
  for (const frame of [PLANE, CRITIC, IMAGES]) {
    const cards = numberCards(frame, METRICS);
    assert.ok(cards.length >= 3);
    for (const card of cards.slice(0, 3)) {
      assert.equal(card.length, 4);
      for (const words of card) assert.ok(words && !/undefined|NaN|null/.test(words), words);
    }
  }
  const names = numberCards(PLANE, METRICS).map(([name]) => name);
  assert.deepEqual(names.slice(0, 3), ['reaches', 'sharp', 'D is right on']);
  assert.match(numberCards(PLANE, METRICS)[0][1], /^\d of 8 modes$/);
});

test('what can fool a number of this run stands in its help', () => {
  const helps = (/** @type {Record<string, string>} */ doubts) =>
    numberCards({ ...PLANE, header: { ...PLANE.header, doubts } }, METRICS).map((card) => card[3]);
  const plain = helps({});
  const doubts = Object.fromEntries(
    METRICS.map((/** @type {{name: string}} */ m) => [m.name, 'Copies score as well.']),
  );
  const scored = helps(doubts).filter((help) => help.endsWith('. Copies score as well.'));
  assert.ok(scored.length >= 2 && scored.every((help, i) => help.startsWith(plain[i])));
});

test('what was measured says at which step, and is marked once the picture has gone on by far', () => {
  const { metrics_step: of, step } = PLANE.header;
  assert.ok(numberCards(PLANE, METRICS)[0][2].endsWith(` · step ${of.toLocaleString('en')}`));
  assert.equal(isOld({ ...PLANE.header, step: of + 50 }), false);
  assert.equal(isOld({ ...PLANE.header, step: of + 101 }), true);
  assert.equal(isOld({ step: 10_000, metrics_step: 9_100 }), false);
  assert.equal(isOld({ step: 10_000, metrics_step: 8_900 }), true);
  assert.ok(step >= of);
});

test('where D cannot tell is said by the objective: with smoothed labels it is less than one half', () => {
  const plain = { ...IMAGES, header: { ...IMAGES.header, meaning: 'probability', metrics: {} } };
  const smooth = { ...plain, header: { ...plain.header, middle: Math.log(0.45 / 0.55), optimum: { prob: 0.45 } } };
  const says = (frame) => numberCards(frame, [])[1][2];
  assert.match(says(plain), /^50 % /);
  assert.match(says(smooth), /^45 % /);
  assert.equal(opinionScale(smooth, [0, 0], null).middle.toFixed(3), '0.450');
});

test('before anything is scored the same cards stand there, and say so', () => {
  const early = { ...PLANE, header: { ...PLANE.header, metrics: {}, metrics_step: 0 } };
  const cards = numberCards(early, METRICS);
  assert.deepEqual(cards[0].slice(0, 3), ['reaches', '–', 'not yet counted']);
  assert.deepEqual(cards[1].slice(0, 3), ['sharp', '–', 'not yet counted']);
});

test('D is right as often on both kinds together', () => {
  assert.equal(rightOf({ real_accuracy: [1, 0.5], fake_accuracy: [0.5, 0.5] }), 0.625);
  assert.equal(rightOf({ real_accuracy: [1] }), null);
});

test('the strip shows modes reached where there are any, else how often D is right', () => {
  const modes = course(PLANE, METRICS);
  assert.equal(modes?.name, 'modes reached');
  assert.equal(modes?.steps.length, PLANE.arrays.metric_step.length);
  assert.match(/** @type {any} */ (modes).say(0), /^\d of 8$/);
  const right = course(IMAGES, METRICS);
  assert.equal(right?.name, 'D is right');
  assert.ok(/** @type {any} */ (right).at(0) >= 0 && /** @type {any} */ (right).at(0) <= 1);
  assert.equal(course({ ...IMAGES, arrays: {} }, METRICS), null);
});

test('a moment of the past has the curves of all the run, and all else as it was then', () => {
  const then = {
    ...PLANE,
    header: { ...PLANE.header, step: 10 },
    arrays: { ...PLANE.arrays, curve_step: [1], fake: [7] },
  };
  const marks = [{ step: 4, label: 'x' }];
  const now = { ...PLANE, header: { ...PLANE.header, marks, run: 9 } };
  const seen = inTime(then, now);
  assert.equal(seen.header.moment, 10);
  assert.equal(seen.header.step, 10);
  assert.equal(seen.header.run, 9);
  assert.equal(seen.header.marks, marks);
  assert.equal(seen.arrays.curve_step, now.arrays.curve_step);
  assert.deepEqual(seen.arrays.fake, [7]);
  assert.equal(inTime(then, null), then);
});

test('images are as large as the room allows, and all of them fit into it', () => {
  for (const [width, height] of [
    [700, 400],
    [420, 420],
    [320, 300],
    [1600, 500],
  ])
    for (const [pixels, walks, twins] of [
      [8, 12, false],
      [28, 0, false],
      [64, 12, true],
    ]) {
      const plan = layout(width, height, 36, 36, Number(walks), Number(pixels), 1, Boolean(twins));
      const words = JSON.stringify({ width, height, pixels, walks, twins, plan });
      assert.ok(plan, words);
      const across = (plan.columns * (twins ? 2 : 1) + plan.beside) * (plan.tile + 3) - 3;
      assert.ok(across <= width, words);
      assert.ok(plan.rows * plan.tile + (walks ? plan.strip : 0) <= height, words);
      assert.ok(plan.shown >= Math.min(8, plan.columns * plan.rows), words);
      if (Number(pixels) === 8) assert.equal(plan.tile % 8, 0, `whole pixels: ${words}`);
    }
});

test('images are many before they are large, and thirty are enough', () => {
  const small = layout(700, 400, 36, 36, 12, 8, 1);
  assert.deepEqual([small.columns, small.rows, small.tile], [7, 4, 56]);
  const large = layout(420, 420, 36, 36, 0, 28, 1);
  assert.deepEqual([large.columns, large.rows, large.tile], [5, 6, 47]);
});

test('an image that answers a condition stands between it and the truth, in as many columns', () => {
  for (const [width, height] of [
    [900, 700],
    [420, 420],
    [320, 300],
  ]) {
    const plan = layout(width, height, 36, 36, 12, 8, 1, false, true);
    assert.equal(plan.beside, plan.columns);
    assert.ok(3 * plan.columns * (plan.tile + 3) - 3 <= width, JSON.stringify({ width, plan }));
  }
});

test('where no image fits none is drawn', () => {
  assert.equal(layout(60, 20, 36, 36, 0, 28, 1), null);
});

test('words are read from the numbers of their letters, without what fills them up', () => {
  assert.deepEqual(wordsOf(Uint8Array.of(1, 2, 0, 3, 0, 0, 0, 0, 0), [3, 3], [' ', 'a', 'b', 'c']), ['ab', 'c', '']);
  const { arrays, shapes, header } = TEXT;
  const words = wordsOf(arrays.fake_text, shapes.fake_text, header.alphabet);
  assert.equal(words.length, 60);
  assert.match(words.join(''), /^[-x+*/ ]+$/);
});

test('the picture of words says in words what it shows, and how many are real', () => {
  const said = textPainter().says(TEXT);
  const { arrays, shapes, header } = TEXT;
  const [first] = wordsOf(arrays.fake_text, shapes.fake_text, header.alphabet);
  assert.ok(said.includes(`beside ${header.data}: ${first}, `));
  assert.match(said, /\d+ of them are real; real ones: x/);
});

test('all words that fit are laid out within the width, real ones beside them', () => {
  for (const width of [300, 520, 900])
    for (const twins of [false, true]) {
      const { columns, beside, rows, shown } = columnsOf(width, 400, 60, 60, 72, twins);
      assert.ok(columns >= 1 && beside >= 1 && rows >= 1 && shown <= 60);
      const used = (columns * (twins ? 2 : 1) + beside) * 82 + 22 * (twins ? 2 : 1);
      assert.ok(used <= Math.max(width, 3 * 82 + 44) + 22, `${used} of ${width}`);
    }
});

test('the cards of words are those that words have', () => {
  const titles = numberCards(TEXT, METRICS).map(([title]) => title);
  assert.deepEqual(titles.slice(0, 2), ['grammatical', 'different words']);
});
