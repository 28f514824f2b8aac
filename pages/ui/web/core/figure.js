// @ts-check
// A figure that the server made. When it changes it is drawn anew in its place.
import { el, setAttr } from './dom.js';
import { library } from './plots.js';

/**
 * A figure as the server makes it.
 * @typedef {object} Figure
 * @property {string} figure Data and layout, as JSON.
 * @property {number} height In pixels.
 * @property {string} alt Its text alternative.
 */

const CONFIG = { displayModeBar: false, showTips: false };
const AGAIN_MS = 5000; // until it is tried once more, if plotly.js could not be had

/** @type {WeakMap<Node, string>} */
const wanted = new WeakMap(); // what is to stand in each place
let turn = Promise.resolve(); // one at a time: the first is seen while the next is drawn

const seen = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/** @param {HTMLElement} node @param {string} figure @param {string} plotly */
async function draw(node, figure, plotly) {
  if (!node.isConnected || wanted.get(node) !== figure) return;
  const { data, layout } = JSON.parse(figure);
  layout.font.family = getComputedStyle(node).fontFamily;
  const Plotly = await library(plotly);
  await Plotly.react(node, data, layout, CONFIG);
  if (!document.hidden) await seen(); // a page that is not seen has no next picture to wait for
}

/**
 * Draw a figure when it is its turn, unless by then there is another one in its place.
 * @param {HTMLElement} node
 * @param {string} figure
 * @param {string} plotly
 */
function queue(node, figure, plotly) {
  turn = turn
    .then(() => draw(node, figure, plotly))
    .catch((error) => {
      console.warn('figure:', error);
      setTimeout(queue, AGAIN_MS, node, figure, plotly);
    });
}

/**
 * A place for a figure, as wide as what it stands in.
 * @param {string} plotly Where plotly.js is served.
 * @param {Record<string, any>} [props]
 */
export function pane(plotly, props = {}) {
  const node = el('div', { class: 'gan-figure', role: 'img', ...props });
  const library = () => /** @type {any} */ (window).Plotly;
  const wide = new ResizeObserver(() => {
    if ('layout' in node && node.clientWidth) library().Plots.resize(node);
  });
  wide.observe(node);
  return {
    node,
    /** @param {Figure} given */
    show({ figure, height, alt }) {
      setAttr(node, 'aria-label', alt);
      if (wanted.get(node) === figure) return;
      wanted.set(node, figure);
      node.style.height = `${height}px`; // before there is anything in it too: what stands below does not jump
      queue(node, figure, new URL(plotly, document.baseURI).href);
    },
    end() {
      wide.disconnect();
      library()?.purge(node);
      node.remove();
    },
  };
}

/** @type {WeakMap<Element, ReturnType<typeof pane>>} */
const panes = new WeakMap();

/**
 * Called by the loader at every change of data or theme, with the same parentElement.
 * @param {import('./view.js').Component<Figure & {plotly: string}>} component
 */
export default function mount({ data, parentElement }) {
  let place = panes.get(parentElement);
  if (!place) {
    place = pane(data.plotly);
    panes.set(parentElement, place);
    parentElement.append(place.node);
  }
  place.show(data);
  return () => {
    place.end();
    panes.delete(parentElement);
  };
}
