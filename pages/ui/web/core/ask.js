// @ts-check
// Questions to the server: one in flight, and of those that wait only the newest of each channel is kept. A question
// that nobody answered is asked again, unless by then there is a newer one of its channel.
import { unreached } from './view.js';

const AGAIN_MS = 2000; // until the server is asked once more, if it could not be reached

/** @typedef {() => Promise<() => void>} Question Asks; throws if there is no answer, else returns how to take it. */

/**
 * @param {object} on
 * @param {(channel: string) => void} on.unanswered A question found nobody; it is asked again.
 * @param {number} [on.again] Milliseconds until then.
 */
export function questions({ unanswered, again = AGAIN_MS }) {
  /** @type {Map<string, Question>} */
  const waiting = new Map();
  let busy = false;
  let alive = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function pump() {
    if (busy || !alive) return;
    busy = true;
    for (let next = first(); next && alive; next = first()) {
      const [channel, question] = next;
      waiting.delete(channel);
      let take;
      try {
        take = await question();
      } catch (error) {
        if (!alive) break;
        if (!unreached(error)) console.warn(`${channel}:`, error);
        if (!waiting.has(channel)) waiting.set(channel, question);
        unanswered(channel);
        clearTimeout(timer);
        timer = setTimeout(pump, again);
        break;
      }
      if (alive) told(channel, take);
    }
    busy = false;
  }
  const first = () => waiting.entries().next().value;

  /** A mistake in taking an answer is no reason to ask again. @param {string} channel @param {() => void} take */
  function told(channel, take) {
    try {
      take();
    } catch (error) {
      console.error(`${channel}:`, error);
    }
  }

  return {
    /** Ask as soon as it is its turn. @param {string} channel @param {Question} question */
    ask(channel, question) {
      waiting.set(channel, question);
      clearTimeout(timer);
      pump();
    },
    end() {
      alive = false;
      clearTimeout(timer);
      waiting.clear();
    },
    get alive() {
      return alive;
    },
  };
}
