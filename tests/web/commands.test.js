// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandQueue, nextNonce } from '../../pages/ui/web/core/commands.js';
import { handClock } from './fixtures.js';

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
