// A figure that the server made. When it changes it is drawn anew in its place.
import { el, setAttr } from './dom.js';
import { library } from './plots.js';

const CONFIG = { displayModeBar: false, showTips: false };
const AGAIN_MS = 5000; // until it is tried once more, if plotly.js could not be had
const seen = () =>
  new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
  });
let turn = Promise.resolve(); // one at a time: the first is seen while the next is drawn

/** Draw a figure when it is its turn, unless by then there is another one in its place. */
function queue(node, given, plotly) {
  turn = turn
    .then(async () => {
      if (!node.isConnected || node.given !== given) return;
      const { data, layout } = JSON.parse(given);
      layout.font.family = getComputedStyle(node).fontFamily;
      const Plotly = await library(plotly);
      await Plotly.react(node, data, layout, CONFIG);
      await seen();
    })
    .catch((error) => {
      console.warn('figure:', error);
      setTimeout(queue, AGAIN_MS, node, given, plotly);
    });
}

/** A place for a figure, as wide as what it stands in; `plotly` is where plotly.js is served. */
export function pane(plotly, props = {}) {
  const node = el('div', { class: 'gan-figure', role: 'img', ...props });
  const wide = new ResizeObserver(() => {
    if (node.layout && node.clientWidth) window.Plotly.Plots.resize(node);
  });
  wide.observe(node);
  return {
    node,
    show({ figure, height, alt }) {
      setAttr(node, 'aria-label', alt);
      if (node.given === figure) return;
      node.given = figure;
      node.style.height = `${height}px`; // before there is anything in it too: what stands below does not jump
      queue(node, figure, new URL(plotly, document.baseURI).href);
    },
    end() {
      wide.disconnect();
      window.Plotly?.purge(node);
      node.remove();
    },
  };
}

/** Called by the loader at every change of data or theme, with the same parentElement. */
export default function draw({ data, parentElement }) {
  let place = parentElement.ganFigure;
  if (!place) {
    place = parentElement.ganFigure = pane(data.plotly);
    parentElement.append(place.node);
  }
  place.show(data);
  return () => {
    place.end();
    delete parentElement.ganFigure;
  };
}
