// Is it memory? Arithmetic of z. And the generator's inside.
import { choice, el, setAttr, setText, show, slider } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { gauge, large, tagOf, tiles, zText } from './draw.js';

const SHOWN = 64; // units at once

export function memory(ctx) {
  const near = tiles({ label: 'Nearest training images', kind: 'near' }),
    sample = large('sample of the z in hand');
  const share = gauge(),
    scale = el(
      'div',
      { class: 'scale', hidden: true },
      share.node,
      el(
        'div',
        { class: 'note' },
        el('span', { text: '0: never' }),
        el('span', { text: '½ if nothing is copied' }),
        el('span', { text: '1: always' }),
      ),
    );
  const words = el('p', { text: '' }),
    found = el('p', { class: 'finding', role: 'status', text: '' });
  const test = el('button', {
    type: 'button',
    text: 'Test 500 samples',
    onclick: () => {
      setText(found, 'Comparing …');
      run();
    },
  });
  const possible = ctx.about.n_held_out > 0;
  function run() {
    ctx.ask('copies', { do: 'copies' }, ({ header }) => {
      const { share: p, noise } = header;
      share.show(
        p,
        0.5 - 2 * noise,
        0.5 + 2 * noise,
        1,
        `${decimal(p, 3)}; chance is 0.5, give or take ${decimal(2 * noise, 3)}`,
      );
      show(scale, true);
      const away = (header.share - 0.5) / header.noise;
      const verdict =
        away > 3
          ? 'More than chance: the samples keep closer to the training images than they should.'
          : away < -3
            ? 'Less than chance: they keep away from the training images.'
            : 'Within chance: no sign of copying.';
      setText(
        found,
        `P(closer to train than to held-out) = ${decimal(header.share, 3)}; expected 0.500 ± ${decimal(header.noise, 3)} if nothing is copied (${integer(header.n)} samples, ${integer(header.n_images)} images of each kind). ${verdict}`,
      );
      setAttr(ctx.root, 'data-copies', header.share.toFixed(4));
    });
  }
  return {
    still: true,
    node: el(
      'section',
      { class: 'card section' },
      el('b', { text: 'The sample of the z in hand, and the training images nearest to it by pixels' }),
      el(
        'div',
        { class: 'beside' },
        el('figure', { class: 'shown' }, sample.node, el('figcaption', {}, el('span', { text: 'G(z)' }))),
        near.node,
      ),
      words,
      el('div', { class: 'row' }, test),
      scale,
      found,
      el('p', {
        class: 'note',
        text: possible
          ? 'If G copied nothing, its samples would be as often closer to a training image as to a held-out one. A nearest image that is the sample itself is a copy; one that is merely alike is not.'
          : 'No images are held out here, so copies cannot be told from luck.',
      }),
    ),
    refresh() {
      show(test, possible);
      ctx.ask('neighbours', { do: 'neighbours', p: ctx.S.hand }, ({ header, arrays, shapes }) => {
        sample.show(arrays.samples, shapes.samples, 0, ctx.look(), null);
        near.fill(arrays.nearest, shapes.nearest, ctx.look());
        near.mark(
          (i) => decimal(arrays.distances[i], 2),
          () => false,
        );
        setText(
          words,
          `Nearest: ${decimal(arrays.distances[0], 3)}.${header.usual === null ? '' : ` Held-out images lie ${decimal(header.usual, 3)} from their nearest training image (median): that far apart are real images.`} Root mean square over pixels; black against white is 2.`,
        );
      });
    },
    hand() {
      this.refresh();
    },
    end() {},
  };
}

