// Nodes are made once, when the view is built; a frame only changes text, attributes and pixels.
import { decimal } from './format.js';

/** Make an element. `props`: class, text, title, on<Event>, anything else becomes an attribute. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || (value === false && !name.startsWith('aria-'))) continue;
    if (name === 'text') node.append(document.createTextNode(value));
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : value);
  }
  node.append(...children);
  return node;
}

/** Change a node's text without making a node. */
export function setText(node, text) {
  const first = node.firstChild;
  if (!first) node.append(document.createTextNode(text));
  else if (first.nodeValue !== text) first.nodeValue = text;
}

export function setAttr(node, name, value) {
  const text = String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

export function show(node, on) {
  if (node.hidden === on) node.hidden = !on;
}

/** A canvas whose backing store follows its size on the page; `draw` is called when that changes. */
export function sharpCanvas(draw, props = {}) {
  const canvas = el('canvas', props);
  const fit = () => {
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const w = Math.round(canvas.clientWidth * ratio),
      h = Math.round(canvas.clientHeight * ratio);
    if (!w || !h || (canvas.width === w && canvas.height === h)) return;
    canvas.width = w;
    canvas.height = h;
    draw();
  };
  const observer = new ResizeObserver(fit);
  observer.observe(canvas);
  return { canvas, context: canvas.getContext('2d'), end: () => observer.disconnect() };
}

/** Buttons of which one is pressed. `choices`: [[value, label, title]]. */
export function choice(label, choices, first, pick) {
  const buttons = choices.map(([value, text, title]) =>
    el('button', { type: 'button', text, title, 'aria-pressed': value === first, onclick: () => set(value, true) }),
  );
  let now = first;
  function set(value, tell) {
    if (value === now) return;
    now = value;
    buttons.forEach((button, i) => setAttr(button, 'aria-pressed', choices[i][0] === value));
    if (tell) pick(value);
  }
  return { node: el('div', { class: 'choice', role: 'group', 'aria-label': label }, ...buttons), set, get: () => now };
}

/** A labelled range input that tells its value at once. */
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
    set(v) {
      range.value = v;
      said();
    },
  };
}

/** Have the page use these style sheets; until they are there the root keeps its place unseen. */
export function style(urls, root) {
  for (const url of urls) {
    const href = new URL(url, document.baseURI).href;
    if ([...document.head.querySelectorAll('link[data-gan-live]')].some((link) => link.href === href)) continue;
    root.style.visibility = 'hidden'; // for the one round trip until it has a layout
    const ready = () => {
      root.style.visibility = '';
    };
    document.head.append(el('link', { rel: 'stylesheet', href, 'data-gan-live': true, onload: ready, onerror: ready }));
  }
}

/**
 * Whether the browser draws without a graphics card. Each change of a picture then costs processor time, which on the
 * server's own machine is the training's: what is only for the eye's ease is left out.
 */
export const withoutGraphics = (() => {
  const context = document.createElement('canvas').getContext('webgl');
  if (!context) return true;
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const name = String(context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
})();
