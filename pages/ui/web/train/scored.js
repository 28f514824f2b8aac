// @ts-check
// The keys of the plot of scores: one for each line that the frame has values for, as the metrics' entries say.
import { el, show } from '../core/dom.js';

/** @type {Record<string, string>} */
const CLASSES = { dash: 'dashed', dot: 'dotted' }; // other dashes are called as their class is

/**
 * Keys of the plot of scores.
 * @param {() => any[]} metrics The entries, none until they have come.
 */
export function scoreKeys(metrics) {
  const node = el('span', { class: 'keys' }),
    /** @type {Map<string, HTMLElement>} */
    keys = new Map();
  /** @param {Record<string, any>} arrays */
  const measured = (arrays) => metrics().filter(({ name, curve }) => curve?.dash && arrays[`metric_${name}`]?.length);

  function build() {
    for (const { name, curve } of metrics()) {
      if (!curve?.dash) continue;
      const words = el('span', { text: curve.key || curve.name });
      keys.set(
        name,
        el(
          'span',
          { class: `key ${CLASSES[curve.dash] || curve.dash}`, title: curve.help },
          el('i', { 'aria-hidden': 'true' }),
          words,
        ),
      );
    }
    node.append(...keys.values());
  }
  return {
    node,
    /** True if there is anything to plot. @param {import('../core/frame.js').Frame} frame */
    any: ({ arrays }) => Boolean(arrays.metric_step?.length) && measured(arrays).length > 0,
    /** @param {import('../core/frame.js').Frame} frame */
    update({ arrays }) {
      if (!keys.size) build();
      const shown = new Set(measured(arrays).map(({ name }) => name));
      for (const [name, key] of keys) show(key, shown.has(name));
    },
  };
}
