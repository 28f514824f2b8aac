// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COLUMNS, finer, player, ROWS, samplesOf, spectrogram, timesFor } from '../../pages/ui/web/core/sound.js';

const RATE = 2048,
  LENGTH = 512;

/** @param {number} pitch @param {number} [n] @param {number} [rate] */
const tone = (pitch, n = LENGTH, rate = RATE) =>
  Float32Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * pitch * i) / rate));

test('bytes become samples from -1 to 1, of the sound that is asked for', () => {
  const bytes = Uint8Array.from([0, 255, 127, 128]);
  assert.deepEqual([...samplesOf(bytes, 2, 0)], [-1, 1]);
  assert.ok(samplesOf(bytes, 2, 1).every((x) => Math.abs(x) < 0.01));
});

test('a finer sound is the same sound: between its samples lies the tone itself', () => {
  const times = timesFor(RATE);
  assert.ok(RATE * times >= 8000);
  assert.equal(timesFor(44100), 1);
  const fine = finer(tone(440), times),
    due = tone(440, LENGTH * times, RATE * times);
  assert.equal(fine.length, LENGTH * times);
  for (let i = 60 * times; i < (LENGTH - 60) * times; i++) assert.ok(Math.abs(fine[i] - due[i]) < 0.01, `at ${i}`);
  assert.equal(finer(due, 1), due);
});

test('a spectrogram has a tone in the row of its frequency, at every time', () => {
  for (const pitch of [220, 440, 700]) {
    const seen = spectrogram(tone(pitch));
    for (let column = 4; column < COLUMNS - 4; column++) {
      const rows = Array.from({ length: ROWS }, (_, row) => seen[row * COLUMNS + column]);
      assert.equal(rows.indexOf(Math.max(...rows)), ROWS - 1 - Math.floor((pitch / RATE) * 2 * ROWS - 1 / 4));
      assert.ok(Math.max(...rows) > 0.9);
    }
  }
  assert.ok(spectrogram(new Float32Array(LENGTH)).every((x) => x === 0));
});

test('without sound in the browser nothing is played, and nothing breaks', () => {
  const silent = player();
  assert.equal(silent.play([tone(440)], RATE), false);
  assert.equal(silent.state, 'none');
  silent.stop();
  silent.end();
});
