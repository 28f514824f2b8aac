// @ts-check
// Interpolation: three ways through the key points, their norms and step lengths, and an animation.
import { choice, el, setAttr, setText, show, slider } from '../core/dom.js';
import { decimal, percent } from '../core/format.js';
import { chart, large, tiles, zText } from './draw.js';
import { dataPlane, zPlane } from './maps.js';

const HEARD = 24; // sounds of a way that are played at most
const LENGTH = 'Length: sum of the distances of neighbouring samples.',
  UNREAL = ' Unreal to D: scored lower than 95 % of real samples.';
const WAYS = [
  ['lerp', 'the straight line'],
  ['slerp', 'the arc'],
  ['nlerp', 'the line, scaled back to the shell'],
];

export function paths(ctx) {
  let n = 12,
    got = null,
    tour = null,
    way = 'slerp',
    playing = 0,
    place = 0,
    speed = 12;
  const rows = WAYS.map(([name, words]) => {
    const strip = tiles({
      label: `${name}, ${words}`,
      kind: 'film',
      pick: (i) => ctx.take(zOf(name, i), 'on a way between key points'),
      name: (i) => `${name}, frame ${i + 1}`,
    });
    const facts = el('span', { class: 'note', text: '' });
    return {
      name,
      strip,
      facts,
      node: el(
        'div',
        { class: 'way' },
        el(
          'div',
          { class: 'row' },
          el('i', { class: `line ${name}`, 'aria-hidden': 'true' }),
          el('b', { class: name, text: name }),
          el('span', { text: words }),
          facts,
        ),
        strip.node,
      ),
    };
  });
  const norms = chart('‖z‖ along the path', 'grey: where 9 of 10 z of the prior lie');
  const steps = chart('Step lengths in the samples', 'even steps look smooth, a peak is a jump');
  const film = large('animation of the path');
  const play = el('button', {
    type: 'button',
    class: 'play',
    text: 'Play',
    onclick: () => (playing ? halt() : begin()),
  });
  const scrub = el('input', {
    type: 'range',
    min: 0,
    max: 12,
    step: 1,
    value: 0,
    'aria-label': 'Place on the path',
    oninput: () => {
      halt();
      at(Number(scrub.value));
    },
  });
  const loop = el('input', {
    type: 'checkbox',
    checked: true,
    onchange: () => {
      links();
      round();
    },
  });
  const pace = slider({
    label: 'frames a second',
    min: 2,
    max: 30,
    step: 1,
    value: speed,
    show: (v) => String(v),
    input: (v) => {
      speed = v;
      links();
    },
  });
  const between = slider({
    label: 'steps between key points',
    min: 2,
    max: 24,
    step: 1,
    value: n,
    show: (v) => String(v),
    input: (v) => {
      n = v;
      self.refresh();
    },
  });
  const which = choice(
    'Way',
    WAYS.map(([name, words]) => [name, name, words]),
    way,
    (value) => {
      way = value;
      links();
      round();
    },
  );
  const files = { strip: 'Strip (PNG)', gif: 'Film (GIF)', webp: 'Film (WebP)', path: 'Path (CSV)' };
  const save = Object.fromEntries(
    Object.entries(files).map(([what, text]) => [
      what,
      el('a', { class: 'button', text, download: '', 'data-file': what }),
    ]),
  );
  const hear = el('button', {
    type: 'button',
    text: '▶ hear the way',
    title: 'Play the samples on the way that is chosen, one after another',
    hidden: true,
    onclick: () => hearWay(),
  });
  function hearWay() {
    if (!tour) return;
    const dim = tour.shapes.z[1],
      texts = Array.from({ length: tour.shapes.z[0] }, (_, i) => zText(tour.arrays.z, i, dim));
    const every = Math.max(1, Math.ceil(texts.length / HEARD));
    ctx.hear(texts.filter((_, i) => i % every === 0).join(','), {});
  }
  const table = el('a', { class: 'button', text: 'Key points (CSV)', download: '' });
  const hint = el('p', { class: 'note', text: 'A path needs two key points: click two samples.' });
  const maps = el('div', { class: 'maps', hidden: true });
  const inZ = zPlane(ctx),
    inX = dataPlane(ctx, 'Path in x');
  maps.append(inZ.node, inX.node);
  const body = el(
    'div',
    { class: 'stack' },
    ...rows.map((row) => row.node),
    maps,
    el(
      'div',
      { class: 'player' },
      film.node,
      el(
        'div',
        { class: 'stack' },
        el(
          'div',
          { class: 'row' },
          play,
          hear,
          which.node,
          el(
            'label',
            { class: 'field', title: 'From the last key point on to the first one, and again' },
            loop,
            'loop: back to the first',
          ),
        ),
        scrub,
        el('div', { class: 'row' }, pace.node, between.node),
        el('div', { class: 'row' }, ...Object.values(save), table),
      ),
    ),
    el('div', { class: 'two' }, norms.node, steps.node),
  );

  function zOf(name, i) {
    const label = classAt(i);
    return zText(got.arrays[`${name}_z`], i, got.shapes[`${name}_z`][1]) + label;
  }
  function classAt(i) {
    const tags = ctx.S.keys.map((key) => (key.includes('@') ? key.slice(key.indexOf('@')) : ''));
    return tags[Math.min(tags.length - 1, Math.round(i / got.header.n))] || '';
  }
  const steps_ = () => Math.min(n, Math.floor(240 / ctx.S.keys.length)); // no path is longer than 240 samples
  function links() {
    const p = ctx.S.keys.join(','),
      k = ctx.S.keys.length,
      back = loop.checked ? '1' : '';
    const frames = back ? steps_() * k : steps_() * (k - 1) + 1,
      seconds = Math.min(60, Math.max(0.5, frames / speed)).toFixed(2);
    for (const [what, node] of Object.entries(save))
      node.href = ctx.file(what, { p, n: steps_(), way, seconds, loop: what === 'strip' ? '' : back });
    table.href = ctx.file('csv', { p });
  }
  /** What the film shows: the way that is chosen, and in a loop also the way back to the first key point. */
  function round() {
    ctx.ask(
      'tour',
      { do: 'walk', p: ctx.S.keys.join(','), n: steps_(), way, loop: loop.checked ? '1' : '' },
      (frame) => {
        tour = frame;
        scrub.max = String(frame.shapes.samples[0] - 1);
        at(Math.min(place, Number(scrub.max)));
      },
    );
  }
  function at(i) {
    if (!got || !tour) return;
    const { arrays, shapes } = tour,
      k = shapes.samples[0],
      there = got.shapes.slerp_samples[0];
    place = Math.max(0, Math.min(k - 1, i));
    film.show(arrays.samples, shapes.samples, place, ctx.look(), ctx.about.frame, `${way}, frame ${place + 1} of ${k}`);
    scrub.value = String(place);
    setAttr(ctx.root, 'data-place', place);
    norms.mark(place < there ? place : null);
    steps.mark(place < there ? Math.max(0, place - 1) : null);
    if (ctx.about.kind === 'plane') {
      inX.mark(arrays.samples.subarray(2 * place, 2 * place + 2));
      inZ.mark(arrays.z.subarray(2 * place, 2 * place + 2));
    }
  }
  function begin() {
    setText(play, 'Pause');
    const step = () => {
      const last = Number(scrub.max);
      if (place >= last && !loop.checked) {
        halt();
        return;
      }
      at(place >= last ? 0 : place + 1);
      playing = setTimeout(step, 1000 / speed);
    };
    if (place >= Number(scrub.max) && !loop.checked) place = -1;
    playing = setTimeout(step, 0);
  }
  function halt() {
    clearTimeout(playing);
    playing = 0;
    setText(play, 'Play');
  }

  const self = {
    node: el('section', { class: 'card section' }, hint, body),
    refresh() {
      if (!ctx.about) return;
      const enough = ctx.S.keys.length >= 2;
      show(hint, !enough);
      show(body, enough);
      show(hear, ctx.about.kind === 'sound');
      if (!enough) return;
      links();
      ctx.ask('paths', { do: 'paths', p: ctx.S.keys.join(','), n: steps_() }, (frame) => {
        got = frame;
        const look = ctx.look(),
          { arrays, shapes, header } = frame,
          points = ctx.about.kind === 'plane';
        for (const { name, strip, facts, node } of rows) {
          const of = header.ways[name];
          show(strip.node, !points);
          if (!points) strip.fill(arrays[`${name}_samples`], shapes[`${name}_samples`], look, ctx.about.frame);
          setText(
            facts,
            [
              `length ${decimal(of.length, 2)}`,
              `longest step ${decimal(of.longest, 1)} × the mean`,
              of.by_d === undefined
                ? ''
                : `D calls ${percent(of.by_d)} unreal (real data: ${percent(header.real.by_d)})`,
              of.by_density === undefined
                ? ''
                : `${percent(of.by_density)} in no mode (real data: ${percent(header.real.by_density)})`,
            ]
              .filter(Boolean)
              .join(' · '),
          );
          facts.title = of.by_d === undefined ? LENGTH : LENGTH + UNREAL;
          strip.mark(
            (i) => (i % header.n === 0 ? String(i / header.n + 1) : ''),
            () => false,
          );
          setAttr(node, 'data-length', of.length.toFixed(4));
        }
        const styles = {
          lerp: { colour: look.palette.muted, dash: [6, 4] },
          slerp: { colour: look.palette.fake },
          nlerp: { colour: look.palette.ink, dash: [2, 3] },
        };
        const series = (what) => WAYS.map(([name]) => ({ values: arrays[`${name}_${what}`], ...styles[name] }));
        const low = Math.min(...arrays.lerp_norm);
        const [least, middle, most] = header.likely;
        norms.draw(
          { series: series('norm'), band: [least, most], middle, look },
          `the straight line falls to ${decimal(low, 1)}; likely is ${decimal(least, 1)} to ${decimal(most, 1)}`,
        );
        steps.draw(
          { series: series('step'), look, from: 1 },
          `longest ${decimal(header.ways.slerp.longest, 1)} times the mean along the arc`,
        );
        show(maps, points);
        show(film.node, !points);
        if (points) {
          inX.paths(frame);
          inZ.paths(frame);
        }
        round();
      });
    },
    keys() {
      this.refresh();
    },
    click(text) {
      const { keys } = ctx.S,
        i = keys.indexOf(text);
      if (i >= 0) keys.splice(i, 1);
      else if (keys.length < 10) keys.push(text);
      ctx.keysChanged();
    },
    end() {
      halt();
      norms.end();
      steps.end();
      inX.end();
      inZ.end();
    },
  };
  return self;
}
