// @ts-check
// Figures' templates, made in Python, filled from frames: data and layout for Plotly, without a page.
import { extent, stepAxisEnd, steppedRange } from './axes.js';

/**
 * @typedef {import('./frame.js').Frame} Frame
 * @typedef {import('./axes.js').Range} Range
 */

/**
 * An empty figure: its traces and its layout say in their `meta` what fills them.
 * @typedef {{data: any[], layout: any}} Template
 */

/**
 * A reference line.
 * @typedef {{axis: 'x' | 'y', at: number, text: string}} Level
 */

/**
 * What is kept between two fillings, so that axes and words stand still.
 * @typedef {object} Memory
 * @property {number} [end] End of an axis of steps.
 * @property {Range} [y]
 * @property {number} [share] Top of an axis of shares.
 * @property {number} [zooms] Grows when a zoom is undone.
 * @property {Map<number, number>} [places] Where words stand beside a line at a height.
 */

/**
 * How a template is filled.
 * @typedef {object} Manner
 * @property {number} smooth From 0, not at all, to below 1.
 * @property {Memory} memory
 * @property {string} font
 * @property {string} ground Colour behind words.
 * @property {number} width In pixels.
 * @property {number} height In pixels, of what lies between the axes.
 * @property {Frame[]} [others] Frames that share the axes.
 */

/**
 * What the lines drawn so far ask of the axes.
 * @typedef {{lines: ArrayLike<number>[], last: number, edges: Range | null}} Drawn
 */

const SHARES = [0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1];

/**
 * Exponential mean without the lag of its start; gaps stay gaps. `amount` 0 changes nothing.
 * @param {Float32Array} values
 * @param {number} amount
 */
export function smoothed(values, amount) {
  if (!amount) return values;
  const out = new Float32Array(values.length);
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      out[i] = NaN;
      continue;
    }
    sum = amount * sum + (1 - amount) * value;
    weight = amount * weight + (1 - amount);
    out[i] = sum / weight;
  }
  return out;
}

/** A header's value by its path "metrics.js.floor"; what is no path is itself. @param {any} header @param {any} at */
function lookUp(header, at) {
  if (typeof at !== 'string' || !at.includes('.')) return at;
  return at.split('.').reduce((value, key) => value?.[key], header);
}

/**
 * Reference lines at the same height are one, with the words of both: "log 2: D cannot tell, G cannot be told".
 * @param {Level[]} levels
 * @param {Level} level
 */
function together(levels, level) {
  const same = levels.find((other) => other.axis === level.axis && other.at === level.at);
  if (!same) levels.push(level);
  else if (level.text) same.text = same.text ? `${same.text}, ${level.text.split(': ').pop()}` : level.text;
  return levels;
}

/**
 * Reference lines of a template that a frame has.
 * @param {any} meta Of the template's layout.
 * @param {Frame['header']} header
 * @returns {Level[]}
 */
function levelsOf(meta, header) {
  return (meta.levels || [])
    .filter((/** @type {any} */ level) => !level.when || level.when === header.meaning)
    .map((/** @type {any} */ level) => ({
      ...level,
      at: lookUp(header, level.at) ?? level.usual,
      text: lookUp(header, level.text) || level.usual_text || '',
    }))
    .filter((/** @type {Level} */ level) => Number.isFinite(level.at))
    .reduce(together, []);
}

/**
 * Heights at which the words of reference lines stand: close above or below their line, or a little farther, where the
 * right half of no curve runs through them. A place is kept as long as it is free.
 * @param {Level[]} levels
 * @param {{x: ArrayLike<number>, y: ArrayLike<number>}[]} curves
 * @param {Range} range Of the vertical axis.
 * @param {Range} ends Of the horizontal axis.
 * @param {number} height In pixels.
 * @param {Memory} memory
 */
function placed(levels, curves, range, ends, height, memory) {
  if (!levels.length) return [];
  const tall = ((range[1] - range[0]) * 17) / Math.max(40, height);
  const from = ends[0] + 0.5 * (ends[1] - ends[0]);
  /** @type {number[]} */
  const passing = [];
  for (const { x, y } of curves)
    for (let i = 0; i < y.length; i++) if (x[i] >= from && Number.isFinite(y[i])) passing.push(y[i]);
  memory.places ||= new Map();
  const { places } = memory;
  /** @type {number[]} */
  const taken = [];
  /** Free height around a place, in heights of a line of words. @param {number} i @param {number} offset */
  function room(i, offset) {
    const y = levels[i].at + offset * tall;
    if (y > range[1] - 0.4 * tall || y < range[0] + 0.4 * tall) return -1;
    let least = Infinity;
    for (const value of passing) least = Math.min(least, Math.abs(value - y));
    for (const value of taken) least = Math.min(least, Math.abs(value - y) - 0.35 * tall);
    levels.forEach((other, j) => {
      if (j !== i) least = Math.min(least, Math.abs(other.at - y));
    });
    return least / tall;
  }
  const choices = [0.65, -0.65, 1.6, -1.6, 2.4, -2.4];
  return levels.map(({ at }, i) => {
    const before = places.get(at);
    const free = choices.find((offset) => room(i, offset) > 0.53);
    const best = () => choices.reduce((good, offset) => (room(i, offset) > room(i, good) + 0.05 ? offset : good));
    const offset = before !== undefined && room(i, before) > 0.42 ? before : (free ?? best());
    places.set(at, offset);
    taken.push(at + offset * tall);
    return at + offset * tall;
  });
}

