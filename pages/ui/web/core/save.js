// @ts-check
// Files that are made for a token: a link cannot carry a header, so they are fetched and then saved.
import { el } from './dom.js';
import { reach, unreached } from './view.js';

const PATIENCE_MS = 60000; // a film takes long
const KEPT_MS = 60000;

/** @param {string} url @returns {Promise<string>} What was wrong, in words; '' if nothing was. */
async function save(url) {
  const reply = await reach(url, { patience: PATIENCE_MS });
  if (reply.status === 400) return (await reply.json()).message;
  if (!reply.ok) return 'The file could not be made: this run has ended.';
  const name = /filename="([\w.-]+)"/.exec(reply.headers.get('content-disposition') || '');
  const href = URL.createObjectURL(await reply.blob());
  el('a', { download: name?.[1] ?? '', href }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
  return '';
}

/**
 * Save what a link of a view leads to when it is clicked, if the link holds a token.
 * @param {HTMLElement} root
 * @param {(words: string) => void} say Told what was wrong.
 */
export function saveOnClick(root, say) {
  root.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[download]') : null;
    if (!(link instanceof HTMLAnchorElement) || !new URL(link.href).searchParams.has('t')) return;
    event.preventDefault();
    save(link.href).then(say, (error) => {
      say(unreached(error) ? 'The server does not answer. Try again.' : 'The file could not be made.');
    });
  });
}
