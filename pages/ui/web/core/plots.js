// Curves and histograms: templates made in Python, filled from frames, drawn by Plotly when there is time for it.
import { el, setAttr, withoutGraphics } from './dom.js';
import { step125, stepAxisEnd } from './format.js';

const libraries = (window.__ganPlotly ||= new Map());

/** Plotly, loaded once per page. */
export function library(url) {
  if (!libraries.has(url)) {
    libraries.set(
      url,
      new Promise((done, fail) => {
        const script = el('script', {
          src: url,
          onload: () => done(window.Plotly),
          onerror: () => {
            libraries.delete(url);
            fail(new Error('no plotly.js'));
          },
        });
        document.head.append(script);
      }),
    );
  }
  return libraries.get(url);
}

/** Exponential mean without the lag of its start; gaps stay gaps. `amount` 0 changes nothing. */
export function smoothed(values, amount) {
  if (!amount) return values;
  const out = new Float32Array(values.length);
  let sum = 0,
    weight = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (!Number.isFinite(v)) {
      out[i] = NaN;
      continue;
    }
    sum = amount * sum + (1 - amount) * v;
    weight = amount * weight + (1 - amount);
    out[i] = sum / weight;
  }
  return out;
}

/** Plots are drawn for at most a fifteenth of the time, or a thirtieth: the browser may share its cores with the training. */
const REST = withoutGraphics ? 30 : 15;
/** Yet each is drawn anew after this many milliseconds, or after so many frames where these come slowly. */
const MOST_REST = withoutGraphics ? 4000 : 2500,
  MOST_FRAMES = 15;
const SHARES = [0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1];

function lookUp(header, at) {
  if (typeof at !== 'string' || !at.includes('.')) return at;
  return at.split('.').reduce((value, key) => value?.[key], header);
}

/** Lowest and highest value to be seen: all, unless the outermost in a hundred would flatten the rest. */
function extent(lines) {
  const values = [];
  for (const line of lines) for (const v of line) if (Number.isFinite(v)) values.push(v);
  if (!values.length) return null;
  values.sort((a, b) => a - b);
  const n = values.length - 1,
    low = values[Math.floor(0.01 * n)],
    high = values[Math.ceil(0.99 * n)];
  const room = 1.2 * (high - low);
  return [values[0] < low - room ? low : values[0], values[n] > high + room ? high : values[n]];
}

/** An axis that changes in steps: it grows at once and shrinks only when most of it is empty. */
function steppedRange([low, high], before, clamp) {
  if (low > 0 && low < 0.6 * high) low = 0;
  if (high < 0 && high > 0.6 * low) high = 0;
  const least = Math.max(1e-6, 0.02 * Math.max(Math.abs(low), Math.abs(high)));
  const unit = step125(Math.max(high - low, least) / 3);
  let range = [Math.floor(low / unit + 1e-6) * unit, Math.ceil(high / unit - 1e-6) * unit];
  if (range[0] === range[1]) range = [range[0] - unit, range[1] + unit];
  if (clamp) range = [Math.max(clamp[0], range[0]), Math.min(clamp[1], range[1])];
  if (before && low >= before[0] && high <= before[1] && range[1] - range[0] > 0.45 * (before[1] - before[0]))
    return before;
  return range;
}

/** Reference lines at the same height are one, with the words of both: "log 2: D cannot tell, G cannot be told". */
function together(levels, level) {
  const same = levels.find((other) => other.axis === level.axis && other.at === level.at);
  if (!same) levels.push(level);
  else if (level.text) same.text = same.text ? `${same.text}, ${level.text.split(': ').pop()}` : level.text;
  return levels;
}

/**
 * Heights at which the words of reference lines stand: close above or below their line, or a little farther, where the
 * right half of no curve runs through them. A place is kept as long as it is free.
 */
