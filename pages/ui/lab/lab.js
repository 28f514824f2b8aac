// The lab: two to four runs beside each other, at one step, on equal scales. One loop fetches all sides' frames at once.
import { choice, el, setAttr, setText, show, withoutGraphics } from './dom.js';
import { integer } from './format.js';
import { parse } from './frame.js';
import { side } from './lab-side.js';
import { mail } from './mail.js';
import { pageTheme } from './theme.js';
import { transport } from './transport.js';

const STATE_WORDS = { playing: 'Playing', paused: 'Paused', queued: 'Waiting for a free place', closed: 'This comparison has ended' };
const EAGER_MS = 60, EAGER_FOR = 1500;
/** Where each picture costs processor time that may be the training's, and there are several, they are drawn less often. */
const CALM_MS = withoutGraphics ? 270 : 0;
const looks = new Map();

/** Called by the loader at every change of data or theme, with the same parentElement. */
export default function mount(component) {
  const { parentElement } = component;
  let root = parentElement.querySelector(':scope > .gan-lab');
  if (root && root.view.ended) {
    root.remove();
    root = null;
  }
  if (!root) {
    root = el('div', { class: 'gan-live gan-lab', 'data-state': 'starting', 'data-step': 0, 'data-frame': 0, 'data-sides': 0, 'data-frames-per-second': 0 });
    parentElement.append(root);
    root.view = build(root);
  }
  root.view.configure(component);
  return () => root.view.end();
}

function style(urls, root) {
  for (const url of urls) {
    const href = new URL(url, document.baseURI).href;
    if ([...document.head.querySelectorAll('link[data-gan-live]')].some((link) => link.href === href)) continue;
    root.style.visibility = 'hidden'; // for the one round trip until it has a layout
    const ready = () => { root.style.visibility = ''; };
    document.head.append(el('link', { rel: 'stylesheet', href, 'data-gan-live': true, onload: ready, onerror: ready }));
  }
}

/** The frames of a set, in the order of the sides. */
export function unpack(buffer) {
  const set = parse(buffer), frames = [];
  for (let i = 0; `side_${i}` in set.arrays; i++) {
    const { byteOffset, byteLength } = set.arrays[`side_${i}`];
    frames.push(parse(buffer.slice(byteOffset, byteOffset + byteLength)));
  }
  return { header: set.header, frames };
}

