// @ts-check
// Play, pause, single updates, reset, seed, pace, stop; the counters; and their keys.
import { el, setAttr, setText } from '../core/dom.js';
import { clock, integer, rate } from '../core/format.js';

/** @type {[string, number | null, string][]} */
export const PACES = [
  ['1', 1, '1 a second'],
  ['5', 5, '5 a second'],
  ['30', 30, '30 a second'],
  ['full', null, 'full speed'],
];
const RUNNING = new Set(['playing', 'queued']);
const ENDED = new Set(['diverged', 'error', 'closed', 'unreached']);
const DEAF = new Set(['closed', 'unreached']);

/**
 * The transport.
 * @param {{send: (name: string, value?: unknown) => void, settled: () => boolean} | null} post A command queue, or null
 *   where one can only look.
 * @param {object} [options]
 * @param {boolean} [options.lone] With buttons and keys for single updates of D and G.
 * @param {HTMLElement[]} [options.more] What stands before the counters.
 */
export function transport(post, { lone = true, more = [] } = {}) {
  const send = post?.send ?? (() => {});
  /** @param {string} name */
  const click = (name) => () => send(name);
  /** @param {string} text @param {string} title @param {string} name */
  const button = (text, title, name, kind = '') =>
    el('button', { type: 'button', text, title, class: kind, onclick: click(name) });

  const icon = el('span', { class: 'icon', 'aria-hidden': 'true' });
  const word = el('span', { text: 'Play' });
  let running = false;
  const play = el('button', { type: 'button', class: 'primary', title: 'Space', onclick: () => toggle() }, icon, word);
  const both = button('One step', 'One step: D’s updates, then G’s (key S)', 'step');
  const d = button('D update', 'One update of the discriminator alone (key D)', 'step_d', 'd');
  const g = button('G update', 'One update of the generator alone (key G)', 'step_g', 'g');
  const reset = button('Reset', 'Start again with the same seed: the same numbers (key R)', 'reset');
  const seed = button('New seed', 'Start again with another seed (key N)', 'new_seed');

  const pace = el(
    'select',
    {
      'aria-label': 'Pace',
      title: 'How fast it trains (keys [ and ]); at one step a second D’s and G’s halves are shown apart',
      onchange: () => askPace(),
      class: 'pace',
    },
    ...PACES.map(([value, , text]) => el('option', { value, text })),
  );
  pace.value = 'full';
  const stop = el('input', {
    type: 'number',
    min: '1',
    step: '1',
    inputmode: 'numeric',
    'aria-label': 'Stop at',
    placeholder: 'never',
    title: 'Pause by itself at this step; empty: never',
    onchange: () => stopAt(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Enter') stop.blur();
    },
  });
  function stopAt() {
    const n = Math.round(Number(stop.value));
    if (stop.value === '') send('stop_at', null);
    else if (n >= 1 && n <= 1e9) send('stop_at', n);
  }
  function askPace() {
    send('pace', PACES.find(([key]) => key === pace.value)?.[1]);
  }
  function toggle() {
    send(running ? 'pause' : 'play');
  }
  /** @param {number} by */
  function shift(by) {
    const i = PACES.findIndex(([key]) => key === pace.value) + by;
    if (i < 0 || i >= PACES.length) return;
    pace.value = PACES[i][0];
    askPace();
  }

  const which = el('span', { text: 'step ' }),
    step = el('b', { text: '0' }),
    speed = el('span', { class: 'speed', text: '–' });
  const time = el('span', { class: 'time', title: 'Time spent training', text: '0:00' });
  const node = el(
    'div',
    { class: 'transport', role: 'toolbar', 'aria-label': 'Transport' },
    ...(post ? [play, both, ...(lone ? [d, g] : []), reset, seed, pace] : []),
    ...(post ? [el('label', { class: 'field' }, el('span', { text: 'stop at' }), stop)] : []),
    ...more,
    el('div', { class: 'counters' }, el('span', { class: 'step' }, which, step), speed, time),
  );
  const all = [play, both, d, g, reset, seed, pace, stop];
  all.forEach((control) => {
    control.disabled = true;
  });

  /** @type {Record<string, () => void>} */
  const KEYS = {
    ' ': () => toggle(),
    s: click('step'),
    ...(lone ? { d: click('step_d'), g: click('step_g') } : {}),
    r: click('reset'),
    n: click('new_seed'),
    '[': () => shift(-1),
    ']': () => shift(1),
  };

  return {
    node,
    /** Take a key if it is one of the transport's; true if taken. @param {KeyboardEvent} event */
    key(event) {
      const key = event.key.toLowerCase();
      if (!post || !(key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return false;
      const needs = 'rn[]'.includes(key) ? reset : play;
      if (!event.repeat && !needs.disabled) KEYS[key]();
      return true;
    },
    /**
     * Show a frame.
     * @param {{header: any}} frame
     * @param {boolean} [past] Whether the rest of the page shows an earlier step than the run stands at.
     */
    update({ header }, past = false) {
      const { state } = header;
      setText(which, past ? 'now ' : 'step ');
      running = RUNNING.has(state);
      setText(word, running ? 'Pause' : 'Play');
      setAttr(icon, 'data-icon', running ? 'pause' : 'play');
      setAttr(play, 'title', `${running ? 'Pause' : 'Play'} (space)`);
      for (const control of [play, both, d, g]) control.disabled = ENDED.has(state);
      for (const control of [reset, seed, pace, stop]) control.disabled = DEAF.has(state);
      // A frame of before must not set back what was chosen since: the next key would count from there.
      const settled = post?.settled();
      if (settled && document.activeElement !== pace) {
        const known = PACES.find(([, value]) => value === (header.pace ?? null));
        if (known) pace.value = known[0];
      }
      if (settled && document.activeElement !== stop) {
        const value = header.stop_at ? String(header.stop_at) : '';
        if (stop.value !== value) stop.value = value;
      }
      setText(step, integer(header.step));
      setText(speed, `${state === 'playing' ? rate(header.steps_per_second) : '0'} a second`);
      setText(time, clock(header.seconds));
    },
  };
}
