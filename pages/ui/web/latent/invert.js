// @ts-check
// Inversion: a picture of one's own, a drawing or a held-out image; z is moved towards it, live.
import { el, setAttr, setText, show } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { pad as padOf } from '../core/pad.js';
import { chart, large, tiles, zText } from './draw.js';
import { dataPlane } from './maps.js';

const FROM = 'found from a picture';
const STEPS = 300,
  CHUNK = 10;
const urlText = (bytes) => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

export function invert(ctx) {
  const { kind, n_held_out: nHeld, shape, paper } = ctx.about;
  let target = null,
    next = 0,
    running = false,
    got = null,
    moment = 0,
    marks = [],
    invertColours = false,
    source = null,
    serial = 0;
  const start = el('button', {
    type: 'button',
    class: 'play',
    text: 'Search',
    onclick: () => (running ? halt() : begin()),
  });
  const starts = el(
    'select',
    { 'aria-label': 'Starts', onchange: () => restart() },
    ...[1, 2, 4, 8].map((n) => el('option', { value: n, text: `${n} start${n > 1 ? 's' : ''}`, selected: n === 4 })),
  );
  const classes = ctx.about.classes;
  const only = el(
    'select',
    { 'aria-label': 'Class', hidden: !classes.length, onchange: () => restart() },
    el('option', { value: '', text: 'any class' }),
    ...classes.map((name, i) => el('option', { value: i, text: `class ${name}` })),
  );
  const another = el('button', {
    type: 'button',
    text: kind !== 'images' ? 'A real point' : nHeld ? 'A held-out image' : 'A training image',
    title:
      kind !== 'images'
        ? 'Seek the z of a real sample'
        : nHeld
          ? 'A real image that the GAN never saw'
          : 'No images are held out here',
    onclick: () => real(),
  });
  const file = el('input', {
    type: 'file',
    accept: 'image/png,image/jpeg,image/webp,image/gif,image/bmp',
    'aria-label': 'Upload an image',
    onchange: () => upload(),
  });
  const negative = el('input', {
    type: 'checkbox',
    onchange: () => {
      invertColours = negative.checked;
      if (source) fromCanvas();
    },
  });
  const drawing = padOf({
    paper,
    side: shape[1],
    drawn: () => {
      invertColours = negative.checked = false;
      source = drawing.node;
      fromCanvas();
    },
  });
  const wipe = el('button', { type: 'button', text: 'Clear', onclick: drawing.wipe });
  const pictures = {
    target: large('what is sought'),
    best: large('the best sample so far'),
    real: large('the nearest training image'),
  };
  const words = {
    target: el('span', { class: 'note', text: '' }),
    best: el('b', { text: '' }),
    real: el('b', { text: '' }),
  };
  const others = tiles({
    label: 'Starts',
    pick: (i) => {
      ctx.take(zOf(i), FROM);
    },
    name: (i) => `start ${i + 1}`,
  });
  const curve = chart(
    kind === 'images' ? 'PSNR after each step, dB' : 'Distance after each step',
    kind === 'images'
      ? 'each start a line, the best one thick; dashed: the nearest training image'
      : 'in data units; each start a line',
  );
  const use = el('button', {
    type: 'button',
    text: 'Take in hand',
    onclick: () => got && ctx.take(zOf(got.header.best), FROM),
  });
  const key = el('button', {
    type: 'button',
    text: 'Add as key point',
    onclick: () => got && ctx.addKey(zOf(got.header.best)),
  });
  const status = el('span', { class: 'note', role: 'status', text: '' });
  const inX = dataPlane(ctx, 'Click a point to seek its z', (x, y) => {
    target = { x: `${x.toFixed(4)},${y.toFixed(4)}` };
    restart();
  });

  const zOf = (i) => zText(got.arrays.z, i, got.shapes.z[1]) + (got.header.labels ? `@${got.header.labels[i]}` : '');

  /** The middle square of whatever is in `source`, as small as the run's images. */
  function fromCanvas() {
    const [channels, h, w] = shape,
      side = Math.min(source.width, source.height);
    // Halved until near, so that every pixel of the original counts.
    let canvas = document.createElement('canvas'),
      size = Math.max(w, Math.min(side, 512));
    canvas.width = canvas.height = size;
    canvas
      .getContext('2d')
      .drawImage(source, (source.width - side) / 2, (source.height - side) / 2, side, side, 0, 0, size, size);
    while (size > 2 * w) {
      const half = document.createElement('canvas');
      half.width = half.height = Math.max(w, Math.floor(size / 2));
      half.getContext('2d').drawImage(canvas, 0, 0, half.width, half.height);
      canvas = half;
      size = half.width;
    }
    const last_ = document.createElement('canvas');
    last_.width = w;
    last_.height = h;
    const c = last_.getContext('2d', { willReadFrequently: true });
    c.fillStyle = '#fff';
    c.fillRect(0, 0, w, h);
    c.imageSmoothingQuality = 'high';
    c.drawImage(canvas, 0, 0, w, h);
    const data = c.getImageData(0, 0, w, h).data,
      bytes = new Uint8Array(w * h * channels);
    for (let p = 0; p < w * h; p++) {
      const rgb = [data[4 * p], data[4 * p + 1], data[4 * p + 2]];
      const values = channels === 3 ? rgb : [Math.round(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])];
      values.forEach((v, k) => {
        bytes[p * channels + k] = invertColours ? 255 - v : v;
      });
    }
    target = { x: urlText(bytes) };
    restart();
  }
  /** A dark drawing on white paper, for data that are bright on black: turned around, and said so. */
  function guessColours() {
    const probe = document.createElement('canvas');
    probe.width = probe.height = 8;
    const c = probe.getContext('2d', { willReadFrequently: true });
    c.fillStyle = '#fff';
    c.fillRect(0, 0, 8, 8);
    c.drawImage(source, 0, 0, 8, 8);
    const edge = [...c.getImageData(0, 0, 8, 1).data].filter((_, i) => i % 4 === 0);
    const bright = edge.reduce((a, b) => a + b, 0) / edge.length / 255;
    invertColours = shape[0] === 1 && Math.abs(bright - paper) > 0.5;
    negative.checked = invertColours;
  }
  async function upload() {
    const given = file.files[0];
    if (!given) return;
    if (given.size > 10e6) {
      ctx.say('This file is larger than 10 MB: take a smaller one.');
      return;
    }
    try {
      source = await createImageBitmap(given);
    } catch {
      ctx.say('This file is no picture that the browser can read: take a PNG, JPEG or WebP.');
      return;
    }
    guessColours();
    fromCanvas();
  }
  function real() {
    const of = (n) => Math.floor(Math.random() * n);
    if (kind === 'images') target = { real: of(nHeld || ctx.about.n_train) };
    else target = { x: ctx.about.real[of(ctx.about.real.length)].join(',') };
    restart();
  }
  function restart() {
    next = 0;
    serial += 1;
    moment = ctx.about.step; // the run may train on: the search stays with this generator
    setAttr(ctx.root, 'data-search', 0);
    setAttr(ctx.root, 'data-psnr', '');
    begin();
  }
  function begin() {
    if (!target) return;
    if (next >= STEPS) {
      restart();
      return;
    }
    running = true;
    setText(start, 'Stop');
    advance(serial);
  }
  function halt() {
    running = false;
    setText(start, 'Search');
  }
  function advance(mine) {
    if (!running || mine !== serial) return;
    ctx.ask(
      'invert',
      { do: 'invert', at: moment, ...target, starts: starts.value, only: only.value, to: next },
      (frame) => {
        if (mine !== serial) return;
        got = frame;
        draw();
        next = Math.min(STEPS, frame.header.done + CHUNK);
        if (frame.header.done >= STEPS) halt();
        if (running) setTimeout(() => advance(mine), ctx.reduced() ? 120 : 16);
      },
    );
  }
  function draw() {
    const { header, arrays, shapes } = got,
      look = ctx.look(),
      frame = ctx.about.frame;
    const n = shapes.curve[1],
      k = shapes.curve[0],
      best = header.best;
    const now = arrays.curve[best * n + n - 1];
    others.fill(arrays.samples, shapes.samples, look, frame);
    others.mark(
      (i) => decimal(arrays.curve[i * n + n - 1], kind === 'images' ? 0 : 2),
      (i) => i === best,
    );
    const series = Array.from({ length: k }, (_, i) => ({
      values: arrays.curve.subarray(i * n, (i + 1) * n),
      colour: look.palette.fake,
      width: i === best ? 2.4 : 0.8,
    }));
    if (kind === 'images') {
      pictures.target.show(arrays.target, shapes.target, 0, look, frame);
      pictures.best.show(arrays.samples, shapes.samples, best, look, frame, `best sample, ${decimal(now, 1)} dB`);
      pictures.real.show(
        arrays.real,
        shapes.real,
        0,
        look,
        frame,
        `nearest training image, ${decimal(header.real_psnr, 1)} dB`,
      );
      setText(words.best, `${decimal(now, 1)} dB`);
      setText(words.real, `${decimal(header.real_psnr, 1)} dB`);
      setText(status, `step ${integer(header.done)} of ${STEPS}, with G after ${integer(moment)} steps`);
    } else {
      const [x, y] = target.x.split(',').map(Number);
      marks = [
        { x, y, colour: 'ink', hollow: true },
        ...Array.from({ length: k }, (_, i) => ({
          x: arrays.samples[2 * i],
          y: arrays.samples[2 * i + 1],
          colour: 'fake',
        })),
      ];
      inX.points(marks);
      setText(
        status,
        `step ${integer(header.done)} of ${STEPS}: ${decimal(now, 3)} away, ‖z‖ ${decimal(arrays.norm[best], 2)}`,
      );
    }
    curve.draw(
      {
        series,
        middle: header.real_psnr,
        band: header.real_psnr ? [header.real_psnr, header.real_psnr] : null,
        look,
        zero: kind !== 'images',
      },
      `${decimal(now, 2)} after ${header.done} steps`,
    );
    setAttr(ctx.root, 'data-search', header.done);
    setAttr(ctx.root, 'data-psnr', now.toFixed(2));
  }

  const figure = (picture, name, value) =>
    el('figure', { class: 'shown' }, picture.node, el('figcaption', {}, el('span', { text: name }), value));
  const images = kind === 'images',
    starts_ = el('div', { class: 'row' }, el('span', { class: 'note', text: 'the starts' }), others.node);
  show(inX.node, !images);
  if (!images) inX.points([]);
  const self = {
    node: el(
      'section',
      { class: 'card section' },
      images
        ? el(
            'div',
            { class: 'row' },
            another,
            el('label', { class: 'field upload' }, 'or upload', file),
            el('label', { class: 'field', title: 'Black becomes white' }, negative, 'negative'),
          )
        : el(
            'div',
            { class: 'row' },
            another,
            el('span', { class: 'note', text: 'or click in the plane: which z does G send there?' }),
          ),
      el('div', { class: 'row' }, start, starts, only, use, key, status),
      images
        ? el(
            'div',
            { class: 'inverted' },
            el(
              'figure',
              { class: 'shown' },
              drawing.node,
              el('figcaption', {}, el('span', { text: 'or draw here' }), wipe),
            ),
            figure(pictures.target, 'sought', words.target),
            figure(pictures.best, 'G(z)', words.best),
            figure(pictures.real, 'nearest training image', words.real),
          )
        : el('div', { class: 'maps' }, inX.node, el('div', { class: 'stack beside' }, starts_, curve.node)),
      ...(images ? [starts_, curve.node] : []),
      el('p', {
        class: 'note',
        text: images
          ? 'PSNR: 10 log₁₀(peak² / mean squared error). More than the nearest training image has: ' +
            'G makes what it was never shown.'
          : 'What no z reaches, G cannot make.',
      }),
    ),
    refresh() {
      if (!images) inX.points(marks);
      if (!target) real();
    },
    end() {
      running = false;
      serial += 1;
      curve.end();
      inX.end();
    },
  };
  return self;
}