/** Horizontal ends of a histogram. @param {ArrayLike<number>} xs @returns {Range} */
const endsOf = (xs) => [xs[0], xs[xs.length - 1]];

/**
 * The name of the array that a trace shows.
 * @param {any} meta Of the trace.
 * @param {string} meaning Of D's answers.
 */
const shownOf = (meta, meaning) => (meaning === 'critic' && meta.critic ? meta.critic : meta.y);

/**
 * Fill the traces of a template.
 * @param {Template} template
 * @param {Frame} frame
 * @param {number} smooth
 */
function traces(template, { header, arrays }, smooth) {
  /** @type {Drawn} */
  const drawn = { lines: [], last: 0, edges: null };
  const data = template.data.map((trace) => {
    const { meta } = trace;
    if (meta.marks) return { ...trace };
    const xs = arrays[meta.x];
    const ys = arrays[shownOf(meta, header.meaning)];
    if (!xs || !ys?.length) return { ...trace, x: [], y: [], visible: false };
    const out = { ...trace, x: xs, y: meta.smooth ? smoothed(ys, smooth) : ys, visible: true };
    if (xs.length === ys.length + 1) {
      drawn.edges = endsOf(xs);
      out.width = xs[1] - xs[0];
      out.x = Float32Array.from(ys, (_, i) => (xs[i] + xs[i + 1]) / 2);
    } else drawn.last = Math.max(drawn.last, xs[xs.length - 1]);
    if (trace.hoverinfo !== 'skip') drawn.lines.push(out.y);
    return out;
  });
  return { data, drawn };
}

/**
 * Have the axes hold what other frames draw too, bands and all.
 * @param {Drawn} drawn
 * @param {Template} template
 * @param {Frame} frame
 * @param {number} smooth
 */
function alsoHold(drawn, template, { header, arrays }, smooth) {
  /** @type {Range | null} */
  let edges = null;
  for (const { meta } of template.data) {
    if (meta.marks) continue;
    const xs = arrays[meta.x];
    const ys = arrays[shownOf(meta, header.meaning)];
    if (!xs || !ys?.length) continue;
    drawn.lines.push(meta.smooth ? smoothed(ys, smooth) : ys);
    if (xs.length === ys.length + 1) edges = endsOf(xs);
    else drawn.last = Math.max(drawn.last, xs[xs.length - 1]);
  }
  if (drawn.edges && edges) drawn.edges = [Math.min(drawn.edges[0], edges[0]), Math.max(drawn.edges[1], edges[1])];
}

/** The horizontal axis. @param {any} xaxis @param {any} meta @param {Drawn} drawn @param {Manner} manner */
function setSteps(xaxis, meta, { last, edges }, { memory, width }) {
  if (meta.x === 'grow') {
    if (!memory.end || last > memory.end || last < 0.4 * memory.end) memory.end = stepAxisEnd(last);
    xaxis.range = [0, memory.end];
    if (width < 320) xaxis.nticks = 3;
  } else if (edges) xaxis.range = edges;
}

/**
 * The vertical axis, by its kind.
 * @type {Record<string, (yaxis: any, drawn: Drawn, levels: Level[], memory: Memory, clamp?: Range) => void>}
 */
const HEIGHTS = {
  steps(yaxis, { lines }, levels, memory, clamp) {
    const seen = extent([...lines, levels.filter((level) => level.axis === 'y').map((level) => level.at)]);
    if (seen) memory.y = steppedRange(seen, memory.y, clamp);
    yaxis.range = memory.y;
  },
  decades(yaxis, { lines }) {
    let low = Infinity;
    let high = 0;
    for (const line of lines)
      for (let i = 0; i < line.length; i++) {
        if (!(line[i] > 0)) continue;
        low = Math.min(low, line[i]);
        high = Math.max(high, line[i]);
      }
    if (!(high > 0)) return;
    const top = Math.ceil(Math.log10(high) + 1e-6);
    const bottom = Math.max(top - 7, Math.floor(Math.log10(low)));
    yaxis.range = [bottom, Math.max(top, bottom + 1)];
    yaxis.dtick = top - bottom > 4 ? 2 : 1;
  },
  share(yaxis, { lines }, _, memory) {
    let most = 0;
    for (const line of lines) for (let i = 0; i < line.length; i++) most = Math.max(most, line[i]);
    if (!memory.share || most > memory.share || most < 0.38 * memory.share)
      memory.share = SHARES.find((share) => share >= 1.04 * most) || 1;
    yaxis.range = [0, memory.share];
    yaxis.dtick = memory.share / 2;
  },
};

