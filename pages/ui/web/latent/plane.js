// @ts-check
// The plane of z: its samples, the ring where the prior has its mass, and a point to be dragged.
import { choice, el, setAttr, setText, sharpCanvas, show } from '../core/dom.js';
import { decimal } from '../core/format.js';
import { alpha } from '../core/theme.js';
import { fillCell, large, normGauge, paintSample, retag, tagOf, zText } from './draw.js';
import { dataPlane, tint } from './maps.js';
import { spanPicker } from './span.js';

const TAU = 2 * Math.PI,
  KEY_STEP = 0.1;

export function plane(ctx) {
  let got = null,
    at = [0, 0],
    through = 'points',
    asked = '',
    here_ = '',
    origin = ctx.S.hand,
    jump = true;
  const {
    canvas,
    context: c,
    end,
  } = sharpCanvas(() => paint(), {
    class: 'map walk',
    tabindex: 0,
    role: 'application',
    'aria-label': 'plane of z: drag, or use the arrow keys',
  });
  const where = el('output', { text: '' });
  const how = choice(
    'Plane',
    [
      ['points', 'through key points 1, 2, 3', 'The plane that holds the first three key points'],
      ['span', 'along two directions', 'Through the z in hand, along two directions of your choice'],
    ],
    through,
    (value) => {
      through = value;
      origin = ctx.S.hand;
      show(span.node, value === 'span');
      self.refresh();
    },
  );
  const span = spanPicker(ctx, () => self.refresh());
  const inX = dataPlane(ctx, 'Where G sends it', null, '; lines: a square mesh over z, folded by G'),
    here = large('what lies here'),
    gauge = normGauge(),
    norm = el('span', { text: '' });
  const add = el('button', { type: 'button', text: 'Add as key point', onclick: () => ctx.addKey(here_) });
  const png = el('button', { type: 'button', text: 'Plane (PNG)', onclick: () => picture() });
  const small = document.createElement('canvas');
  const note = el('span', { class: 'note', text: '' });

  const side = () => canvas.width;
  const to = (/** @type {number[]} */ [a, b]) => [
    ((a + got.header.reach) / (2 * got.header.reach)) * side(),
    ((got.header.reach - b) / (2 * got.header.reach)) * side(),
  ];
  const text = (i) => zText(got.arrays.basis, i, got.shapes.basis[1]);
  const tag = () => tagOf(ctx.S.hand); // a plane is drawn in one class, that of the z in hand

  function paint() {
    if (!got || !canvas.width) return;
    const look = ctx.look(),
      px = look.ratio,
      n = got.header.n,
      cell = side() / n,
      { arrays, shapes, header } = got;
    c.clearRect(0, 0, canvas.width, canvas.height);
    const cells = shapes.density[0];
    if (shapes.samples.length === 4) {
      c.imageSmoothingEnabled = shapes.samples[1] > 16;
      for (let i = 0; i < n * n; i++) {
        paintSample(small, arrays.samples, shapes.samples, i, look, ctx.about.frame);
        c.drawImage(small, (i % n) * cell, Math.floor(i / n) * cell, cell - px, cell - px);
      }
      const high = header.likely[2],
        low = header.likely[0];
      for (let i = 0; i < cells * cells; i++) {
        const norm = arrays.norm[i],
          off = norm > high ? (norm - high) / high : norm < low ? (0.6 * (low - norm)) / low : 0;
        if (off <= 0 && !(ctx.about.prior === 'uniform' && !arrays.density[i])) continue;
        c.fillStyle = alpha(look.palette.page, Math.min(0.72, 0.12 + 1.6 * off));
        fillCell(c, i, cells, side());
      }
    } else {
      for (let i = 0; i < cells * cells; i++) {
        const mode = arrays.mode?.[i] ?? 0;
        c.fillStyle = mode
          ? tint(mode, look, 0.1 + 0.55 * arrays.density[i])
          : alpha(look.palette.fake, arrays.mode ? 0 : 0.4 * arrays.density[i]);
        fillCell(c, i, cells, side());
      }
    }
    const centre = Math.hypot(...arrays.basis.subarray(0, shapes.basis[1]));
    for (const [colour, width, dash] of [
      [alpha(look.palette.card, 0.9), 2.4, []],
      [look.palette.ink, 1.2, [5 * px, 4 * px]],
    ]) {
      c.strokeStyle = colour; // a light rim below the dashes: they cross black and white
      c.lineWidth = width * px;
      c.setLineDash(dash);
      for (const norm of [header.likely[0], header.likely[2]]) {
        if (norm <= centre) continue;
        c.beginPath();
        c.arc(side() / 2, side() / 2, (Math.sqrt(norm ** 2 - centre ** 2) / (2 * header.reach)) * side(), 0, TAU);
        c.stroke();
      }
    }
    c.setLineDash([]);
    c.font = `600 ${11 * px}px ${look.font}`;
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    if (through === 'points' && ctx.about.latent_dim !== 1) {
      for (let i = 0; i < Math.min(shapes.places[0], ctx.about.latent_dim === 2 ? 10 : 3); i++) {
        const [x, y] = to([arrays.places[2 * i], arrays.places[2 * i + 1]]);
        disc(x, y, 9 * px, look.palette.ink, look.palette.card);
        c.fillStyle = look.palette.card;
        c.fillText(String(i + 1), x, y);
      }
    }
    const [x, y] = to(at);
    disc(x, y, 8 * px, look.palette.fake, look.palette.card);
  }
  function disc(x, y, r, fill, edge) {
    c.beginPath();
    c.arc(x, y, r, 0, TAU);
    c.fillStyle = fill;
    c.strokeStyle = edge;
    c.lineWidth = 2 * ctx.look().ratio;
    c.fill();
    c.stroke();
  }

  /** Go to a place. Only a walk takes what lies there in hand; a look at the same place with a newer G does not. */
  function go(a, b, walked = true) {
    if (!got) return;
    const reach = got.header.reach,
      keep = (v) => Math.max(-reach, Math.min(reach, v));
    at = [keep(a), keep(b)];
    paint();
    setText(where, `${decimal(at[0], 2)} σ, ${decimal(at[1], 2)} σ`);
    const begun = performance.now(),
      d = `${text(1)}:${at[0].toFixed(4)};${text(2)}:${at[1].toFixed(4)}`,
      told = tag();
    ctx.ask('drag', { do: 'make', p: text(0) + told, d }, ({ arrays, shapes }) => {
      here_ = zText(arrays.z, 0, shapes.z[1]) + told;
      if (walked) {
        ctx.S.hand = here_;
        ctx.cameFrom(here_, 'taken on the plane');
        ctx.lend(arrays, shapes, here_);
      }
      here.show(
        arrays.samples,
        shapes.samples,
        0,
        ctx.look(),
        ctx.about.frame,
        `what lies here, norm ${decimal(arrays.norm[0], 1)}`,
      );
      gauge.show(arrays.norm[0], ctx.about.likely);
      setText(norm, `‖z‖ ${decimal(arrays.norm[0], 2)}`);
      if (ctx.about.kind === 'plane') inX.points([{ x: arrays.samples[0], y: arrays.samples[1], colour: 'fake' }]);
      setAttr(ctx.root, 'data-drawn-ms', (performance.now() - begun).toFixed(1));
      setAttr(ctx.root, 'data-drags', Number(ctx.root.getAttribute('data-drags') || 0) + 1);
    });
  }
  const place = (event) => {
    const box = canvas.getBoundingClientRect(),
      reach = got.header.reach;
    return [
      ((event.clientX - box.left) / box.width) * 2 * reach - reach,
      reach - ((event.clientY - box.top) / box.height) * 2 * reach,
    ];
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (got) {
      canvas.setPointerCapture(event.pointerId);
      go(...place(event));
      event.preventDefault();
      canvas.focus();
    }
  });
  canvas.addEventListener('pointermove', (event) => {
    if (got && canvas.hasPointerCapture(event.pointerId)) go(...place(event));
  });
  canvas.addEventListener('keydown', (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    go(at[0] + move[0] * KEY_STEP, at[1] + move[1] * KEY_STEP);
  });

  function ask(u) {
    const through_ = ctx.S.keys.slice(0, ctx.about.latent_dim === 2 ? 10 : 3),
      told = tag();
    const p = u ? retag(origin, told) : through_.map((key) => retag(key, told)).join(',') || ctx.S.hand;
    ctx.ask('plane', { do: 'plane', p, u }, (frame) => {
      const shape = p.replaceAll(/@\d+/g, '') + u,
        moved = asked !== shape,
        own = u ? 0 : through_.indexOf(ctx.S.hand);
      asked = shape;
      got = frame;
      if (moved || (jump && own >= 0))
        at = Array.from(frame.arrays.places.subarray(2 * Math.max(0, own), 2 * Math.max(0, own) + 2));
      jump = false;
      setText(note, notes(frame));
      if (ctx.about.kind === 'plane') inX.folded(frame);
      go(...at, false);
    });
  }
  const notes = ({ arrays, shapes }) => {
    const rings = '9 of 10 z lie between the rings';
    if (shapes.samples.length === 4) return `shaded: the prior is thin; ${rings}`;
    const tint = arrays.mode ? 'tint: the mode that G sends z to, blank: a bridge; ' : '';
    return `${tint}strong where the prior is dense; ${rings}`;
  };
  function picture() {
    if (!got) return;
    const link = el('a', { download: `latent-plane-${got.header.step}.png`, href: canvas.toDataURL('image/png') });
    link.click();
  }

  const self = {
    node: el(
      'section',
      { class: 'card section' },
      el('div', { class: 'row' }, how.node, span.node),
      el(
        'div',
        { class: 'maps' },
        el('figure', { class: 'small' }, el('figcaption', {}, el('b', { text: 'Drag here' }), note), canvas),
        inX.node,
        el(
          'div',
          { class: 'here' },
          here.node,
          gauge.node,
          el('div', { class: 'row' }, norm, where),
          el('div', { class: 'row' }, add, png),
        ),
      ),
    ),
    refresh() {
      if (!ctx.about) return;
      inX.node.hidden = ctx.about.kind !== 'plane';
      here.node.hidden = !inX.node.hidden;
      how.node.hidden = ctx.about.latent_dim === 2;
      span.node.hidden = how.node.hidden || through === 'points';
      if (ctx.about.latent_dim === 2 || through === 'points') {
        ask('');
        return;
      }
      span.u(ask);
    },
    keys() {
      if (through === 'points') this.refresh();
      else paint();
    },
    /** Another z was taken in hand, not by walking here. */
    hand() {
      origin = ctx.S.hand;
      jump = true;
      this.refresh();
    },
    saved() {
      span.fill();
    },
    end() {
      end();
      inX.end();
    },
  };
  span.fill();
  return self;
}
