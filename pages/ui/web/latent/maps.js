// @ts-check
// Runs on points: where a path lies in the plane of z, and where G carries it in the data's own plane.
import { el, sharpCanvas } from '../core/dom.js';
import { alpha, rgb } from '../core/theme.js';
import { fillCell } from './draw.js';

const TAU = 2 * Math.PI;
const DASHES = { lerp: [6, 4], slerp: [], nlerp: [2, 3] };
const colourOf = (way, look) => ({ lerp: look.palette.muted, slerp: look.palette.fake, nlerp: look.palette.ink })[way];

/** A muted tint for a mode by its number: neighbours differ, none is a role's colour at full strength. */
export const tint = (mode, look, strength) =>
  `hsl(${(mode * 137.5) % 360} 42% ${look.theme === 'dark' ? 60 : 48}% / ${strength})`;

function map(title, note, words) {
  const body = { paint: () => {} };
  const { canvas, context, end } = sharpCanvas(() => body.paint(), { class: 'map', role: 'img', 'aria-label': words });
  return {
    body,
    canvas,
    context,
    end,
    node: el(
      'figure',
      { class: 'small' },
      el('figcaption', {}, el('b', { text: title }), el('span', { class: 'note', text: note })),
      canvas,
    ),
  };
}

function drawPath(c, px, look, way, values, to, n) {
  c.strokeStyle = colourOf(way, look);
  c.lineWidth = (way === 'slerp' ? 2 : 1.4) * px;
  c.setLineDash(DASHES[way].map((d) => d * px));
  c.beginPath();
  for (let i = 0; i < values.length; i += 2) c.lineTo(...to(values[i], values[i + 1]));
  c.stroke();
  c.setLineDash([]);
  if (way !== 'slerp') return;
  for (let i = 0; i < values.length; i += 2) {
    const key = (i / 2) % n === 0;
    if (key || values.length <= 200)
      drawDot(c, px, look, to(values[i], values[i + 1]), key ? 4.5 : 2.4, look.palette.fake);
  }
}

function drawDot(c, px, look, [x, y], size, colour) {
  c.beginPath();
  c.arc(x, y, size * px, 0, TAU);
  c.fillStyle = colour;
  c.fill();
  c.strokeStyle = look.palette.card;
  c.lineWidth = px;
  c.stroke();
}

/** A square mesh of points as lines: every `every`-th row and column. */
function drawMesh(c, values, side, every, to) {
  c.beginPath();
  for (let k = 0; k < side; k += every) {
    for (let i = 0; i < side; i++)
      c[i ? 'lineTo' : 'moveTo'](...to(values[2 * (k * side + i)], values[2 * (k * side + i) + 1]));
    for (let i = 0; i < side; i++)
      c[i ? 'lineTo' : 'moveTo'](...to(values[2 * (i * side + k)], values[2 * (i * side + k) + 1]));
  }
  c.stroke();
}

/** The plane of z, tinted by the mode that each z is sent to; blank is a bridge. */
export function zPlane(ctx) {
  const {
    body,
    canvas,
    context: c,
    end,
    node,
  } = map('Path in z', 'tint: the mode that G sends z to; blank: a bridge between modes', 'the path in the plane of z');
  let plane = null,
    frame = null,
    here = null,
    asked = -1;
  body.paint = () => {
    if (!frame || ctx.about.latent_dim !== 2 || !canvas.width) return;
    const look = ctx.look(),
      px = look.ratio,
      side = canvas.width;
    c.clearRect(0, 0, canvas.width, canvas.height);
    if (plane) {
      const cells = plane.shapes.density[0],
        reach = plane.header.reach;
      if (plane.arrays.mode) {
        for (let i = 0; i < cells * cells; i++) {
          const mode = plane.arrays.mode[i];
          if (!mode) continue;
          c.fillStyle = tint(mode, look, 0.12 + 0.5 * plane.arrays.density[i]);
          fillCell(c, i, cells, side);
        }
      }
      /** @returns {[number, number]} */
      const to = (x, y) => [((x + reach) / (2 * reach)) * side, ((reach - y) / (2 * reach)) * side];
      c.strokeStyle = alpha(look.palette.muted, 0.7);
      c.setLineDash([3 * px, 3 * px]);
      for (const norm of [plane.header.likely[0], plane.header.likely[2]]) {
        c.beginPath();
        c.arc(...to(0, 0), (norm / (2 * reach)) * side, 0, TAU);
        c.stroke();
      }
      c.setLineDash([]);
      for (const way of ['lerp', 'nlerp', 'slerp'])
        drawPath(c, px, look, way, frame.arrays[`${way}_z`], to, frame.header.n);
      if (here) drawDot(c, px, look, to(...here), 6, look.palette.ink);
    }
  };
  return {
    node,
    end,
    paths(next) {
      frame = next;
      node.hidden = ctx.about.latent_dim !== 2;
      if (node.hidden) return;
      if (asked !== next.header.step) {
        asked = next.header.step;
        ctx.ask('fold', { do: 'plane', p: ctx.S.keys[0] }, (found) => {
          plane = found;
          body.paint();
        });
      }
      body.paint();
    },
    mark(z) {
      here = z;
      if (frame) body.paint();
    },
  };
}

