// @ts-check
// Two directions that span a plane: chosen among coordinates, PCA, SeFa, attributes, classes, saved and random ones.
import { el } from '../core/dom.js';
import { zText } from './draw.js';

const FEW = 6;

/** `changed()` hears of a choice. `u(then)` finds the two as text, separated by a comma. */
export function spanPicker(ctx, changed) {
  const chosen = ['pca:0', 'pca:1'],
    held = new Map();
  let heldAt = -1;
  const selects = chosen.map((_, k) =>
    el('select', {
      'aria-label': k ? 'Second direction' : 'First direction',
      onchange: () => {
        chosen[k] = selects[k].value;
        changed();
      },
    }),
  );

  function groups() {
    const { about } = ctx,
      k = Math.min(FEW, about.latent_dim),
      numbered = (name, of) => Array.from({ length: k }, (_, i) => [`${of}:${i}`, `${name} ${i + 1}`]);
    return [
      ['Found from G', [...numbered('PCA', 'pca'), ...numbered('SeFa', 'sefa')]],
      [
        'Measured in samples',
        about.kind === 'images' ? ['ink', 'slant', 'width'].map((name, i) => [`attributes:${i}`, name]) : [],
      ],
      ['Towards a class', about.labelled ? about.names.map((name, i) => [`labels:${i}`, name]) : []],
      [
        'Coordinates of z',
        Array.from({ length: k }, (_, i) => [
          `influence:${i}`,
          i ? `strongest coordinate ${i + 1}` : 'strongest coordinate',
        ]),
      ],
      ['Saved with the run', ctx.saved().map(({ name }, i) => [`saved:${i}`, name])],
      [
        'By chance',
        [
          ['random:0', 'a random direction'],
          ['random:1', 'another random direction'],
        ],
      ],
    ].filter(([, options]) => options.length);
  }
  function fill() {
    selects.forEach((select, k) => {
      select.replaceChildren(
        ...groups().map(([label, options]) =>
          el(
            'optgroup',
            { label },
            ...options.map(([value, text]) => el('option', { value, text, selected: value === chosen[k] })),
          ),
        ),
      );
      chosen[k] = select.value;
    });
  }
  /** All directions of a kind as text, asked for once at each moment of the run. */
  function kind(name, then) {
    if (heldAt !== ctx.about.step) {
      heldAt = ctx.about.step;
      for (const key of held.keys()) if (key !== 'random') held.delete(key);
    }
    if (held.has(name)) {
      then(held.get(name));
      return;
    }
    const keep = (texts) => {
      held.set(name, texts);
      then(texts);
    };
    const rows = (array, dim) => Array.from({ length: array.length / dim }, (_, i) => zText(array, i, dim));
    if (name === 'saved') then(ctx.saved().map(({ vector }) => vector));
    else if (name === 'influence')
      ctx.ask('span influence', { do: 'influence' }, ({ arrays }) => keep(Array.from(arrays.order, (i) => `e${i}`)));
    else if (name === 'random') {
      const p = [0, 1].map(() => `s${ctx.seedAtRandom()}.0${ctx.tag(0)}`).join(',');
      ctx.ask('span random', { do: 'make', p }, ({ arrays, shapes }) => keep(rows(arrays.z, shapes.z[1])));
    } else
      ctx.ask(`span ${name}`, { do: 'directions', kind: name }, ({ arrays, shapes }) =>
        keep(rows(arrays.vectors, shapes.vectors[1])),
      );
  }
  return {
    node: el(
      'span',
      { class: 'row' },
      el('label', { class: 'field' }, 'across', selects[0]),
      el('label', { class: 'field' }, 'up', selects[1]),
    ),
    fill,
    u(then) {
      const [first, second] = chosen.map((value) => value.split(':'));
      kind(first[0], (a) => kind(second[0], (b) => then(`${a[Number(first[1])]},${b[Number(second[1])]}`)));
    },
  };
}
