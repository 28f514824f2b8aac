// @ts-check
// The browser's own token: made once, kept in local storage, sent to the server at the beginning of a visit.
const NAME = 'gan-explorer.browser';
const sent = new WeakSet();

function token() {
  try {
    const known = localStorage.getItem(NAME);
    if (known && /^[0-9a-f]{32}$/.test(known)) return known;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const made = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    localStorage.setItem(NAME, made);
    return made;
  } catch {
    // no storage, as in some private windows: runs are then known for this visit alone
    return '';
  }
}

/** @param {import('./view.js').Component<unknown>} component */
export default function tell({ parentElement, setTriggerValue }) {
  if (sent.has(parentElement)) return;
  sent.add(parentElement);
  const mine = token();
  if (mine) setTriggerValue('token', mine);
}
