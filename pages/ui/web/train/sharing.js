// @ts-check
// "Let others follow": a code of six letters and a link, and how many look.
import { el, setAttr, setText, show } from '../core/dom.js';

/** @param {(name: string, value?: any) => void} send */
export function sharing(send) {
  let code = '';
  const panel = el('div', { class: 'shared', id: 'gan-shared', hidden: true });
  const button = el('button', {
    type: 'button',
    class: 'share',
    text: 'Let others follow',
    title: 'A code with which others see this run, live and read-only',
    'aria-expanded': 'false',
    'aria-controls': panel.id,
    onclick: () => {
      if (code) open(Boolean(panel.hidden));
      else send('follow', true);
    },
  });
  const large = el('b', { class: 'code', text: '' });
  const link = el('input', { type: 'text', readonly: true, 'aria-label': 'Link to follow this run' });
  const copied = el('span', { role: 'status', text: '' });
  panel.append(
    el('p', { text: 'Others type this code on the Classroom page, or follow the link. They see what you see.' }),
    large,
    el(
      'div',
      { class: 'row' },
      link,
      el('button', { type: 'button', text: 'Copy link', onclick: copy }),
      el('button', {
        type: 'button',
        text: 'End',
        title: 'Nobody follows any more, and the code leads nowhere',
        onclick: () => {
          open(false);
          send('follow', false);
        },
      }),
    ),
    copied,
    el('p', { class: 'note', text: 'Click on a panel’s title, or press 1 to 9, to point at it for all; 0 ends it.' }),
  );

  /** @param {boolean} on */
  function open(on) {
    show(panel, on);
    setAttr(button, 'aria-expanded', on);
  }
  async function copy() {
    try {
      await navigator.clipboard.writeText(link.value);
      setText(copied, 'Copied.');
    } catch {
      link.select();
      setText(copied, 'Copy it with Ctrl+C.');
    }
  }
  return {
    node: el('div', { class: 'sharing' }, button, panel),
    close: () => open(false),
    /** Show the code, or that there is none. @param {string} next */
    use(next) {
      if (next === code) return;
      const begun = next && !code;
      code = next;
      setText(large, code);
      link.value = new URL(`classroom?follow=${code}`, document.baseURI).href;
      setText(copied, '');
      setText(button, code || 'Let others follow');
      button.classList.toggle('led', Boolean(code));
      open(Boolean(begun));
    },
    /** @param {string | null} n How many follow. */
    followers(n) {
      if (code && n !== null) setText(button, `${code} · ${n} ${n === '1' ? 'follows' : 'follow'}`);
    },
  };
}
