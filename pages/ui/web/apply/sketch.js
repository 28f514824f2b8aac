// @ts-check
// A drawing of one's own for the Apply page: sent after each stroke, as grey pixels.
import { nextNonce } from '../core/commands.js';
import { el, style } from '../core/dom.js';
import { PAD_SIDE, pad } from '../core/pad.js';
import { mounter } from '../core/view.js';

const SIDE = 64; // as many pixels as the server keeps of a picture
const GREY = [0.299, 0.587, 0.114];

/** @typedef {{side: number, styles: string[], drawn: string}} Data */

export default mounter('gan-sketch', {}, (root) => {
  /** @type {((name: string, value: unknown) => void) | null} */
  let tell = null;
  /** @type {ReturnType<typeof pad> | null} */
  let area = null;

  function send() {
    if (!area) return;
    const small = document.createElement('canvas');
    small.width = small.height = SIDE;
    const c = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d'));
    c.imageSmoothingQuality = 'high';
    c.drawImage(area.node, 0, 0, PAD_SIDE, PAD_SIDE, 0, 0, SIDE, SIDE);
    const { data } = c.getImageData(0, 0, SIDE, SIDE);
    let text = '';
    for (let p = 0; p < data.length; p += 4)
      text += String.fromCharCode(Math.round(GREY.reduce((sum, share, k) => sum + share * data[p + k], 0)));
    tell?.('drawn', { pixels: btoa(text), n: nextNonce() });
  }
  /** Show again what was drawn before the page was left. @param {string} text */
  function restore(text) {
    if (!area || !text) return;
    const grey = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
      small = document.createElement('canvas');
    small.width = small.height = SIDE;
    const c = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d')),
      picture = c.createImageData(SIDE, SIDE);
    grey.forEach((level, p) => {
      picture.data.set([level, level, level, 255], 4 * p);
    });
    c.putImageData(picture, 0, 0);
    const pen = /** @type {CanvasRenderingContext2D} */ (area.node.getContext('2d'));
    pen.drawImage(small, 0, 0, PAD_SIDE, PAD_SIDE);
  }
  function clear() {
    area?.wipe();
    tell?.('drawn', { pixels: '', n: nextNonce() });
  }
  return {
    /** @param {import('../core/view.js').Component<Data>} component */
    configure(component) {
      tell = component.setTriggerValue;
      style(component.data.styles, root);
      if (area) return;
      area = pad({ paper: 0, side: component.data.side, drawn: send });
      restore(component.data.drawn);
      root.append(
        area.node,
        el(
          'p',
          {},
          el('button', { type: 'button', text: 'Clear', onclick: clear }),
          ' Draw in white, with a mouse, a pen or a finger; a picture can be uploaded in its place.',
        ),
      );
    },
    end() {},
    ended: false,
  };
});
