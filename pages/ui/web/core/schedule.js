// @ts-check
// Schedules drawing: one place after another, each at a limited rate, and always the newest frame in the end.

/**
 * A place that frames are drawn in.
 * @typedef {object} Place
 * @property {boolean} seen Whether it is in sight; what is not is not drawn.
 * @property {number} due When it may be drawn next; 0: at once, even if it shows the newest frame.
 * @property {number | null} drawn Serial of the frame that it shows.
 */

/**
 * @template {Place} P
 * @template {{header: {serial: number}}} F
 * @param {object} given
 * @param {P[]} given.places
 * @param {(place: P, frame: F) => Promise<boolean>} given.draw Tells whether it could be drawn.
 * @param {(cost: number, frame: F) => number} given.rest Milliseconds until a place that took so long is drawn again.
 * @param {number} given.again Milliseconds until what could not be drawn is tried again.
 */
export function scheduler({ places, draw, rest, again }) {
  /** @type {F | null} */
  let frame = null;
  let busy = false;
  let ended = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** Places that wait, the one that has waited longest first. @param {F} newest */
  const waiting = (newest) =>
    places
      .filter((place) => place.seen && (place.due === 0 || place.drawn !== newest.header.serial))
      .sort((a, b) => a.due - b.due);

  /** Draw when it is time, but not in this turn: what the caller draws comes first. */
  function plan() {
    clearTimeout(timer);
    if (busy || ended || !frame) return;
    const [first] = waiting(frame);
    if (first) timer = setTimeout(work, Math.max(0, first.due - performance.now()));
  }

  async function work() {
    if (busy || ended || !frame) return;
    const shown = frame;
    const [next] = waiting(shown);
    if (!next || next.due > performance.now()) {
      plan();
      return;
    }
    busy = true;
    next.due = Infinity; // a frame that comes while this one is drawn may want it sooner than it would rest
    const begun = performance.now();
    const first = next.drawn === null; // it brings the library along, and says nothing of what drawing costs
    let ms = again;
    try {
      if (await draw(next, shown)) {
        next.drawn = shown.header.serial;
        ms = rest(first ? 0 : performance.now() - begun, shown);
      }
    } catch (error) {
      console.warn('drawing:', error);
    }
    next.due = Math.min(next.due, performance.now() + ms);
    busy = false;
    plan();
  }

  return {
    /** A new frame. @param {F} next @param {boolean} still Whether it is to be seen at once, not in its turn. */
    show(next, still) {
      frame = next;
      if (still) for (const place of places) place.due = Math.min(place.due, performance.now());
      plan();
    },
    /** Draw a place anew, or all. @param {P[]} [which] */
    refresh(which = places) {
      for (const place of which) place.due = 0;
      plan();
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
