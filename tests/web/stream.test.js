// The rhythm of frames, and what is said of a run's state.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { actAtOnce, askForFrame, eagerness, rhythm, stateWords } from '../../pages/ui/web/core/stream.js';
import { reach } from '../../pages/ui/web/core/view.js';

const motion = (/** @type {boolean} */ reduced) => {
  globalThis.matchMedia = () => /** @type {MediaQueryList} */ ({ matches: reduced });
};

test('the gap between frames follows them slowly, and one long silence counts for little', () => {
  const pulse = rhythm();
  pulse.beat(1000);
  assert.equal(pulse.gap, 0);
  pulse.beat(1200);
  assert.equal(pulse.gap, 200);
  pulse.beat(1300);
  assert.ok(Math.abs(pulse.gap - 170) < 1e-9);
  pulse.beat(61300);
  assert.ok(Math.abs(pulse.gap - (0.7 * 170 + 0.3 * 2000)) < 1e-9);
});

test('pictures glide as long as the next one takes, within bounds, and not at all for who wants no motion', () => {
  const pulse = rhythm();
  motion(false);
  assert.equal(pulse.glide('playing'), 80);
  assert.equal(pulse.glide('paused'), 300);
  pulse.beat(1000);
  pulse.beat(1200);
  assert.equal(pulse.glide('playing'), 180);
  pulse.beat(3200);
  assert.equal(pulse.glide('playing'), 260);
  assert.equal(pulse.glide('playing', 450), 450);
  motion(true);
  assert.equal(pulse.glide('playing'), 0);
});

test('after something was asked for, questions come often for a while', () => {
  const eager = eagerness(50);
  assert.equal(eager.every(200), 200);
  eager.begin();
  assert.equal(eager.every(200), 50);
  assert.ok(eager.lasts());
  assert.ok(!eager.lasts(performance.now() + 1600));
});

test('a state is said in words, also one that is new', () => {
  assert.equal(stateWords('queued', 'Gone'), 'Waiting for a free place');
  assert.equal(stateWords('closed', 'Gone'), 'Gone');
  assert.equal(stateWords('thinking', 'Gone'), 'thinking');
});

test('a reply is a frame, none yet, or the end of the run', async () => {
  const type = { 'content-type': 'application/octet-stream', 'x-heard': 'a1' };
  for (const [
    status,
    headers,
    gone,
    size,
  ] of /** @type {[number, Record<string, string>, boolean, number | null][]} */ ([
    [200, type, false, 3],
    [200, { 'content-type': 'text/html' }, false, null],
    [204, {}, false, null],
    [410, {}, true, null],
  ])) {
    globalThis.fetch = async () => new Response(status === 204 ? null : 'abc', { status, headers });
    const reply = await askForFrame('gan/frame?t=x');
    assert.equal(reply.gone, gone);
    assert.equal(reply.heard, headers['x-heard'] ?? null);
    assert.equal((await reply.bytes())?.byteLength ?? null, size);
  }
});

test('a command is answered by a frame, left to the script, or not understood', async () => {
  const command = { name: 'pause', value: null, n: 7 };
  /** @type {any} */
  let asked = null;
  /** @param {number} status @param {Record<string, string>} headers */
  const answered = (status, headers) => {
    globalThis.fetch = async (/** @type {any} */ url, /** @type {any} */ how) => {
      asked = { url, ...how };
      return new Response(status === 204 ? null : 'abc', { status, headers });
    };
    return actAtOnce('gan/command?t=secret&since=3', command);
  };
  const frame = await answered(200, { 'content-type': 'application/octet-stream', 'x-heard': '7' });
  assert.equal((await frame?.bytes())?.byteLength, 3);
  assert.deepEqual(
    [asked.url, asked.method, JSON.parse(asked.body), asked.headers['x-gan-token']],
    ['gan/command?since=3', 'POST', command, 'secret'],
  );
  assert.equal(await (await answered(204, { 'x-heard': '7' }))?.bytes(), null);
  for (const status of [400, 409, 410]) assert.equal(await answered(status, {}), null);
  for (const status of [200, 204, 403, 404, 405, 413, 500, 502])
    await assert.rejects(answered(status, {}), /understands/);
});

test('a token goes along in a header and never in an address', async () => {
  /** @type {[string, any][]} */
  const asked = [];
  globalThis.fetch = async (/** @type {any} */ url, /** @type {any} */ how) => {
    asked.push([String(url), how.headers]);
    return new Response('');
  };
  for (const url of ['gan/frame?t=secret&since=3', 'gan/past?t=secret', 'gan/latent?p=s1.0,s1.1&t=secret'])
    await reach(url);
  await reach('gan/live/1/figures.json');
  assert.deepEqual(
    asked.map(([url]) => url),
    ['gan/frame?since=3', 'gan/past', 'gan/latent?p=s1.0%2Cs1.1', 'gan/live/1/figures.json'],
  );
  assert.deepEqual(
    asked.map(([, headers]) => headers?.['x-gan-token'] ?? null),
    ['secret', 'secret', 'secret', null],
  );
});
