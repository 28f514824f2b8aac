// @ts-check
// An exhibit of the theory: sliders, and figures and words that the server makes for each of their settings.
import { questions } from '../core/ask.js';
import { el, setAttr, setText, show, slider, style } from '../core/dom.js';
import { pane } from '../core/figure.js';
import { mounter, reach, skin } from '../core/view.js';

const kept = new Map(); // where sliders stand, by exhibit: a look at another section or page loses nothing

export default mounter('gan-live gan-theory', { 'data-show': '' }, build);

/** Text with **bold**, _emphasis_ and `code` as nodes. */
function rich(text) {
  const tags = { '*': ['b', 2], _: ['em', 1], '`': ['code', 1] };
  return text.split(/(\*\*[^*]+\*\*|\b_[^_]+_\b|`[^`]+`)/).map((part, i) => {
    if (i % 2 === 0) return part;
    const [tag, marks] = tags[part[0]];
    return el(tag, { text: part.slice(marks, -marks) });
  });
}

function words(paragraphs) {
  return el('div', { class: 'words' }, ...paragraphs.map((text) => el('p', {}, ...rich(text))));
}

function table({ head, rows }) {
  const cell = (tag, text, i) => {
    if (!text) return el('td'); // above the names of the rows there is no heading
    if (tag === 'th' || i === 0) return el('th', { text, scope: tag === 'th' ? 'col' : 'row' });
    return el('td', { text });
  };
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
  let made = new Map();
  return {
    node,
    fill(blocks, plotly) {
      const next = new Map();
      for (const block of blocks) {
        const key = block.name || JSON.stringify(block);
        let place = made.get(key);
        if (block.name) {
          place ||= pane(plotly, { 'data-figure': block.name });
          place.show(block);
        } else
          place ||= {
            node: block.rows ? table(block) : words(block.words),
            end() {
              this.node.remove();
            },
          };
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

function build(root) {
  let data = null;
  const bar = el('div', { class: 'sliders' }),
    body = el('div', { class: 'columns' });
  const trouble = el('p', { class: 'trouble', role: 'status', hidden: true });
  const bars = new Map(),
    columns = [];
  root.append(bar, trouble, body);
  const colours = skin(root, () => ask());

  const at = () => kept.get(data.show);

  function furnish() {
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
      made.places = places;
      bars.set(name, made);
      bar.append(made.node);
    }
    body.style.minHeight = `${data.tall}px`;
  }
  function say(text) {
    setText(trouble, text);
    show(trouble, Boolean(text));
  }
  const asking = questions({
    unanswered: () => say('The server does not answer: what stands here may be of another setting. It is asked again.'),
  });
  const ask = () => asking.ask('theory', look);

  async function look() {
    if (!(await colours.ready())) return ask;
    const set = Object.fromEntries([...bars].map(([name, { places }]) => [name, places[at()[name]]]));
    const reply = await reach(`${data.ask}&${new URLSearchParams({ ...set, theme: root.dataset.theme })}`);
    if (reply.status === 400) {
      const { message } = await reply.json();
      return () => say(message);
    }
    if (!reply.ok) throw new Error(`no answer: ${reply.status}`);
    const found = await reply.json();
    return () => fill(found.columns);
  }
  function fill(found) {
    say('');
    while (columns.length < found.length) {
      columns.push(column());
      body.append(columns.at(-1).node);
    }
    setAttr(body, 'data-columns', columns.length);
    columns.forEach((place, i) => place.fill(found[i], data.plotly));
    setAttr(root, 'data-state', 'shown');
  }
  const self = {
    ended: false,
    configure(component) {
      data = component.data;
      style(JSON.parse(data.styles), root);
      setAttr(root, 'data-show', data.show);
      if (!bars.size) furnish();
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