function placed(levels, curves, range, ends, height, memory) {
  if (!levels.length) return [];
  const tall = ((range[1] - range[0]) * 17) / Math.max(40, height),
    from = ends[0] + 0.5 * (ends[1] - ends[0]);
  const passing = [];
  for (const { x, y } of curves)
    for (let i = 0; i < y.length; i++) if (x[i] >= from && Number.isFinite(y[i])) passing.push(y[i]);
  memory.places ||= new Map();
  const taken = [];
  return levels.map(({ at }, i) => {
    const room = (k) => {
      const y = at + k * tall;
      if (y > range[1] - 0.4 * tall || y < range[0] + 0.4 * tall) return -1;
      let least = Infinity;
      for (const v of passing) least = Math.min(least, Math.abs(v - y));
      for (const v of taken) least = Math.min(least, Math.abs(v - y) - 0.35 * tall);
      levels.forEach((other, j) => {
        if (j !== i) least = Math.min(least, Math.abs(other.at - y));
      });
      return least / tall;
    };
    const choices = [0.65, -0.65, 1.6, -1.6, 2.4, -2.4],
      before = memory.places.get(at);
    let k = before !== undefined && room(before) > 0.42 ? before : choices.find((choice) => room(choice) > 0.53);
    k ??= choices.reduce((best, choice) => (room(choice) > room(best) + 0.05 ? choice : best));
    memory.places.set(at, k);
    taken.push(at + k * tall);
    return at + k * tall;
  });
}

/** What other frames would draw: their axes are to hold it too. */
function alsoDrawn(template, { header, arrays }, smooth) {
  const lines = [];
  let last = 0,
    edges = null;
  for (const { meta } of template.data) {
    if (meta.marks) continue;
    const xs = arrays[meta.x],
      ys = arrays[header.meaning === 'critic' && meta.critic ? meta.critic : meta.y];
    if (!xs || !ys || !ys.length) continue;
    lines.push(meta.smooth ? smoothed(ys, smooth) : ys);
    if (xs.length === ys.length + 1) edges = [xs[0], xs[xs.length - 1]];
    else last = Math.max(last, xs[xs.length - 1]);
  }
  return { lines, last, edges };
}

