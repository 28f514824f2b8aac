// @ts-check
// The z in hand: its sample, its norm among those that are likely, a random walk; and the key points.
import { el, setAttr, setText, show } from '../core/dom.js';
import { decimal } from '../core/format.js';
import { player, samplesOf } from '../core/sound.js';
import { large, normGauge, retag, tagOf, tiles, zText } from './draw.js';

const WALK_MS = 80;

export function hand(ctx) {
  const picture = large('sample of the z in hand'),
    gauge = normGauge();
  const facts = {
    norm: el('b', { text: '' }),
    likely: el('span', { class: 'note', text: '' }),
    logit: el('b', { text: '' }),
    which: el('b', { text: '' }),
  };
  const add = el('button', { type: 'button', text: 'Add as key point', onclick: () => ctx.addKey(made || ctx.S.hand) });
  const random = el('button', {
    type: 'button',
    text: 'Random z',
    title: 'A fresh z from the prior',
    onclick: () => ctx.take(`s${ctx.seedAtRandom()}.0${ctx.tag(0)}`),
  });
  const walk = el('button', {
    type: 'button',
    text: 'Random walk',
    'aria-pressed': false,
    title: 'From one random z to the next, along the arc',
    onclick: () => (walking ? halt() : begin()),
  });
  const sound = player((on) => setAttr(ctx.root, 'data-playing', on));
  const hear = el('button', {
    type: 'button',
    text: '▶ hear',
    title: 'Play the sample of the z in hand',
    hidden: true,
    onclick: () => play(ctx.S.hand, ctx.edit()),
  });
  const hearKeys = el('button', {
    type: 'button',
    text: '▶ hear',
    title: 'Play the key points, one after another',
    hidden: true,
    onclick: () => play(ctx.S.keys.join(','), {}),
  });
  /** Play the samples of points, one after another. */
  function play(p, edit) {
    ctx.ask('hear', { do: 'hear', p, ...edit }, ({ header, arrays, shapes }) => {
      const [n, length] = shapes.sound;
      const each = Array.from({ length: n }, (_, i) => samplesOf(arrays.sound, length, i));
      if (!sound.play(each, header.rate)) ctx.say('This browser plays no sounds.');
      else setAttr(ctx.root, 'data-heard', Number(ctx.root.getAttribute('data-heard') || 0) + n);
    });
  }
  ctx.hear = play;
  const png = el('a', { class: 'button', text: 'PNG', download: '' });
  const csv = el('a', { class: 'button', text: 'z as CSV', download: '' });
  let made = null,
    walking = 0,
    filled = false;

  const told = el('select', {
    'aria-label': 'Class of the z in hand',
    onchange: () => ctx.take(retag(ctx.S.hand, `@${told.value}`)),
  });
  const toldFact = el(
    'div',
    { title: 'The class that G is told beside z: the same z can be any of them', hidden: true },
    el('dt', { text: 'class' }),
    el('dd', {}, told),
  );

  const chips = tiles({ label: 'Key points', pick: (i) => ctx.take(ctx.S.keys[i]), name: (i) => `key point ${i + 1}` });
  const drop = (i) => {
    ctx.S.keys.splice(i, 1);
    ctx.keysChanged();
  };
  const chosen = () => {
    const i = ctx.S.keys.indexOf(ctx.S.hand);
    return i < 0 ? ctx.S.keys.length - 1 : i;
  };
  const remove = el('button', {
    type: 'button',
    text: 'Remove',
    title: 'The key point that is in hand, else the last one',
    onclick: () => drop(chosen()),
  });
  const chance = el('button', {
    type: 'button',
    text: 'Add random',
    onclick: () => ctx.addKey(`s${ctx.seedAtRandom()}.0${ctx.tag(0)}`),
  });
  const typed = el('input', {
    type: 'number',
    min: 0,
    max: 2 ** 31 - 1,
    placeholder: 'seed',
    'aria-label': 'Seed of a key point',
    onkeydown: (event) => {
      if (event.key === 'Enter') addTyped();
    },
  });
  const type_ = el('button', { type: 'button', text: 'Add seed', onclick: () => addTyped() });
  function addTyped() {
    const seed = typed.value === '' ? NaN : Number(typed.value);
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) {
      ctx.say(`A seed is a whole number from 0 to ${2 ** 31 - 1}.`);
      return;
    }
    ctx.say('');
    ctx.addKey(`s${seed}.0${ctx.tag(0)}`);
    typed.value = '';
  }

  function tell(arrays, i, text) {
    const likely = ctx.about.likely,
      norm = arrays.norm[i];
    gauge.show(norm, likely);
    setText(facts.norm, decimal(norm, 2));
    setText(facts.likely, `9 of 10 z: ${decimal(likely[0], 1)} to ${decimal(likely[2], 1)}`);
    show(logitFact, Boolean(arrays.logit));
    if (arrays.logit) setText(facts.logit, decimal(arrays.logit[i], 2));
    if (ctx.about.classes.length) told.value = tagOf(text || ctx.S.hand).slice(1) || '0';
    const seeded = /^s(\d+)\.(\d+)/.exec(text || '');
    const { came, hand: here } = ctx.S;
    const found = (came?.text === here && came.words) || 'of no seed';
    setText(facts.which, seeded ? `seed ${seeded[1]}, number ${seeded[2]}` : found);
  }

  function begin() {
    const step = () => {
      if (!walking) return;
      const target = `s${ctx.seedAtRandom()}.0${tagOf(ctx.S.hand)}`;
      ctx.ask('walk', { do: 'walk', p: `${ctx.S.hand},${target}`, n: 24 }, ({ arrays, shapes }) => {
        let i = 0;
        const next = () => {
          if (!walking) return;
          picture.show(arrays.samples, shapes.samples, i, ctx.look(), ctx.about.frame, 'random walk');
          ctx.S.hand = zText(arrays.z, i, shapes.z[1]) + tagOf(target);
          ctx.cameFrom(ctx.S.hand, 'found by walking');
          setAttr(ctx.root, 'data-walked', Number(ctx.root.getAttribute('data-walked') || 0) + 1);
          i += 1;
          if (i < shapes.samples[0]) walking = setTimeout(next, ctx.reduced() ? 400 : WALK_MS);
          else step();
        };
        next();
      });
    };
    walking = 1;
    setAttr(walk, 'aria-pressed', true);
    setText(walk, 'Stop here');
    step();
  }
  function halt() {
    clearTimeout(walking);
    walking = 0;
    setAttr(walk, 'aria-pressed', false);
    setText(walk, 'Random walk');
    ctx.onHand();
  }

  const fact = (name, value, title, ...more) =>
    el('div', { title }, el('dt', { text: name }), el('dd', {}, value, ...more));
  const logitFact = fact('D’s logit', facts.logit, 'What the discriminator says of the sample: high is real');
  return {
    node: el(
      'section',
      { class: 'card hand', 'aria-label': 'The z in hand' },
      el(
        'header',
        {},
        el('h3', { text: 'The z in hand' }),
        el('span', { class: 'note', text: 'numbers in, G(z) out' }),
      ),
      el(
        'div',
        { class: 'held' },
        picture.node,
        el(
          'dl',
          {},
          fact('z', facts.which, 'Where this z comes from'),
          toldFact,
          fact('‖z‖', facts.norm, 'Its norm: the distance from the origin', gauge.node, facts.likely),
          logitFact,
        ),
      ),
      el('div', { class: 'row' }, hear, add, random, walk, png, csv),
    ),
    keysNode: el(
      'section',
      { class: 'card keys', 'aria-label': 'Key points' },
      el(
        'header',
        {},
        el('h3', { text: 'Key points' }),
        el('span', { class: 'note', text: 'what paths and planes go through' }),
      ),
      el('div', { class: 'row' }, chips.node, hearKeys, remove),
      el('div', { class: 'row adding' }, chance, typed, type_),
    ),
    refresh() {
      if (!ctx.about || !ctx.S.hand || walking) return;
      const asked = ctx.S.hand,
        edit = ctx.edit();
      made = edit.d || edit.psi ? null : asked; // what is added as a key point must not be what was in hand before
      ctx.ask('hand', { do: 'make', p: asked, ...edit }, ({ arrays, shapes }) => {
        if (ctx.S.hand !== asked) return; // another is in hand by now, and its own answer is under way
        picture.show(
          arrays.samples,
          shapes.samples,
          0,
          ctx.look(),
          ctx.about.frame,
          `sample of the z in hand, norm ${decimal(arrays.norm[0], 1)}`,
        );
        made = edit.d || edit.psi ? zText(arrays.z, 0, shapes.z[1]) + tagOf(asked) : asked;
        tell(arrays, 0, made);
        ctx.made = made;
      });
      png.href = ctx.file('png', { p: asked, ...Object.fromEntries(Object.entries(edit).filter(([, v]) => v)) });
      csv.href = ctx.file('csv', { p: asked, ...Object.fromEntries(Object.entries(edit).filter(([, v]) => v)) });
    },
    keys() {
      if (!ctx.about) return;
      show(remove, ctx.S.keys.length > 0);
      for (const button of [chance, type_]) button.disabled = ctx.S.keys.length >= 10;
      show(chips.node, ctx.S.keys.length > 0);
      if (!ctx.S.keys.length) return;
      ctx.ask('keys', { do: 'make', p: ctx.S.keys.join(',') }, ({ arrays, shapes }) => {
        chips.fill(arrays.samples, shapes.samples, ctx.look(), ctx.about.frame);
        filled = true;
        this.mark();
      });
    },
    /** Which of the key points is in hand. */
    mark() {
      if (!filled) return;
      chips.mark(
        (i) => String(i + 1),
        (i) => ctx.S.keys[i] === ctx.S.hand,
      );
      setText(remove, ctx.S.keys.length ? `Remove ${chosen() + 1}` : 'Remove');
    },
    /** Another run: which classes are there? */
    begin() {
      const names = ctx.about.classes,
        sounds = ctx.about.kind === 'sound';
      show(hear, sounds);
      show(hearKeys, sounds);
      toldFact.hidden = !names.length;
      told.replaceChildren(...names.map((name, i) => el('option', { value: i, text: name })));
    },
    /** Show a sample that another question has brought: dragging need not ask twice. */
    lend(arrays, shapes, text) {
      picture.show(arrays.samples, shapes.samples, 0, ctx.look(), ctx.about.frame, 'sample of the z in hand');
      made = text;
      tell(arrays, 0, text);
    },
    end() {
      clearTimeout(walking);
      walking = 0;
      sound.stop();
    },
    get ready() {
      return filled;
    },
  };
}