export function arithmetic(ctx) {
  const { S } = ctx;
  let shell = true;
  const sets = {
    these: tiles({ label: 'These', pick: (i) => drop('these', i) }),
    those: tiles({ label: 'Those', pick: (i) => drop('those', i) }),
  };
  const out = tiles({
    label: 'Result',
    pick: (i) => got && ctx.take(zText(got.arrays.z, i, got.shapes.z[1]) + tagOf(S.hand)),
    name: (i) => ['mean of these', 'mean of those', 'the z in hand', 'the result'][i],
    kind: 'sum',
  });
  const adding = choice(
    'A click adds to',
    [
      ['these', 'click adds to these'],
      ['those', 'click adds to those'],
      ['z', 'click takes z'],
    ],
    S.adding,
    (value) => {
      S.adding = value;
    },
  );
  const scale = el('input', {
    type: 'checkbox',
    checked: true,
    onchange: () => {
      shell = scale.checked;
      self.refresh();
    },
  });
  const begun =
    ctx.about.kind === 'images'
      ? 'the four with the most ink, and the four with the least'
      : 'the four furthest up and right, and the four furthest down and left';
  const hint = el('p', {
    class: 'note',
    text: `Choose some samples that have a thing in common, then some that lack it; the difference is added to z, the one in hand. To begin with: ${begun}.`,
  });
  let got = null;
  const drop = (set, i) => {
    S[set].splice(i, 1);
    self.refresh();
    ctx.onHand();
  };
  const self = {
    node: el(
      'section',
      { class: 'card section' },
      el(
        'div',
        { class: 'row' },
        adding.node,
        el('button', {
          type: 'button',
          text: 'Clear',
          onclick: () => {
            S.these = [];
            S.those = [];
            self.refresh();
            ctx.onHand();
          },
        }),
      ),
      el(
        'div',
        { class: 'sets' },
        el('div', {}, el('b', { text: 'these' }), sets.these.node),
        el('div', {}, el('b', { text: 'those' }), sets.those.node),
      ),
      hint,
      out.node,
      el('label', { class: 'field' }, scale, 'scale the result to a likely norm'),
    ),
    click(text) {
      if (S.adding === 'z') return; // it was taken in hand, and hand() follows
      const set = S[S.adding],
        i = set.indexOf(text);
      if (i >= 0) set.splice(i, 1);
      else if (set.length < 12) set.push(text);
      S.hand = before;
      self.refresh();
    },
    badge: (text) => (S.these.includes(text) ? '+' : S.those.includes(text) ? '−' : ''),
    refresh() {
      before = S.hand;
      for (const name of ['these', 'those']) {
        show(sets[name].node, S[name].length > 0);
        if (S[name].length) {
          ctx.ask(name, { do: 'make', p: S[name].join(',') }, ({ arrays, shapes }) => {
            sets[name].fill(arrays.samples, shapes.samples, ctx.look(), ctx.about.frame);
            sets[name].mark(
              () => '',
              () => false,
            );
          });
        }
      }
      const ready = S.these.length && S.those.length;
      show(out.node, Boolean(ready));
      if (!ready) return;
      ctx.ask(
        'arithmetic',
        { do: 'arithmetic', a: S.these.join(','), b: S.those.join(','), p: S.hand, shell: shell ? '1' : '' },
        (frame) => {
          got = frame;
          out.fill(frame.arrays.samples, frame.shapes.samples, ctx.look(), ctx.about.frame);
          out.mark(
            (i) => ['mean', '− mean', '+ z', '='][i],
            (i) => i === 3,
          );
          setAttr(ctx.root, 'data-sum', frame.arrays.norm[3].toFixed(3));
        },
      );
    },
    hand() {
      if (S.hand !== before) self.refresh();
    },
    end() {},
  };
  let before = S.hand;
  /** Something to begin with, to be replaced: the samples of highest and of lowest mean value. */
  function first() {
    const texts = Array.from({ length: 64 }, (_, i) => ctx.text(S.seed, i));
    ctx.ask('first', { do: 'make', p: texts.join(',') }, ({ arrays, shapes }) => {
      const size = arrays.samples.length / shapes.samples[0];
      const mean = texts.map((_, i) => arrays.samples.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, 0));
      const order = texts.map((_, i) => i).sort((a, b) => mean[b] - mean[a]);
      S.these = order.slice(0, 4).map((i) => texts[i]);
      S.those = order.slice(-4).map((i) => texts[i]);
      self.refresh();
      ctx.onHand();
    });
  }
  if (!S.these.length && !S.those.length) first();
  return self;
}

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
    setText(
      words,
      `${off.units.size} of ${integer(layers[off.layer])} units are off. Bar: how far samples move without the unit, on average; the longest is ${decimal(most_, 3)} (root mean square over ${ctx.about.kind === 'plane' ? 'coordinates' : 'pixels'}).`,
    );
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
        setText(
          self.node.querySelector('.note'),
          {
            maps: 'Each picture is a channel’s map for this z. Click switches it off.',
            added:
              'Each picture is what the unit adds to this sample: bright more, dark less, grey nothing. Click switches it off.',
            '': 'Each dot is where the unit carries this sample, seen from the middle; all on one scale. Click switches it off.',
          }[header.pictures],
        );
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
