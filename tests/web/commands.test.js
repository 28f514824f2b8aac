// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandQueue, nextNonce } from '../../pages/ui/web/core/commands.js';
import { handClock, settled } from './fixtures.js';

/** A queue with the messages that reached the server. @param {import('node:test').TestContext} t */
function queue(t) {
  const clock = handClock(t);
  /** @type {any[]} */
  const messages = [];
  let sent = 0;
  const post = commandQueue({ sent: () => (sent += 1) });
  post.connect((_, value) => messages.push(value));
  return { clock, messages, post, sent: () => sent };
}

/**
 * A queue with a route for some commands; its answers are given by hand.
 * @param {import('node:test').TestContext} t
 */
function twoWays(t) {
  const found = queue(t);
  /** @type {any[]} */
  const asked = [];
  /** @type {any[]} */
  const answers = [];
  const act = (/** @type {any} */ command) => {
    asked.push(command);
    return new Promise((done, fail) => answers.push({ done, fail }));
  };
  found.post.connect((_, value) => found.messages.push(value), { names: new Set(['play', 'pause', 'step']), act });
  /** Answer the oldest request. @param {boolean | Error} what */
  async function answer(what) {
    const { done, fail } = answers.shift();
    if (what instanceof Error) fail(what);
    else done(what);
    await settled();
  }
  const names = () => found.messages.map((one) => one.name);
  return { ...found, asked, answer, names };
}

test('numbers grow, from one page to the next as well', (t) => {
  t.mock.method(Date, 'now', () => 5e12);
  const first = nextNonce();
  assert.ok(first >= 5e12);
  assert.ok(nextNonce() > first);
});

test('a command leaves at once; the next ones apart, each with those that were not heard', async (t) => {
  const { clock, messages, post, sent } = queue(t);
  post.send('pause');
  post.send('pace', 5);
  assert.equal(messages.length, 1);
  assert.equal(messages[0].name, 'pause');
  assert.equal(messages[0].before, undefined);
  await clock.turn(100);
  assert.equal(messages.length, 1, 'two in one turn would overwrite each other');
  await clock.turn(100);
  assert.equal(messages.length, 2);
  assert.deepEqual([messages[1].name, messages[1].value], ['pace', 5]);
  assert.deepEqual(messages[1].before, [{ name: 'pause', value: null, n: messages[0].n }]);
  assert.ok(messages[1].n > messages[0].n);
  assert.equal(sent(), 2);
});

test('what was heard does not go along again', async (t) => {
  const { clock, messages, post } = queue(t);
  post.send('pause');
  post.acknowledge(String(messages[0].n));
  await clock.turn(200);
  post.send('step');
  assert.equal(messages[1].before, undefined);
});

test('a lost command is sent again with its own number, and once it is heard no more', async (t) => {
  const { clock, messages, post } = queue(t);
  post.send('step');
  post.acknowledge('0');
  assert.equal(messages.length, 1, 'not at once: it may be on its way');
  await clock.turn(2100);
  post.acknowledge('0');
  assert.equal(messages.length, 2);
  assert.equal(messages[1].n, messages[0].n);
  post.acknowledge(String(messages[0].n));
  await clock.turn(2100);
  post.acknowledge(String(messages[0].n));
  assert.equal(messages.length, 2);
});

test('who is never heard gives up in the end', async (t) => {
  const { clock, messages, post } = queue(t);
  post.send('step');
  for (let i = 0; i < 10; i++) {
    await clock.turn(2100);
    post.acknowledge('0');
  }
  const sent = messages.length;
  assert.ok(sent >= 7 && sent <= 8, `${sent}`);
  await clock.turn(10000);
  post.acknowledge('0');
  assert.equal(messages.length, sent);
});

test('frames hold only when all has been heard and those of before are through', async (t) => {
  const { clock, messages, post } = queue(t);
  await clock.turn(3000);
  assert.ok(post.settled());
  post.send('pace', 30);
  assert.ok(!post.settled());
  await clock.turn(200);
  post.acknowledge(String(messages[0].n));
  assert.ok(!post.settled(), 'a frame of before may be on its way');
  await clock.turn(2100);
  assert.ok(post.settled());
});

