// @ts-check
// What is said rather than drawn: the first visit, and the numbers with their scale.
import { el, setAttr, setText } from '../core/dom.js';
import { decimal, integer, percent, sigmoid } from '../core/format.js';
import { lastMean } from '../core/frame.js';

export { verdict } from './verdict.js';

/**
 * Plain buttons for the first visit.
 * @param {(name: string, value?: unknown) => void} send
 * @param {() => any} first The preset to begin with for each kind of data.
 */
export function welcome(send, first) {
  const other = el('button', { type: 'button', text: 'See it on real digits', onclick: () => send('open', target) });
  const recipe = el('button', {
    type: 'button',
    text: 'R3GAN’s recipe',
    title: 'The same digits with a relativistic loss, penalties R1 and R2, and no momentum',
    onclick: () => send('open', first().recipe),
  });
  let target = '',
    playing = false;
  const node = el(
    'div',
    { class: 'welcome', role: 'group', 'aria-label': 'First visit' },
    el('span', { text: 'New here?' }),
    el('button', {
      type: 'button',
      text: 'Step through it',
      title: 'One step a second, D’s half and G’s half shown apart',
      onclick: () => {
        send('pace', 1);
        if (!playing) send('play');
      },
    }),
    el('button', {
      type: 'button',
      text: 'Break it',
      title: 'A GAN that collapses, while its losses look fine',
      onclick: () => send('open', 'collapse'),
    }),
    recipe,
    other,
    el('button', {
      type: 'button',
      class: 'close',
      'aria-label': 'Hide these suggestions',
      title: 'Hide',
      text: '×',
      onclick: () => {
        node.hidden = true;
      },
    }),
  );
  return {
    node,
    /** @param {{header: any}} frame */
    update({ header }) {
      const images = header.kind === 'images';
      playing = header.state === 'playing';
      target = first()?.[images ? 'plane' : 'images'];
      recipe.hidden = header.preset !== first()?.images;
      setText(other, images ? 'See it in the plane' : 'See it on real digits');
    },
  };
}

/** How often D was right of late, both kinds of samples counted alike. @param {Record<string, any>} arrays */
export function rightOf(arrays) {
  const real = lastMean(arrays.real_accuracy, 8),
    fake = lastMean(arrays.fake_accuracy, 8);
  return real === null || fake === null ? null : (real + fake) / 2;
}

/** True for data that consist of known modes. @param {{n_modes?: number}} header */
export const hasModes = (header) => (header.n_modes ?? 0) > 0;

/**
 * Whether the picture has gone on by far since the scores were taken: by a tenth of the way, and no few steps.
 * @param {{step: number, metrics_step: number}} header
 */
export const isOld = ({ step, metrics_step: of }) => step - of > Math.max(100, step / 10);

/**
 * The cards of what was measured: the first two of the metrics that have one for such data.
 * @param {{header: any}} frame
 * @param {any[]} metrics
 * @returns {string[][]}
 */
function measuredCards({ header }, metrics) {
  const scores = header.metrics || {};
  const of = header.metrics_step ? ` · step ${integer(header.metrics_step)}` : '';
  const early = header.kind === 'plane' && !header.metrics_step; // the same cards from the first picture on
  const empty = early && hasModes(header);
  /** @param {any} metric @param {number | null} value @param {number} [digits] */
  const inWords = ({ format, out_of: whole, name }, value, digits) => {
    if (format === 'percent') return percent(value, digits);
    if (format === 'decimal') return decimal(value);
    const most = scores[whole]?.floor ?? scores[name]?.floor;
    return whole ? `${integer(value)} of ${integer(most)}` : integer(value);
  };
  return metrics
    .filter(({ name, card }) => card?.kinds.includes(header.kind) && (scores[name] || (empty && card.expected)))
    .slice(0, 2)
    .map((metric) => {
      const { card, floor_label: floor } = metric,
        score = scores[metric.name];
      if (early || !score) return [card.title, '–', 'not yet counted', card.help];
      const noun = metrics.find(({ name }) => name === metric.out_of)?.label.toLowerCase();
      const size = score.n ? `From ${integer(score.n)} samples: ` : '';
      return [
        card.title,
        inWords(metric, score.value) + (noun ? ` ${noun}` : ''),
        `${floor}: ${inWords(metric, score.floor, card.floor_digits)}${of}`,
        size + card.help,
      ];
    });
}

/**
 * The metrics' entries, with what can fool a number of this run in the help of its card.
 * @param {any[]} metrics
 * @param {Record<string, string>} [doubts]
 */
const doubted = (metrics, doubts = {}) =>
  metrics.map((metric) =>
    metric.card && doubts[metric.name]
      ? { ...metric, card: { ...metric.card, help: `${metric.card.help}. ${doubts[metric.name]}` } }
      : metric,
  );

/**
 * Name, value, scale and meaning of each number that is known, the most telling first.
 * @param {{header: any, arrays: Record<string, any>}} frame
 * @param {any[]} metrics
 */
export function numberCards(frame, metrics) {
  const { header, arrays } = frame,
    cards = measuredCards(frame, doubted(metrics, header.doubts));
  const right = rightOf(arrays);
  cards.push([
    'D is right on',
    percent(right),
    '50 % = cannot tell',
    'Of real and generated samples alike, over the last steps',
  ]);
  if (cards.length < 3 && header.meaning === 'probability') {
    const undecided = `${percent(sigmoid(header.middle ?? 0))} = cannot tell`;
    cards.push([
      'D says of real',
      percent(lastMean(arrays.real_prob, 8), 1),
      undecided,
      'Mean of D(x) over the last steps',
    ]);
    cards.push([
      'D says of generated',
      percent(lastMean(arrays.fake_prob, 8), 1),
      undecided,
      'Mean of D(G(z)) over the last steps',
    ]);
  } else if (cards.length < 3) {
    cards.push([
      'critic on real',
      decimal(lastMean(arrays.real_logit, 8), 2),
      'critic value, no fixed scale',
      'Mean of D(x) over the last steps',
    ]);
    cards.push([
      'critic on generated',
      decimal(lastMean(arrays.fake_logit, 8), 2),
      'critic value, no fixed scale',
      'Mean of D(G(z)) over the last steps',
    ]);
  }
  return cards;
}

/**
 * Three numbers, each with its scale beside it.
 * @param {() => any[]} metrics The entries of all metrics.
 */
export function cards(metrics) {
  const make = () => {
    const name = el('span', { text: '\u00a0' }),
      value = el('b', { text: '–' }),
      scale = el('span', { text: '\u00a0' });
    return { name, value, scale, node: el('div', { class: 'number' }, name, value, scale) };
  };
  const all = [make(), make(), make()];
  return {
    node: el('div', { class: 'numbers' }, ...all.map((card) => card.node)),
    /** @param {{header: any, arrays: Record<string, any>}} frame */
    update(frame) {
      const now = numberCards(frame, metrics()),
        measured = measuredCards(frame, metrics()).length;
      all.forEach((card, i) => {
        const [name, value, scale, title] = now[i] || ['', '', '', ''];
        const old = i < measured && isOld(frame.header);
        setText(card.name, name);
        setText(card.value, value);
        setText(card.scale, scale);
        setAttr(card.node, 'title', old ? `${title}. The picture is of a later step.` : title);
        setAttr(card.node, 'data-old', Boolean(old));
      });
    },
  };
}
