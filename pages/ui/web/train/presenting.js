// @ts-check
// Present: the picture and the verdict in large type, for a projector. Nothing is made anew, so nothing is lost.
import { el, setAttr, setText } from '../core/dom.js';

const KEY = 'p';

/** @param {HTMLElement} root Of the view. */
export function presenting(root) {
  const button = el('button', { type: 'button', class: 'present', 'aria-pressed': false, onclick: () => set(!on) });
  let on = false;

  /** @param {boolean} value */
  function set(value) {
    on = value;
    root.classList.toggle('presenting', on);
    document.documentElement.classList.toggle('gan-presenting', on);
    setText(button, on ? 'End' : 'Present');
    setAttr(button, 'aria-pressed', on);
    setAttr(button, 'title', on ? 'Back to the page (P or Escape)' : 'Large type, for a projector (key P)');
  }
  set(false);
  return {
    node: button,
    /** Take a key if it is its own; true if taken. @param {KeyboardEvent} event */
    key(event) {
      if (event.key.toLowerCase() !== KEY || event.ctrlKey || event.metaKey || event.altKey) return false;
      if (!event.repeat) set(!on);
      return true;
    },
    leave: () => on && set(false),
    end: () => on && set(false),
  };
}
