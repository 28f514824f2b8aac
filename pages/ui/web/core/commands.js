// @ts-check
// The visitor's commands on their way to the server: each arrives, and acts once, by its number.

const APART_MS = 160; // two triggers in one turn would overwrite each other
const REPEAT_MS = 2000; // a command that was not heard is sent again
const UNHEARD_MS = 15000; // and then given up
const SETTLED_MS = 2000; // from then on no frame that was made before is on its way
const MOST = 12;
let lastNonce = 0;

/** @typedef {{name: string, value: unknown, n: number}} Command A command with its number. */

/** A number that no earlier command of this page has, nor one of a page before it. */
export function nextNonce() {
  lastNonce = Math.max(lastNonce + 1, Date.now());
  return lastNonce;
}

/**
 * Of two triggers that come while the server is busy the first is dropped: what it has not heard goes along again, and
 * goes once more if nothing is heard of it.
 * @param {object} options
 * @param {() => void} options.sent Called whenever something has left.
 */
export function commandQueue({ sent }) {
  /** @type {(Command & {at: number})[]} */
  const unheard = [];
  /** @type {{name: string, value: unknown}[]} */
  const waiting = [];
  /** @type {((name: string, value: unknown) => void) | null} */
  let trigger = null;
  let delivered = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  let quiet = -Infinity;

  function deliver() {
    const all = unheard.map(({ name, value, n }) => ({ name, value, n }));
    const newest = all.pop();
    delivered = performance.now();
    trigger?.('command', all.length ? { ...newest, before: all } : newest);
  }
  function leave() {
    const next = waiting.shift();
    if (!next) {
      leaving = undefined;
      return;
    }
    if (trigger) {
      unheard.push({ ...next, n: nextNonce(), at: performance.now() });
      if (unheard.length > MOST) unheard.shift();
      deliver();
      sent();
    }
    leaving = setTimeout(leave, APART_MS);
  }
  return {
    /** Use this way to the server. @param {(name: string, value: unknown) => void} next */
    connect(next) {
      trigger = next;
    },
    /** @param {string} name @param {unknown} [value] */
    send(name, value = null) {
      waiting.push({ name, value });
      if (!leaving) leave();
    },
    /**
     * Hear what has come, as the answer to a request for a frame says it.
     * @param {string | null} heard Number of the newest command that came; null if nobody numbers what comes from here.
     */
    acknowledge(heard) {
      if (!unheard.length) return;
      const now = performance.now();
      const number = heard ? Number(heard) : Infinity;
      while (unheard.length && (unheard[0].n <= number || now - unheard[0].at > UNHEARD_MS)) unheard.shift();
      if (!unheard.length) quiet = now;
      else if (now - delivered > REPEAT_MS) deliver();
    },
    /** Whether all that was asked for has arrived, and the frames of before are through: what they say holds. */
    settled: () => !waiting.length && !unheard.length && performance.now() - quiet > SETTLED_MS,
    end: () => clearTimeout(leaving),
  };
}
