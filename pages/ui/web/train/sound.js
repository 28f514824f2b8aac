// @ts-check
// Samples as sounds: the wave over its spectrogram, generated beside real, each with D's verdict; a click plays one.

import { el, setAttr, setText } from '../core/dom.js';
import { decimal, percent, sigmoid } from '../core/format.js';
import { COLUMNS, player, ROWS, samplesOf, spectrogram } from '../core/sound.js';
import { alpha, rgb } from '../core/theme.js';
import { layout } from './images.js';
import { opinionScale } from './opinion.js';

const GAP = 3,
  BAR = 4,
  FOOT = 8,
  BETWEEN = 18,
  HEAD = 18,
  WAVE = 0.4, // of a tile's height
  WORDS = { generated: 'generated', raw: 'raw', real: 'real', walk: 'on the walk' };

/** Sounds of an array as samples and pictures, made anew only where the bytes are others. */
function memory() {
  /** @type {Map<string, {bytes: Uint8Array, samples: Float32Array[], seen: Float32Array[]}>} */
  const kept = new Map();
  return (name, bytes, [n, length]) => {
    const old = kept.get(name);
    if (old && old.bytes === bytes) return old;
    const same = (i) => {
      if (!old || old.bytes.length !== bytes.length) return false;
      for (let k = i * length; k < (i + 1) * length; k++) if (old.bytes[k] !== bytes[k]) return false;
      return true;
    };
    const made = { bytes, samples: [], seen: [] };
    for (let i = 0; i < n; i++) {
      const samples = same(i) ? old.samples[i] : samplesOf(bytes, length, i);
      made.samples.push(samples);
      made.seen.push(same(i) ? old.seen[i] : spectrogram(samples));
    }
    kept.set(name, made);
    return made;
  };
}

