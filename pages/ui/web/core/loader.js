// @ts-check
// Loads the module of a view and keeps one view in each place of the page. Streamlit has it inline, in every component.

/** @type {Map<string, Promise<any>>} */
const modules = new Map();
/** @type {WeakMap<Element, object>} */
const newest = new WeakMap();
const LATE_MS = 10000;
const AGAIN_MS = [1000, 4000, 10000]; // a script that could not be loaded is tried again, so often

/** @param {string} url @param {number} tries */
function load(url, tries) {
  let module = modules.get(url);
  if (!module) {
    // Some browsers remember for good that an address could not be loaded: another query is another address.
    module = import(tries ? `${url}?again=${tries}` : url);
    modules.set(url, module);
    module.catch(() => modules.delete(url));
  }
  return module;
}

/**
 * Called at every change of data or theme. While a call still waits for its script the next one may come; Streamlit
 * then cleans up after the first, though the place is still on the page. So only the newest call of a place acts.
 * @param {{data: {script: string}, parentElement: HTMLElement}} component
 */
export default function mount(component) {
  const url = new URL(component.data.script, document.baseURI).href;
  const place = component.parentElement;
  const call = {};
  /** @type {(() => void) | null} */
  let end = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  newest.set(place, call);
  const acts = () => newest.get(place) === call;

  function hush() {
    for (const words of place.querySelectorAll(':scope > .gan-live-lost')) words.remove();
  }
  /** @param {string} text */
  function say(text) {
    if (!acts()) return;
    hush();
    const words = document.createElement('p');
    words.className = 'gan-live-lost';
    words.setAttribute('role', 'status');
    words.textContent = text;
    place.append(words);
  }
  /** @param {number} tries */
  function begin(tries) {
    load(url, tries).then(
      (view) => {
        clearTimeout(late);
        if (!acts()) return;
        hush();
        end = view.default(component);
      },
      () => {
        clearTimeout(late);
        if (!acts()) return;
        const again = AGAIN_MS[tries];
        if (again) say('What stands here could not be loaded. It is tried again.');
        else say('What stands here could not be loaded. Reload the page to try again.');
        if (again) waiting = setTimeout(begin, again, tries + 1);
      },
    );
  }
  const late = setTimeout(say, LATE_MS, 'What stands here has not come yet. Reload the page if it stays away.');
  begin(0);
  return () => {
    clearTimeout(late);
    clearTimeout(waiting);
    if (!acts()) return;
    newest.delete(place);
    hush();
    end?.();
  };
}
