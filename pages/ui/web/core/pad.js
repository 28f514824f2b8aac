// @ts-check
// A pad to draw on: white on black or the other way round, by mouse, pen or finger.
import { el } from './dom.js';

const PEN = 15;
export const PAD_SIDE = 224;

/**
 * @param {{paper: number, side: number, drawn: () => void}} given Brightness of the paper, 0 to 1; pixels along a side
 * of the pictures that it will be one of; called after each stroke.
 */
export function pad({ paper, side, drawn }) {
  const node = /** @type {HTMLCanvasElement} */ (
    el('canvas', { class: 'pad', width: PAD_SIDE, height: PAD_SIDE, role: 'img', 'aria-label': 'drawing area' })
  );
  const pen = /** @type {CanvasRenderingContext2D} */ (node.getContext('2d', { willReadFrequently: true }));
  /** @type {[number, number] | null} */
  let last = null;

  /** @param {number} level */
  const grey = (level) => `rgb(${level},${level},${level})`;
  function wipe() {
    pen.fillStyle = grey(Math.round(255 * paper));
    pen.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
  }
  /** @param {[number, number]} from @param {[number, number]} to */
  function stroke(from, to) {
    pen.strokeStyle = grey(paper < 0.5 ? 255 : 0);
    pen.lineWidth = PEN * (8 / Math.min(28, Math.max(8, side)) + 0.5);
    pen.lineCap = 'round';
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }
  /** @param {PointerEvent} event @returns {[number, number]} */
  function at(event) {
    const box = node.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD_SIDE, ((event.clientY - box.top) / box.height) * PAD_SIDE];
  }
  node.addEventListener('pointerdown', (event) => {
    node.setPointerCapture(event.pointerId);
    last = at(event);
    stroke(last, last);
  });
  node.addEventListener('pointermove', (event) => {
    if (!last) return;
    const next = at(event);
    stroke(last, next);
    last = next;
  });
  for (const name of ['pointerup', 'pointercancel'])
    node.addEventListener(name, () => {
      if (last) drawn();
      last = null;
    });
  wipe();
  return { node, wipe };
}
