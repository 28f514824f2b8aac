// @ts-check
// The live view of a training GAN. One loop fetches frames; what it shows is built once and then only filled.

import { commandQueue } from '../core/commands.js';
import { choice, el, setAttr, setText, show, style } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';
import { parse } from '../core/frame.js';
import { plot, plotter } from '../core/plots.js';
import { actAtOnce, askForFrame, eagerness, rhythm, stateWords } from '../core/stream.js';
import { alpha } from '../core/theme.js';
import { keyboard, loop, mounter, skin } from '../core/view.js';
import { flow } from './flow.js';
import { turns } from './formulas.js';
import { pointing } from './pointing.js';
import { presenting } from './presenting.js';
import { samples } from './samples.js';
import { scoreKeys } from './scored.js';
import { sharing } from './sharing.js';
import { strip } from './strip.js';
import { inTime, past } from './time-machine.js';
import { transport } from './transport.js';
import { cards, hasModes, verdict, welcome } from './words.js';

const ENDED = 'This run has ended';
const EAGER_MS = 50;
const WORDS_MS = 380; // at full speed words change no oftener: so they can be read, and cost less than the picture
const GONE_MS = 5000; // without an answer, until the page says so
const MEANWHILE_MS = 1000; // between two questions how the run goes while its past is looked at
let welcomed = false; // hidden on one page stays hidden on the next

export default mounter(
  'gan-live',
  { 'data-step': 0, 'data-frame': 0, 'data-steps-per-second': 0, 'data-generator': '' },
  build,
);

/**
 * Build the view.
 *
 * @param {HTMLElement} root
 * @param {any} [leader] Whose run is only looked at, see `follow.js`; null for the visitor's own.
 */
