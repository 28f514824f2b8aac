// @ts-check
// What happens in one step: three sentences, each formula beside this run's own number.
import { el, setText } from '../core/dom.js';
import { decimal, percent } from '../core/format.js';
import { lastMean } from '../core/frame.js';

const MATH = 'http://www.w3.org/1998/Math/MathML';
const ALLOWED = new Set([
  'math',
  'mrow',
  'mi',
  'mn',
  'mo',
  'ms',
  'mtext',
  'mspace',
  'msub',
  'msup',
  'msubsup',
  'mfrac',
  'msqrt',
  'mroot',
  'munder',
  'mover',
  'munderover',
  'mstyle',
  'mpadded',
  'mphantom',
  'mtable',
  'mtr',
  'mtd',
  'semantics',
]);
const ATTRIBUTES = new Set([
  'display',
  'mathvariant',
  'stretchy',
  'fence',
  'separator',
  'form',
  'accent',
  'lspace',
  'rspace',
  'width',
  'linethickness',
  'displaystyle',
  'scriptlevel',
  'largeop',
  'movablelimits',
  'xmlns',
]);

/** A link to a paper that is named as arXiv:1234.56789; null for anything else. @param {string} source */
function paperLink(source) {
  const found = /^arXiv:(\d{4}\.\d{4,5})$/.exec(source || '');
  return found
    ? el('a', {
        href: `https://arxiv.org/abs/${found[1]}`,
        target: '_blank',
        rel: 'noopener noreferrer',
        title: `The paper: ${source}`,
        text: 'paper',
      })
    : null;
}

/** MathML as nodes, rebuilt from a list of allowed elements; null if it is anything else. @param {string} source */
export function mathNode(source) {
  if (!source) return null;
  const text = /^\s*<math\b[^>]*\bxmlns=/.test(source) ? source : source.replace('<math', `<math xmlns="${MATH}"`);
  const root = new DOMParser().parseFromString(text, 'application/xml').documentElement;
  /** @param {Node} node @returns {Element | Text | null} */
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.nodeValue ?? '');
    if (!(node instanceof Element) || node.namespaceURI !== MATH || !ALLOWED.has(node.localName)) return null;
    const made = document.createElementNS(MATH, node.localName);
    for (const { name, value } of node.attributes)
      if (ATTRIBUTES.has(name) && name !== 'xmlns') made.setAttribute(name, value);
    // Brackets that stretch would make the lines of one table unequally high.
    if (node.localName === 'mo' && !made.hasAttribute('stretchy')) made.setAttribute('stretchy', 'false');
    for (const child of node.childNodes) {
      const part = copy(child);
      if (part) made.append(part);
    }
    return made;
  };
  return root.localName === 'math' ? copy(root) : null;
}

const SENTENCES = [
  'Take a batch of real samples x, and of noise z that G turns into G(z). D looks at both.',
  'D’s turn: change D’s weights so that it calls x real and G(z) fake.',
  'G’s turn: leave D alone and change G’s weights so that D calls G(z) real.',
];
const TITLES = ['1 · Look', '2 · Teach D', '3 · Teach G'];

export function turns() {
  const columns = TITLES.map((title, i) => {
    const words = el('p', { text: SENTENCES[i] }),
      list = el('dl');
    return { words, list, node: el('div', { class: `turn turn-${i + 1}` }, el('h4', { text: title }), words, list) };
  });
  const node = el(
    'section',
    { class: 'card turns', 'aria-label': 'What happens in one step' },
    el(
      'header',
      {},
      el('h3', { text: 'What happens in one step' }),
      el('span', { class: 'note', text: 'this run’s own numbers' }),
    ),
    el('div', { class: 'three' }, ...columns.map((column) => column.node)),
  );
  /** @typedef {{turn: number, title: string, id: string, help: string, mathml: string, source: string}} Words */
  /** @typedef {Words & {value_key: string, unit: string}} Formula */
  /** @type {{formula: Formula, value: HTMLElement}[]} */
  let rows = [];

  /** @param {{header: any, arrays: Record<string, any>}} frame @param {string} key */
  const found = ({ header, arrays }, key) => {
    const last = key.split('.').pop() ?? '';
    return header.stats?.[last] ?? key.split('.').reduce((v, part) => v?.[part], header) ?? lastMean(arrays[last], 1);
  };

  return {
    node,
    /**
     * Formulas change with the objective only.
     * @param {Formula[] | undefined} formulas
     * @param {{turns?: string[]} | undefined} texts
     */
    build(formulas, texts) {
      rows = [];
      columns.forEach((column, i) => {
        setText(column.words, texts?.turns?.[i] || SENTENCES[i]);
        column.list.replaceChildren();
      });
      for (const formula of formulas || []) {
        const value = el('b', { text: '–' });
        const math = mathNode(formula.mathml),
          paper = paperLink(formula.source);
        columns[formula.turn - 1].list.append(
          el(
            'div',
            { title: formula.help },
            el('dt', { text: formula.title }, ...(paper ? [paper] : [])),
            el('dd', { 'data-value': formula.id }, value),
            el('dd', { class: 'formula' }, ...(math ? [math] : [])),
          ),
        );
        rows.push({ formula, value });
      }
    },
    /** @param {{header: any, arrays: Record<string, any>}} frame */
    update(frame) {
      for (const { formula, value } of rows) {
        const x = found(frame, formula.value_key);
        setText(value, formula.unit === '%' ? percent(x, 1) : `${decimal(x)}${formula.unit ? ` ${formula.unit}` : ''}`);
      }
    },
  };
}
