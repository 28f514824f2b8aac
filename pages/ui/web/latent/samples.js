// @ts-check
// The samples of a seed: what a click takes in hand.
import { choice, el, setAttr, setText } from '../core/dom.js';
import { tiles } from './draw.js';

const N = 64;

export function samples(ctx) {
  const seed = el('input', {
    type: 'number',
    min: 0,
    max: 2 ** 31 - 1,
    'aria-label': 'Seed',
    onchange: () => set(Number(seed.value)),
  });
  const another = el('button', {
    type: 'button',
    text: 'New',
    title: 'Another seed: other samples of the same prior',
    onclick: () => set(ctx.seedAtRandom()),
  });
  const classes = el('span', { class: 'classes', hidden: true });
  const hint = el('span', { class: 'note', text: 'a click takes one in hand' });
  const grid = tiles({
    label: 'Samples',
    pick: (i) => ctx.clicked(ctx.text(ctx.S.seed, i)),
    name: (i) => `sample ${i} of this seed`,
    kind: 'eight',
  });
  const files = { png: 'PNG', csv: 'CSV' };
  const save = Object.entries(files).map(([what, text]) => ({
    what,
    node: el('a', {
      class: 'button',
      text,
      download: '',
      title: `All 64, as they are shown: ${what === 'png' ? 'a picture' : 'their z'}`,
      'data-samples': what,
    }),
  }));
  let filled = false,
    asked = 0;

  function set(value) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
      seed.value = String(ctx.S.seed);
      return;
    }
    ctx.S.seed = value;
    seed.value = String(value);
    ctx.seedChanged();
  }

  return {
    node: el(
      'section',
      { class: 'card seeded', 'aria-label': 'Samples' },
      el('header', {}, el('h3', { text: 'Samples' }), hint),
      el(
        'div',
        { class: 'row' },
        el('label', { class: 'field' }, 'seed', seed),
        another,
        ...save.map(({ node }) => node),
        classes,
      ),
      grid.node,
    ),
    /** Another run: which classes are there? */
    begin() {
      seed.value = String(ctx.S.seed);
      const names = ctx.about.classes;
      classes.hidden = !names.length;
      classes.replaceChildren(
        ...(names.length
          ? [
              choice('Class', [['all', 'all'], ...names.map((n, i) => [i, n])], ctx.S.cls, (value) => {
                ctx.S.cls = value;
                this.refresh();
              }).node,
            ]
          : []),
      );
    },
    refresh() {
      if (!ctx.about) return;
      const p = Array.from({ length: N }, (_, i) => ctx.text(ctx.S.seed, i)).join(',');
      const mine = ++asked;
      setAttr(ctx.root, 'data-asked', mine);
      const given = Object.fromEntries(Object.entries(ctx.edit()).filter(([, v]) => v !== ''));
      for (const { what, node } of save) node.href = ctx.file(what, { p, ...given });
      ctx.ask('samples', { do: 'make', p, ...ctx.edit() }, ({ header, arrays, shapes }) => {
        grid.fill(arrays.samples, shapes.samples, ctx.look(), ctx.about.frame);
        filled = true;
        setAttr(ctx.root, 'data-painted', mine);
        this.mark();
        ctx.spread = header.spread;
        ctx.onSpread?.(header.spread);
      });
    },
    mark() {
      if (!filled) return;
      const text = (i) => ctx.text(ctx.S.seed, i);
      grid.mark(
        (i) => {
          const own = ctx.badge(text(i));
          return own || (ctx.S.keys.includes(text(i)) ? String(ctx.S.keys.indexOf(text(i)) + 1) : '');
        },
        (i) => text(i) === ctx.S.hand,
      );
    },
    hint(words) {
      setText(hint, words);
    },
  };
}