/** The data's plane: D's heat map, real points, and what becomes of a path or of single points. */
export function dataPlane(ctx, title, click, more = '') {
  const {
    body,
    canvas,
    context: c,
    end,
    node,
  } = map(
    title,
    `green: D finds it real; purple: generated; rings: real samples${more}`,
    `${title}, over D’s heat map`,
  );
  const small = document.createElement('canvas');
  let field = null,
    frame = null,
    here = null,
    asked = -1,
    extra = [],
    mesh = null;
  const k = () => {
    const [x0, x1, y0, y1] = field.header.frame;
    return canvas.width / Math.max(x1 - x0, y1 - y0);
  };
  /** @returns {[number, number]} */
  const to = (x, y) => {
    const [x0, , , y1] = field.header.frame;
    return [(x - x0) * k(), (y1 - y) * k()];
  };
  if (click) {
    canvas.addEventListener('click', (event) => {
      if (!field) return;
      const box = canvas.getBoundingClientRect(),
        [x0, , , y1] = field.header.frame,
        ratio = canvas.width / box.width;
      click(x0 + ((event.clientX - box.left) * ratio) / k(), y1 - ((event.clientY - box.top) * ratio) / k());
    });
    canvas.style.cursor = 'crosshair';
  }
  body.paint = () => {
    if (!field || !canvas.width) return;
    const look = ctx.look(),
      px = look.ratio,
      [rows, columns] = field.shapes.heat;
    c.clearRect(0, 0, canvas.width, canvas.height);
    small.width = columns;
    small.height = rows;
    const shade = small.getContext('2d'),
      image = shade.createImageData(columns, rows);
    const fake = rgb(look.palette.fake),
      real = rgb(look.palette.real),
      { bar } = field.header;
    let top = 1e-6;
    for (const v of field.arrays.heat) top = Math.max(top, Math.abs(v - bar));
    for (let r = 0; r < rows; r++) {
      for (let q = 0; q < columns; q++) {
        const t = Math.max(-1, Math.min(1, (2.5 * (field.arrays.heat[r * columns + q] - bar)) / top)),
          o = 4 * ((rows - 1 - r) * columns + q);
        image.data.set([...(t < 0 ? fake : real), 95 * Math.abs(t) ** 0.8], o);
      }
    }
    shade.putImageData(image, 0, 0);
    c.imageSmoothingEnabled = true;
    c.drawImage(small, 0, 0, canvas.width, canvas.height);
    c.strokeStyle = look.palette.real;
    c.lineWidth = 1.1 * px;
    c.beginPath();
    for (let i = 0; i < field.arrays.real.length; i += 2) {
      const [x, y] = to(field.arrays.real[i], field.arrays.real[i + 1]);
      c.moveTo(x + 2.6 * px, y);
      c.arc(x, y, 2.6 * px, 0, TAU);
    }
    c.stroke();
    if (mesh) {
      c.strokeStyle = alpha(look.palette.fake, 0.4);
      c.lineWidth = 0.8 * px;
      drawMesh(c, mesh.arrays.image, mesh.shapes.image[0], 3, to);
    }
    if (frame)
      for (const way of ['lerp', 'nlerp', 'slerp'])
        drawPath(c, px, look, way, frame.arrays[`${way}_samples`], to, frame.header.n);
    if (frame && here) drawDot(c, px, look, to(...here), 6, look.palette.ink);
    for (const { x, y, colour, hollow } of extra) {
      c.beginPath();
      c.arc(...to(x, y), 6 * px, 0, TAU);
      c.fillStyle = c.strokeStyle = look.palette[colour];
      c.lineWidth = 2 * px;
      if (hollow) c.stroke();
      else c.fill();
    }
  };
  function ready() {
    if (asked === ctx.about.step && field) return;
    asked = ctx.about.step;
    ctx.ask('field', { do: 'field' }, (found) => {
      field = found;
      body.paint();
    });
  }
  return {
    node,
    end,
    paths(next) {
      frame = next;
      ready();
      body.paint();
    },
    points(next) {
      extra = next;
      ready();
      body.paint();
    },
    /** Where a mesh over the plane of z is sent: how G folds it. */
    folded(next) {
      mesh = next;
      ready();
      body.paint();
    },
    mark(x) {
      here = x;
      if (frame) body.paint();
    },
  };
}
