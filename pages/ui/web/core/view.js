// @ts-check
// What every view has: its root on the page, the page's colours, a loop that asks the server, and keys.
import { el, pixelRatio, setAttr } from './dom.js';
import { pageTheme } from './theme.js';

/**
 * What Streamlit hands to a component.
 * @template Data
 * @typedef {object} Component
 * @property {Data} data What the page's script mounts it with.
 * @property {HTMLElement} parentElement Its place on the page, the same as long as it is mounted.
 * @property {(name: string, value: unknown) => void} setTriggerValue Tells the page's script.
 */

/**
 * A view on the page.
 * @template Data
 * @typedef {object} View
 * @property {(component: Component<Data>) => void} configure Called at every change of data or theme.
 * @property {() => void} end
 * @property {boolean} ended
 */

/** @typedef {Record<string, string>} Palette Colours as "#rrggbb", by their names. */

/** @typedef {{palette: Palette, figures: Record<string, any>}} Skin Colours and empty figures of one theme. */

/**
 * How things are drawn now.
 * @typedef {object} Look
 * @property {Palette} palette
 * @property {string} theme
 * @property {string} font
 * @property {number} ratio Pixels of a canvas for one of the page.
 * @property {number[][]} [real] Some real points, for pictures of single samples.
 */

const PATIENCE_MS = 8000; // a line may go dead without a word: who hears nothing for so long asks again

/** @type {Map<string, Record<string, Skin>>} */
const fetched = new Map(); // figures and palettes by their address, fetched once per page

/**
 * As `fetch`, but that it gives up when no answer comes, and that an address's token (`t`) goes along in a header: no
 * server writes that into its log, and no other site is told of it.
 * @param {string} url
 * @param {{cache?: RequestCache, patience?: number, headers?: Record<string, string>, method?: string,
 *   body?: string}} [options]
 */
export function reach(url, { cache = 'no-store', patience = PATIENCE_MS, headers = {}, ...rest } = {}) {
  const [path, query = ''] = url.split('?', 2);
  const asked = new URLSearchParams(query);
  const token = asked.get('t');
  const signal = AbortSignal.timeout?.(patience);
  if (token === null) return fetch(url, { cache, signal, headers, ...rest });
  asked.delete('t');
  const where = String(asked) ? `${path}?${asked}` : path;
  return fetch(where, { cache, signal, headers: { 'x-gan-token': token, ...headers }, ...rest });
}

/** Whether it is only that nobody could be reached. @param {any} error */
export const unreached = (error) => error instanceof TypeError || error?.name === 'TimeoutError';

/** @type {WeakMap<Element, View<any>>} */
const views = new WeakMap();

/**
 * A component's default export: called by the loader at every change of data or theme with the same parentElement.
 * @template Data
 * @param {string} classes Of the root.
 * @param {Record<string, any>} attributes Of the root.
 * @param {(root: HTMLElement) => View<Data>} build Makes the view, once.
 */
export function mounter(classes, attributes, build) {
  /** @param {Component<Data>} component */
  return function mount(component) {
    const { parentElement } = component;
    /** @type {HTMLElement | null} */
    let root = parentElement.querySelector(`:scope > .${classes.replaceAll(' ', '.')}`);
    let view = root && views.get(root);
    if (!root || !view || view.ended) {
      root?.remove();
      root = el('div', { class: classes, 'data-state': 'starting', ...attributes });
      parentElement.append(root);
      view = build(root);
      views.set(root, view);
    }
    view.configure(component);
    return () => view.end();
  };
}

/**
 * Palettes and empty figures, for light and dark pages.
 * @param {HTMLElement} root
 * @param {() => void} turned Called when the root has got other colours.
 */
