// @ts-check
// One side of a comparison: its name and what is different, samples, verdict, time, losses, what D says.
import { el, setAttr, setText, show } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { plot, plotter } from '../core/plots.js';
import { alpha } from '../core/theme.js';
import { samples } from '../train/samples.js';
import { scoreKeys } from '../train/scored.js';
import { strip } from '../train/strip.js';
import { hasModes, verdict } from '../train/words.js';

const LETTERS = 'ABCD';

/** @typedef {import('../core/frame.js').Frame} Frame */

/**
 * What all sides share.
 * @typedef {object} Shared
 * @property {() => import('../core/view.js').Look} look
 * @property {(name: string) => any} template
 * @property {() => any[]} metrics
 * @property {() => string} plotly
 * @property {() => number} every Milliseconds between two drawings of one plot.
 * @property {(mine: Side) => Frame[]} others The newest frames of all other sides.
 * @property {(name: string, header: Frame['header']) => import('../core/fill.js').Memory} memory Of a shared axis.
 * @property {(name: string, value?: unknown) => void} send
 *
 * @typedef {{title: string, differs: string, reading?: string}} Words What a side is called.
 *
 * @typedef {object} Side
 * @property {HTMLElement} node
 * @property {(words: Words, n: number, anyReading: boolean) => void} entitle
 * @property {(frame: Frame, now: number, ms: number) => void} update
 * @property {() => void} repaint
 * @property {() => void} close
 * @property {() => void} end
 */

/** @param {number} i @param {Shared} ctx @returns {Side} */
export function side(i, ctx) {
  const letter = el('b', { class: 'letter', text: LETTERS[i], 'aria-hidden': 'true' });
  const title = el('h3', { text: '' }),
    differs = el('p', { class: 'differs', text: '\u00a0' });
  const open = el('button', {
    type: 'button',
    text: 'Open on Train',
    title: 'This side alone, on the Train page, from its beginning',
    onclick: () => ctx.send('take', i),
  });
  const away = el('button', {
    type: 'button',
    class: 'away',
    text: '×',
    title: 'Take this side away',
    'aria-label': 'Take this side away',
    onclick: () => ctx.send('remove', i),
  });
  const where = `side ${LETTERS[i]}`; // landmarks of one page have different names
  const picture = samples({ look: ctx.look, pickGenerator: () => {} });
  const says = verdict(),
    time = strip({ look: ctx.look, metrics: ctx.metrics });
  const losses = plot('losses', 'Losses'),
    histograms = plot('score_histograms', 'What D says'),
    scores = plot('scores', 'Scores');
  const dNow = el('span', { class: 'value', text: '' }),
    gNow = el('span', { class: 'value', text: '' });
  /** @param {string} kind @param {string} words @param {...HTMLElement} more */
  const key = (kind, words, ...more) =>
    el('span', { class: `key ${kind}` }, el('i', { 'aria-hidden': 'true' }), words, ...more);
  const reading = el('p', { class: 'reading', text: '', hidden: true }),
    left = el('p', { class: 'lost', text: '', hidden: true });
  const scored = scoreKeys(ctx.metrics),
    scoresCard = el(
      'section',
      { class: 'card', 'aria-label': `Scores, ${where}` },
      el('header', {}, el('h3', { text: 'Scores' }), scored.node),
      scores.node,
    );
  let spoken = 0;

  setAttr(picture.node, 'aria-label', `Samples, ${where}`);
  setAttr(time.node, 'aria-label', `The run so far, ${where}`);

  const drawing = plotter({
    plots: [losses, histograms, scores],
    url: ctx.plotly,
    templates: ctx.template,
    options: () => ({
      smooth: 0.6,
      font: ctx.look().font,
      ground: alpha(ctx.look().palette.card, 0.72),
      every: ctx.every(),
      others: ctx.others(self),
      memory: ctx.memory,
    }),
  });
  const node = el(
    'section',
    { class: 'side-by-side', 'aria-label': `Side ${LETTERS[i]}` },
    el('header', {}, letter, title, open, away),
    differs,
    says.node,
    picture.node,
    time.node,
    left,
    el(
      'section',
      { class: 'card', 'aria-label': `Losses, ${where}` },
      el('header', {}, el('h3', { text: 'Losses' }), key('dashed d', 'D', dNow), key('solid fake', 'G', gNow)),
      reading,
      losses.node,
    ),
    el(
      'section',
      { class: 'card', 'aria-label': `What D says, ${where}` },
      el('header', {}, el('h3', { text: 'What D says' }), key('box real', 'D(x)'), key('fill fake', 'D(G(z))')),
      histograms.node,
    ),
    scoresCard,
  );

  /** @type {Side} */
  const self = {
    node,
    entitle(words, n, anyReading) {
      setText(title, words.title);
      setText(differs, words.differs || '\u00a0');
      setAttr(node, 'aria-label', `Side ${LETTERS[i]}: ${words.title}. ${words.differs}`.trim());
      setText(reading, words.reading || '');
      show(reading, anyReading);
      show(away, n > 1);
    },
    update(frame, now, ms) {
      const { header } = frame;
      /** @type {Partial<import('../core/frame-types.js').Stats>} */
      const stats = header.stats || {};
      setAttr(node, 'data-step', header.step);
      setAttr(node, 'data-state', header.state);
      says.update(frame);
      picture.update(frame, now, ms, ctx.others(self));
      time.update(frame);
      show(left, hasModes(header));
      setText(left, header.lost || '\u00a0');
      setText(dNow, decimal(stats.d_loss));
      setText(gNow, decimal(stats.g_loss));
      show(scoresCard, scored.any(frame));
      scored.update(frame);
      drawing.update(frame);
      if (now - spoken < 4000) return;
      spoken = now;
      const { d_loss, g_loss, real_logit, fake_logit } = stats;
      const losses = `discriminator ${decimal(d_loss)}, generator ${decimal(g_loss)}`;
      const answers = `${decimal(real_logit)} on real, ${decimal(fake_logit)} on generated`;
      drawing.speak({
        losses: `Side ${LETTERS[i]}, losses at step ${integer(header.step)}: ${losses}`,
        score_histograms: `Side ${LETTERS[i]}, what D says on average: ${answers}`,
      });
    },
    repaint() {
      picture.repaint();
      time.repaint();
      drawing.refresh();
    },
    close: () => says.close(),
    end() {
      picture.end();
      time.end();
      drawing.end();
    },
  };
  return self;
}
