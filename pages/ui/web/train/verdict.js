// @ts-check
// The verdict: one sentence, its mark, and on request why it is said, since when, and what to try.
import { el, setAttr, setText, show } from '../core/dom.js';
import { integer } from '../core/format.js';

/** @type {Record<string, string>} */
const MARKS = { ok: '✓', warn: '!', bad: '✕', info: 'i' };
/** @type {Record<string, string[]>} */
const STATES = {
  diverged: ['bad', 'The run diverged.'],
  error: ['bad', 'The run stopped.'],
  queued: ['info', 'Waiting for a free place.'],
  closed: ['info', 'This run has ended.'],
  unreached: ['bad', 'The server does not answer.'],
};

let alarmed = false; // stays as it was asked for when another page was looked at

/**
 * The verdict.
 * @param {((name: string, value: unknown) => void) | null} [send] Where a cure and the wish to pause go; without it
 *   only words are shown.
 */
export function verdict(send = null) {
  const mark = el('span', { class: 'mark', 'aria-hidden': 'true', text: 'i' });
  const headline = el('b', { text: 'The first picture is on its way.' }),
    detail = el('span', { class: 'detail', text: '' }),
    of = el('span', { class: 'of', title: 'The step at which this was seen', text: '' });
  const list = el('ul'),
    because = el('p', { class: 'because', text: '' }),
    /** @type {HTMLElement[]} */
    lines = [];
  const cures = el('ol', { class: 'cures', 'aria-label': 'What to try' }),
    /** @type {ReturnType<typeof cureRow>[]} */
    rows = [];
  const alarm = el('input', {
    type: 'checkbox',
    onchange: () => {
      alarmed = alarm.checked;
      send?.('alarm', alarmed);
    },
  });
  alarm.checked = alarmed;
  const pausing = el(
    'label',
    { class: 'alarm', title: 'The run pauses by itself as soon as a failure is found' },
    alarm,
    el('span', { text: 'pause when something happens' }),
  );
  const panel = el(
    'div',
    { class: 'evidence', id: `gan-why-${Math.random().toString(36).slice(2, 8)}`, hidden: true },
    list,
    because,
    cures,
    ...(send ? [pausing] : []),
  );
  const why = el('button', {
    type: 'button',
    class: 'why',
    text: 'why do you say so?',
    'aria-expanded': 'false',
    'aria-controls': panel.id,
    onclick: () => open(Boolean(panel.hidden)),
  });
  /** @param {boolean} on */
  function open(on) {
    show(panel, on);
    setAttr(why, 'aria-expanded', on);
  }
  /** @param {number} i */
  function cureRow(i) {
    const title = el('b', { text: '' }),
      changes = el('span', { text: '' });
    const row = { title, changes, index: i, node: el('li') };
    const button = el('button', {
      type: 'button',
      text: 'Try this cure',
      title: 'A branch of this run with this one change',
      onclick: () => {
        open(false);
        send?.('cure', row.index);
      },
    });
    row.node.append(...(send ? [button] : []), el('p', {}, title, changes));
    return row;
  }
  const sentence = el('p', {}, headline, detail, of);
  const node = el('div', { class: 'verdict', 'data-level': 'info' }, mark, sentence, why, panel);
  return {
    node,
    close: () => open(false),
    /** @param {{header: any}} frame */
    update({ header }) {
      const special = STATES[header.state];
      const given = header.verdict || { level: 'info', headline: 'Training.', detail: '', evidence: [] };
      const level = special ? special[0] : given.level in MARKS ? given.level : 'info';
      setAttr(node, 'data-level', level);
      setAttr(node, 'data-finding', special ? '' : given.name || '');
      setAttr(node, 'data-long', Boolean(special));
      setText(mark, MARKS[level]);
      const place = header.state === 'queued' && header.position ? ` Place ${header.position} in the queue.` : '';
      setText(headline, special ? special[1] + place : given.headline);
      const since = given.since_step ? `Since step ${integer(given.since_step)}: ` : '';
      const words = special ? header.message || '' : since + given.detail;
      setText(detail, words);
      setAttr(detail, 'title', words);
      setText(of, !special && given.name && header.found_step ? `step ${integer(header.found_step)}` : '');
      const evidence = special ? [] : given.evidence || [],
        offers = special ? [] : given.cures || [];
      if (!evidence.length) open(false);
      why.style.visibility = evidence.length ? '' : 'hidden';
      while (lines.length < evidence.length) {
        lines.push(el('li'));
        list.append(lines[lines.length - 1]);
      }
      lines.forEach((line, i) => {
        show(line, i < evidence.length);
        if (i < evidence.length) setText(line, evidence[i]);
      });
      setText(because, special ? '' : given.why || '');
      show(because, Boolean(given.why) && !special);
      while (rows.length < offers.length) {
        rows.push(cureRow(rows.length));
        cures.append(rows[rows.length - 1].node);
      }
      show(cures, offers.length > 0);
      rows.forEach((row, i) => {
        show(row.node, i < offers.length);
        if (i >= offers.length) return;
        row.index = offers[i].index;
        setText(row.title, `${offers[i].title}: `);
        setText(row.changes, offers[i].changes);
      });
    },
  };
}
