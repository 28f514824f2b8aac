// @ts-check
// The time machine: a slider through the frames that the run has kept, and "go on from here".
import { el, setAttr, setText, show } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { reach } from '../core/view.js';

const EVERY = 2000;

/** True for the arrays that are curves: their steps, the metrics', and those of each number of a step. */
const isCurve = ({ stats }) => {
  const quantities = new Set(Object.keys(stats || {}));
  return (name) =>
    name === 'curve_step' || name.startsWith('metric_') || quantities.has(name.replace(/_(mean|min|max)$/, ''));
};

/** A frame of the past for the plots: the curves of all the run with the moment marked, all else as it was then. */
export function inTime(then, now) {
  if (!now) return then;
  const curve = isCurve(now.header),
    curves = Object.fromEntries(Object.entries(now.arrays).filter(([name]) => curve(name)));
  const { run, marks, best } = now.header;
  return {
    ...then,
    header: { ...then.header, run, marks, best, moment: then.header.step },
    arrays: { ...then.arrays, ...curves },
  };
}

/**
 * `look(step)`: show the picture of that step, null for the present. `send(name, value)`: ask the run. `starred()`:
 * another step is the best one; that may be heard after the last frame of a run that stands. Without `send` one can
 * only look.
 */
export function past({ look, send, starred }) {
  let kept = { run: 0, frames: [], states: [], best: null },
    step = null,
    asked = 0,
    asking = false;

  const slider = el('input', {
    type: 'range',
    min: '0',
    max: '0',
    step: '1',
    value: '0',
    'aria-label': 'Time machine: step to look at',
    title: 'Look at an earlier step; the run goes on meanwhile',
    oninput: () => choose(Number(slider.value)),
  });
  const says = el('output', { text: 'now' });
  const star = el('button', {
    type: 'button',
    text: '★ best',
    title: 'Look at the best step so far',
    onclick: () => {
      if (kept.best) go(kept.best.step);
    },
  });
  const back = el('button', { type: 'button', text: 'Back to now', onclick: () => go(null) });
  const on = el('button', {
    type: 'button',
    text: 'Go on from here',
    onclick: () => {
      if (step === null) return;
      send('branch', step);
      go(null);
    },
  });
  const node = el(
    'section',
    { class: 'card past', 'aria-label': 'Time machine' },
    el('h3', { text: 'Time machine' }),
    slider,
    says,
    star,
    back,
    ...(send ? [on] : []),
  );
  node.hidden = true;

  /** The last kept step of a sorted list that is not after `at`; the first one if all are. */
  const before = (steps, at) => steps.reduce((found, s) => (s <= at ? s : found), steps[0]);

  function choose(i) {
    go(i < kept.frames.length - 1 ? kept.frames[i] : null);
  }
  function go(to) {
    step = to;
    tell();
    look(step);
  }
  function tell() {
    const last = kept.frames.length - 1,
      now = step === null;
    setAttr(slider, 'max', Math.max(0, last));
    const at = now ? last : kept.frames.indexOf(before(kept.frames, step));
    if (Number(slider.value) !== at) slider.value = String(at);
    const words = now ? 'now' : `step ${integer(step)}`;
    setText(says, words);
    setAttr(slider, 'aria-valuetext', words);
    for (const button of [back, on]) button.disabled = now;
    const from =
      now || !kept.states.length
        ? null
        : before(
            [...kept.states, ...(kept.best ? [kept.best.step] : [])].sort((a, b) => a - b),
            step,
          );
    setAttr(
      on,
      'title',
      from === null
        ? 'Move the slider first'
        : `A run that goes on from step ${integer(from)}, the nearest kept state; this one is replaced`,
    );
    show(star, Boolean(kept.best));
    if (kept.best)
      setAttr(
        star,
        'title',
        `Look at step ${integer(kept.best.step)}, the best so far: ${kept.best.metric} ${decimal(kept.best.value)}`,
      );
    show(node, last > 0);
  }

  return {
    node,
    /** Step that is looked at, null for the present. */
    at: () => step,
    /** The best step so far of this run with its metric and value, or null. */
    best: (run) => (kept.run === run ? kept.best : null),
    /** Hear which run this is: what another one has kept cannot be looked at any more, and is asked for anew. */
    meet(run) {
      if (run === kept.run) return;
      const looking = step !== null;
      kept = { run, frames: [], states: [], best: null };
      asked = -EVERY;
      if (looking) go(null);
      else tell();
    },
    /** Ask now and then what the run has kept. */
    async refresh(url, now) {
      if (asking || now - asked < EVERY) return;
      asked = now;
      asking = true;
      const of = kept.run;
      try {
        const reply = await reach(url);
        if (!reply.ok) return;
        const next = await reply.json();
        if (kept.run !== of && kept.run !== next.run) return; // the view has met another run meanwhile
        const gone = next.run !== kept.run && step !== null; // what was looked at belongs to a run that is no more
        const other = next.best?.step !== kept.best?.step;
        kept = next;
        if (gone) go(null);
        else tell();
        if (other) starred();
      } catch {
        // no network: the next time
      } finally {
        asking = false;
      }
    },
    /** Forget at once: the run is another one. */
    clear() {
      step = null;
      kept = { run: 0, frames: [], states: [], best: null };
      asked = -EVERY;
      tell();
    },
  };
}
