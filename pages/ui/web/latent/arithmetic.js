// @ts-check
// Arithmetic of z: what some samples have in common, added to the one in hand.
import { choice, el, setAttr, show } from '../core/dom.js';
import { tagOf, tiles, zText } from './draw.js';

export function arithmetic(ctx) {
  const { S } = ctx;
  let shell = true;
  const sets = {
    these: tiles({ label: 'These', pick: (i) => drop('these', i) }),
    those: tiles({ label: 'Those', pick: (i) => drop('those', i) }),
  };
  const out = tiles({
    label: 'Result',
    pick: (i) => got && ctx.take(zText(got.arrays.z, i, got.shapes.z[1]) + tagOf(S.hand), 'made by arithmetic'),
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
  const how =
    'Choose some samples that have a thing in common, then some that lack it; the difference is added to z, ' +
    'the one in hand.';
  const hint = el('p', { class: 'note', text: `${how} To begin with: ${begun}.` });
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
