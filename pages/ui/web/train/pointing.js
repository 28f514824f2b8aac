// @ts-check
// The panel that a teacher points at, marked in the teacher's view and in those of all who follow.
import { setAttr } from '../core/dom.js';

/**
 * @param {Record<string, HTMLElement>} panels By their names, in the order of the page.
 * @param {((name: string | null) => void) | null} tell Told what is pointed at; null where one can only look.
 */
export function pointing(panels, tell) {
  let at = '';
  let led = false;
  const names = Object.keys(panels);

  /** @param {string} name */
  function mark(name) {
    if (name === at) return;
    at = name in panels ? name : '';
    for (const [own, node] of Object.entries(panels)) setAttr(node, 'data-pointed', own === at);
  }
  /** @param {string} name */
  function point(name) {
    mark(name === at ? '' : name);
    tell?.(at || null);
  }
  names.forEach((name, i) => {
    panels[name].querySelector('h3')?.addEventListener('click', () => {
      if (led) point(name);
    });
    setAttr(panels[name], 'data-panel', name);
    setAttr(panels[name], 'data-key', i + 1);
  });
  return {
    /** Whether there is anybody to point for. @param {HTMLElement} root @param {boolean} on */
    lead(root, on) {
      if (led && !on) mark('');
      led = on;
      setAttr(root, 'data-led', led);
    },
    /** Mark what the teacher points at, and bring it into sight. @param {string} name */
    follow(name) {
      if (name === at) return;
      mark(name);
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (at) panels[at].scrollIntoView({ block: 'nearest', behavior: calm ? 'auto' : 'smooth' });
    },
    get at() {
      return at;
    },
    /** Take a key: the number of a panel, or 0 to point at nothing. @param {KeyboardEvent} event */
    key(event) {
      if (!led || !tell || !/^[0-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return false;
      const name = names[Number(event.key) - 1];
      if (event.repeat) return true;
      if (name) point(name);
      else if (at) point(at);
      return true;
    },
  };
}