/** A line across the plot, or up it. @param {'x' | 'y'} axis @param {number} at @param {object} line */
const across = (axis, at, line) =>
  axis === 'y'
    ? { type: 'line', xref: 'paper', x0: 0, x1: 1, y0: at, y1: at, line }
    : { type: 'line', xref: 'x', yref: 'paper', y0: 0, y1: 1, x0: at, x1: at, line };

/**
 * The words beside the reference lines.
 * @param {Level[]} levels
 * @param {any[]} data
 * @param {any} layout With its axes.
 * @param {string} colour
 * @param {Manner} manner
 */
function words(levels, data, { xaxis, yaxis }, colour, { ground, height, memory }) {
  const style = { showarrow: false, font: { color: colour, size: 12 }, borderpad: 1, bgcolor: ground };
  const beside = levels.filter((level) => level.axis === 'y' && level.text && yaxis.range);
  const upright = levels.filter((level) => level.axis === 'x' && level.text);
  const curves = data.filter((trace) => trace.visible && trace.hoverinfo !== 'skip' && !trace.meta.marks);
  const places = placed(beside, curves, yaxis.range, xaxis.range || [0, 1], height, memory);
  const right = { ...style, xref: 'paper', x: 1, xanchor: 'right', yanchor: 'middle' };
  const above = { ...style, yref: 'paper', y: 1, xanchor: 'left', yanchor: 'top', xshift: 3 };
  return [
    ...beside.map(({ text }, i) => ({ ...right, text, y: places[i] })),
    ...upright.map(({ text, at }) => ({ ...above, text, x: at })),
  ];
}

/** A star above the best step. @param {NonNullable<Frame['header']['best']>} best @param {string} colour */
function star({ step, metric, value }, colour) {
  return {
    xref: 'x',
    yref: 'paper',
    x: step,
    y: 1,
    xanchor: 'center',
    yanchor: 'top',
    showarrow: false,
    text: '★',
    font: { color: colour, size: 13 },
    hovertext: `best so far: step ${step}, ${plain(metric)} ${Number(value).toPrecision(3)}`,
    captureevents: true,
  };
}

/**
 * Fill the trace of the changes that were made to the run.
 * @param {any} trace
 * @param {Frame['header']} header
 * @param {Range} range Of the vertical axis.
 */
function setMarks(trace, header, [bottom, top]) {
  const given = header.marks || [];
  trace.x = given.flatMap(({ step }) => [step, step, null]);
  trace.y = given.flatMap(() => [bottom, top, null]);
  trace.text = given.flatMap(({ step, label }) => {
    const said = `step ${step}: ${plain(label)}`;
    return [said, said, ''];
  });
}

/**
 * Fill a template from a frame.
 * @param {Template} template
 * @param {Frame} frame
 * @param {Manner} manner
 */
export function filled(template, frame, manner) {
  const { header } = frame;
  const { smooth, memory, font, others = [] } = manner;
  const { meta } = template.layout;
  const { data, drawn } = traces(template, frame, smooth);
  for (const other of others) {
    if (other.header.meaning !== header.meaning) continue; // logits and critic values have no common scale
    alsoHold(drawn, template, other, smooth);
  }
  const levels = levelsOf(meta, header);
  const layout = {
    ...template.layout,
    xaxis: { ...template.layout.xaxis },
    yaxis: { ...template.layout.yaxis },
    uirevision: `zoom ${memory.zooms || 0}`,
    showlegend: false,
    font: { ...template.layout.font, family: font },
  };
  const { xaxis, yaxis } = layout;
  setSteps(xaxis, meta, drawn, manner);
  HEIGHTS[meta.y]?.(yaxis, drawn, levels, memory, meta.clamp?.[header.meaning]);
  if (meta.title) xaxis.title = { ...xaxis.title, text: meta.title[header.meaning] };

  const muted = template.layout.yaxis.tickfont.color;
  const ink = template.layout.font.color;
  layout.shapes = levels.map(({ axis, at }) => across(axis, at, { color: muted, width: 1, dash: 'dot' }));
  layout.annotations = words(levels, data, layout, muted, manner);
  if (meta.x === 'grow') {
    const { moment, best } = header;
    if (Number.isFinite(moment)) layout.shapes.push(across('x', Number(moment), { color: ink, width: 1.5 }));
    if (best && best.step <= (xaxis.range || [0, Infinity])[1]) layout.annotations.push(star(best, ink));
  }
  const marks = data.find((trace) => trace.meta.marks);
  if (marks) setMarks(marks, header, yaxis.range || [0, 1]);
  return { data, layout };
}

/** Plotly reads a little HTML in texts; ours are plain. @param {string} text */
const plain = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
