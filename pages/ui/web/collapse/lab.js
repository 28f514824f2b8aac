// @ts-check
// The lab: two to four runs beside each other, at one step, on equal scales.
// One loop fetches all sides' frames at once.

import { commandQueue } from '../core/commands.js';
import { choice, el, setAttr, setText, show, style } from '../core/dom.js';
import { integer } from '../core/format.js';
import { parseSet } from '../core/frame.js';
import { withoutGraphics } from '../core/graphics.js';
import { actAtOnce, askForFrame, eagerness, rhythm, stateWords } from '../core/stream.js';
import { keyboard, loop, mounter, skin } from '../core/view.js';
import { transport } from '../train/transport.js';
import { side } from './side.js';

const ENDED = 'This comparison has ended';
const EAGER_MS = 60;
/** Where each picture costs processor time that may be the training's, they are drawn less often. */
const CALM_MS = withoutGraphics ? 270 : 0;

export default mounter(
  'gan-live gan-lab',
  { 'data-step': 0, 'data-frame': 0, 'data-sides': 0, 'data-frames-per-second': 0 },
  build,
);

/**
 * What the page's script gives.
 * @typedef {object} Given
 * @property {string} url Where frames are asked for.
 * @property {string} command Where commands are taken.
 * @property {string} atOnce Which.
 * @property {number} ms Milliseconds between two frames.
 * @property {number} plotMs Likewise of plots.
 * @property {string} plotly
 * @property {string} figures
 * @property {string[]} styles
 * @property {import('./side.js').Words[]} sides
 */

