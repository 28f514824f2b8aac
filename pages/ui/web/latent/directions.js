// @ts-check
// Directions: PCA, SeFa, attributes, classes, and those that somebody named; saved with the run, exported, loaded.
import { choice, el, setText } from '../core/dom.js';
import { decimal, percent } from '../core/format.js';
import { zText } from './draw.js';
import { keep, strength, sweep } from './sliders.js';

const MAX_LOADED = 16;
const KINDS = { pca: 'PCA', sefa: 'SeFa', attributes: 'Attributes', labels: 'Classes', saved: 'Saved' };

export function directions(ctx) {
  let kind = 'pca',
    rows = [];
  const list = el('div', { class: 'sliders' });
  const meaning = el('p', { class: 'note', text: '' });
  const kinds = Object.entries(KINDS).filter(
    ([name]) => (name !== 'attributes' || ctx.about.kind === 'images') && (name !== 'labels' || ctx.about.labelled),
  );
  const which = choice('Kind', kinds, kind, (value) => {
    kind = value;
    ctx.S.shifts.clear();
    ctx.edited();
    self.refresh();
  });
  const zero = el('button', { type: 'button', text: 'All to zero', onclick: () => reset() });
  const name = el('input', { type: 'text', maxlength: 40, placeholder: 'name', 'aria-label': 'Name of the direction' });
  const store = el('button', { type: 'button', text: 'Save what the sliders add up to', onclick: () => save() });
  const table = el('a', { class: 'button', text: 'Export (JSON)', download: '' });
  const given = el('input', {
    type: 'file',
    accept: 'application/json',
    'aria-label': 'Load directions',
    onchange: () => load(),
  });
  const way = sweep(ctx),
    waiting = [];
  let vectors = new Map(),
    swept = '';

  function reset() {
    ctx.S.shifts.clear();
    rows.forEach((row) => row.set(0));
    ctx.edited();
  }
  /** One direction from all sliders that are not at zero, of length 1. */
  function save() {
    const moved = [...ctx.S.shifts].filter(([key, v]) => v && vectors.has(key));
    const label = name.value.trim();
    if (!label || !moved.length) {
      ctx.say('Move a slider first, and give the direction a name.');
      return;
    }
    const sum = new Float32Array(ctx.about.latent_dim);
    for (const [key, v] of moved)
      vectors.get(key).forEach((x, i) => {
        sum[i] += v * x;
      });
    const size = Math.hypot(...sum) || 1;
    ctx.save(
      label,
      zText(
        sum.map((x) => x / size),
        0,
        sum.length,
      ),
    );
    name.value = '';
    ctx.say('');
  }
  /** Directions from an exported file, of this run or of another with as many coordinates: they join the saved ones. */
  async function load() {
    const found = given.files[0],
      dim = ctx.about.latent_dim;
    if (!found) return;
    let named = null;
    try {
      named = found.size < 1e6 ? JSON.parse(await found.text()).directions : null;
    } catch {
      /* said below */
    }
    given.value = '';
    const rows = named && typeof named === 'object' && !Array.isArray(named) ? Object.entries(named) : [];
    const fits = rows.filter(
      ([label, v]) =>
        label.trim() &&
        label.length <= 40 &&
        Array.isArray(v) &&
        v.length === dim &&
        v.every(Number.isFinite) &&
        Math.hypot(...v) > 0,
    );
    if (!fits.length) {
      ctx.say(`No direction of ${dim} numbers is in this file: take one that “Export” made.`);
      return;
    }
    for (const [label, v] of fits.slice(0, MAX_LOADED)) {
      const size = Math.hypot(...v);
      waiting.push([
        label.trim(),
        zText(
          Float32Array.from(v, (x) => x / size),
          0,
          dim,
        ),
      ]);
    }
    ctx.say('');
    pour();
    which.set('saved', true);
  }
  /** One after the other: each is saved by a script run of its own. */
  function pour() {
    const next = waiting.shift();
    if (next) ctx.save(...next);
  }
  function fill(keys, names, values, effects, header, forget) {
    const chance = `along a random direction by ${decimal(header.random, 3)}`;
    rows = keys.map((key, i) =>
      strength(ctx, key, names[i], `from −3 σ to +3 σ samples move by ${decimal(effects[i], 3)}; ${chance}`, () => {
        if (swept !== key && vectors.has(key)) {
          swept = key;
          way.along(vectors.get(key), names[i]);
        }
      }),
    );
    list.replaceChildren(
      ...rows.map((row, i) => {
        const meter = el('i', { class: 'meter', 'aria-hidden': 'true' });
        const top = Math.max(...effects, header.random);
        meter.style.setProperty('--share', `${(100 * effects[i]) / top}%`);
        meter.style.setProperty('--chance', `${(100 * header.random) / top}%`);
        const value = el('span', {
          class: 'note value',
          text: values ? (header.meaning === 'eigenvalue' ? decimal(values[i], 2) : percent(values[i])) : '',
        });
        const drop = forget
          ? el('button', {
              type: 'button',
              text: '×',
              'aria-label': `Forget ${names[i]}`,
              onclick: () => ctx.save(names[i], ''),
            })
          : '';
        return el('div', { class: 'slidden' }, row.node, value, meter, drop);
      }),
    );
    const number = header.meaning ? `Number: ${header.meaning}. ` : '';
    const tick = `the tick is a random direction (${decimal(header.random, 2)})`;
    setText(meaning, `${number}Bar: how far samples move from −3 σ to +3 σ; ${tick}.`);
    table.href = ctx.file('json', { u: keys.join(','), names: JSON.stringify(names) });
  }
  const self = {
    still: true,
    node: el(
      'section',
      { class: 'card section' },
      el('div', { class: 'row' }, which.node, zero, keep(ctx)),
      list,
      meaning,
      el('div', { class: 'row' }, name, store, table, el('label', { class: 'field upload' }, 'or load', given)),
      way.node,
    ),
    refresh() {
      ctx.reset = reset;
      if (ctx.S.shifts.size) {
        // they were of other directions
        ctx.S.shifts.clear();
        ctx.edited();
      }
      if (kind === 'saved') {
        const saved = ctx.saved();
        vectors = new Map();
        if (!saved.length) {
          list.replaceChildren(
            el('p', {
              class: 'note',
              text: 'None yet: move sliders of another kind, name the sum, save it. It is kept with the run.',
            }),
          );
          setText(meaning, '');
          return;
        }
        ctx.ask('directions', { do: 'effects', u: saved.map((s) => s.vector).join(',') }, ({ header, arrays }) => {
          saved.forEach((s) => vectors.set(s.vector, numbers(s.vector)));
          fill(
            saved.map((s) => s.vector),
            saved.map((s) => s.name),
            null,
            arrays.effects,
            header,
            true,
          );
        });
        return;
      }
      ctx.ask('directions', { do: 'directions', kind }, ({ header, arrays, shapes }) => {
        const dim = shapes.vectors[1];
        vectors = new Map(
          header.names.map((_, i) => [zText(arrays.vectors, i, dim), arrays.vectors.slice(i * dim, (i + 1) * dim)]),
        );
        fill([...vectors.keys()], header.names, arrays.values, arrays.effects, header, false);
      });
    },
    saved() {
      pour();
      if (kind === 'saved') this.refresh();
    },
    hand() {
      swept = '';
    },
    end() {
      ctx.S.shifts.clear();
      ctx.reset = null;
    },
  };
  return self;
}

/** The numbers of a point's text. */
function numbers(text) {
  const raw = atob(text.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
  return new Float32Array(Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer);
}
