// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { questions } from '../../pages/ui/web/core/ask.js';
import { handClock, settled } from './fixtures.js';

/** A server whose answers are given by hand. @param {import('node:test').TestContext} t */
function server(t) {
  const clock = handClock(t);
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const told = [];
  /** @type {string[]} */
  const unanswered = [];
  /** @type {{done: (v: any) => void, fail: (e: Error) => void}[]} */
  const open = [];
  const asking = questions({ unanswered: (channel) => unanswered.push(channel), again: 2000 });
  /** @param {string} channel @param {string} [word] */
  const ask = (channel, word = channel) =>
    asking.ask(channel, () => {
      asked.push(word);
      return new Promise((done, fail) => open.push({ done: () => done(() => told.push(word)), fail }));
    });
  return {
    clock,
    asked,
    told,
    unanswered,
    asking,
    ask,
    async answer() {
      open.shift()?.done(null);
      await settled();
    },
    async lose(error = new TypeError('Failed to fetch')) {
      open.shift()?.fail(error);
      await settled();
    },
  };
}

test('one question is in flight; of those that wait only the newest of each channel is asked', async (t) => {
  const { asked, told, ask, answer } = server(t);
  for (const word of ['a1', 'a2', 'a3']) ask('a', word);
  ask('b', 'b1');
  assert.deepEqual(asked, ['a1']);
  await answer();
  assert.deepEqual(asked, ['a1', 'a3']);
  await answer();
  await answer();
  assert.deepEqual(told, ['a1', 'a3', 'b1']);
});

test('a question that nobody answered is said and asked again', async (t) => {
  const { clock, asked, told, unanswered, ask, answer, lose } = server(t);
  ask('a');
  ask('b');
  await lose();
  assert.deepEqual(unanswered, ['a']);
  assert.deepEqual(asked, ['a'], 'not at once');
  await clock.turn(2000);
  await answer();
  await answer();
  assert.deepEqual(told.sort(), ['a', 'b']);
});

test('a newer question of the channel takes the place of one that was lost', async (t) => {
  const { clock, asked, told, ask, answer, lose } = server(t);
  ask('a', 'old');
  ask('a', 'new');
  await lose();
  await clock.turn(2000);
  await answer();
  await clock.turn(5000);
  assert.deepEqual(asked, ['old', 'new']);
  assert.deepEqual(told, ['new']);
});

test('a mistake in taking an answer asks no one again, and the next question is asked', async (t) => {
  const clock = handClock(t);
  const warned = t.mock.method(console, 'error', () => {});
  const asking = questions({ unanswered: () => assert.fail('it was answered') });
  let n = 0;
  let next = false;
  asking.ask('a', async () => {
    n += 1;
    return () => {
      throw new Error('mistake');
    };
  });
  asking.ask('b', async () => () => {
    next = true;
  });
  await settled();
  await clock.turn(60000);
  assert.equal(n, 1);
  assert.ok(next);
  assert.equal(warned.mock.callCount(), 1);
});

test('after the end nothing is asked or told', async (t) => {
  const { clock, asked, told, unanswered, asking, ask, answer, lose } = server(t);
  ask('a');
  asking.end();
  await answer();
  ask('b');
  await clock.turn(5000);
  assert.deepEqual([asked, told], [['a'], []]);
  await lose();
  assert.deepEqual(unanswered, []);
});
