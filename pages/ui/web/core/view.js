// What every view has: its root on the page, the page's colours, a loop that asks the server, and keys.
import { el, setAttr } from './dom.js';
import { pageTheme } from './theme.js';

const PATIENCE_MS = 8000; // a line may go dead without a word: who hears nothing for so long asks again
const looks = new Map(); // figures and palettes by their address, fetched once per page

/** As `fetch`, but that it gives up when no answer comes. */
export const reach = (url, { cache = 'no-store', patience = PATIENCE_MS } = {}) =>
  fetch(url, { cache, signal: AbortSignal.timeout?.(patience) });

/** Whether it is only that nobody could be reached. */
export const unreached = (error) => error instanceof TypeError || error.name === 'TimeoutError';

/**
 * A component's default export: called by the loader at every change of data or theme with the same parentElement.
 * `build(root)` makes the view once: { configure(component), end(), ended }.
 */
export function mounter(classes, attributes, build) {
  return function mount(component) {
    const { parentElement } = component;
    let root = parentElement.querySelector(`:scope > .${classes.replaceAll(' ', '.')}`);
    if (root && root.view.ended) {
      root.remove();
      root = null;
    }
    if (!root) {
      root = el('div', { class: classes, 'data-state': 'starting', ...attributes });
      parentElement.append(root);
      root.view = build(root);
    }
    root.view.configure(component);
    return () => root.view.end();
  };
}

/** Palettes and empty figures, for light and dark pages; `turned` is called when the root has got other colours. */
export function skin(root, turned) {
  let themes = null,
    url = '',
    theme = '',
    font = 'sans-serif';

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
  return {
    /** Look whether the page has turned. */
    dress,
    /** Use what lies at this address, once it is loaded. */
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
      if (!looks.has(wanted)) {
        const reply = await reach(wanted, { cache: 'default' });
        if (!reply.ok) throw new Error(`no figures: ${reply.status}`);
        looks.set(wanted, await reply.json());
      }
      if (wanted !== url) return false;
      themes = looks.get(wanted);
      dress();
      return true;
    },
    palette: () => themes[theme].palette,
    template: (name) => themes?.[theme]?.figures[name],
    font: () => font,
    /** What is known of the metrics, in the order in which they are told: entries of `gan_core.metrics.METRICS`. */
    metrics: () => themes?.metrics || [],
    look: () => ({ palette: themes[theme].palette, theme, font, ratio: Math.min(3, window.devicePixelRatio || 1) }),
  };
}

/**
 * Call `ask(begun)` again and again, but never while it still waits for an answer. `every()` tells the milliseconds
 * between two calls, null if there is to be none until somebody wakes it; `gone()` is called once the root is not on
 * the page any more.
 */
export function loop(root, { ask, every, gone }) {
  let alive = true,
    busy = false,
    timer = 0;

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
    if (ms !== null) timer = setTimeout(turn, Math.max(0, ms - (performance.now() - begun)));
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

/**
 * Hand keys to the first view on the page that `selector` finds, if they are not meant for a field, a button or a
 * dialog. `act(event)` tells whether the key was of use; Escape goes to `escape` wherever it is pressed.
 */
export function keyboard(root, selector, { act, escape }) {
  function onKey(event) {
    if (event.key === 'Escape') escape();
    if (
      event.defaultPrevented ||
      document.querySelector(selector) !== root ||
      document.querySelector('[role="dialog"]')
    )
      return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (
      target.closest(
        'input, textarea, select, [contenteditable="true"], [role="slider"], [role="combobox"], [role="listbox"], [role="textbox"]',
      )
    )
      return;
    if (
      event.key === ' ' &&
      target.closest('button, summary, a, label, [role="button"], [role="tab"], [role="checkbox"]')
    )
      return;
    if (!act(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // R would also rerun Streamlit's script
  }
  window.addEventListener('keydown', onKey, true);
  return { end: () => window.removeEventListener('keydown', onKey, true) };
}
