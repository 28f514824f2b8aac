// @ts-check
// Which lessons are done, kept in this browser: what is stored is told once, what is new is stored.
const NAME = 'gan-explorer.lessons';

function stored() {
  try {
    const list = JSON.parse(localStorage.getItem(NAME) || '[]');
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string').slice(0, 32) : [];
  } catch {
    return [];
  }
}

/** @param {import('../core/view.js').Component<{done: string[]}>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const before = stored();
  const all = [...new Set([...before, ...data.done])];
  if (all.length > before.length) {
    try {
      localStorage.setItem(NAME, JSON.stringify(all));
    } catch {
      /* no storage, as in some private windows */
    }
  }
  if (parentElement.dataset.told) return;
  parentElement.dataset.told = 'yes';
  // After the browser's own token: two messages at once would be taken for one, and only that one's part drawn again.
  if (all.length > data.done.length) setTimeout(() => setTriggerValue('done', all), 500);
}
