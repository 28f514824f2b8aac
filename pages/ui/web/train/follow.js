// @ts-check
// The view of those who follow: the live view without a control, fed with the frames that are made once for all.
import { mounter, reach } from '../core/view.js';
import { build } from './live.js';

/** @typedef {import('../core/stream.js').FrameReply} FrameReply */

const SOON_MS = 20; // the server answers a question for a frame when there is one
const OVER_MS = 5000; // a teacher whose page is loaded anew goes on with the same code

export default mounter('gan-live gan-follow', { 'data-step': 0, 'data-frame': 0 }, (root) => build(root, leader()));

function leader() {
  let token = '';
  let code = '';
  let run = 0;
  let over = false;

  /** Ask for a token. @param {any} data @returns {Promise<string>} What was wrong, in words. */
  async function join(data) {
    const reply = await reach(data.join, { headers: { 'x-gan-code': data.code } });
    const said = await reply.json();
    token = reply.ok ? said.token : '';
    code = data.code;
    run = 0;
    return reply.ok ? '' : `${said.message[0].toUpperCase()}${said.message.slice(1)} The last picture stays.`;
  }
  /** @param {string} words */
  const gone = (words) => {
    over = true;
    token = '';
    return { gone: true, words, heard: null, followers: null, point: null, bytes: async () => null };
  };
  return {
    every: () => (over ? OVER_MS : SOON_MS),
    /**
     * Ask for the newest frame.
     * @param {any} data @param {string} since @param {string} point What is marked now.
     * @returns {Promise<FrameReply & { words?: string }>}
     */
    async ask(data, since, point) {
      const fresh = !token || code !== data.code;
      if (fresh) {
        const wrong = await join(data);
        if (wrong) return gone(wrong);
      }
      const asked = new URLSearchParams({ t: token, since: fresh ? '' : since, point });
      const reply = await reach(`${data.url}?${asked}`);
      if (reply.status === 410) return gone('Your teacher’s run is not shown any more; the last picture stays.');
      over = false;
      return {
        gone: false,
        heard: null,
        followers: null,
        point: reply.headers.get('x-point'),
        past: reply.headers.has('x-past'),
        bytes: async () => (reply.status === 200 ? reply.arrayBuffer() : null),
      };
    },
    /** Fetch what there is to say of a run once it is another one. @param {any} data @param {number} now */
    async about(data, now) {
      if (now === run || !token) return null;
      run = now;
      const reply = await reach(`${data.about}?${new URLSearchParams({ t: token })}`);
      return reply.ok ? reply.json() : null;
    },
  };
}
