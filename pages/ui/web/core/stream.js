// @ts-check
// What the views of a training run have in common: words for its state, how often they ask, the rhythm of the frames.

import { reach } from './view.js';

const EAGER_FOR_MS = 1500;
const ACT_PATIENCE_MS = 4000; // then a command goes the other way
const FOR_THE_SCRIPT = new Set([400, 409, 410]);

/**
 * Words for the states of a run, as they are spoken.
 *
 * @param {string} state
 * @param {string} closed What is said of one that has ended for good.
 */
export function stateWords(state, closed) {
  const words = {
    playing: 'Playing',
    paused: 'Paused',
    queued: 'Waiting for a free place',
    diverged: 'Stopped: the run diverged',
    error: 'Stopped: an error',
    unreached: 'The server does not answer',
    closed,
  };
  return words[/** @type {keyof typeof words} */ (state)] || state;
}

/**
 * Ask often for a while after something was asked for: its answer is waited for.
 *
 * @param {number} ms Milliseconds between two questions meanwhile.
 */
export function eagerness(ms) {
  let until = 0;
  return {
    begin() {
      until = performance.now() + EAGER_FOR_MS;
    },
    /** Whether it lasts. */
    lasts: (now = performance.now()) => now < until,
    /** Milliseconds until the next question, where it would else be this many. */
    every: (/** @type {number} */ usual) => (performance.now() < until ? ms : usual),
  };
}

/** The rhythm in which frames come. */
export function rhythm() {
  let arrived = 0;
  let gap = 0;
  return {
    /** Hear a frame come. */
    beat(now = performance.now()) {
      if (arrived) gap = gap ? 0.7 * gap + 0.3 * Math.min(2000, now - arrived) : now - arrived;
      arrived = now;
    },
    /** Milliseconds between two frames; 0 before the second. */
    get gap() {
      return gap;
    },
    /**
     * Milliseconds in which a picture glides to the next.
     *
     * @param {string} state Of the run.
     * @param {number} most While it plays.
     */
    glide(state, most = 260) {
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) return 0;
      return state === 'playing' ? Math.min(most, Math.max(80, 0.9 * gap)) : 300;
    },
  };
}

/**
 * Answer to a request for a frame: whether the run has ended for good, which commands were heard, how many follow, what
 * is pointed at, whether a moment of the past is, and the frame: null if there is none newer.
 * @typedef {{ gone: boolean, heard: string | null, followers: string | null, point: string | null,
 *   past?: boolean, bytes: () => Promise<ArrayBuffer | null> }} FrameReply
 */

/**
 * Ask for a frame.
 *
 * @param {string} url
 * @returns {Promise<FrameReply>}
 */
export async function askForFrame(url) {
  return frameReply(await reach(url));
}

/**
 * Have a command done at once; the answer is a frame that shows it.
 *
 * @param {string} url
 * @param {import('./commands.js').Command} command
 * @returns {Promise<FrameReply | null>} Null if it is for the page's script to do, or to say why it is not done.
 */
export async function actAtOnce(url, command) {
  const reply = await reach(url, { method: 'POST', body: JSON.stringify(command), patience: ACT_PATIENCE_MS });
  if (FOR_THE_SCRIPT.has(reply.status)) return null;
  if (!reply.headers.has('x-heard')) throw new TypeError(`${reply.status}: nobody there who understands commands`);
  return frameReply(reply);
}

/** @param {Response} reply @returns {FrameReply} */
function frameReply(reply) {
  const framed = (reply.headers.get('content-type') || '').startsWith('application/octet-stream');
  return {
    gone: reply.status === 410,
    heard: reply.headers.get('x-heard'),
    followers: reply.headers.get('x-followers'),
    point: reply.headers.get('x-point'),
    bytes: async () => (reply.status === 200 && framed ? reply.arrayBuffer() : null),
  };
}
