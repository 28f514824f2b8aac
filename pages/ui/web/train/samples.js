// @ts-check
// The large picture: its canvas, the captions that switch its layers, the scale of D's colours, what the pointer finds.
import { choice, el, setAttr, setText, sharpCanvas, show } from '../core/dom.js';
import { decimal, fixed, integer, percent, sigmoid } from '../core/format.js';
import { withoutGraphics } from '../core/graphics.js';
import { imagePainter } from './images.js';
import { endsInWords } from './opinion.js';
import { planePainter } from './plane.js';
import { soundPainter } from './sound.js';
import { textPainter } from './text.js';

const PLANE_HALVES = { d: 'D’s half: only colours move', g: 'G’s half: dots climb to green' };
const MANIFOLDS = {
  plane: 'The noise grid, warped by G',
  line: 'The noise line, bent by G',
  slice: 'A flat slice through the noise, warped by G',
};

/** `both`: whether the averaged and the raw generator can be shown side by side. */
export function samples({ look, pickGenerator, both = false }) {
  const plane = planePainter();
  /** Who draws samples that are no points, by what they are; null for points. */
  const painters = { images: imagePainter(), sound: soundPainter(() => paint()), text: textPainter() };
  const painterOf = ({ kind }) => painters[kind] || null;
  const on = { real: true, fake: true, gradients: true, heat: true, manifold: false, walk: true };
  let frame = null,
    pointer = null,
    gliding = 0,
    spoken = 0,
    asked = { which: '', at: 0 };

  const surface = sharpCanvas(() => paint(), { role: 'img', 'aria-label': 'Samples' });
  const { canvas, context } = surface;
  const note = el('span', { class: 'note', text: '\u00a0' });
  const generator = choice(
    'Which generator',
    [
      ['ema', 'EMA', 'The average of the generator’s weights over time: steadier than the weights of this very step'],
      ['raw', 'raw', 'The generator as it is at this very step'],
      ...(both ? [['both', 'both', 'The average and the generator of this very step, from the same z']] : []),
    ],
    'ema',
    (value) => {
      asked = { which: value, at: performance.now() };
      pickGenerator(value);
    },
  );

  const layer = (name, symbol, words, title) => {
    const node = el(
      'button',
      {
        type: 'button',
        class: `layer ${name}`,
        'aria-pressed': on[name],
        title,
        onclick: () => {
          on[name] = !on[name];
          setAttr(node, 'aria-pressed', on[name]);
          redraw();
        },
      },
      el('i', { class: symbol, 'aria-hidden': 'true' }),
      words,
    );
    return node;
  };
  const layers = {
    real: layer('real', 'ring', 'real', 'Samples of the data'),
    fake: layer('fake', 'dot', 'generated', 'G’s samples, always of the same z'),
    gradients: layer(
      'gradients',
      'dash',
      'where D sends them',
      'The gradient of D at each generated sample: the way to look more real',
    ),
    heat: layer('heat', 'tint', 'D’s opinion', 'What D would say of a sample at each place'),
    manifold: layer('manifold', 'mesh', 'manifold', MANIFOLDS.plane),
    walk: layer('walk', 'dash', 'walk', 'Images on the way between the z of the first two generated ones'),
  };
  layers.walk.hidden = true; // until there are images
  const low = el('span', { text: '' }),
    high = el('span', { text: '' });
  const scale = el('div', { class: 'scale' }, low, el('i', { 'aria-hidden': 'true' }), high);
  const node = el(
    'section',
    { class: 'card samples', 'aria-label': 'Samples' },
    el('header', {}, el('h3', { text: 'Samples' }), note, generator.node),
    el('div', { class: 'stage' }, canvas),
    painters.sound.controls,
    el(
      'div',
      { class: 'layers', role: 'group', 'aria-label': 'Layers' },
      layers.real,
      layers.fake,
      layers.gradients,
      layers.walk,
      el('div', { class: 'opinion' }, layers.heat, scale, layers.manifold),
    ),
  );

  function pointAt(event) {
    const box = canvas.getBoundingClientRect(),
      ratio = canvas.width / box.width;
    pointer = [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
    tell();
  }
  canvas.addEventListener('pointermove', pointAt);
  canvas.addEventListener('pointerdown', pointAt);
  canvas.addEventListener('click', () => {
    const painter = frame && painterOf(frame.header),
      box = pointer && painter?.under(...pointer);
    if (box) painter.press?.(box);
  });
  canvas.addEventListener('pointerleave', () => {
    pointer = null;
    tell();
  });

  const critic = () => frame.header.meaning === 'critic';
  /** Beside the title: what the pointer is on, else which half was done, else what stays the same. */
  function tell() {
    if (!frame) return;
    const { header, arrays } = frame,
      painter = painterOf(header);
    let words = Number.isFinite(header.moment)
      ? `as it was at step ${integer(header.moment)}`
      : header.phase
        ? (painter?.halves || PLANE_HALVES)[header.phase]
        : painter
          ? 'the same z all the time'
          : arrays.raw
            ? 'dots: EMA, crosses: raw'
            : `the same ${integer(arrays.fake.length / 2)} z all the time`;
    if (pointer && painter) {
      const box = painter.under(...pointer);
      if (box) words = painter.tells(box, header);
    } else if (pointer) {
      const at = plane.under(frame, ...pointer);
      const answer = at && (critic() ? decimal(at.logit, 2) : `${percent(sigmoid(at.logit), 1)} real`);
      if (at) words = `D(${fixed(at.x)}, ${fixed(at.y)}) = ${answer}`;
    }
    setText(note, words);
  }

  function scaleWords() {
    const painter = painterOf(frame.header),
      scale_ = (painter || plane).scale;
    if (!scale_) return;
    const [least, most] = painter && frame.header.meaning !== 'critic' ? ['0', '1'] : endsInWords(scale_);
    setText(low, `${painter ? 'D: ' : ''}fake ${least}`);
    setText(high, `${most} real`);
  }

  function paint() {
    if (!frame || !canvas.width) return;
    (painterOf(frame.header) || plane).paint(frame, canvas, context, look(), on);
  }

  function redraw() {
    setAttr(scale, 'data-off', !(frame && painterOf(frame.header)) && !on.heat);
    paint();
  }

  // In slow motion every picture of the screen is drawn. At full speed a few between two frames are enough, and a timer
  // asks for them: waiting for every refresh would cost more than drawing, and the processor belongs to the training.
  function glideLater() {
    if (gliding) return;
    const { pace, state } = frame.header;
    if (state === 'playing' && (pace === null || pace > 30)) gliding = setTimeout(glide, 75);
    else gliding = -requestAnimationFrame(glide);
  }
  function glide() {
    gliding = 0;
    if (!frame || painterOf(frame.header) || !canvas.isConnected) return;
    if (plane.glide(canvas, context, look(), on)) glideLater();
  }
  function hold() {
    if (gliding > 0) clearTimeout(gliding);
    else if (gliding) cancelAnimationFrame(-gliding);
    gliding = 0;
  }

  function speak(now) {
    if (now - spoken < 4000) return;
    spoken = now;
    const { header, arrays } = frame,
      verdict = header.verdict || {};
    const { data } = header;
    const pairs = (points) => (points?.length || 0) / 2;
    const what =
      painterOf(header)?.says(frame) ??
      `${pairs(arrays.fake)} generated points and ${pairs(arrays.real)} real ones of ${data} over D’s opinion`;
    setAttr(
      canvas,
      'aria-label',
      `${verdict.headline || ''} ${verdict.detail || ''} Step ${integer(header.step)}: ${what}.`.trim(),
    );
  }

  return {
    node,
    repaint: paint,
    /** `beside`: frames of other runs that share the scale of D’s colours. */
    update(next, now, ms, beside = []) {
      const changed = !frame || frame.header.kind !== next.header.kind;
      frame = next;
      const { header } = frame,
        painter = painterOf(header);
      const atSpeed = header.state === 'playing' && (header.pace === null || header.pace > 30);
      const glides = !painter && ms > 0 && !(atSpeed && withoutGraphics);
      if (changed) {
        spoken = 0;
        for (const name of ['gradients', 'heat', 'manifold']) show(layers[name], !painter);
        show(layers.walk, Boolean(painter?.layers.walk));
        setAttr(layers.walk, 'title', painter?.layers.walk || '');
        setAttr(node, 'data-kind', header.kind);
        for (const { controls } of Object.values(painters))
          if (controls) show(controls, controls === painter?.controls);
      }
      if (!painter) {
        setAttr(layers.manifold, 'title', MANIFOLDS[header.manifold] || MANIFOLDS.plane);
        plane.take(frame, glides ? ms : 0, beside);
      } else painter.take(frame);
      show(generator.node, Boolean(header.has_ema));
      // A frame that was on its way when the visitor chose the other one does not flip the switch back.
      if (asked.which === header.generator || now - asked.at > 2000) generator.set(header.generator, false);
      scaleWords();
      redraw();
      tell();
      speak(now);
      if (glides) glideLater();
    },
    end() {
      painters.sound.end();
      surface.end();
      hold();
    },
  };
}