test('of very many that were not heard the newest are kept', async (t) => {
  const { clock, messages, post } = queue(t);
  for (let i = 0; i < 20; i++) {
    post.send('step', i);
    await clock.turn(160);
  }
  const last = messages.at(-1);
  assert.equal(last.value, 19);
  assert.deepEqual(
    last.before.map((/** @type {any} */ command) => command.value),
    [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18],
  );
});

test('where nobody numbers the commands an answer means that all have come', async (t) => {
  const { clock, messages, post } = queue(t);
  post.send('play');
  post.acknowledge(null);
  await clock.turn(3000);
  post.acknowledge(null);
  assert.equal(messages.length, 1);
});

test('what needs no script goes by the route, one after the other, and not by the trigger', async (t) => {
  const { asked, answer, messages, post, sent } = twoWays(t);
  post.send('pause');
  post.send('step');
  assert.deepEqual([asked.length, asked[0].name, asked[0].value], [1, 'pause', null]);
  await answer(true);
  assert.deepEqual([asked.length, asked[1].name], [2, 'step']);
  assert.ok(asked[1].n > asked[0].n);
  await answer(true);
  post.send('play');
  assert.equal(asked.length, 3, 'at once: no script is to be spared');
  assert.deepEqual([messages.length, sent()], [0, 0]);
});

test('a slow one waits until the one before it is answered', async (t) => {
  const { clock, asked, answer, names, post } = twoWays(t);
  post.send('pause');
  post.send('reset');
  post.send('step');
  await clock.turn(1000);
  assert.deepEqual([asked.length, names()], [1, []]);
  await answer(true);
  assert.deepEqual([asked.length, names()], [1, ['reset']]);
});

test('none overtakes one that went by the trigger and is not heard', async (t) => {
  const { clock, asked, messages, post } = twoWays(t);
  post.send('reset');
  await clock.turn(200);
  post.send('pause');
  assert.equal(asked.length, 0);
  assert.deepEqual([messages[1].name, messages[1].before[0].name], ['pause', 'reset']);
  await clock.turn(200);
  post.acknowledge(String(messages[1].n));
  post.send('play');
  assert.deepEqual([asked.length, messages.length], [1, 2]);
});

test('what the route leaves to the script, or does not understand, goes by the trigger with its own number', async (t) => {
  for (const what of [false, new TypeError('nobody there')]) {
    const { clock, asked, answer, messages, post, sent } = twoWays(t);
    post.send('pause');
    post.send('step');
    await answer(what);
    assert.deepEqual([messages.length, messages[0].n, sent()], [1, asked[0].n, 1]);
    await clock.turn(200);
    assert.deepEqual([asked.length, messages[1].name], [1, 'step'], 'behind the one that is not heard');
    assert.deepEqual(messages[1].before, [asked[0]]);
    await clock.turn(2100);
    post.acknowledge(String(asked[0].n));
    assert.equal(messages[2].n, messages[1].n, 'and comes again if it is not heard');
  }
});

test('a route that nobody answers is left alone for a while, one that leaves something to the script is not', async (t) => {
  const { clock, asked, answer, messages, post } = twoWays(t);
  const heard = () => post.acknowledge(String(messages.at(-1).n));
  post.send('pause');
  await answer(false);
  await clock.turn(200);
  heard();
  post.send('play');
  assert.equal(asked.length, 2);
  await answer(new TypeError('nobody there'));
  await clock.turn(200);
  heard();
  post.send('pause');
  assert.equal(asked.length, 2);
  await clock.turn(30000);
  heard();
  post.send('play');
  assert.equal(asked.length, 3);
});

test('frames hold only when what went by the route is answered and those of before are through', async (t) => {
  const { clock, answer, post } = twoWays(t);
  await clock.turn(3000);
  post.send('pause');
  await clock.turn(3000);
  assert.ok(!post.settled());
  await answer(true);
  assert.ok(!post.settled());
  await clock.turn(2100);
  assert.ok(post.settled());
});

test('nothing is sent for a page that has gone', async (t) => {
  const { clock, asked, answer, messages, post } = twoWays(t);
  post.send('pause');
  post.send('step');
  post.end();
  await answer(new TypeError('nobody there'));
  await clock.turn(1000);
  assert.deepEqual([asked.length, messages.length], [1, 0]);
});
