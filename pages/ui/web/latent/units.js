// @ts-check
// The generator’s inside: what single units add to a sample.
import { choice, el, setText, show, slider } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { tiles } from './draw.js';

const PICTURES = {
  maps: 'Each picture is a channel’s map for this z.',
  added: 'Each picture is what the unit adds to this sample: bright more, dark less, grey nothing.',
  '': 'Each dot is where the unit carries this sample, seen from the middle; all on one scale.',
};
const SHOWN = 64; // units at once

export function units(ctx) {
  const layers = ctx.about.layers;
  if (!ctx.S.off || ctx.S.off.layer >= layers.length)
    ctx.S.off = { layer: layers.length - 1, units: new Set(), value: 0 };
  const { off } = ctx.S;
  let order = [],
    sizes = null,
    first = 0,
    most_ = 1;
  const effect = (i) => `unit ${order[i]}: without it samples move by ${decimal(sizes[i], 3)}`;
  const pictures = tiles({
    label: 'Units',
    kind: 'units',
    pick: (i) => toggle(order[i]),
    name: (i) => `${effect(i)}, ${off.units.has(order[i]) ? 'off' : 'on'}`,
  });
  const layer = choice(
    'Layer',
    layers.map((n, i) => [i, `layer ${i + 1}: ${integer(n)} units`]),
    off.layer,
    (value) => {
      off.layer = value;
      off.units.clear();
      first = 0;
      ctx.edited();
      self.refresh();
    },
  );
  const turn = (by) => {
    first = Math.max(0, first + by);
    self.refresh();
  };
  const back = el('button', { type: 'button', text: 'Those that matter more', onclick: () => turn(-SHOWN) }),
    on = el('button', { type: 'button', text: 'Those that matter less', onclick: () => turn(SHOWN) });
  const value = slider({
    label: 'a switched-off unit gives',
    min: -3,
    max: 5,
    step: 0.1,
    value: off.value,
    input: (v) => {
      off.value = v;
      ctx.edited();
    },
  });
  const words = el('p', { class: 'note', text: '' }),
    leading = el('button', { type: 'button', text: 'The 8 most important off', onclick: () => most(8) });
  function toggle(unit) {
    if (off.units.has(unit)) off.units.delete(unit);
    else off.units.add(unit);
    mark();
    ctx.edited();
  }
  function most(n) {
    off.units = new Set(n ? order.slice(0, n) : []);
    mark();
    ctx.edited();
  }
  function mark() {
    pictures.mark(
      (i) => (off.units.has(order[i]) ? 'off' : ''),
      (i) => off.units.has(order[i]),
      (i) => (sizes ? sizes[i] / most_ : 0),
    );
    const count = `${off.units.size} of ${integer(layers[off.layer])} units are off.`;
    const over = `root mean square over ${ctx.about.kind === 'plane' ? 'coordinates' : 'pixels'}`;
    const bar = 'Bar: how far samples move without the unit, on average';
    setText(words, `${count} ${bar}; the longest is ${decimal(most_, 3)} (${over}).`);
  }
  const self = {
    still: true,
    node: el(
      'section',
      { class: 'card section' },
      el('div', { class: 'row' }, layer.node),
      el(
        'div',
        { class: 'row' },
        el('button', { type: 'button', text: 'All on', onclick: () => most(0) }),
        leading,
        value.node,
      ),
      pictures.node,
      el('div', { class: 'row' }, back, on),
      el('p', { class: 'note', text: '' }),
      words,
    ),
    refresh() {
      ctx.ask('units', { do: 'units', p: ctx.S.hand, layer: off.layer, first }, ({ header, arrays, shapes }) => {
        order = Array.from(arrays.order);
        sizes = arrays.importance;
        most_ = header.most || 1;
        show(back, first > 0);
        show(on, first + SHOWN < header.n_units);
        show(leading, first === 0);
        if (arrays.pictures) pictures.fill(arrays.pictures, shapes.pictures, ctx.look());
        else {
          const half = 1.2 * Math.max(1e-6, ...arrays.moved.map(Math.abs));
          pictures.fill(arrays.moved, shapes.moved, { ...ctx.look(), real: null }, [-half, half, -half, half]);
        }
        setText(self.node.querySelector('.note'), `${PICTURES[header.pictures]} Click switches it off.`);
        mark();
      });
    },
    hand() {
      this.refresh();
    },
    end() {},
  };
  return self;
}
