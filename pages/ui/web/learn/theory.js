// @ts-check
// An exhibit of the theory: sliders, and figures and words that the server makes for each of their settings.
import { questions } from '../core/ask.js';
import { el, setAttr, setText, show, slider, style } from '../core/dom.js';
import { pane } from '../core/figure.js';
import { mounter, reach, skin } from '../core/view.js';

/**
 * What the page's script gives; `sliders`, `styles` and `idle` are JSON.
 * @typedef {object} Exhibit
 * @property {string} show Name of the exhibit.
 * @property {string} ask Where its figures and words are asked for.
 * @property {string} plotly
 * @property {string} figures
 * @property {string} styles
 * @property {string} sliders
 * @property {string} idle Names of sliders without effect.
 * @property {number} tall Height to keep free, in pixels.
 *
 * @typedef {{name: string, label: string, places: string[], first: number}} Given A slider.
 * @typedef {{head: string[], rows: string[][]}} Table
 * @typedef {import('../core/figure.js').Figure} Figure
 * @typedef {Partial<Figure & Table & {name: string, words: string[]}>} Block A named figure, a table, or paragraphs.
 * @typedef {{node: HTMLElement, end(): void, show?: (figure: Figure) => void}} Place
 */

/** @type {Map<string, Record<string, number>>} */
const kept = new Map(); // where sliders stand, by exhibit: a look at another section or page loses nothing

export default mounter('gan-live gan-theory', { 'data-show': '' }, build);

/** @type {Record<string, [keyof HTMLElementTagNameMap, number]>} */
const TAGS = { '*': ['b', 2], _: ['em', 1], '`': ['code', 1] };

/** Text with **bold**, _emphasis_ and `code` as nodes. @param {string} text */
function rich(text) {
  return text.split(/(\*\*[^*]+\*\*|\b_[^_]+_\b|`[^`]+`)/).map((part, i) => {
    if (i % 2 === 0) return part;
    const [tag, marks] = TAGS[part[0]];
    return el(tag, { text: part.slice(marks, -marks) });
  });
}

/** @param {string[]} paragraphs */
function words(paragraphs) {
  return el('div', { class: 'words' }, ...paragraphs.map((text) => el('p', {}, ...rich(text))));
}

/** @param {Table} table */
function table({ head, rows }) {
  /** @param {'th' | 'td'} tag @param {string} text @param {number} i */
  const cell = (tag, text, i) => {
    if (!text) return el('td'); // above the names of the rows there is no heading
    if (tag === 'th' || i === 0) return el('th', { text, scope: tag === 'th' ? 'col' : 'row' });
    return el('td', { text });
  };
  /** @param {'th' | 'td'} tag @param {string[]} row */
  const cells = (tag, row) => row.map((text, i) => cell(tag, text, i));
  return el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...cells('th', head))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells('td', row)))),
  );
}

/**
 * A column whose blocks are changed in their places: a figure is the same as long as its name is, a text as its words
 * are.
 */
function column() {
  const node = el('div', { class: 'column' });
  /** @type {Map<string, Place>} */
  let made = new Map();
  return {
    node,
    /** @param {Block[]} blocks @param {string} plotly */
    fill(blocks, plotly) {
      /** @type {Map<string, Place>} */
      const next = new Map();
      for (const block of blocks) {
        const key = block.name || JSON.stringify(block);
        let place = made.get(key);
        if (block.name) {
          place ||= pane(plotly, { 'data-figure': block.name });
          place.show?.(/** @type {Figure} */ (block));
        } else if (!place) {
          const made = block.rows ? table(/** @type {Table} */ (block)) : words(block.words ?? []);
          place = { node: made, end: () => made.remove() };
        }
        next.set(key, place);
      }
      const nodes = [...next.values()].map((place) => place.node);
      made.forEach((place, key) => {
        if (!next.has(key)) place.end();
      });
      nodes.forEach((child, i) => {
        if (node.children[i] !== child) node.insertBefore(child, node.children[i] || null);
      });
      made = next;
    },
    end() {
      made.forEach((place) => place.end());
    },
  };
}

/** @param {HTMLElement} root @returns {import('../core/view.js').View<Exhibit>} */
function build(root) {
  let data = /** @type {Exhibit} */ ({}); // until it is configured, at once
  const bar = el('div', { class: 'sliders' }),
    body = el('div', { class: 'columns' });
  const trouble = el('p', { class: 'trouble', role: 'status', hidden: true });
  /** @type {Map<string, {node: HTMLElement, range: HTMLInputElement, places: string[]}>} */
  const bars = new Map();
  /** @type {ReturnType<typeof column>[]} */
  const columns = [];
  root.append(bar, trouble, body);
  const colours = skin(root, () => ask());

  const at = () => kept.get(data.show) ?? {};

  function furnish() {
    /** @type {Given[]} */
    const given = JSON.parse(data.sliders);
    if (!kept.has(data.show)) kept.set(data.show, Object.fromEntries(given.map(({ name, first }) => [name, first])));
    for (const { name, label, places } of given) {
      const made = slider({
        label,
        min: 0,
        max: places.length - 1,
        step: 1,
        value: at()[name],
        show: (i) => places[i].replace('-', '−'),
        input: (i) => {
          at()[name] = i;
          ask();
        },
      });
      made.range.dataset.slider = name;
      bars.set(name, { ...made, places });
      bar.append(made.node);
    }
    body.style.minHeight = `${data.tall}px`;
  }
  /** @param {string} text */
  function say(text) {
    setText(trouble, text);
    show(trouble, Boolean(text));
  }
  const asking = questions({
    unanswered: () => say('The server does not answer: what stands here may be of another setting. It is asked again.'),
  });
  const ask = () => asking.ask('theory', look);

  /** @returns {Promise<() => void>} */
  async function look() {
    if (!(await colours.ready())) return ask;
    const set = Object.fromEntries([...bars].map(([name, { places }]) => [name, places[at()[name]]]));
    const reply = await reach(`${data.ask}&${new URLSearchParams({ ...set, theme: root.dataset.theme ?? '' })}`);
    if (reply.status === 400) {
      const { message } = await reply.json();
      return () => say(message);
    }
    if (!reply.ok) throw new Error(`no answer: ${reply.status}`);
    const found = await reply.json();
    return () => fill(found.columns);
  }
  /** @param {Block[][]} found */
  function fill(found) {
    say('');
    while (columns.length < found.length) {
      const next = column();
      columns.push(next);
      body.append(next.node);
    }
    setAttr(body, 'data-columns', columns.length);
    columns.forEach((place, i) => place.fill(found[i], data.plotly));
    setAttr(root, 'data-state', 'shown');
  }
  const self = {
    ended: false,
    /** @param {import('../core/view.js').Component<Exhibit>} component */
    configure(component) {
      data = component.data;
      style(JSON.parse(data.styles), root);
      setAttr(root, 'data-show', data.show);
      if (!bars.size) furnish();
      /** @type {string[]} */
      const idle = JSON.parse(data.idle);
      bars.forEach(({ range }, name) => {
        range.disabled = idle.includes(name);
      });
      colours.use(data.figures);
      ask();
    },
    end() {
      self.ended = true;
      asking.end();
      columns.forEach((place) => place.end());
      root.remove();
    },
  };
  return self;
}
