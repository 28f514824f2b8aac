// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extent, step125, stepAxisEnd, steppedRange } from '../../pages/ui/web/core/axes.js';

test('a unit is the smallest of 1, 2, 5 times a power of ten that is not below', () => {
  for (const [x, unit] of [
    [1, 1],
    [1.01, 2],
    [2, 2],
    [2.1, 5],
    [5.0000000001, 5], // rounding does not double it
    [5.1, 10],
    [0.03, 0.05],
    [730, 1000],
  ])
    assert.ok(Math.abs(step125(x) / unit - 1) < 1e-12, `${x}: ${step125(x)}`);
  for (const none of [0, -3, NaN]) assert.equal(step125(none), 1);
});

test('an axis of steps holds the last one and grows by about a quarter', () => {
  assert.equal(stepAxisEnd(0), 50);
  assert.equal(stepAxisEnd(50), 50);
  assert.equal(stepAxisEnd(51), 60);
  assert.equal(stepAxisEnd(1001), 1250);
  assert.equal(stepAxisEnd(9000), 10000);
  for (let last = 60; last < 1e6; last = Math.ceil(last * 1.07)) {
    const end = stepAxisEnd(last);
    assert.ok(end >= last && end <= 1.34 * last, `${last}: ${end}`);
  }
});

test('an extent is of finite values, and leaves an outlier among hundreds out', () => {
  assert.equal(extent([]), null);
  assert.equal(extent([[NaN, Infinity]]), null);
  assert.deepEqual(extent([[3, NaN, 1], [2]]), [1, 3]);
  const many = Array.from({ length: 400 }, (_, i) => i / 400);
  assert.deepEqual(extent([many, [1000]]), [0, many[396]]);
  assert.deepEqual(extent([[0, 1, 1000]]), [0, 1000], 'among few every one counts');
});

test('a stepped axis starts at zero where that costs little, grows at once and shrinks late', () => {
  assert.deepEqual(steppedRange([0.2, 0.9], undefined, undefined), [0, 1]);
  assert.deepEqual(steppedRange([-0.9, -0.2], undefined, undefined), [-1, -0]);
  assert.deepEqual(steppedRange([8, 9], undefined, undefined), [8, 9]);
  assert.deepEqual(steppedRange([0, 3.2], [0, 2], undefined), [0, 4]);
  assert.deepEqual(steppedRange([0, 1.5], [0, 2], undefined), [0, 2]);
  assert.deepEqual(steppedRange([0, 0.5], [0, 2], undefined), [0, 0.6000000000000001], 'most of it was empty');
  assert.deepEqual(steppedRange([0.1, 1.4], undefined, [0, 1]), [0, 1]);
  const [low, high] = steppedRange([2, 2], undefined, undefined);
  assert.ok(low < high && low <= 2 && high >= 2, 'a line that does not move has an axis too');
});
