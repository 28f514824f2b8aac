// @ts-check
// Light or dark is read from the page itself, so that the view follows the visitor's choice while it runs.
import { drawing } from './dom.js';

/** @typedef {'light' | 'dark'} Theme */

/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/** From 0, black, to 1, white; what is no colour is white. @param {string} colour */
function luminance(colour) {
  probe ||= drawing(document.createElement('canvas'));
  probe.fillStyle = '#ffffff';
  probe.fillStyle = colour;
  const found = /** @type {string} */ (probe.fillStyle);
  if (!/^#[0-9a-f]{6}$/.test(found)) return 1;
  const [red, green, blue] = rgb(found).map((part) => part / 255);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * By Streamlit's own background where it is given, else by the page's.
 * @param {Element} root
 * @returns {Theme}
 */
export function pageTheme(root) {
  const given = getComputedStyle(root).getPropertyValue('--st-background-color').trim();
  const app = root.closest('.stApp') || document.body;
  return luminance(given || getComputedStyle(app).backgroundColor) < 0.4 ? 'dark' : 'light';
}

/** Red, green and blue of "#rrggbb", 0 to 255. @param {string} hex */
export function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/** A colour that lets some of what is below through. @param {string} hex @param {number} opacity */
export function alpha(hex, opacity) {
  return `rgba(${rgb(hex).join(',')},${opacity})`;
}
