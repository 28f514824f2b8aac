// @ts-check
// The visitor's commands on their way to the server: each arrives, and acts once, by its number.
//
// There are two ways. By the trigger of the component, which runs a part of the page's script, goes whatever changes
// more on the page than the view. What needs nothing of the script has a route of its own and acts at once; it goes by
// the trigger, too, where the route cannot be reached, and behind whatever went by the trigger and is not heard yet.

const APART_MS = 160; // two triggers in one turn would overwrite each other
const REPEAT_MS = 2000; // a command that was not heard is sent again
const UNHEARD_MS = 15000; // and then given up
const SETTLED_MS = 2000; // from then on no frame that was made before is on its way
const MOST = 12;
const AGAIN_MS = 30000; // a route that could not be reached is tried again
let lastNonce = 0;

/** @typedef {{name: string, value: unknown, n: number}} Command A command with its number. */

/**
 * The way of the commands that act at once.
 * @typedef {object} AtOnce
 * @property {Set<string>} names Of these commands.
 * @property {(command: Command) => Promise<boolean>} act Tells whether it was done, or is for the page's script; throws
 *   if nobody understood it.
 */

/** A number that no earlier command of this page has, nor one of a page before it. */
export function nextNonce() {
  lastNonce = Math.max(lastNonce + 1, Date.now());
  return lastNonce;
}

/**
 * Of two triggers that come while the server is busy the first is dropped: what it has not heard goes along again, and
 * goes once more if nothing is heard of it.
 * @param {object} options
 * @param {() => void} options.sent Called whenever something has left by the trigger.
 */
export function commandQueue({ sent }) {
  /** @type {(Command & {at: number})[]} */
  const unheard = [];
  /** @type {{name: string, value: unknown}[]} */
  const waiting = [];
  /** @type {((name: string, value: unknown) => void) | null} */
  let trigger = null;
  /** @type {AtOnce | null} */
  let atOnce = null;
  let acting = false; // one that goes by the route is not answered yet
  let closed = -Infinity; // until then nothing goes there
  let delivered = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  let quiet = -Infinity;
  let alive = true;

  function deliver() {
    const all = unheard.map(({ name, value, n }) => ({ name, value, n }));
    const newest = all.pop();
    delivered = performance.now();
    trigger?.('command', all.length ? { ...newest, before: all } : newest);
  }
  /** @param {Command} command */
  function pull(command) {
    unheard.push({ ...command, at: performance.now() });
    if (unheard.length > MOST) unheard.shift();
    deliver();
    sent();
  }
  /** @param {Command} command @param {AtOnce} way */
  async function act(command, way) {
    acting = true;
    let done = false;
    try {
      done = await way.act(command);
    } catch {
      closed = performance.now() + AGAIN_MS;
    }
    acting = false;
    if (!alive) return;
    if (done) {
      quiet = performance.now();
      leave();
    } else {
      pull(command);
      leaving = setTimeout(leave, APART_MS);
    }
  }
  function leave() {
    leaving = undefined;
    if (acting) return; // its answer lets the next one leave
    const next = waiting.shift();
    if (!next) return;
    if (trigger) {
      const command = { ...next, n: nextNonce() };
      if (atOnce?.names.has(next.name) && !unheard.length && performance.now() > closed) {
        act(command, atOnce);
        return;
      }
      pull(command);
    }
    leaving = setTimeout(leave, APART_MS);
  }
  return {
    /**
     * Use this way to the server.
     * @param {(name: string, value: unknown) => void} next The trigger.
     * @param {AtOnce | null} [way] For commands that need nothing of the page's script.
     */
    connect(next, way = null) {
      trigger = next;
      atOnce = way;
    },
    /** @param {string} name @param {unknown} [value] */
    send(name, value = null) {
      waiting.push({ name, value });
      if (leaving === undefined) leave();
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
    settled: () => !waiting.length && !acting && !unheard.length && performance.now() - quiet > SETTLED_MS,
    end() {
      alive = false;
      clearTimeout(leaving);
    },
  };
}