function build(root) {
  let data = null, themes = null, themesUrl = '', theme = '', font = 'sans-serif';
  let alive = true, fetching = false, timer = 0, since = '', generator = '', eager = 0, checked = 0;
  let set = null, state = '', arrived = 0, gap = 0;
  const sides = [], memories = new Map();

  const post = mail({ sent: hurry });
  const palette = () => themes[theme].palette;
  const ctx = {
    look: () => ({ palette: palette(), theme, font, ratio: Math.min(3, window.devicePixelRatio || 1) }),
    template: (name) => themes?.[theme]?.figures[name],
    plotly: () => data.plotly,
    every: () => (data.plotMs || 600) * Math.max(1, sides.length / 2),
    /** The newest frames of all other sides, for axes that all share. */
    others: (mine) => (set ? set.frames.filter((frame, i) => sides[i] !== mine) : []),
    /** What is remembered of an axis: one memory for all sides whose values have the same meaning. */
    memory(name, { meaning }) {
      const key = `${name} ${meaning}`;
      if (!memories.has(key)) memories.set(key, {});
      return memories.get(key);
    },
    send: (name, value) => post.send(name, value),
  };
  const bar = transport(post, { lone: false });
  const which = choice('Which generator', [
    ['ema', 'EMA', 'The average of the generator’s weights over time, where a side has one'],
    ['raw', 'raw', 'The generator as it is at this very step'],
  ], 'ema', (value) => { generator = value; since = ''; hurry(); });
  const grid = el('div', { class: 'sides' });
  const waiting = el('p', { class: 'note', text: 'The first picture is on its way.' });
  const status = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite', text: '' });
  bar.node.querySelector('.counters').before(which.node);
  root.append(bar.node, waiting, grid, status);

  function hurry() { eager = performance.now() + EAGER_FOR; wake(); }

  function dress() {
    if (!themes) return;
    const now = pageTheme(root);
    font = getComputedStyle(root).fontFamily || font;
    if (now === theme) return;
    theme = now;
    setAttr(root, 'data-theme', theme);
    root.style.colorScheme = theme;
    for (const [name, colour] of Object.entries(palette())) root.style.setProperty(`--${name}`, colour);
    for (const one of sides) one.repaint();
  }

  function take(next) {
    const now = performance.now(), { header, frames } = next;
    if (arrived) gap = gap ? 0.7 * gap + 0.3 * Math.min(2000, now - arrived) : now - arrived;
    arrived = now;
    if (set?.frames[0].header.run !== frames[0].header.run || set.frames.length !== frames.length) memories.clear();
    set = next;
    while (sides.length < frames.length) {
      sides.push(side(sides.length, ctx));
      grid.append(sides[sides.length - 1].node);
    }
    while (sides.length > frames.length) {
      const gone = sides.pop();
      gone.end();
      gone.node.remove();
    }
    entitle();
    show(waiting, false);
    for (const [name, value] of Object.entries({
      step: header.step, frame: header.serial, state: header.state, sides: frames.length,
      'frames-per-second': gap ? (1000 / gap).toFixed(1) : 0,
    })) setAttr(root, `data-${name}`, value);
    const first = frames.find((frame) => frame.header.state === header.state) || frames[0];
    bar.update({ header: { ...first.header, ...header } });
    if (header.state !== state) {
      state = header.state;
      setText(status, `${STATE_WORDS[state] || state} at step ${integer(header.step)}`);
    }
    show(which.node, frames.some((frame) => frame.header.has_ema));
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const ms = calm ? 0 : header.state === 'playing' ? Math.min(260, Math.max(80, 0.9 * gap)) : 300;
    frames.forEach((frame, i) => { if (frame.header.kind) sides[i].update(frame, now, ms); });
    setAttr(root, 'data-draw-ms', (performance.now() - now).toFixed(1));
  }

  function entitle() {
    setAttr(grid, 'data-n', sides.length);
    const read = data.sides.some((words) => words.reading);
    sides.forEach((one, i) => one.entitle(data.sides[i] || { title: '', differs: '' }, sides.length, read));
  }

  async function tick() {
    clearTimeout(timer);
    if (!alive || fetching) return;
    if (!root.isConnected) { end(); return; }
    const begun = performance.now();
    fetching = true;
    try {
      if (!themes) await loadThemes();
      else if (!document.hidden) {
        if (begun - checked > 1000) { checked = begun; dress(); }
        const asked = data.url;
        const reply = await fetch(`${asked}&since=${since}${generator ? `&generator=${generator}` : ''}`, { cache: 'no-store' });
        if (alive) post.acknowledge(reply.headers.get('x-heard'));
        if (alive && reply.status === 410) lost();
        else if (alive && reply.status === 200 && (reply.headers.get('content-type') || '').startsWith('application/octet-stream')) {
          const next = unpack(await reply.arrayBuffer());
          if (alive && asked === data.url) { since = String(next.header.serial); take(next); }
        }
      }
    } catch (error) {
      if (!(error instanceof TypeError)) console.warn('lab:', error); // a TypeError of fetch: no network, next tick
    } finally {
      fetching = false;
    }
    if (alive && state !== 'closed') {
      const every = performance.now() < eager ? EAGER_MS : Math.max(CALM_MS, data.ms || 200);
      timer = setTimeout(tick, Math.max(0, every - (performance.now() - begun)));
    }
  }

  async function loadThemes() {
    const url = themesUrl;
    if (!looks.has(url)) {
      const reply = await fetch(url);
      if (!reply.ok) throw new Error(`no figures: ${reply.status}`);
      looks.set(url, await reply.json());
    }
    if (!alive || url !== themesUrl) return;
    themes = looks.get(url);
    dress();
  }

  function lost() {
    state = 'closed';
    setAttr(root, 'data-state', 'closed');
    setText(status, STATE_WORDS.closed);
    setText(waiting, 'This comparison has ended. Choose a failure to begin another one; the last picture stays.');
    show(waiting, true);
    if (set) bar.update({ header: { ...set.frames[0].header, ...set.header, state: 'closed' } });
  }

  function wake() {
    if (alive && !fetching && data) { clearTimeout(timer); tick(); }
  }
  function onKey(event) {
    if (event.key === 'Escape') for (const one of sides) one.close();
    if (event.defaultPrevented || document.querySelector('.gan-lab') !== root || document.querySelector('[role="dialog"]')) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest('input, textarea, select, [contenteditable="true"], [role="slider"], [role="combobox"], [role="listbox"], [role="textbox"]')) return;
    if (event.key === ' ' && target.closest('button, summary, a, label, [role="button"], [role="tab"], [role="checkbox"]')) return;
    if (!bar.key(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // R would also rerun Streamlit's script
  }
  const onVisible = () => { if (!document.hidden) wake(); };
  window.addEventListener('keydown', onKey, true);
  document.addEventListener('visibilitychange', onVisible);

  function end() {
    if (!alive) return;
    alive = false;
    clearTimeout(timer);
    post.end();
    window.removeEventListener('keydown', onKey, true);
    document.removeEventListener('visibilitychange', onVisible);
    for (const one of sides) one.end();
  }

  return {
    configure(component) {
      post.connect(component.setTriggerValue);
      const given = component.data, fresh = !data || data.url !== given.url;
      data = given;
      style(data.styles, root);
      const url = new URL(data.figures, document.baseURI).href;
      if (url !== themesUrl) { themesUrl = url; themes = null; theme = ''; }
      if (fresh) { since = ''; state = ''; }
      eager = performance.now() + EAGER_FOR;
      entitle();
      dress();
      wake();
    },
    end,
    get ended() { return !alive; },
  };
}
