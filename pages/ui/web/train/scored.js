// @ts-check
// The keys of the plot of scores: one for each line that the frame has values for, as the metrics' entries say.
import { el, show } from '../core/dom.js';

const CLASSES = { dash: 'dashed', dot: 'dotted' }; // other dashes are called as their class is

/** `metrics()`: the entries, none until they have come. */
export function scoreKeys(metrics) {
  const node = el('span', { class: 'keys' }),
    keys = new Map();
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
    /** True if there is anything to plot. */
    any: ({ arrays }) => Boolean(arrays.metric_step?.length) && measured(arrays).length > 0,
    update({ arrays }) {
      if (!keys.size) build();
      const shown = new Set(measured(arrays).map(({ name }) => name));
      for (const [name, key] of keys) show(key, shown.has(name));
    },
  };
}
