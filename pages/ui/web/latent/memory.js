// @ts-check
// Is it memory? Training images that lie nearest to a sample.
import { el, setAttr, setText, show } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { gauge, large, tiles } from './draw.js';

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
      const closer = `P(closer to train than to held-out) = ${decimal(header.share, 3)}`;
      const chance = `expected 0.500 ± ${decimal(header.noise, 3)} if nothing is copied`;
      const images = `${integer(header.n_train)} training and ${integer(header.n_images)} held-out images`;
      const sizes = `${integer(header.n)} samples, ${images}`;
      setText(found, `${closer}; ${chance} (${sizes}). ${verdict}`);
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
          ? 'If G copied nothing, its samples would be as often closer to a training image as to a held-out one. ' +
            'A nearest image that is the sample itself is a copy; one that is merely alike is not.'
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
        const usual = `Held-out images lie ${decimal(header.usual, 3)} from their nearest training image (median)`;
        const said = [
          `Nearest: ${decimal(arrays.distances[0], 3)}.`,
          header.usual === null ? '' : `${usual}: that far apart are real images.`,
          'Root mean square over pixels; black against white is 2.',
        ];
        setText(words, said.filter(Boolean).join(' '));
      });
    },
    hand() {
      this.refresh();
    },
    end() {},
  };
}