export function skin(root, turned) {
  /** @type {Record<string, Skin> | null} */
  let themes = null;
  let url = '';
  let theme = '';
  let font = 'sans-serif';

  function dress() {
    if (!themes) return;
    const now = pageTheme(root);
    font = getComputedStyle(root).fontFamily || font;
    if (now === theme) return;
    theme = now;
    setAttr(root, 'data-theme', theme);
    root.style.colorScheme = theme;
    for (const [name, colour] of Object.entries(themes[theme].palette)) root.style.setProperty(`--${name}`, colour);
    turned();
  }
  function palette() {
    if (!themes) throw new Error('colours are asked for before they are there');
    return themes[theme].palette;
  }
  return {
    /** Look whether the page has turned. */
    dress,
    /** Use what lies at this address, once it is loaded. @param {string} address */
    use(address) {
      const next = new URL(address, document.baseURI).href;
      if (next !== url) {
        url = next;
        themes = null;
        theme = '';
      }
      dress();
    },
    /** Have it there, if it can be; false if it was not or, meanwhile, another one was wanted. */
    async ready() {
      if (themes) return true;
      const wanted = url;
      if (!fetched.has(wanted)) {
        const reply = await reach(wanted, { cache: 'default' });
        if (!reply.ok) throw new Error(`no figures: ${reply.status}`);
        fetched.set(wanted, await reply.json());
      }
      if (wanted !== url) return false;
      themes = fetched.get(wanted) ?? null;
      dress();
      return true;
    },
    palette,
    /** @param {string} name */
    template: (name) => themes?.[theme]?.figures[name],
    font: () => font,
    /**
     * What is known of the metrics, in the order in which they are told: entries of `gan_core.metrics.METRICS`.
     * @returns {any[]}
     */
    metrics: () => /** @type {any} */ (themes)?.metrics || [],
    /** @returns {Look} */
    look: () => ({ palette: palette(), theme, font, ratio: pixelRatio() }),
  };
}

/**
 * Call `ask(begun)` again and again, but never while it still waits for an answer.
 * @param {HTMLElement} root
 * @param {object} options
 * @param {(begun: number) => Promise<void>} options.ask
 * @param {() => number | null} options.every Milliseconds between two calls; null: none until somebody wakes it.
 * @param {() => void} options.gone Called once the root is not on the page any more.
 */
export function loop(root, { ask, every, gone }) {
  let alive = true;
  let busy = false;
  let timer = 0;

  async function turn() {
    clearTimeout(timer);
    if (!alive || busy) return;
    if (!root.isConnected) {
      gone();
      return;
    }
    const begun = performance.now();
    busy = true;
    try {
      await ask(begun);
    } catch (error) {
      if (!unreached(error)) console.warn(root.className, error); // else the next turn tries again
    } finally {
      busy = false;
    }
    const ms = alive ? every() : null;
    if (ms !== null) timer = window.setTimeout(turn, Math.max(0, ms - (performance.now() - begun)));
  }
  const onVisible = () => {
    if (!document.hidden) turn();
  };
  document.addEventListener('visibilitychange', onVisible);
  return {
    wake: turn,
    end() {
      alive = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    },
  };
}

const FIELDS = [
  'input, textarea, select, [contenteditable="true"]',
  '[role="slider"], [role="combobox"], [role="listbox"], [role="textbox"]',
].join();
const CLICKED_BY_SPACE = 'button, summary, a, label, [role="button"], [role="tab"], [role="checkbox"]';

/**
 * Hand keys to the first view on the page that `selector` finds, if they are not meant for a field, a button or a
 * dialog.
 * @param {Element} root
 * @param {string} selector
 * @param {object} on
 * @param {(event: KeyboardEvent) => boolean} on.act Tells whether the key was of use.
 * @param {() => void} on.leave Called at Escape, wherever it is pressed.
 */
export function keyboard(root, selector, { act, leave }) {
  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.key === 'Escape') leave();
    if (event.defaultPrevented || document.querySelector(selector) !== root) return;
    if (document.querySelector('[role="dialog"]')) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(FIELDS) || (event.key === ' ' && target.closest(CLICKED_BY_SPACE))) return;
    if (!act(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // R would also rerun Streamlit's script
  }
  window.addEventListener('keydown', onKey, true);
  return { end: () => window.removeEventListener('keydown', onKey, true) };
}
