// The visitor's commands on their way to the server: each arrives, and acts once, by its number.
const APART_MS = 160; // two triggers in one turn would overwrite each other
const REPEAT_MS = 2000,
  UNHEARD_MS = 15000; // when a command that was not heard is sent again, and when it is given up
const SETTLED_MS = 2000; // from then on no frame that was made before is on its way
const MOST = 12;
let lastNonce = 0;

/**
 * Of two triggers that come while the server is busy the first is dropped: what it has not heard goes along again, and
 * goes once more if nothing is heard of it. `sent` is called whenever something has left.
 */
export function mail({ sent }) {
  const unheard = [],
    waiting = [];
  let trigger = null,
    delivered = 0,
    leaving = 0,
    quiet = -Infinity;

  function deliver() {
    const [newest, ...before] = unheard.map(({ name, value, n }) => ({ name, value, n })).reverse();
    delivered = performance.now();
    trigger('command', before.length ? { ...newest, before: before.reverse() } : newest);
  }
  function leave() {
    const next = waiting.shift();
    if (!next) {
      leaving = 0;
      return;
    }
    if (trigger) {
      lastNonce = Math.max(lastNonce + 1, Date.now());
      unheard.push({ ...next, n: lastNonce, at: performance.now() });
      if (unheard.length > MOST) unheard.shift();
      deliver();
      sent();
    }
    leaving = setTimeout(leave, waiting.length ? APART_MS : 0);
  }
  return {
    /** `next`: the component's way to the server. */
    connect(next) {
      trigger = next;
    },
    send(name, value = null) {
      waiting.push({ name, value });
      if (!leaving) leave();
    },
    /** `heard`: number of the newest command that came, as the answer to a request for a frame says it. */
    acknowledge(heard) {
      if (!unheard.length) return;
      const now = performance.now(),
        number = heard ? Number(heard) : Infinity; // without: nobody numbers what comes from here
      while (unheard.length && (unheard[0].n <= number || now - unheard[0].at > UNHEARD_MS)) unheard.shift();
      if (!unheard.length) quiet = now;
      else if (now - delivered > REPEAT_MS) deliver();
    },
    /** Whether all that was asked for has arrived, and the frames of before are through: what they say is what holds. */
    settled: () => !waiting.length && !unheard.length && performance.now() - quiet > SETTLED_MS,
    end: () => clearTimeout(leaving),
  };
}
