// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock, decimal, fixed, integer, percent, rate, sigmoid } from '../../pages/ui/web/core/format.js';
import { alpha, rgb } from '../../pages/ui/web/core/theme.js';

test('numbers have a true minus sign, and none before zero', () => {
  assert.equal(decimal(-0.5), '−0.500');
  assert.equal(decimal(-0.0004), '−4.0e−4');
  assert.equal(decimal(-0), '0.000');
  assert.equal(fixed(-0.001), '0.00');
  assert.equal(fixed(-1.5), '−1.50');
});

test('large numbers have fewer digits, huge and tiny ones a power of ten', () => {
  assert.equal(decimal(12.345), '12.35');
  assert.equal(decimal(123.45), '123.5');
  assert.equal(decimal(12345.6), '12346');
  assert.equal(decimal(250000), '2.5e5');
  assert.equal(decimal(0.0004), '4.0e−4');
  assert.equal(decimal(0), '0.000');
});

test('what is not known is a dash', () => {
  for (const none of [null, undefined, NaN, Infinity]) {
    assert.equal(decimal(none), '–');
    assert.equal(integer(none), '–');
    assert.equal(percent(none), '– %');
    assert.equal(rate(none), '–');
  }
  assert.equal(clock(null), '0:00');
});

test('counts, shares, rates and times read as people write them', () => {
  assert.equal(integer(1234567.4), '1,234,567');
  assert.equal(percent(0.125, 1), '12.5 %');
  assert.equal(rate(9.94), '9.9');
  assert.equal(rate(1234), '1,234');
  assert.equal(clock(61.9), '1:01');
  assert.equal(clock(3725), '1:02:05');
  assert.equal(sigmoid(0), 0.5);
});

test('colours are read from their hexadecimal form', () => {
  assert.deepEqual(rgb('#0f8a4f'), [15, 138, 79]);
  assert.equal(alpha('#0f8a4f', 0.4), 'rgba(15,138,79,0.4)');
});
