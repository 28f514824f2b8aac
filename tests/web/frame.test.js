// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastMean, parse, parseSet } from '../../pages/ui/web/core/frame.js';
import { bytes, json } from './fixtures.js';

const READ = json('read.json');

for (const name of Object.keys(READ))
  test(`a frame of a run is read as Python reads it: ${name}`, () => {
    const { header, arrays, shapes } = parse(bytes(`${name}.bin`));
    const { arrays: table, ...rest } = /** @type {any} */ (header);
    assert.deepEqual(rest, READ[name].header);
    assert.deepEqual(Object.keys(arrays).sort(), Object.keys(table).sort());
    assert.ok(Object.keys(arrays).length > 10);
    for (const [key, expected] of Object.entries(READ[name].arrays)) {
      assert.deepEqual(shapes[key], expected.shape, key);
      const finite = Array.from(arrays[key]).filter(Number.isFinite);
      assert.equal(finite.length, expected.finite, key);
      const sum = finite.reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - expected.sum) <= 1e-9 * Math.max(1, Math.abs(expected.sum)), `${key}: ${sum}`);
    }
  });

test('images are bytes, all else numbers, and nothing is copied', () => {
  const buffer = bytes('images.bin');
  const { arrays } = parse(buffer);
  assert.ok(arrays.fake_images instanceof Uint8Array);
  assert.ok(arrays.curve_step instanceof Float32Array);
  for (const array of Object.values(arrays)) assert.equal(array.buffer, buffer);
});

test('what is no frame, or one of another version, is refused', () => {
  const text = new TextEncoder().encode('<!doctype html><title>Streamlit</title>');
  assert.throws(() => parse(text.buffer), /not a frame/);
  assert.throws(() => parse(new ArrayBuffer(4)), /not a frame/);
  const newer = bytes('plane.bin');
  new DataView(newer).setUint32(4, 2, true);
  assert.throws(() => parse(newer), /another version/);
});

test('a set of frames comes apart into its sides, in their order', () => {
  const { header, frames } = parseSet(bytes('set.bin'));
  assert.equal(header.serial, 7);
  assert.deepEqual(
    frames.map((frame) => frame.header.objective),
    [READ.plane.header.objective, READ.critic.header.objective],
  );
  assert.deepEqual(frames[0].arrays.fake, parse(bytes('plane.bin')).arrays.fake);
});

test('the mean of the last values leaves gaps out', () => {
  assert.equal(lastMean([9, 1, NaN, 3], 3), 2);
  assert.equal(lastMean([NaN, Infinity], 2), null);
  assert.equal(lastMean(undefined, 8), null);
});