/** `repaint`: draws the picture again, when a sound begins or ends. */
export function soundPainter(repaint) {
  const of = memory(),
    small = document.createElement('canvas');
  small.width = COLUMNS;
  small.height = ROWS;
  const pencil = small.getContext('2d');
  let boxes = [],
    chosen = null,
    frame = null,
    scale = null,
    run = null,
    plan = null;

  const sound = player((on) => {
    setAttr(controls, 'data-playing', on);
    repaint();
  });
  const heard = el('span', { class: 'heard', role: 'status' });
  const button = (text, title, onclick) => el('button', { type: 'button', text, title, 'aria-label': title, onclick });
  const controls = el(
    'div',
    { class: 'hear', role: 'group', 'aria-label': 'Hear the samples' },
    button('▶ generated', 'Play the generated sounds, one after another', () => playAll('generated')),
    button('▶ real', 'Play real sounds, one after another', () => playAll('real')),
    button('‹', 'Play the sound before this one', () => step(-1)),
    button('›', 'Play the next sound', () => step(1)),
    button('■', 'Stop', () => sound.stop()),
    heard,
  );
  controls.hidden = true;

  const ARRAYS = { generated: 'fake_sound', real: 'real_sound', raw: 'raw_sound', walk: 'walk_sound' };
  const soundsOf = (kind) => {
    const name = ARRAYS[kind];
    return frame?.arrays[name] ? of(name, frame.arrays[name], frame.shapes[name]).samples : [];
  };

  function say(words) {
    setText(heard, words);
    setAttr(controls, 'data-audio', sound.state);
    setTimeout(() => setAttr(controls, 'data-audio', sound.state), 300); // a device takes a moment to start
  }

  function playAll(kind) {
    const sounds = soundsOf(kind);
    chosen = null;
    if (sound.play(sounds, frame.header.rate)) say(`${sounds.length} ${WORDS[kind]} sounds, one after another`);
    else say('this browser plays no sounds');
  }

  function play(kind, i) {
    const samples = soundsOf(kind)[i];
    if (!samples) return;
    chosen = { kind, i };
    if (sound.play([samples], frame.header.rate)) say(`${WORDS[kind]} ${i + 1}`);
    else say('this browser plays no sounds');
    repaint();
  }

  /** The next sound of the picture, in its order, generated ones first. */
  function step(by) {
    if (!boxes.length) return;
    const at = boxes.findIndex((box) => chosen && box.kind === chosen.kind && box.i === chosen.i);
    const box = boxes[at < 0 ? 0 : (at + by + boxes.length) % boxes.length];
    play(box.kind, box.i);
  }

  function bar(c, look, logit, x, y, width) {
    const px = look.ratio,
      h = BAR * px;
    c.fillStyle = alpha(look.palette.muted, 0.22);
    c.fillRect(x, y, width, h);
    c.fillStyle = look.palette.discriminator;
    if (frame.header.meaning === 'critic') {
      const t = scale.of(logit);
      c.fillRect(x + width / 2 + Math.min(0, t) * (width / 2), y, Math.abs(t) * (width / 2), h);
    } else c.fillRect(x, y, width * sigmoid(logit), h);
    c.fillStyle = look.palette.ink;
    c.fillRect(x + width / 2 - px / 2, y - px, px, h + 2 * px);
  }

  /** A spectrogram in a role's colour: the louder, the less of the card shows through. */
  function picture(c, seen, colour, x, y, width, height) {
    const image = pencil.createImageData(COLUMNS, ROWS),
      [red, green, blue] = rgb(colour);
    for (let i = 0; i < seen.length; i++) {
      image.data[4 * i] = red;
      image.data[4 * i + 1] = green;
      image.data[4 * i + 2] = blue;
      image.data[4 * i + 3] = 255 * seen[i];
    }
    pencil.putImageData(image, 0, 0);
    c.imageSmoothingEnabled = true;
    c.drawImage(small, 0, 0, COLUMNS, ROWS, x, y, width, height);
  }

  function wave(c, look, samples, colour, x, y, width, height) {
    const middle = y + height / 2,
      n = Math.max(1, Math.round(width / look.ratio)),
      each = samples.length / n;
    c.fillStyle = colour;
    for (let i = 0; i < n; i++) {
      let low = 1,
        high = -1;
      for (let k = Math.floor(i * each); k < Math.min(samples.length, (i + 1) * each); k++) {
        low = Math.min(low, samples[k]);
        high = Math.max(high, samples[k]);
      }
      const top = middle - (high * height) / 2,
        bottom = middle - (low * height) / 2;
      c.fillRect(x + (i * width) / n, top, width / n, Math.max(look.ratio, bottom - top));
    }
  }

  function tile(c, look, { samples, seen }, i, colour, x, y, size, whole) {
    const px = look.ratio,
      part = whole ? Math.round(size * WAVE) : 0;
    if (whole) wave(c, look, samples[i], colour, x, y + px, size, part - px);
    picture(c, seen[i], colour, x, y + part, size, size - part);
    c.strokeStyle = alpha(colour, 0.6);
    c.lineWidth = px;
    c.strokeRect(x + px / 2, y + px / 2, size - px, size - px);
  }

  function head(c, look, text, colour, x, y) {
    c.font = `600 ${12 * look.ratio}px ${look.font}`;
    c.textBaseline = 'top';
    c.textAlign = 'left';
    c.fillStyle = colour;
    c.fillText(text, x, y);
  }

  function group(c, look, { kind, columns, left, colour, words, logits = null }) {
    const name = ARRAYS[kind],
      px = look.ratio,
      size = Math.round(plan.tile * px),
      sounds = of(name, frame.arrays[name], frame.shapes[name]),
      count = Math.min(sounds.samples.length, columns * plan.rows);
    head(c, look, words, colour, left, 0);
    for (let i = 0; i < count; i++) {
      const x = Math.round(left + (i % columns) * (plan.tile + GAP) * px),
        y = Math.round((HEAD + Math.floor(i / columns) * plan.pitch) * px),
        logit = logits ? logits[i] : NaN;
      tile(c, look, sounds, i, colour, x, y, size, true);
      if (Number.isFinite(logit)) bar(c, look, logit, x, y + size + 2 * px, size);
      boxes.push({ x, y, w: size, h: size + FOOT * px, kind, i, logit });
    }
  }

  return {
    /** Below the picture: what plays it. */
    controls,
    /** What is said beside the title while one half of a step is shown. */
    halves: { d: 'D’s half: verdicts change', g: 'G’s half: sounds change' },
    /** Layers that this picture has besides real and generated. */
    layers: { walk: 'Sounds on the way between the z of the first two generated ones' },
    take(next) {
      frame = next;
      const { header, arrays } = frame;
      if (run !== header.run) {
        run = header.run;
        scale = chosen = null;
      }
      const logits = [...(arrays.real_logits || []), ...(arrays.fake_logits || [])];
      if (logits.length) scale = opinionScale(frame, logits, scale);
    },
    get scale() {
      return scale;
    },
    paint(next, canvas, c, look, on) {
      frame = next;
      const { arrays, shapes } = frame,
        px = look.ratio,
        walks = arrays.walk_sound ? shapes.walk_sound[0] : 0,
        reals = arrays.real_sound ? shapes.real_sound[0] : 0,
        twins = Boolean(arrays.raw_sound);
      c.clearRect(0, 0, canvas.width, canvas.height);
      boxes = [];
      if (!arrays.fake_sound) return;
      const width = canvas.width / px;
      plan = layout(width, canvas.height / px, shapes.fake_sound[0], reals, walks, 64, px, twins);
      if (!plan) return;
      const second = plan.columns * (plan.tile + GAP) + BETWEEN,
        used = second * (twins ? 2 : 1) + plan.beside * (plan.tile + GAP) - GAP - (plan.beside ? 0 : BETWEEN),
        left = Math.max(0, (width - used) / 2);
      if (on.fake) {
        const told = { columns: plan.columns, colour: look.palette.fake };
        const words = twins ? 'EMA' : 'generated';
        group(c, look, { ...told, kind: 'generated', left: left * px, words, logits: arrays.fake_logits });
        if (twins) group(c, look, { ...told, kind: 'raw', left: (left + second) * px, words: 'raw' });
      }
      if (on.real && reals) {
        const x = (left + second * (twins ? 2 : 1)) * px,
          told = { columns: plan.beside, colour: look.palette.real };
        group(c, look, { ...told, kind: 'real', left: x, words: 'real', logits: arrays.real_logits });
      }
      if (on.walk && walks) {
        const size = plan.strip * px,
          y = Math.floor(canvas.height - size),
          x0 = Math.max(0, (width - (walks * (plan.strip + GAP) - GAP)) / 2) * px,
          sounds = of('walk_sound', arrays.walk_sound, shapes.walk_sound);
        head(c, look, 'from one z to another', look.palette.fake, x0, y - HEAD * px);
        for (let i = 0; i < walks; i++) {
          const x = Math.round(x0 + i * (plan.strip + GAP) * px);
          tile(c, look, sounds, i, look.palette.fake, x, y, size, false);
          boxes.push({ x, y, w: size, h: size, kind: 'walk', i, logit: NaN });
        }
      }
      const box = chosen && boxes.find(({ kind, i }) => kind === chosen.kind && i === chosen.i);
      if (box) {
        c.strokeStyle = look.palette.ink;
        c.lineWidth = 2 * px;
        c.strokeRect(box.x, box.y, box.w, box.kind === 'walk' ? box.h : box.h - FOOT * px);
      }
    },
    under(x, y) {
      return boxes.find((b) => x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h) || null;
    },
    /** Play what was clicked. */
    press({ kind, i }) {
      play(kind, i);
    },
    /** What is said of the sound under the pointer. */
    tells({ kind, i, logit }, { meaning }) {
      const which = `${WORDS[kind]} ${i + 1}`;
      if (!Number.isFinite(logit)) return `${which}: click to hear it`;
      const answer =
        meaning === 'critic' ? `D gives ${decimal(logit, 2)}` : `D says ${percent(sigmoid(logit), 1)} real`;
      return `${which}: ${answer}; click to hear it`;
    },
    /** The picture in words. */
    says({ header, shapes }) {
      const n = shapes.fake_sound?.[0] || 0;
      return `${n} generated sounds beside real ones of ${header.data}, as waves over spectrograms`;
    },
    end() {
      sound.end();
    },
  };
}
