// @ts-check
// The Latent page: the moment above, samples and the z in hand on the left, the chosen section on the right.
import { questions } from '../core/ask.js';
import { nextNonce } from '../core/commands.js';
import { el, setAttr, setText, show, style } from '../core/dom.js';
import { integer } from '../core/format.js';
import { parse } from '../core/frame.js';
import { saveOnClick } from '../core/save.js';
import { loop, mounter, reach, skin } from '../core/view.js';
import { arithmetic } from './arithmetic.js';
import { directions } from './directions.js';
import { hand } from './hand.js';
import { invert } from './invert.js';
import { memory } from './memory.js';
import { paths } from './paths.js';
import { plane } from './plane.js';
import { samples } from './samples.js';
import { sliders } from './sliders.js';
import { units } from './units.js';

const MAKE = { paths, plane, invert, sliders, memory, directions, arithmetic, units };
const EDITED = new Set(['sliders', 'directions', 'units']); // where shifts, truncation and switched-off units act
const HINTS = { paths: 'a click adds or removes a key point', arithmetic: 'a click adds to a group, or takes z' };
const FOLLOW_MS = 1000,
  SAID_MS = 8000,
  PATIENCE_MS = 60000; // an inversion takes its time
const UNANSWERED = 'unanswered';
const shelves = new Map(); // what was chosen, by run: a look at another page loses nothing

const seedAtRandom = () => Math.floor(Math.random() * 2 ** 31);

function fresh(data) {
  return {
    seed: data.seed ?? 1,
    keys: (data.points || '').split(',').filter(Boolean),
    hand: null,
    cls: 'all',
    psi: 1,
    shifts: new Map(),
    off: null,
    at: null,
    these: [],
    those: [],
    adding: 'these',
  };
}

export default mounter('gan-live gan-latent', { 'data-step': 0, 'data-answers': 0, 'data-section': '' }, build);