/** @param {HTMLElement} root @returns {import('../core/view.js').View<Given>} */
function build(root) {
  let data = /** @type {Given} */ ({}), // until it is configured, at once
    alive = true,
    since = '',
    generator = '',
    overtaken = 0,
    checked = 0;
  /** @type {ReturnType<typeof parseSet> | null} */
  let set = null;
  let state = '';
  const eager = eagerness(EAGER_MS),
    pulse = rhythm();
  /** @type {import('./side.js').Side[]} */
  const sides = [];
  /** @type {Map<string, import('../core/fill.js').Memory>} */
  const memories = new Map();

  const colours = skin(root, () => {
    for (const one of sides) one.repaint();
  });
  const asking = loop(root, {
    ask,
    every: () => (state === 'closed' ? null : eager.every(Math.max(CALM_MS, data.ms || 200))),
    gone: end,
  });
  const post = commandQueue({ sent: hurry });
  /** @type {import('./side.js').Shared} */
  const ctx = {
    look: colours.look,
    template: colours.template,
    metrics: colours.metrics,
    plotly: () => data.plotly,
    every: () => (data.plotMs || 600) * Math.max(1, sides.length / 2),
    /** The newest frames of all other sides, for axes that all share. */
    others: (mine) => (set ? set.frames.filter((_, i) => sides[i] !== mine) : []),
    /** What is remembered of an axis: one memory for all sides whose values have the same meaning. */
    memory(name, { meaning }) {
      const key = `${name} ${meaning}`;
      const known = memories.get(key) ?? {};
      memories.set(key, known);
      return known;
    },
    send: (name, value) => post.send(name, value),
  };
  const bar = transport(post, { lone: false });
  const which = choice(
    'Which generator',
    [
      ['ema', 'EMA', 'The average of the generator’s weights over time, where a side has one'],
      ['raw', 'raw', 'The generator as it is at this very step'],
    ],
    'ema',
    (value) => {
      generator = value;
      since = '';
      hurry();
    },
  );
  const grid = el('div', { class: 'sides' });
  const waiting = el('p', { class: 'note', text: 'The first picture is on its way.' });
  const status = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite', text: '' });
  bar.node.querySelector('.counters')?.before(which.node);
  root.append(bar.node, waiting, grid, status);

  function hurry() {
    eager.begin();
    asking.wake();
  }

  /** @param {ReturnType<typeof parseSet>} next */
  function take(next) {
    const now = performance.now(),
      { header, frames } = next;
    pulse.beat(now);
    if (set?.frames[0].header.run !== frames[0].header.run || set.frames.length !== frames.length) memories.clear();
    set = next;
    while (sides.length < frames.length) {
      sides.push(side(sides.length, ctx));
      grid.append(sides[sides.length - 1].node);
    }
    while (sides.length > frames.length) {
      const gone = sides.pop();
      gone?.end();
      gone?.node.remove();
    }
    entitle();
    show(waiting, false);
    for (const [name, value] of Object.entries({
      step: header.step,
      frame: header.serial,
      state: header.state,
      sides: frames.length,
      'frames-per-second': pulse.gap ? (1000 / pulse.gap).toFixed(1) : 0,
    }))
      setAttr(root, `data-${name}`, value);
    const first = frames.find((frame) => frame.header.state === header.state) || frames[0];
    bar.update({ header: { ...first.header, ...header } });
    if (header.state !== state) {
      state = header.state;
      setText(status, `${stateWords(state, ENDED)} at step ${integer(header.step)}`);
    }
    show(
      which.node,
      frames.some((frame) => frame.header.has_ema),
    );
    const ms = pulse.glide(header.state);
    frames.forEach((frame, i) => {
      if (frame.header.kind) sides[i].update(frame, now, ms);
    });
    setAttr(root, 'data-draw-ms', (performance.now() - now).toFixed(1));
  }

  function entitle() {
    setAttr(grid, 'data-n', sides.length);
    const read = data.sides.some((words) => words.reading);
    sides.forEach((one, i) => one.entitle(data.sides[i] || { title: '', differs: '' }, sides.length, read));
  }

  const wish = () => `&since=${since}${generator ? `&generator=${generator}` : ''}`;

  /**
   * Have a command done by its route, and show what comes of it.
   * @param {import('../core/commands.js').Command} command
   */
  async function act(command) {
    const url = data.command;
    const reply = await actAtOnce(`${url}${wish()}`, command);
    const bytes = await reply?.bytes();
    const next = bytes && parseSet(bytes);
    if (!next || !alive || url !== data.command) return reply !== null;
    if (set && set.frames[0].header.run === next.frames[0].header.run && set.header.serial > next.header.serial)
      return true;
    overtaken += 1;
    since = String(next.header.serial);
    take(next);
    return true;
  }

  /** @param {number} begun */
  async function ask(begun) {
    if (!(await colours.ready()) || !alive || document.hidden) return;
    if (begun - checked > 1000) {
      checked = begun;
      colours.dress();
    }
    const { url } = data,
      before = overtaken;
    const reply = await askForFrame(`${url}${wish()}`);
    if (!alive) return;
    if (reply.gone) {
      lost();
      return;
    }
    post.acknowledge(reply.heard);
    const bytes = await reply.bytes();
    if (!bytes) return;
    const next = parseSet(bytes);
    if (!alive || url !== data.url || before !== overtaken) return;
    since = String(next.header.serial);
    take(next);
  }

  function lost() {
    state = 'closed';
    setAttr(root, 'data-state', 'closed');
    setText(status, ENDED);
    setText(waiting, 'This comparison has ended. Choose a failure to begin another one; the last picture stays.');
    show(waiting, true);
    if (set) bar.update({ header: { ...set.frames[0].header, ...set.header, state: 'closed' } });
  }

  const keys = keyboard(root, '.gan-lab', {
    act: bar.key,
    leave: () => {
      for (const one of sides) one.close();
    },
  });

  function end() {
    if (!alive) return;
    alive = false;
    asking.end();
    post.end();
    keys.end();
    for (const one of sides) one.end();
  }

  return {
    configure(component) {
      const given = component.data,
        fresh = data.url !== given.url;
      post.connect(component.setTriggerValue, { names: new Set(given.atOnce.split(' ')), act });
      data = given;
      style(data.styles, root);
      colours.use(data.figures);
      if (fresh) {
        since = '';
        state = '';
      }
      eager.begin();
      entitle();
      asking.wake();
    },
    end,
    get ended() {
      return !alive;
    },
  };
}