/** Fill a template from a frame. `memory` keeps the axes between two fillings; `others` are frames that share them. */
export function filled(template, frame, { smooth, memory, font, ground, width, height, others = [] }) {
  const { header, arrays } = frame,
    meaning = header.meaning,
    meta = template.layout.meta;
  const lines = [];
  let last = 0,
    edges = null;
  const data = template.data.map((trace) => {
    const { x: xName, y, critic, marks, smooth: smoothing } = trace.meta;
    if (marks) return { ...trace };
    const yName = meaning === 'critic' && critic ? critic : y;
    const ys = arrays[yName];
    let xs = arrays[xName];
    if (!xs || !ys || !ys.length) return { ...trace, x: [], y: [], visible: false };
    const out = { ...trace, y: smoothing ? smoothed(ys, smooth) : ys, visible: true };
    if (xs.length === ys.length + 1) {
      edges = [xs[0], xs[xs.length - 1]];
      out.width = xs[1] - xs[0];
      xs = Float32Array.from(ys, (_, i) => (arrays[xName][i] + arrays[xName][i + 1]) / 2);
    } else last = Math.max(last, xs[xs.length - 1]);
    out.x = xs;
    if (trace.hoverinfo !== 'skip') lines.push(out.y);
    return out;
  });

  for (const other of others) {
    if (other.header.meaning !== meaning) continue; // logits and critic values have no common scale
    const theirs = alsoDrawn(template, other, smooth);
    lines.push(...theirs.lines);
    last = Math.max(last, theirs.last);
    if (edges && theirs.edges) edges = [Math.min(edges[0], theirs.edges[0]), Math.max(edges[1], theirs.edges[1])];
  }

  const levels = (meta.levels || [])
    .filter((level) => !level.when || level.when === meaning)
    .map((level) => ({ ...level, at: lookUp(header, level.at), text: lookUp(header, level.text) || '' }))
    .filter((level) => Number.isFinite(level.at))
    .reduce(together, []);
  const layout = {
    ...template.layout,
    xaxis: { ...template.layout.xaxis },
    yaxis: { ...template.layout.yaxis },
    uirevision: `zoom ${memory.zooms || 0}`,
    showlegend: false,
  };
  layout.font = { ...layout.font, family: font };
  const { xaxis, yaxis } = layout;

  if (meta.x === 'grow') {
    if (!memory.end || last > memory.end || last < 0.4 * memory.end) memory.end = stepAxisEnd(last);
    xaxis.range = [0, memory.end];
    if (width < 320) xaxis.nticks = 3;
  } else if (edges) xaxis.range = edges;
  if (meta.y === 'steps') {
    const seen = extent([...lines, levels.filter((level) => level.axis === 'y').map((level) => level.at)]);
    if (seen) memory.y = steppedRange(seen, memory.y, meta.clamp?.[meaning]);
    yaxis.range = memory.y;
  } else if (meta.y === 'decades') {
    let low = Infinity,
      high = 0;
    for (const line of lines)
      for (const v of line)
        if (v > 0) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
    if (high > 0) {
      const top = Math.ceil(Math.log10(high) + 1e-6),
        bottom = Math.max(top - 7, Math.floor(Math.log10(low)));
      yaxis.range = [bottom, Math.max(top, bottom + 1)];
      yaxis.dtick = top - bottom > 4 ? 2 : 1;
    }
  } else if (meta.y === 'share') {
    let most = 0;
    for (const line of lines) for (const v of line) most = Math.max(most, v);
    if (!memory.share || most > memory.share || most < 0.38 * memory.share)
      memory.share = SHARES.find((share) => share >= 1.04 * most) || 1;
    yaxis.range = [0, memory.share];
    yaxis.dtick = memory.share / 2;
  }
  if (meta.title) xaxis.title = { ...xaxis.title, text: meta.title[meaning] };

  const muted = template.layout.yaxis.tickfont.color;
  layout.shapes = levels.map(({ axis, at }) =>
    axis === 'y'
      ? { type: 'line', xref: 'paper', x0: 0, x1: 1, y0: at, y1: at, line: { color: muted, width: 1, dash: 'dot' } }
      : { type: 'line', yref: 'paper', y0: 0, y1: 1, x0: at, x1: at, line: { color: muted, width: 1, dash: 'dot' } },
  );
  const ink = template.layout.font.color,
    over = { xref: 'x', yref: 'paper' };
  if (meta.x === 'grow' && Number.isFinite(header.moment)) {
    layout.shapes.push({
      type: 'line',
      ...over,
      x0: header.moment,
      x1: header.moment,
      y0: 0,
      y1: 1,
      line: { color: ink, width: 1.5 },
    });
  }
  const style = { showarrow: false, font: { color: muted, size: 12 }, borderpad: 1, bgcolor: ground };
  const beside = levels.filter((level) => level.axis === 'y' && level.text && yaxis.range);
  const curves = data.filter((trace) => trace.visible && trace.hoverinfo !== 'skip' && !trace.meta.marks);
  const places = placed(beside, curves, yaxis.range, xaxis.range || [0, 1], height, memory);
  layout.annotations = [
    ...beside.map(({ text }, i) => ({
      ...style,
      text,
      xref: 'paper',
      x: 1,
      y: places[i],
      xanchor: 'right',
      yanchor: 'middle',
    })),
    ...levels
      .filter((level) => level.axis === 'x' && level.text)
      .map(({ text, at }) => ({
        ...style,
        text,
        yref: 'paper',
        x: at,
        y: 1,
        xanchor: 'left',
        yanchor: 'top',
        xshift: 3,
      })),
  ];

  if (meta.x === 'grow' && header.best && header.best.step <= (xaxis.range || [0, Infinity])[1]) {
    const { step, metric, value } = header.best;
    layout.annotations.push({
      ...over,
      x: step,
      y: 1,
      xanchor: 'center',
      yanchor: 'top',
      showarrow: false,
      text: '★',
      font: { color: ink, size: 13 },
      hovertext: `best so far: step ${step}, ${plain(metric)} ${Number(value).toPrecision(3)}`,
      captureevents: true,
    });
  }

  const marks = data.find((trace) => trace.meta.marks);
  if (marks) {
    const [bottom, top] = yaxis.range || [0, 1],
      given = header.marks || [];
    marks.x = given.flatMap(({ step }) => [step, step, null]);
    marks.y = given.flatMap(() => [bottom, top, null]);
    marks.text = given.flatMap(({ step, label }) => {
      const words = `step ${step}: ${plain(label)}`;
      return [words, words, ''];
    });
  }
  return { data, layout };
}

/** Plotly reads a little HTML in texts; ours are plain. */
const plain = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export function plot(name, label) {
  const node = el('div', { class: 'plot', 'data-plot': name, role: 'img', 'aria-label': label });
  const state = { name, node, seen: false, due: 0, memory: {}, run: null, zoomed: null, drawn: null };
  return state;
}

