// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scheduler } from '../../pages/ui/web/core/schedule.js';
import { handClock, settled } from './fixtures.js';

/** @param {number} serial */
const frame = (serial) => ({ header: { serial } });

/**
 * Two places in sight, drawings that end by hand, and what was drawn.
 * @param {import('node:test').TestContext} t
 */
function plots(t) {
  const clock = handClock(t);
  const places = ['a', 'b'].map((name) => ({ name, seen: true, due: 0, drawn: /** @type {number | null} */ (null) }));
  /** @type {string[]} */
  const log = [];
  /** @type {((drawn: boolean) => void)[]} */
  const open = [];
  const turns = scheduler({
    places,
    draw: (place, { header }) => {
      log.push(`${place.name}${header.serial}`);
      return new Promise((done) => open.push(done));
    },
    rest: () => 1000,
    again: 5000,
  });
  return {
    clock,
    places,
    log,
    turns,
    async done(drawn = true) {
      open.shift()?.(drawn);
      await settled();
    },
  };
}

test('one place is drawn after another, and not in the caller’s turn', async (t) => {
  const { clock, log, turns, done } = plots(t);
  turns.show(frame(1), true);
  assert.deepEqual(log, []);
  await clock.turn(1);
  assert.deepEqual(log, ['a1']);
  await done();
  await clock.turn(1);
  assert.deepEqual(log, ['a1', 'b1']);
});

test('what runs is drawn once it has rested, what stands at once', async (t) => {
  const { clock, log, turns, places, done } = plots(t);
  places.pop();
  turns.show(frame(1), false);
  await clock.turn(1);
  await done();
  turns.show(frame(2), false);
  await clock.turn(900);
  assert.deepEqual(log, ['a1']);
  await clock.turn(200);
  assert.deepEqual(log, ['a1', 'a2']);
  await done();
  turns.show(frame(3), true);
  await clock.turn(1);
  assert.deepEqual(log, ['a1', 'a2', 'a3']);
});

test('the last frame is drawn, though it comes while the one before is, and none comes after it', async (t) => {
  const { clock, log, turns, places, done } = plots(t);
  places.pop();
  turns.show(frame(1), false);
  await clock.turn(1);
  turns.show(frame(2), true); // a pause, with a star
  await clock.turn(50);
  await done();
  await clock.turn(1);
  assert.deepEqual(log, ['a1', 'a2'], 'without a rest');
  await done();
  await clock.turn(60000);
  assert.deepEqual(log, ['a1', 'a2'], 'and then no more');
});

test('the last frame of a run that plays on unseen is drawn after a rest, though nothing wakes it', async (t) => {
  const { clock, log, turns, places, done } = plots(t);
  places.pop();
  turns.show(frame(1), false);
  await clock.turn(1);
  turns.show(frame(2), false);
  await done();
  await clock.turn(1100);
  assert.deepEqual(log, ['a1', 'a2']);
});

test('what could not be drawn is tried again, on a run that stands as well', async (t) => {
  const { clock, log, turns, places, done } = plots(t);
  places.pop();
  turns.show(frame(1), true);
  await clock.turn(1);
  await done(false);
  await clock.turn(4000);
  assert.deepEqual(log, ['a1']);
  await clock.turn(1100);
  assert.deepEqual(log, ['a1', 'a1']);
  await done();
  await clock.turn(60000);
  assert.deepEqual(log, ['a1', 'a1']);
});

test('what is out of sight is not drawn until it is seen', async (t) => {
  const { clock, log, turns, places, done } = plots(t);
  places[0].seen = false;
  turns.show(frame(1), true);
  await clock.turn(1);
  await done();
  await clock.turn(5000);
  assert.deepEqual(log, ['b1']);
  places[0].seen = true;
  turns.refresh([places[0]]);
  await clock.turn(1);
  assert.deepEqual(log, ['b1', 'a1']);
});

test('a refresh draws the same frame again, also one that is being drawn', async (t) => {
  const { clock, log, turns, places, done } = plots(t);
  places.pop();
  turns.show(frame(1), true);
  await clock.turn(1);
  turns.refresh();
  await done();
  await clock.turn(1);
  assert.deepEqual(log, ['a1', 'a1']);
});

test('after the end nothing is drawn', async (t) => {
  const { clock, log, turns, done } = plots(t);
  turns.show(frame(1), true);
  await clock.turn(1);
  turns.end();
  await done();
  turns.show(frame(2), true);
  await clock.turn(60000);
  assert.deepEqual(log, ['a1']);
});
