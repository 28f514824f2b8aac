// A figure that the server made. When it changes it is drawn anew in its place.
import { el, setAttr } from './dom.js';
import { library } from './plots.js';

const CONFIG = { displayModeBar: false, showTips: false };
const seen = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
let turn = Promise.resolve(); // one at a time: the first is seen while the next is drawn

/** Called by the loader at every change of data or theme, with the same parentElement. */
export default function draw({ data, parentElement }) {
  let node = parentElement.querySelector(':scope > .gan-figure');
  if (!node) {
    node = el('div', { class: 'gan-figure', role: 'img' });
    node.wide = new ResizeObserver(() => { if (node.layout && node.clientWidth) window.Plotly.Plots.resize(node); });
    node.wide.observe(node);
    parentElement.append(node);
  }
  setAttr(node, 'aria-label', data.alt);
  if (node.given !== data.figure) {
    node.given = data.figure;
    const { data: traces, layout } = JSON.parse(data.figure);
    node.style.height = `${layout.height}px`; // before there is anything in it too: what stands below does not jump
    layout.font.family = getComputedStyle(parentElement).fontFamily;
    turn = turn.then(async () => {
      if (!node.isConnected || node.given !== data.figure) return;
      const Plotly = await library(new URL(data.plotly, document.baseURI).href);
      await Plotly.react(node, traces, layout, CONFIG);
      await seen();
    }).catch((error) => {
      node.given = ''; // the next change tries again
      console.warn('figure:', error);
    });
  }
  return () => {
    node.wide.disconnect();
    window.Plotly?.purge(node);
    node.remove();
  };
}