/** Draws plots one after another: only those in sight, each at most so often, and less often where drawing is slow. */
export function plotter({ plots, url, templates, options }) {
  let Plotly = null,
    loading = false,
    busy = false,
    ended = false,
    frame = null,
    wakeAt = 0;

  const sight = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const state = plots.find((p) => p.node === entry.target);
        state.seen = entry.isIntersecting;
        if (state.seen) state.due = 0;
      }
      pump();
    },
    { rootMargin: '40px' },
  );
  const sizes = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const state = plots.find((p) => p.node === entry.target);
      if (state.drawn) state.due = 0;
    }
    pump();
  });
  for (const state of plots) {
    sight.observe(state.node);
    sizes.observe(state.node);
  }

  async function draw(state) {
    const { smooth, font, ground, others, memory } = options();
    const template = templates(state.name),
      width = state.node.clientWidth,
      height = state.node.clientHeight;
    if (!template || !frame) return;
    const { margin } = template.layout;
    if (state.run !== frame.header.run) {
      state.run = frame.header.run;
      state.memory = { zooms: state.memory.zooms };
    }
    const { data, layout } = filled(template, frame, {
      smooth,
      font,
      ground,
      others,
      memory: memory ? memory(state.name, frame.header) : state.memory,
      width,
      height: height - margin.t - margin.b,
    });
    if (state.zoomed) {
      layout.xaxis.range = state.zoomed.x;
      layout.yaxis.range = state.zoomed.y;
    } else state.given = { x: layout.xaxis.range, y: layout.yaxis.range };
    layout.width = width;
    layout.height = height;
    await Plotly.react(state.node, data, layout, {
      displayModeBar: false,
      doubleClick: false,
      scrollZoom: false,
      showTips: false,
    });
    if (!state.drawn) {
      state.node.on('plotly_relayout', (event) => {
        if (event['xaxis.range[0]'] === undefined && event['yaxis.range[0]'] === undefined) return;
        const { xaxis, yaxis } = state.node._fullLayout;
        state.zoomed = { x: [...xaxis.range], y: [...yaxis.range] };
      });
      state.node.on('plotly_doubleclick', () => {
        // another revision, or Plotly would put the zoomed range back
        state.zoomed = null;
        state.memory.zooms = (state.memory.zooms || 0) + 1;
        state.due = 0;
        pump();
      });
    }
    state.drawn = frame.header.serial;
  }

  let waiting = 0;
  /** Soon, but not in this turn: the canvas comes first. */
  function pump() {
    if (!waiting && !ended)
      waiting = setTimeout(() => {
        waiting = 0;
        work();
      }, 0);
  }

  async function work() {
    if (busy || ended || !frame) return;
    if (!Plotly) {
      if (loading || performance.now() < wakeAt) return;
      loading = true;
      try {
        Plotly = await library(url());
      } catch {
        wakeAt = performance.now() + 5000;
      }
      loading = false;
      if (!Plotly || ended) return;
    }
    const now = performance.now();
    const next = plots
      .filter((p) => p.seen && p.due <= now && (p.drawn !== frame.header.serial || p.due === 0))
      .sort((a, b) => a.due - b.due)[0];
    if (!next) return;
    busy = true;
    const begun = performance.now();
    try {
      await draw(next);
      const cost = performance.now() - begun;
      const { every, gap } = options(),
        slow = frame.header.pace && frame.header.pace <= 30; // then the processor has time
      const longest = slow ? every : Math.max(MOST_REST, MOST_FRAMES * (gap || 0));
      next.due =
        performance.now() + Math.min(longest, Math.max(every, REST * cost * plots.filter((p) => p.seen).length));
    } catch (error) {
      console.warn(`plot ${next.name}:`, error);
      next.due = performance.now() + 5000;
    }
    busy = false;
    if (plots.some((p) => p.seen && p.due <= performance.now() && (p.due === 0 || p.drawn !== frame.header.serial)))
      pump();
  }

  return {
    /** A new frame; what stands still for good is drawn at once, what runs is drawn in turn. */
    update(next) {
      const moved =
        !frame ||
        next.header.state !== 'playing' ||
        next.header.moment !== frame.header.moment ||
        next.header.run !== frame.header.run;
      frame = next;
      if (moved) for (const state of plots) state.due = Math.min(state.due, performance.now());
      pump();
    },
    /** Something but the frame changed: theme, smoothing, a tab. */
    refresh() {
      for (const state of plots) state.due = 0;
      pump();
    },
    speak(words) {
      for (const state of plots) if (words[state.name]) setAttr(state.node, 'aria-label', words[state.name]);
    },
    end() {
      ended = true;
      clearTimeout(waiting);
      sight.disconnect();
      sizes.disconnect();
      if (Plotly) for (const state of plots) if (state.drawn) Plotly.purge(state.node);
    },
  };
}
