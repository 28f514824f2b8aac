// @ts-check
// What is said rather than drawn: the first visit, and the numbers with their scale.
import { el, setAttr, setText } from '../core/dom.js';
import { decimal, integer, percent } from '../core/format.js';
import { lastMean } from '../core/frame.js';

export { verdict } from './verdict.js';

/** Three plain buttons for the first visit. */
export function welcome(send) {
  const other = el('button', { type: 'button', text: 'See it on real digits', onclick: () => send('open', target) });
  let target = 'digits',
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
    update({ header }) {
      const images = header.kind === 'images';
      playing = header.state === 'playing';
      target = images ? 'ring-8' : 'digits';
      setText(other, images ? 'See it in the plane' : 'See it on real digits');
    },
  };
}

/** How often D was right of late, both kinds of samples counted alike. */
export function rightOf(arrays) {
  const real = lastMean(arrays.real_accuracy, 8),
    fake = lastMean(arrays.fake_accuracy, 8);
  return real === null || fake === null ? null : (real + fake) / 2;
}

const SHAPES = new Set(['moons', 'swiss-roll']);

/** True for data in the plane that consist of known modes. */
export const hasModes = (header) => header.kind === 'plane' && !SHAPES.has(header.data);

/** Name, value, scale and meaning of each number that is known, the most telling first. */
export function numberCards(frame) {
  const { header, arrays } = frame,
    m = header.metrics || {},
    cards = [];
  const size = (score) => (score.n ? `, n ${integer(score.n)}` : '');
  const total = m.n_modes?.floor ?? m.modes_reached?.floor;
  const early = header.kind === 'plane' && !header.metrics_step; // the same cards from the first picture on
  const modes = m.modes_reached || (early && hasModes(header) && {});
  const sharp = m.high_quality || (early && hasModes(header) && {});
  if (modes)
    cards.push([
      'reaches',
      early ? '–' : `${integer(modes.value)} of ${integer(total)} modes`,
      early ? 'not yet counted' : `real data: ${integer(modes.floor)} of ${integer(total)}${size(modes)}`,
      'A mode is reached if it is the nearest to at least a fifth of its fair share of all samples',
    ]);
  if (sharp)
    cards.push([
      'sharp',
      early ? '–' : percent(sharp.value),
      early ? 'not yet counted' : `real data: ${percent(sharp.floor, 1)}${size(sharp)}`,
      'Share of samples within three standard deviations of a mode',
    ]);
  if (m.js && cards.length < 2)
    cards.push([
      'distance to the data',
      decimal(m.js.value),
      `real data: ${decimal(m.js.floor)}${size(m.js)}`,
      'Jensen–Shannon divergence on a grid: 0 is the same, 1 has nothing in common',
    ]);
  if (m.frechet_classifier)
    cards.push([
      'classifier distance',
      decimal(m.frechet_classifier.value),
      `real data: ${decimal(m.frechet_classifier.floor)}${size(m.frechet_classifier)}`,
      'Fréchet distance of the features of a small classifier: 0 is the same; comparable at equal n alone',
    ]);
  if (m.sliced_wasserstein && header.kind === 'plane' && cards.length < 2)
    cards.push([
      'how far off',
      decimal(m.sliced_wasserstein.value),
      `real data: ${decimal(m.sliced_wasserstein.floor)}${size(m.sliced_wasserstein)}`,
      'Sliced Wasserstein distance: how far the samples must move, in data units',
    ]);
  if (m.coverage && cards.length < 2)
    cards.push([
      'covers',
      percent(m.coverage.value),
      `real data: ${percent(m.coverage.floor)}${size(m.coverage)}`,
      'Share of real samples in whose neighbourhood a generated one lies',
    ]);
  const right = rightOf(arrays);
  cards.push([
    'D is right on',
    percent(right),
    '50 % = cannot tell',
    'Of real and generated samples alike, over the last steps',
  ]);
  if (cards.length < 3 && header.meaning === 'probability') {
    cards.push([
      'D says of real',
      percent(lastMean(arrays.real_prob, 8), 1),
      '50 % = cannot tell',
      'Mean of D(x) over the last steps',
    ]);
    cards.push([
      'D says of generated',
      percent(lastMean(arrays.fake_prob, 8), 1),
      '50 % = cannot tell',
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

/** Three numbers, each with its scale beside it. */
export function cards() {
  const make = () => {
    const name = el('span', { text: '\u00a0' }),
      value = el('b', { text: '–' }),
      scale = el('span', { text: '\u00a0' });
    return { name, value, scale, node: el('div', { class: 'number' }, name, value, scale) };
  };
  const all = [make(), make(), make()];
  return {
    node: el('div', { class: 'numbers' }, ...all.map((card) => card.node)),
    update(frame) {
      const now = numberCards(frame);
      all.forEach((card, i) => {
        const [name, value, scale, title] = now[i] || ['', '', '', ''];
        setText(card.name, name);
        setText(card.value, value);
        setText(card.scale, scale);
        setAttr(card.node, 'title', title);
      });
    },
  };
}
