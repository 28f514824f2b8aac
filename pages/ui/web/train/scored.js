// @ts-check
// The keys of the plot of scores: what its two lines are depends on what can be measured.
import { el, setAttr, setText, show } from '../core/dom.js';

const SHARP = ['solid', 'sharp', 'Share of samples within three standard deviations of a mode: 1 is best'];
const DISTANCE = ['dashdot', 'distance', 'Jensen–Shannon distance to the data: 0 is best'];
const COVERS = ['dashed', 'covers', 'Share of real samples in whose neighbourhood a generated one lies: 1 is best'];
const CREDIBLE = [
  'dotted',
  'credible',
  'Share of generated samples in the neighbourhood of a real one (precision): 1 is best',
];

/** For each line its look, its words and what it means; null where there is none. */
function linesOf(arrays) {
  const has = (name) => Boolean(arrays[name]?.length);
  if (has('metric_js') || has('metric_high_quality'))
    return [has('metric_high_quality') ? SHARP : null, has('metric_js') ? DISTANCE : null];
  return [has('metric_coverage') ? COVERS : null, has('metric_precision') ? CREDIBLE : null];
}

/** True if there is anything to plot. */
export const hasScores = ({ arrays }) => Boolean(arrays.metric_step?.length) && linesOf(arrays).some(Boolean);

export function scoreKeys() {
  const keys = [SHARP, DISTANCE].map(() => {
    const words = el('span', { text: '' });
    return { words, node: el('span', {}, el('i', { 'aria-hidden': 'true' }), words) };
  });
  return {
    nodes: keys.map((key) => key.node),
    update({ arrays }) {
      linesOf(arrays).forEach((line, i) => {
        show(keys[i].node, Boolean(line));
        if (!line) return;
        setAttr(keys[i].node, 'class', `key ${line[0]}`);
        setText(keys[i].words, line[1]);
        setAttr(keys[i].node, 'title', line[2]);
      });
    },
  };
}