function build(root) {
  let data = null,
    trigger = null,
    alive = true,
    answers = 0,
    section = null,
    shown = '',
    troubled = '',
    quiet = 0;

  const moment = el('b', { text: '' }),
    state = el('span', { class: 'note', text: '' });
  const when = el('input', {
    type: 'range',
    min: 0,
    max: 0,
    step: 1,
    value: 0,
    'aria-label': 'Moment of the run',
    oninput: () => pick(Number(when.value)),
  });
  const now = el('button', {
    type: 'button',
    text: 'newest',
    title: 'Follow the run: its newest moment',
    onclick: () => {
      ctx.S.at = null;
      wanted = true;
      following.wake();
    },
  });
  const link = el('button', {
    type: 'button',
    text: 'Copy link',
    title: 'A link with the run’s settings, the seed, the key points and this section',
    onclick: copy,
  });
  const trouble = el('p', { class: 'trouble', role: 'status', hidden: true });
  const aside = el('div', { class: 'aside' }),
    place = el('div');
  // What takes long to find is not found anew each second while a run trains; who wants it anew asks.
  const found = el('span', { class: 'note', text: '' });
  const again = el(
    'div',
    { class: 'row again', hidden: true },
    found,
    el('button', { type: 'button', text: 'Look again', onclick: () => look() }),
  );
  let foundAt = -1,
    wanted = false,
    moments = []; // steps that can be looked at
  // A generator from elsewhere has no moments.
  const ofRun = [el('label', { class: 'field' }, 'moment', when), now, link];
  root.append(
    el('div', { class: 'moment' }, moment, state, ...ofRun),
    trouble,
    el('div', { class: 'bench' }, aside, el('div', { class: 'place' }, again, place)),
  );

  const colours = skin(root, () => {
    if (ctx.about && section) ctx.refresh();
  });
  saveOnClick(root, (words) => ctx.say(words));
  const following = loop(root, { ask: follow, every: () => FOLLOW_MS, gone: end });
  const ctx = {
    S: null,
    about: null,
    root,
    seedAtRandom,
    look: () => ({ ...colours.look(), real: ctx.about?.real, alphabet: ctx.about?.alphabet }),
    ask: (channel, query, then) => asking.ask(channel, () => question(channel, query, then)),
    file: (what, query) =>
      `${data.file}&${new URLSearchParams({ what, ...(ctx.S.at === null ? {} : { at: ctx.S.at }), ...query })}`,
    saved: () => data.saved || [],
    /** What is done to points in this section, as parameters of a request. */
    edit() {
      if (!EDITED.has(shown)) return {};
      const { S } = ctx,
        d = [...S.shifts]
          .filter(([, v]) => v)
          .map(([k, v]) => `${k}:${v}`)
          .join(';');
      return {
        psi: S.psi === 1 ? '' : S.psi,
        d,
        off:
          shown === 'units' && S.off?.units.size ? `${S.off.layer}:${[...S.off.units].join('.')}:${S.off.value}` : '',
      };
    },
    text: (seed, i) => `s${seed}.${i}${ctx.tag(i)}`,
    tag(i) {
      const n = ctx.about?.classes.length || 0;
      return n ? `@${ctx.S.cls === 'all' ? i % n : ctx.S.cls}` : '';
    },
    /** Take a z in hand. `from`: in words where it comes from, if no seed made it. */
    take(text, from = '') {
      ctx.S.hand = text;
      ctx.cameFrom(text, from);
      ctx.onHand();
    },
    cameFrom(text, words) {
      ctx.S.came = { text, words };
    },
    onHand() {
      parts.hand.refresh();
      parts.hand.mark();
      parts.samples.mark();
      section?.hand?.();
    },
    addKey(text) {
      if (!ctx.S.keys.includes(text) && ctx.S.keys.length < 10) {
        ctx.S.keys.push(text);
        ctx.keysChanged();
      }
    },
    keysChanged() {
      parts.hand.keys();
      parts.samples.mark();
      section?.keys?.();
      address();
    },
    /** A click on a sample: the section may want it, else it is taken in hand. */
    clicked(text) {
      ctx.S.hand = text;
      section?.click?.(text);
      ctx.onHand();
    },
    badge: (text) => section?.badge?.(text) || '',
    edited() {
      parts.samples.refresh();
      parts.hand.refresh();
    },
    refresh() {
      parts.samples.refresh();
      parts.hand.refresh();
      parts.hand.keys();
      look();
    },
    lend(arrays, shapes, text) {
      parts.hand.lend(arrays, shapes, text);
      parts.hand.mark();
      parts.samples.mark();
    },
    seedChanged() {
      parts.samples.refresh();
      address();
    },
    save(name, vector) {
      trigger?.('save', { name, vector, n: nextNonce() });
    },
    /** Words that stand until the same question is answered, or, if they are of none, for some seconds. */
    say(words, channel = '') {
      setText(trouble, words || '');
      show(trouble, Boolean(words));
      troubled = channel;
      clearTimeout(quiet);
      if (words && !channel) quiet = setTimeout(() => ctx.say(''), SAID_MS);
    },
    reduced: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
  };

  const asking = questions({
    unanswered: () => ctx.say('The server does not answer. It is asked again.', UNANSWERED),
  });

  /** Ask the server; `then` takes what it answers. */
  async function question(channel, query, then) {
    const given = { ...query, at: ctx.S.at };
    const plain = Object.fromEntries(
      Object.entries(given).filter(([, v]) => v !== undefined && v !== null && v !== ''),
    );
    const begun = performance.now();
    const reply = await reach(`${data.ask}&${new URLSearchParams(plain)}`, { patience: PATIENCE_MS });
    const kind = reply.headers.get('content-type') || '';
    if (reply.status === 410) return closed;
    if (reply.status === 400 && kind.startsWith('application/json')) {
      const { message } = await reply.json();
      return () => refused(message, channel);
    }
    if (reply.status !== 200 || !kind.startsWith('application/octet-stream'))
      throw new Error(`${reply.status} ${kind}`);
    const frame = parse(await reply.arrayBuffer());
    return () => {
      then?.(frame);
      done(channel, performance.now() - begun);
    };
  }
  function done(channel, ms) {
    answers += 1;
    setAttr(root, 'data-answers', answers);
    setAttr(root, 'data-ms', ms.toFixed(1));
    setAttr(root, 'data-last', channel);
    if (troubled === channel || troubled === UNANSWERED) ctx.say('');
  }
  function refused(message, channel) {
    if (channel !== 'about' || !ctx.about) ctx.say(message, channel);
  }
  function closed() {
    setAttr(root, 'data-state', 'closed');
    const foreign = data.link === null;
    ctx.say(
      foreign
        ? 'This generator has been closed. Open its file again to go on.'
        : 'This run has ended. Reload the page to start a new one.',
      'gone',
    );
    end();
  }

  const parts = { samples: samples(ctx), hand: hand(ctx) };
  aside.append(parts.samples.node, parts.hand.node, parts.hand.keysNode);

  async function follow() {
    if (!(await colours.ready()) || !alive || document.hidden) return;
    colours.dress();
    ctx.ask('about', { do: 'about' }, heard);
  }

  /** Have the section look at the moment that is shown. */
  function look() {
    if (!section || !ctx.about) return;
    foundAt = ctx.about.step;
    show(again, false);
    section.refresh();
  }

  function heard({ header }) {
    const before = ctx.about,
      { S } = ctx;
    ctx.about = header;
    setAttr(root, 'data-state', header.state);
    setAttr(root, 'data-step', header.step);
    setAttr(root, 'data-kind', header.kind);
    const foreign = header.state === 'foreign';
    for (const node of ofRun) show(node, !foreign);
    setText(moment, foreign ? header.data : `${header.data}, step ${integer(header.step)}`);
    setText(
      state,
      foreign
        ? 'a generator from elsewhere, without D and data'
        : S.at !== null
          ? 'held here; the run goes on'
          : header.state === 'playing'
            ? 'following the run, which trains on'
            : 'the run stands here',
    );
    const steps = header.states;
    when.max = String(Math.max(0, steps.length - 1));
    moments = steps;
    when.disabled = steps.length < 2;
    if (document.activeElement !== when || S.at === null) {
      const held = steps.findLastIndex((step) => step <= S.at);
      when.value = String(S.at === null ? steps.length - 1 : Math.max(0, held));
    }
    setAttr(when, 'aria-valuetext', `step ${integer(header.step)}`);
    setAttr(now, 'aria-pressed', S.at === null);
    const other =
      !before ||
      before.run !== header.run ||
      before.latent_dim !== header.latent_dim ||
      before.classes.length !== header.classes.length;
    if (other) begin(before !== null);
    else if (before.step !== header.step) {
      if (section?.still && !wanted) {
        parts.samples.refresh();
        parts.hand.refresh();
        parts.hand.keys();
        setText(found, `This was found at step ${integer(foundAt)}; the samples are of step ${integer(header.step)}.`);
        show(again, true);
      } else ctx.refresh();
      wanted = false;
    }
  }

  /** A run is there (or another one): choose what to look at first. */
  function begin(again) {
    const { S } = ctx;
    if (again) Object.assign(S, fresh({ seed: S.seed }));
    if (!S.keys.length) S.keys = (ctx.about.kind === 'plane' ? [0, 7, 3] : [0, 5, 9]).map((i) => ctx.text(S.seed, i));
    if (!S.hand) S.hand = S.keys[0];
    parts.samples.begin();
    parts.hand.begin();
    open();
    ctx.refresh();
  }

  function pick(i) {
    const step = moments[i];
    if (step === undefined) return;
    ctx.S.at = i === moments.length - 1 ? null : step;
    wanted = true;
    following.wake();
  }

  function open() {
    if (!ctx.about) return;
    if (shown === data.section && section) return;
    section?.end?.();
    if (section) ctx.say('');
    shown = data.section;
    section = MAKE[shown](ctx);
    place.replaceChildren(section.node);
    parts.samples.hint(HINTS[shown] || 'a click takes one in hand');
    setAttr(root, 'data-section', shown);
  }

  const own = () => ({ z_seed: ctx.S.seed, z_points: ctx.S.keys.join(','), z_section: shown });
  function address() {
    if (data.link === null) return; // nothing in a link would bring it back
    const query = new URLSearchParams(data.link);
    for (const [name, value] of Object.entries(own())) query.set(name, value);
    const text = `?${query}`;
    if (text.length < 6000) history.replaceState(history.state, '', text + window.location.hash);
  }
  async function copy() {
    address();
    try {
      await navigator.clipboard.writeText(window.location.href);
      setText(link, 'Copied');
    } catch {
      setText(link, 'It is in the address bar');
    }
    setTimeout(() => setText(link, 'Copy link'), 1800);
  }

  function end() {
    if (!alive) return;
    alive = false;
    following.end();
    asking.end();
    section?.end?.();
    parts.hand.end();
  }

  return {
    configure(component) {
      trigger = component.setTriggerValue;
      const given = component.data,
        other = !data || data.ask !== given.ask,
        turned = data && data.section !== given.section;
      data = given;
      if (other) {
        if (!shelves.has(data.ask)) shelves.set(data.ask, fresh(data));
        ctx.S = shelves.get(data.ask);
        ctx.about = null;
      }
      style(data.styles, root);
      colours.use(data.figures);
      following.wake();
      if (turned && ctx.about) {
        open();
        ctx.refresh();
        address();
      } else section?.saved?.();
    },
    end,
    get ended() {
      return !alive;
    },
  };
}
