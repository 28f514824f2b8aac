// @ts-check
// Nodes are made once, when the view is built; a frame only changes text, attributes and pixels.
import { decimal } from './format.js';

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props] `text`, `on<event>`; anything else becomes an attribute.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    const isAria = name.startsWith('aria-');
    if (value === undefined || value === null || (value === false && !isAria)) continue;
    if (name === 'text') node.append(document.createTextNode(value));
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true && !isAria ? '' : value);
  }
  node.append(...children);
  return node;
}

/** Change a node's text without making a node. @param {Node} node @param {string} text */
export function setText(node, text) {
  const first = node.firstChild;
  if (!first) node.appendChild(document.createTextNode(text));
  else if (first.nodeValue !== text) first.nodeValue = text;
}

/** Change an attribute if it has another value. @param {Element} node @param {string} name @param {unknown} value */
export function setAttr(node, name, value) {
  const text = String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Show or hide a node. @param {HTMLElement} node @param {boolean} on */
export function show(node, on) {
  if (node.hidden === on) node.hidden = !on;
}

/** Pixels of a canvas for one of the page. */
export const pixelRatio = () => Math.min(3, window.devicePixelRatio || 1);

/**
 * The context to draw on a canvas with.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function drawing(canvas) {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser draws no canvas');
  return context;
}

/**
 * A canvas whose backing store follows its size on the page; `draw` is called when that changes.
 * @param {() => void} draw
 * @param {Record<string, any>} [props]
 */
export function sharpCanvas(draw, props = {}) {
  const canvas = el('canvas', props);
  const fit = () => {
    const width = Math.round(canvas.clientWidth * pixelRatio());
    const height = Math.round(canvas.clientHeight * pixelRatio());
    if (!width || !height || (canvas.width === width && canvas.height === height)) return;
    canvas.width = width;
    canvas.height = height;
    draw();
  };
  const observer = new ResizeObserver(fit);
  observer.observe(canvas);
  return { canvas, context: drawing(canvas), end: () => observer.disconnect() };
}

/**
 * Buttons of which one is pressed.
 * @param {string} label
 * @param {string[][]} choices Each a value, its label and a title.
 * @param {string} first The value that is pressed to begin with.
 * @param {(value: any) => void} pick
 */
export function choice(label, choices, first, pick) {
  const buttons = choices.map(([value, text, title]) =>
    el('button', { type: 'button', text, title, 'aria-pressed': value === first, onclick: () => set(value, true) }),
  );
  let now = first;
  /** @param {string} value @param {boolean} [tell] */
  function set(value, tell) {
    if (value === now) return;
    now = value;
    buttons.forEach((button, i) => setAttr(button, 'aria-pressed', choices[i][0] === value));
    if (tell) pick(value);
  }
  return { node: el('div', { class: 'choice', role: 'group', 'aria-label': label }, ...buttons), set, get: () => now };
}

/**
 * A labelled range input that tells its value at once.
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} options.step
 * @param {number} options.value
 * @param {(value: number) => string} [options.show] How a value is said.
 * @param {(value: number) => void} options.input
 * @param {string} [options.title]
 */
export function slider({ label, min, max, step, value, show = (v) => decimal(v, 2), input, title }) {
  const out = el('output', { text: show(value) });
  const range = el('input', {
    type: 'range',
    min,
    max,
    step,
    value,
    'aria-label': label,
    'aria-valuetext': show(value),
    oninput: () => {
      said();
      input(Number(range.value));
    },
  });
  function said() {
    const text = show(Number(range.value));
    setText(out, text);
    setAttr(range, 'aria-valuetext', text);
  }
  const node = el('label', { class: 'slide', title }, el('span', { text: label }), range, out);
  return {
    node,
    range,
    /** @param {number} next */
    set(next) {
      range.value = String(next);
      said();
    },
  };
}

/**
 * Have the page use these style sheets; until they are there the root keeps its place unseen.
 * @param {string[]} urls
 * @param {HTMLElement} root
 */
export function style(urls, root) {
  /** @type {NodeListOf<HTMLLinkElement>} */
  const links = document.head.querySelectorAll('link[data-gan-live]');
  for (const url of urls) {
    const href = new URL(url, document.baseURI).href;
    if ([...links].some((link) => link.href === href)) continue;
    root.style.visibility = 'hidden'; // for the one round trip until it has a layout
    const ready = () => {
      root.style.visibility = '';
    };
    document.head.append(el('link', { rel: 'stylesheet', href, 'data-gan-live': true, onload: ready, onerror: ready }));
  }
}
