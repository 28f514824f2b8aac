// @ts-check
// Curves and histograms on the page, drawn by Plotly when there is time for it.
import { el, setAttr } from './dom.js';
import { filled } from './fill.js';
import { withoutGraphics } from './graphics.js';
import { scheduler } from './schedule.js';

/** Plotly, loaded once per page. @param {string} url @returns {Promise<any>} */
export function library(url) {
  const page = /** @type {any} */ (window);
  /** @type {Map<string, Promise<any>>} */
  const libraries = (page.__ganPlotly ||= new Map()); // the page's own: modules of two versions may meet on it
  let found = libraries.get(url);
  if (!found) {
    found = new Promise((done, fail) => {
      const script = el('script', { src: url, onload: () => done(page.Plotly), onerror: lost });
      setTimeout(lost, PATIENCE_MS); // a line may go dead without a word
      function lost() {
        if (page.Plotly) return;
        libraries.delete(url);
        script.remove();
        fail(new Error('no plotly.js'));
      }
      document.head.append(script);
    });
    libraries.set(url, found);
  }
  return found;
}

// Plots are drawn for at most a fifteenth of the time, or a thirtieth: the browser may share the training's cores.
const REST = withoutGraphics ? 30 : 15;
// Yet each is drawn anew after this many milliseconds, or after so many frames where these come slowly.
const MOST_REST = withoutGraphics ? 4000 : 2500;
const MOST_FRAMES = 15;
const PATIENCE_MS = 30000; // until plotly.js, which is large, is no longer waited for
const AGAIN_MS = 5000; // until a plot, or plotly.js, is tried once more
const SLOW = 30; // steps a second; then the processor has time
const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false, showTips: false };

/**
 * @typedef {import('./frame.js').Frame} Frame
 * @typedef {import('./fill.js').Memory} Memory
 * @typedef {import('./fill.js').Template} Template
 */

/**
 * A plot on the page.
 * @typedef {object} Plot
 * @property {string} name Of its template.
 * @property {HTMLElement} node
 * @property {boolean} seen Whether it is in sight.
 * @property {number} due When it may be drawn next; 0: at once.
 * @property {Memory} memory
 * @property {number | null} run The run that its axes remember.
 * @property {{x: number[], y: number[]} | null} zoomed Axes that the visitor chose.
 * @property {number | null} drawn Serial of the frame that it shows.
 */

/**
 * How plots are drawn now.
 * @typedef {object} Options
 * @property {number} smooth
 * @property {string} font
 * @property {string} ground
 * @property {number} every Milliseconds between two drawings of one plot, at least.
 * @property {number} [gap] Milliseconds between two frames.
 * @property {Frame[]} [others] Frames that share the axes.
 * @property {(name: string, header: Frame['header']) => Memory} [memory] Of axes that several views share.
 */

/** @param {string} name @param {string} label @returns {Plot} */
export function plot(name, label) {
  const node = el('div', { class: 'plot', 'data-plot': name, role: 'img', 'aria-label': label });
  return { name, node, seen: false, due: 0, memory: {}, run: null, zoomed: null, drawn: null };
}

/** Remember what the visitor zooms, and forget it at a double click. @param {Plot} state @param {() => void} redraw */
function followZoom(state, redraw) {
  const node = /** @type {any} */ (state.node); // Plotly's own
  node.on('plotly_relayout', (/** @type {Record<string, number>} */ event) => {
    if (event['xaxis.range[0]'] === undefined && event['yaxis.range[0]'] === undefined) return;
    const { xaxis, yaxis } = node._fullLayout;
    state.zoomed = { x: [...xaxis.range], y: [...yaxis.range] };
  });
  node.on('plotly_doubleclick', () => {
    // another revision, or Plotly would put the zoomed range back
    state.zoomed = null;
    state.memory.zooms = (state.memory.zooms || 0) + 1;
    redraw();
  });
}

/**
 * Draws plots one after another: only those in sight, each at most so often, and less often where drawing is slow.
 * @param {object} given
 * @param {Plot[]} given.plots
 * @param {() => string} given.url Where plotly.js is served.
 * @param {(name: string) => Template | undefined} given.templates
 * @param {() => Options} given.options
 */
export function plotter({ plots, url, templates, options }) {
  /** @type {any} */
  let Plotly = null;
  /** @type {Frame | null} */
  let frame = null;
  const turns = scheduler({ places: plots, draw, rest, again: AGAIN_MS });

  const sight = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const state = plots.find((one) => one.node === target);
        if (!state) continue;
        state.seen = isIntersecting;
        if (state.seen) turns.refresh([state]);
      }
    },
    { rootMargin: '40px' },
  );
  const sizes = new ResizeObserver((entries) => {
    const nodes = new Set(entries.map(({ target }) => target));
    turns.refresh(plots.filter((one) => nodes.has(one.node) && one.drawn !== null));
  });
  for (const state of plots) {
    sight.observe(state.node);
    sizes.observe(state.node);
  }

  /** Milliseconds until a plot may be drawn again. @param {number} cost Of drawing it. @param {Frame} shown */
  function rest(cost, { header }) {
    const { every, gap } = options();
    const longest = header.pace && header.pace <= SLOW ? every : Math.max(MOST_REST, MOST_FRAMES * (gap || 0));
    return Math.min(longest, Math.max(every, REST * cost * plots.filter((one) => one.seen).length));
  }

  /** @param {Plot} state @param {Frame} shown */
  async function draw(state, shown) {
    try {
      Plotly ||= await library(url());
    } catch {
      return false;
    }
    const { smooth, font, ground, others, memory } = options();
    const template = templates(state.name);
    if (!template || !state.node.isConnected) return false;
    const { clientWidth: width, clientHeight } = state.node;
    const { margin } = template.layout;
    if (state.run !== shown.header.run) {
      state.run = shown.header.run;
      state.memory = { zooms: state.memory.zooms };
    }
    const { data, layout } = filled(template, shown, {
      smooth,
      font,
      ground,
      others,
      memory: memory ? memory(state.name, shown.header) : state.memory,
      width,
      height: clientHeight - margin.t - margin.b,
    });
    if (state.zoomed) {
      layout.xaxis.range = state.zoomed.x;
      layout.yaxis.range = state.zoomed.y;
    }
    layout.width = width;
    layout.height = clientHeight;
    await Plotly.react(state.node, data, layout, CONFIG);
    if (state.drawn === null) followZoom(state, () => turns.refresh([state]));
    return true;
  }

  return {
    /** A new frame; what stands still for good is drawn at once, what runs is drawn in turn. @param {Frame} next */
    update(next) {
      const { state, moment, run } = next.header;
      const still = !frame || state !== 'playing' || moment !== frame.header.moment || run !== frame.header.run;
      frame = next;
      turns.show(next, still);
    },
    /** Something but the frame changed: theme, smoothing, a tab. */
    refresh: () => turns.refresh(),
    /** Say in words what plots show. @param {Record<string, string>} words */
    speak(words) {
      for (const state of plots) if (words[state.name]) setAttr(state.node, 'aria-label', words[state.name]);
    },
    end() {
      turns.end();
      sight.disconnect();
      sizes.disconnect();
      if (Plotly) for (const state of plots) if (state.drawn !== null) Plotly.purge(state.node);
    },
  };
}