export function build(root, leader = null) {
  let data = null,
    alive = true,
    since = '',
    generator = '',
    heard = 0,
    overtaken = 0,
    unanswered = 0;
  let frame = null,
    present = null,
    spoken = 0,
    checked = 0,
    state = '';
  let smooth = 0.6,
    shownPast = null,
    worded = 0,
    said = '';

  const eager = eagerness(EAGER_MS),
    frames = rhythm();
  const colours = skin(root, () => {
    if (!frame?.header.kind) return;
    parts.samples.repaint();
    parts.strip.repaint();
    drawing.refresh();
  });
  const { look } = colours;
  const asking = loop(root, {
    ask,
    every: () => leader?.every() ?? (state === 'closed' ? null : eager.every(data.ms || 200)),
    gone: end,
  });

  function hurry() {
    eager.begin();
    asking.wake();
  }
  const post = commandQueue({ sent: hurry });

  const share = sharing(post.send),
    large = presenting(root);
  const parts = {
    transport: transport(leader ? null : post, { more: leader ? [large.node] : [] }),
    welcome: welcome(post.send, () => JSON.parse(data.first || 'null')),
    verdict: verdict(leader ? null : post.send),
    flow: flow(),
    cards: cards(colours.metrics),
    turns: turns(),
    samples: samples({
      look,
      both: !leader,
      pickGenerator: (value) => {
        generator = value;
        since = '';
        hurry();
      },
    }),
    strip: strip({ look, metrics: colours.metrics }),
    past: past({
      send: post.send,
      look: () => {
        since = '';
        shownPast = null;
        hurry();
      },
      starred: () => {
        if (!present || !frame?.header.kind) return;
        present.header.best = parts.past.best(present.header.run);
        drawing.update(parts.past.at() === null ? frame : inTime(frame, present));
        drawing.refresh();
      },
    }),
  };
  parts.welcome.node.hidden = welcomed;
  parts.welcome.node.querySelector('.close').addEventListener('click', () => {
    welcomed = true;
  });

  const plots = {
    losses: plot('losses', 'Losses'),
    score_histograms: plot('score_histograms', 'What D says'),
    score_means: plot('score_means', 'What D says, over time'),
    gradient_norms: plot('gradient_norms', 'Gradient norms'),
    accuracy: plot('accuracy', 'D’s accuracy'),
    scores: plot('scores', 'Scores'),
  };
  const drawing = plotter({
    plots: Object.values(plots),
    url: () => data.plotly,
    templates: colours.template,
    options: () => ({
      smooth,
      font: colours.font(),
      ground: alpha(colours.palette().card, 0.72),
      every: data.plotMs || 500,
      gap: frames.gap,
    }),
  });

  const key = (kind, words, ...more) =>
    el('span', { class: `key ${kind}` }, el('i', { 'aria-hidden': 'true' }), words, ...more);
  const dNow = el('span', { class: 'value', text: '' }),
    gNow = el('span', { class: 'value', text: '' });
  const slider = el('input', {
    type: 'range',
    min: '0',
    max: '0.98',
    step: '0.02',
    value: String(smooth),
    'aria-label': 'Smoothing',
    title: 'Smooths the lines; the pale band always shows every step’s range',
    oninput: () => {
      smooth = Number(slider.value);
      drawing.refresh();
    },
  });
  const says = choice(
    'What is drawn',
    [
      ['score_histograms', 'now', 'How D answers at this step: shares of real and of generated samples'],
      ['score_means', 'over time', 'The means of D’s answers since step 1'],
    ],
    'score_histograms',
    (name) => {
      for (const which of ['score_histograms', 'score_means']) plots[which].node.hidden = which !== name;
      drawing.refresh();
    },
  );
  plots.score_means.node.hidden = true;

  const reading = el('p', { class: 'reading', text: '', hidden: true });
  const left = el('p', { class: 'lost', text: '', hidden: true });
  const small = (title, hint, state_, ...keys) =>
    el('figure', { class: 'small' }, el('figcaption', { title: hint }, el('b', { text: title }), ...keys), state_.node);
  const scored = scoreKeys(colours.metrics);
  const scoresFigure = small('Scores', 'Measured now and then, of the averaged generator', plots.scores, scored.node);
  const status = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite', text: '' });
  const behind = el('p', { class: 'reading', role: 'status', text: '', hidden: true });
  const losses = el(
    'section',
    { class: 'card losses', 'aria-label': 'Losses' },
    el(
      'header',
      {},
      el('h3', { text: 'Losses' }),
      key('dashed d', 'discriminator', dNow),
      key('solid fake', 'generator', gNow),
      el('label', { class: 'smooth' }, el('span', { text: 'smooth' }), slider),
    ),
    reading,
    plots.losses.node,
  );
  const answers = el(
    'section',
    { class: 'card says', 'aria-label': 'What D says' },
    el(
      'header',
      {},
      el('h3', { text: 'What D says' }),
      key('box real', 'D(x)'),
      key('fill fake', 'D(G(z))'),
      says.node,
    ),
    plots.score_histograms.node,
    plots.score_means.node,
  );
  const health = el(
    'section',
    { class: 'card health', 'aria-label': 'Health' },
    el('header', {}, el('h3', { text: 'Health' }), el('span', { class: 'note', text: 'do both still learn?' })),
    el(
      'div',
      { class: 'three' },
      small(
        'Gradient norms',
        'How strongly each is pushed: a line that falls learns no more',
        plots.gradient_norms,
        key('dashed d', 'D'),
        key('solid fake', 'G'),
      ),
      small(
        'D is right',
        'How often D tells which is which; one half is a guess',
        plots.accuracy,
        key('dotted real', 'real'),
        key('solid fake', 'generated'),
      ),
      scoresFigure,
    ),
  );
  root.append(
    parts.transport.node,
    behind,
    ...(leader ? [] : [el('div', { class: 'tools' }, parts.welcome.node, share.node, large.node)]),
    parts.verdict.node,
    parts.flow.node,
    el('div', { class: 'board' }, parts.samples.node, el('div', { class: 'side' }, losses, answers, parts.cards.node)),
    parts.past.node,
    parts.strip.node,
    left,
    parts.turns.node,
    health,
    status,
  );
  const point = pointing(
    {
      verdict: parts.verdict.node,
      flow: parts.flow.node,
      picture: parts.samples.node,
      losses,
      answers,
      numbers: parts.cards.node,
      time: parts.strip.node,
      turns: parts.turns.node,
      health,
    },
    leader ? null : (name) => post.send('point', name),
  );

  function say(now, { header }) {
    if (header.state !== state) {
      state = header.state;
      if (state === 'error') post.send('ended'); // something that was saved may be on offer
      setText(status, `${stateWords(state, ENDED)} at step ${integer(header.step)}`);
    }
    if (now - spoken < 4000 || parts.past.at() !== null) return;
    spoken = now;
    const stats = header.stats || {};
    const both = (d, g) => `discriminator ${decimal(d)}, generator ${decimal(g)}`;
    const answer = header.meaning === 'critic' ? 'critic value' : 'logit';
    const answers = `${decimal(stats.real_logit)} on real, ${decimal(stats.fake_logit)} on generated`;
    drawing.speak({
      losses: `Losses at step ${integer(header.step)}: ${both(stats.d_loss, stats.g_loss)}`,
      score_histograms: `What D says: ${answer} ${answers}, on average`,
      gradient_norms: `Gradient norms: ${both(stats.d_grad_norm, stats.g_grad_norm)}`,
    });
  }

  /** Hear how the run stands: what the transport and the root's attributes say, whatever moment is looked at. */
  function hear(next, wordy = true) {
    const now = performance.now(),
      { header } = next;
    present = next;
    parts.past.meet(header.run);
    header.best = parts.past.best(header.run);
    for (const [name, value] of Object.entries({
      step: header.step,
      frame: header.serial,
      state: header.state,
      generator: header.generator,
      'steps-per-second': Number((header.steps_per_second || 0).toFixed(2)),
    }))
      setAttr(root, `data-${name}`, value ?? '');
    if (leader) meet(header.run).catch(() => {}); // the next frame asks again
    if (wordy) {
      parts.transport.update(next, parts.past.at() !== null);
      const past = Boolean(leader) && Number.isFinite(header.moment);
      setText(behind, past ? `Your teacher looks back, at step ${integer(header.step)}` : '');
      show(behind, past);
      parts.welcome.update(next);
    }
    say(now, next);
  }

  /** Say of a run that is followed what a page's script says of one's own. @param {number} run */
  async function meet(run) {
    const about = await leader.about(data, run);
    if (!about) return;
    parts.turns.build(about.formulas, null);
    setText(reading, about.reading);
    show(reading, Boolean(about.reading));
  }

  /** Whether the words are to follow this frame: at once where something happened, else when it is time. */
  function worthWords(header, now, slow) {
    const settled = [header.run, header.state, header.phase, header.message, header.kind, header.metrics_step].join();
    if (header.state === 'playing' && !slow && settled === said && now - worded < WORDS_MS) return false;
    worded = now;
    said = settled;
    return true;
  }

  function take(next) {
    const now = performance.now(),
      { header } = next;
    frames.beat(now);
    frame = next;
    const slow = header.pace !== null && header.pace !== undefined && header.pace <= 5;
    const wordy = worthWords(header, now, slow);
    hear(next, wordy);
    const ms = frames.glide(header.state, slow ? 450 : 260);
    if (wordy) parts.flow.update(frame, now);
    if (header.kind)
      draw(now, ms, wordy); // else there is nothing to see yet: a run that waits, or whose data could not be had
    else parts.verdict.update(frame);
  }

  /** Show what the frame has to say of the GAN, whether it is of now or of the past. */
  function draw(now, ms, wordy = true) {
    const { header } = frame;
    parts.samples.update(frame, now, ms);
    if (wordy) {
      parts.verdict.update(frame);
      setText(dNow, decimal(header.stats?.d_loss));
      setText(gNow, decimal(header.stats?.g_loss));
      parts.cards.update(frame);
      parts.strip.update(frame);
      show(left, hasModes(header));
      setText(left, header.lost || '\u00a0');
      parts.turns.update(frame);
      scoresFigure.hidden = !scored.any(frame);
      scored.update(frame);
    }
    drawing.update(parts.past.at() === null ? frame : inTime(frame, present));
    setAttr(root, 'data-draw-ms', (performance.now() - now).toFixed(1));
  }

  /** How the present is asked for. @param {boolean} back Whether it is another moment that is looked at. */
  const wish = (back) => `&since=${since}${back ? '&past=1' : ''}${generator ? `&generator=${generator}` : ''}`;

  /** Have a command done by its route, and show what comes of it. */
  async function act(command) {
    const url = data.command,
      back = parts.past.at() !== null;
    const reply = await actAtOnce(`${url}${wish(back)}`, command);
    const bytes = await reply?.bytes();
    const next = bytes && parse(bytes);
    if (!next || !alive || url !== data.command || back !== (parts.past.at() !== null)) return reply !== null;
    const { run, serial } = next.header;
    if (present?.header.run === run && present.header.serial > serial) return true;
    overtaken += 1;
    since = String(serial);
    if (back) hear(next);
    else take(next);
    return true;
  }

  /** Fetch what is looked at: the present, or a moment of the past once, and then now and then how the run goes on. */
  async function ask(begun) {
    if (!(await colours.ready()) || !alive || document.hidden) return;
    if (begun - checked > 1000) {
      checked = begun;
      colours.dress();
    }
    const url = data.url,
      looked = parts.past.at(),
      stands = looked !== null && looked === shownPast;
    if (!leader) parts.past.refresh(data.past, begun);
    if (stands && !eager.lasts(begun) && begun - heard < MEANWHILE_MS) return;
    const now = looked === null || stands;
    if (now) heard = begun;
    const which = now ? wish(stands) : `&at=${looked}`,
      before = overtaken;
    const asked = leader ? leader.ask(data, since, point.at) : askForFrame(`${url}${which}`);
    const reply = await asked.catch(unheard);
    if (!alive) return;
    if (unanswered) back();
    if (reply.gone) {
      lost(reply.words);
      return;
    }
    share.followers(reply.followers);
    if (leader && reply.point !== null) point.follow(reply.point);
    if (now) post.acknowledge(reply.heard);
    const bytes = await reply.bytes();
    if (!bytes) return;
    const next = parse(bytes);
    if (leader && reply.past) next.header.moment = next.header.step;
    if (!alive || url !== data.url || looked !== parts.past.at()) return;
    if (now && before !== overtaken) return; // the answer to a command came first, with a newer one
    setAttr(root, 'data-past', looked ?? '');
    if (now) since = String(next.header.serial);
    if (stands) hear(next);
    else if (now) take(next);
    else {
      shownPast = looked;
      frame = next;
      frame.header.moment = frame.header.step;
      if (present) parts.transport.update(present, true);
      parts.flow.update({ header: { ...next.header, state: 'paused', phase: '' } }, 0);
      draw(performance.now(), 0);
    }
  }

  /**
   * No answer has come: if none comes for long, the page says that what it shows is of before.
   *
   * @returns {never} It throws what it was given.
   */
  function unheard(error) {
    const now = performance.now();
    unanswered ||= now;
    if (alive && now - unanswered > GONE_MS && state !== 'unreached') {
      state = 'unreached';
      setAttr(root, 'data-state', state);
      setText(status, stateWords(state, ENDED));
      if (frame) {
        const { step } = frame.header;
        const message = `What is seen here is of step ${integer(step)}. It goes on by itself once the server is back.`;
        stand(message);
      }
    }
    throw error;
  }
  /** Say that nothing goes on, and why; the last picture stays. */
  function stand(message) {
    frame = { ...frame, header: { ...frame.header, state, message } };
    parts.transport.update(frame);
    parts.flow.update(frame, 0);
    if (frame.header.kind) draw(performance.now(), 0);
    else parts.verdict.update(frame);
  }
  /** An answer has come again: the next one is to bring a picture, even if none is newer. */
  function back() {
    unanswered = 0;
    if (state === 'unreached') since = '';
  }

  function lost(words = 'Reload the page to start a new one; the last picture stays.') {
    state = 'closed';
    setAttr(root, 'data-state', 'closed');
    setText(status, ENDED);
    if (frame) stand(words);
    else parts.verdict.update({ header: { state, message: words } });
  }

  const keys = keyboard(root, '.gan-live', {
    act: (event) => large.key(event) || point.key(event) || parts.transport.key(event),
    leave: () => {
      parts.verdict.close();
      share.close();
      large.leave();
    },
  });
  const onPress = (event) => {
    if (!parts.verdict.node.contains(event.target)) parts.verdict.close();
    if (!share.node.contains(event.target)) share.close();
  };
  document.addEventListener('pointerdown', onPress, true);

  function end() {
    if (!alive) return;
    alive = false;
    asking.end();
    post.end();
    keys.end();
    large.end();
    document.removeEventListener('pointerdown', onPress, true);
    parts.samples.end();
    parts.strip.end();
    drawing.end();
  }

  return {
    configure(component) {
      const given = component.data,
        fresh = !data || data.url !== given.url;
      post.connect(component.setTriggerValue, given.command ? { names: new Set(given.atOnce.split(' ')), act } : null);
      // Lists and objects come as JSON.
      if (!data || data.formulas !== given.formulas || data.texts !== given.texts) {
        const read = (/** @type {string} */ text) => text && JSON.parse(text);
        parts.turns.build(read(given.formulas), read(given.texts));
      }
      data = given;
      setText(reading, data.reading || '');
      show(reading, Boolean(data.reading));
      style([data.style, data.class], root);
      colours.use(data.figures);
      if (fresh) {
        parts.past.clear();
        since = '';
        state = '';
        generator = '';
        eager.begin();
      }
      if (frame) parts.turns.update(frame);
      show(share.node, Boolean(data.leads));
      share.use(data.code || '');
      if (!leader) point.lead(root, Boolean(data.code));
      asking.wake();
    },
    end,
    get ended() {
      return !alive;
    },
  };
}
