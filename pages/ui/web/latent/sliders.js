// @ts-check
// Sliders for single coordinates, and truncation; what those for directions share: they act on all samples at once.
import { el, setText, show, slider } from '../core/dom.js';
import { decimal } from '../core/format.js';
import { tiles, zText } from './draw.js';

const FEW = 12,
  REACH = 3;

function truncation(ctx) {
  const spread = el('span', { class: 'note', text: '' });
  const bar = slider({
    label: 'truncation ψ',
    min: 0,
    max: 1.5,
    step: 0.05,
    value: ctx.S.psi,
    title: 'z is multiplied by ψ: 1 is the prior, 0 its mean',
    input: (v) => {
      ctx.S.psi = v;
      ctx.edited();
    },
  });
  ctx.onSpread = (value) => setText(spread, `mean distance of two samples: ${decimal(value, 3)}`);
  return { node: el('div', { class: 'row' }, bar.node, spread), reset: () => bar.set(1) };
}

/** The z in hand along one direction, from -REACH to +REACH: a strip, and a film of it. */
export function sweep(ctx) {
  const title = el('b', { text: '' }),
    film = el('a', { class: 'button', text: 'Film (GIF)', download: '' });
  const row = el('a', { class: 'button', text: 'Strip (PNG)', download: '' });
  const strip = tiles({ label: 'Along the direction', kind: 'film' });
  const node = el('div', { class: 'way', hidden: true }, el('div', { class: 'row' }, title, row, film), strip.node);
  return {
    node,
    along(vector, label) {
      ctx.ask('sweep', { do: 'make', p: ctx.S.hand }, ({ arrays, shapes }) => {
        const dim = shapes.z[1],
          at = ctx.S.hand.indexOf('@'),
          tag = at < 0 ? '' : ctx.S.hand.slice(at);
        const p = [-REACH, REACH]
          .map(
            (v) =>
              zText(
                arrays.z.map((x, i) => x + v * vector[i]),
                0,
                dim,
              ) + tag,
          )
          .join(',');
        const query = { p, n: 2 * FEW, way: 'lerp' };
        film.href = ctx.file('gif', { ...query, seconds: 4, loop: '' });
        row.href = ctx.file('strip', { ...query, n: FEW });
        setText(title, `The z in hand along ${label}, from −${REACH} σ to +${REACH} σ`);
        ctx.ask('swept', { do: 'walk', ...query, n: FEW }, (frame) => {
          strip.fill(frame.arrays.samples, frame.shapes.samples, ctx.look(), ctx.about.frame);
          strip.mark(
            (i) => [`−${REACH} σ`, '0', `+${REACH} σ`][i / (FEW / 2)] || '',
            () => false,
          );
          show(node, true);
        });
      });
    },
  };
}

export function strength(ctx, key, label, title, moved) {
  const made = slider({
    label,
    min: -REACH,
    max: REACH,
    step: 0.05,
    value: ctx.S.shifts.get(key) || 0,
    title,
    show: (v) => `${v > 0 ? '+' : ''}${decimal(v, 2)} σ`,
    input: (v) => {
      ctx.S.shifts.set(key, v);
      ctx.edited();
      moved();
    },
  });
  made.range.dataset.direction = key;
  made.range.addEventListener('dblclick', () => {
    made.set(0);
    ctx.S.shifts.set(key, 0);
    ctx.edited();
  });
  return made;
}

export const keep = (ctx) =>
  el('button', {
    type: 'button',
    text: 'Keep in hand',
    title: 'The z in hand becomes what the sliders made of it',
    onclick: () => {
      if (ctx.made) {
        ctx.S.shifts.clear();
        ctx.S.psi = 1;
        ctx.take(ctx.made, 'made by the sliders');
        ctx.edited();
        ctx.reset?.();
      }
    },
  });

export function sliders(ctx) {
  let all = false,
    order = [],
    sizes = null,
    bars = [];
  const list = el('div', { class: 'sliders' });
  const more = el('button', {
    type: 'button',
    text: 'All coordinates',
    onclick: () => {
      all = !all;
      setText(more, all ? 'The strongest' : 'All coordinates');
      build();
    },
  });
  const cut = truncation(ctx),
    way = sweep(ctx);
  let swept = -1;
  const moved = (i) => {
    if (swept !== i) {
      swept = i;
      way.along(
        Float32Array.from(sizes, (_, k) => Number(k === i)),
        `z${i}`,
      );
    }
  };
  const zero = el('button', { type: 'button', text: 'All to zero', onclick: () => reset() });
  function reset() {
    ctx.S.shifts.clear();
    ctx.S.psi = 1;
    bars.forEach((bar) => bar.set(0));
    cut.reset();
    ctx.edited();
  }
  function build() {
    const shown = order.slice(0, all ? order.length : FEW),
      top = sizes[order[0]] || 1;
    bars = shown.map((i) =>
      strength(ctx, `e${i}`, `z${i}`, `samples move by ${decimal(sizes[i], 3)} for each σ of coordinate ${i}`, () =>
        moved(i),
      ),
    );
    list.replaceChildren(
      ...bars.map((bar, k) => {
        const meter = el('i', { class: 'meter', 'aria-hidden': 'true' });
        meter.style.setProperty('--share', `${(100 * sizes[shown[k]]) / top}%`);
        return el('div', { class: 'slidden' }, bar.node, meter);
      }),
    );
    show(more, order.length > FEW);
  }
  return {
    still: true,
    node: el(
      'section',
      { class: 'card section' },
      cut.node,
      el(
        'div',
        { class: 'row' },
        el('b', { text: 'Coordinates of z, the most influential first' }),
        el('span', { class: 'note', text: 'bar: how far samples move for each σ' }),
      ),
      list,
      el('div', { class: 'row' }, more, zero, keep(ctx)),
      way.node,
    ),
    refresh() {
      ctx.reset = reset;
      ctx.ask('influence', { do: 'influence' }, ({ arrays }) => {
        const first = !order.length;
        order = Array.from(arrays.order);
        sizes = arrays.influence;
        if (first) build();
      });
    },
    hand() {
      swept = -1;
    },
    end() {
      ctx.S.shifts.clear();
      ctx.S.psi = 1;
      ctx.onSpread = null;
      ctx.reset = null;
    },
  };
}
