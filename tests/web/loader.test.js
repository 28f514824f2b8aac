// @ts-check
// The loader as Streamlit calls it: again at every change, and with a clean-up that may come too late.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handClock, settled } from './fixtures.js';

/** A place on a page, with no more of a node than the loader needs. */
function place() {
  /** @type {any[]} */
  const words = [];
  return {
    words,
    append: (/** @type {any} */ node) => words.push(node),
    querySelectorAll: () => words.map((node) => ({ remove: () => words.splice(words.indexOf(node), 1) })),
  };
}

let made = 0;
/** A view's module, at an address of its own; it writes down what is done with it. */
function view() {
  made += 1;
  /** @type {string[]} */
  const log = [];
  /** @type {any} */ (globalThis)[`log${made}`] = log;
  const text = `export default ({ data }) => {
    globalThis.log${made}.push('mount ' + data.n);
    return () => globalThis.log${made}.push('end ' + data.n);
  };`;
  return { log, script: `data:text/javascript,${encodeURIComponent(text)}` };
}

/** A loader of its own. @returns {Promise<(component: any) => () => void>} */
async function loader() {
  Object.assign(globalThis, {
    document: {
      baseURI: 'http://127.0.0.1/',
      createElement: () => ({ setAttribute() {} }),
    },
  });
  made += 1;
  return (await import(`../../pages/ui/web/core/loader.js?${made}`)).default;
}

/** Until modules have been loaded: that takes more than a turn. */
async function loaded() {
  for (let i = 0; i < 40; i++) await settled();
}

test('a view is mounted, told of changes by the same call, and ended', async () => {
  const mount = await loader();
  const { log, script } = view();
  const parentElement = place();
  mount({ data: { script, n: 1 }, parentElement });
  await loaded();
  const end = mount({ data: { script, n: 2 }, parentElement });
  await loaded();
  end();
  assert.deepEqual(log, ['mount 1', 'mount 2', 'end 2']);
});

test('the late clean-up of a call that was overtaken does not end the view', async () => {
  const mount = await loader();
  const { log, script } = view();
  const parentElement = place();
  mount({ data: { script, n: 0 }, parentElement });
  await loaded();
  const overtaken = mount({ data: { script, n: 1 }, parentElement });
  const end = mount({ data: { script, n: 2 }, parentElement });
  overtaken();
  await loaded();
  assert.deepEqual(log, ['mount 0', 'mount 2'], 'the newest call alone acts');
  end();
  assert.deepEqual(log.at(-1), 'end 2');
});

test('what is taken from the page before its script has come is not mounted', async () => {
  const mount = await loader();
  const { log, script } = view();
  mount({ data: { script, n: 1 }, parentElement: place() })();
  await loaded();
  assert.deepEqual(log, []);
});

test('two places have a view each', async () => {
  const mount = await loader();
  const { log, script } = view();
  const end = mount({ data: { script, n: 1 }, parentElement: place() });
  mount({ data: { script, n: 2 }, parentElement: place() });
  await loaded();
  end();
  assert.deepEqual(log, ['mount 1', 'mount 2', 'end 1']);
});

test('a script that could not be loaded is tried again at another address, and that is said', async (t) => {
  const mount = await loader();
  const clock = handClock(t);
  const parentElement = place();
  const { log, script } = view();
  const second = `if (!import.meta.url.endsWith('again=2')) throw new Error('lost');\n`;
  const lost = script.replace('javascript,', `javascript,${encodeURIComponent(second)}`);
  const end = mount({ data: { script: `${lost}//`, n: 1 }, parentElement });
  await loaded();
  assert.match(parentElement.words[0].textContent, /It is tried again/);
  await clock.turn(1000);
  await loaded();
  assert.deepEqual(log, []);
  await clock.turn(4000);
  await loaded();
  assert.deepEqual(log, ['mount 1']);
  assert.deepEqual(parentElement.words, [], 'the words go when it is there');
  end();
  assert.deepEqual(log.at(-1), 'end 1');
});

test('who has tried often enough asks for a reload', async (t) => {
  const mount = await loader();
  const clock = handClock(t);
  const parentElement = place();
  mount({ data: { script: 'data:text/javascript,throw new Error("lost")//', n: 1 }, parentElement });
  for (const ms of [0, 1000, 4000, 10000]) {
    await clock.turn(ms);
    await loaded();
    assert.equal(parentElement.words.length, 1);
  }
  assert.match(parentElement.words[0].textContent, /Reload the page/);
});

test('a script that is late is said to be late', async (t) => {
  const mount = await loader();
  const clock = handClock(t);
  const parentElement = place();
  const never = 'data:text/javascript,await new Promise(() => {}); export default () => {}';
  mount({ data: { script: never, n: 1 }, parentElement });
  await loaded();
  assert.equal(parentElement.words.length, 0);
  await clock.turn(10000);
  assert.match(parentElement.words[0].textContent, /has not come yet/);
});
