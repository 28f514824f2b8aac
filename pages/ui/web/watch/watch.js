// @ts-check
// A watched loop of somebody's own: the live view's parts, fed from a watch log. Nothing can be asked of the loop.

import { el, setAttr, setText, show, style } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { parse } from '../core/frame.js';
import { plot, plotter } from '../core/plots.js';
import { alpha } from '../core/theme.js';
import { loop, mounter, reach, skin } from '../core/view.js';
import { samples } from '../train/samples.js';
import { inTime, past } from '../train/time-machine.js';
import { verdict } from '../train/verdict.js';

const EVERY_MS = 1000; // a log grows by bursts
const SMOOTH = 0.3;

export default mounter('gan-live gan-watch', { 'data-step': 0, 'data-frame': 0 }, build);

/** @param {string} kind @param {string} words @param {...HTMLElement} more */
const key = (kind, words, ...more) =>
  el('span', { class: `key ${kind}` }, el('i', { 'aria-hidden': 'true' }), words, ...more);

/** @param {string} title @param {HTMLElement} node @param {...HTMLElement} keys */
const card = (title, node, ...keys) =>
  el('section', { class: 'card', 'aria-label': title }, el('header', {}, el('h3', { text: title }), ...keys), node);

/**
 * What the page's script gives.
 * @typedef {object} Given
 * @property {string} url Where frames are asked for.
 * @property {string} past Where the list of past frames is.
 * @property {string} plotly
 * @property {string} figures
 * @property {string} style
 * @property {string} own The page's own style.
 */

/** @param {HTMLElement} root @returns {import('../core/view.js').View<Given>} */
function build(root) {
  let data = /** @type {Given} */ ({}), // until it is configured, at once
    alive = true,
    since = '',
    /** @type {any} */
    frame = null,
    /** @type {any} */
    present = null,
    /** @type {number | null} */
    shownPast = null,
    checked = 0;

  const colours = skin(root, () => {
    if (!frame) return;
    parts.samples.repaint();
    drawing.refresh();
  });
  const asking = loop(root, { ask, every: () => EVERY_MS, gone: end });
  const parts = {
    verdict: verdict(),
    samples: samples({ look: colours.look, pickGenerator: () => {} }),
    past: past({
      send: null,
      look: () => {
        since = '';
        shownPast = null;
        asking.wake();
      },
      starred: () => {},
    }),
  };
  const plots = {
    losses: plot('losses', 'Losses'),
    score_means: plot('score_means', 'What D says, over time'),
    gradient_norms: plot('gradient_norms', 'Gradient norms'),
  };
  const drawing = plotter({
    plots: Object.values(plots),
    url: () => data.plotly,
    templates: colours.template,
    options: () => ({
      smooth: SMOOTH,
      font: colours.font(),
      ground: alpha(colours.palette().card, 0.72),
      every: 500,
      gap: EVERY_MS,
    }),
  });
  const dNow = el('span', { class: 'value', text: '' }),
    gNow = el('span', { class: 'value', text: '' });
  const noPicture = el('p', { class: 'reading', role: 'status', text: '', hidden: true });
  const status = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite', text: '' });
  root.append(
    parts.verdict.node,
    noPicture,
    el(
      'div',
      { class: 'board' },
      parts.samples.node,
      el(
        'div',
        { class: 'side' },
        card('Losses', plots.losses.node, key('dashed d', 'discriminator', dNow), key('solid fake', 'generator', gNow)),
        card('What D says', plots.score_means.node, key('dotted real', 'D(x)'), key('solid fake', 'D(G(z))')),
        card('Gradient norms', plots.gradient_norms.node, key('dashed d', 'D'), key('solid fake', 'G')),
      ),
    ),
    parts.past.node,
    status,
  );

  /** @param {any} next What is shown, of now or of the past. @param {number} now */
  function draw(next, now) {
    frame = next;
    const { header } = next;
    parts.verdict.update(next);
    setText(dNow, decimal(header.stats.d_loss));
    setText(gNow, decimal(header.stats.g_loss));
    show(parts.samples.node, Boolean(header.kind));
    show(noPicture, !header.kind);
    setText(noPicture, 'The log holds no samples that can be shown: points in the plane or pictures.');
    if (header.kind) parts.samples.update(next, now, 0);
    drawing.update(parts.past.at() === null ? next : inTime(next, present));
    const both = (/** @type {number} */ d, /** @type {number} */ g) =>
      `discriminator ${decimal(d)}, generator ${decimal(g)}`;
    const { stats } = header;
    drawing.speak({
      losses: `Losses at step ${integer(header.step)}: ${both(stats.d_loss, stats.g_loss)}`,
      score_means: `What D says: ${decimal(stats.real_logit)} on real, ${decimal(stats.fake_logit)} on generated`,
      gradient_norms: `Gradient norms: ${both(stats.d_grad_norm, stats.g_grad_norm)}`,
    });
  }

  /** @param {any} next The newest frame. */
  function hear(next) {
    present = next;
    const { header } = next;
    for (const [name, value] of Object.entries({ step: header.step, frame: header.serial, state: header.state }))
      setAttr(root, `data-${name}`, value);
    setText(status, `${header.verdict.headline} Step ${integer(header.step)}.`);
  }

  /** Fetch the present, or a moment of the past once. @param {number} begun */
  async function ask(begun) {
    if (!(await colours.ready()) || !alive || document.hidden) return;
    if (begun - checked > 1000) {
      checked = begun;
      colours.dress();
    }
    const { url } = data,
      looked = parts.past.at();
    parts.past.refresh(data.past, begun);
    const now = looked === null || looked === shownPast;
    const reply = await reach(`${url}${now ? `&since=${since}` : `&at=${looked}`}`);
    if (!alive || url !== data.url || looked !== parts.past.at()) return;
    if (reply.status === 410) {
      setAttr(root, 'data-state', 'closed');
      setText(noPicture, 'This log is gone: its folder was moved or deleted. What is shown is the last that was read.');
      show(noPicture, true);
    }
    if (reply.status !== 200) return;
    const next = parse(await reply.arrayBuffer());
    if (!alive || url !== data.url || looked !== parts.past.at()) return;
    setAttr(root, 'data-past', looked ?? '');
    if (now) {
      since = String(next.header.serial);
      hear(next);
      if (looked === null) draw(next, performance.now());
      return;
    }
    shownPast = looked;
    next.header.moment = next.header.step;
    draw(next, performance.now());
  }

  function end() {
    if (!alive) return;
    alive = false;
    asking.end();
    parts.samples.end();
    drawing.end();
  }

  return {
    configure(component) {
      const given = component.data,
        fresh = data.url !== given.url;
      data = given;
      style([data.style, data.own], root);
      colours.use(data.figures);
      if (fresh) {
        parts.past.clear();
        since = '';
        shownPast = null;
        present = null;
      }
      asking.wake();
    },
    end,
    get ended() {
      return !alive;
    },
  };
}
