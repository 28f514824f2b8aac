// Light or dark is read from the page itself, so that the view follows the visitor's choice while it runs.

const probe = document.createElement('canvas').getContext('2d');

function luminance(colour) {
  probe.fillStyle = '#ffffff';
  probe.fillStyle = colour;
  const hex = /^#(..)(..)(..)$/.exec(probe.fillStyle);
  if (!hex) return 1;
  const [r, g, b] = hex.slice(1).map((part) => parseInt(part, 16) / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** "light" or "dark": by Streamlit's own background where it is given, else by the page's. */
export function pageTheme(root) {
  const given = getComputedStyle(root).getPropertyValue('--st-background-color').trim();
  const app = root.closest('.stApp') || document.body;
  return luminance(given || getComputedStyle(app).backgroundColor) < 0.4 ? 'dark' : 'light';
}

export function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

export function alpha(hex, a) {
  return `rgba(${rgb(hex).join(',')},${a})`;
}
