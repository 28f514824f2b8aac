// @ts-check
// What Python wrote for these tests (see frames.py), and a clock that is turned by hand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.GAN_EXPLORER_FRAMES;
if (!folder)
  throw new Error('Run these tests by pytest, or write `python -m tests.web.frames X` and set GAN_EXPLORER_FRAMES=X.');

/** @param {string} name @returns {ArrayBuffer} */
export function bytes(name) {
  const found = readFileSync(join(/** @type {string} */ (folder), name));
  return found.buffer.slice(found.byteOffset, found.byteOffset + found.byteLength);
}

/** @param {string} name @returns {any} */
export const json = (name) => JSON.parse(new TextDecoder().decode(bytes(name)));

/** Let everything run that waits for a promise. */
export const settled = () => new Promise((done) => setImmediate(done));

/**
 * A clock for `performance.now`, `Date.now` and `setTimeout`.
 * @param {import('node:test').TestContext} test
 */
export function handClock(test) {
  let now = 1000;
  let last = 0;
  /** @type {Map<number, {at: number, act: () => void}>} */
  const timers = new Map();
  /** @param {(...args: any[]) => void} act @param {number} ms @param {any[]} args */
  function later(act, ms, ...args) {
    last += 1;
    timers.set(last, { at: now + (ms || 0), act: () => act(...args) });
    return last;
  }
  test.mock.method(globalThis, 'setTimeout', /** @type {any} */ (later));
  test.mock.method(globalThis, 'clearTimeout', (/** @type {any} */ id) => timers.delete(id));
  test.mock.method(performance, 'now', () => now);
  test.mock.method(Date, 'now', () => now);
  return {
    /** Turn it on, stopping at each timer on the way. @param {number} ms */
    async turn(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].sort(([, a], [, b]) => a.at - b.at);
        if (!next || next[1].at > end) break;
        timers.delete(next[0]);
        now = next[1].at;
        next[1].act();
        await settled();
      }
      now = end;
      await settled();
    },
  };
}
