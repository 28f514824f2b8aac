// @ts-check
// Samples in the plane: D's opinion, the noise grid, real, where D sends the fakes, and the fakes, on the same axes.

import { step125 } from '../core/axes.js';
import { decimal } from '../core/format.js';
import { withoutGraphics } from '../core/graphics.js';
import { alpha, rgb } from '../core/theme.js';
import { opinionScale } from './opinion.js';

const SHADES = 129,
  STRENGTH = { light: 0.34, dark: 0.42 };
const LARGE = 26 / 11; // of the ticks, where all is shown in large type: half of it can be read
const TAU = 2 * Math.PI;

/** Bilinear value of a grid of cell centres at (x, y) in data units; null outside the frame. */
export function valueAt(heat, rows, columns, [x0, x1, y0, y1], x, y) {
  if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1)) return null;
  const at = (v, n) => Math.min(n - 1, Math.max(0, v * n - 0.5));
  const c = at((x - x0) / (x1 - x0), columns),
    r = at((y - y0) / (y1 - y0), rows);
  const c0 = Math.floor(c),
    r0 = Math.floor(r),
    c1 = Math.min(c0 + 1, columns - 1),
    r1 = Math.min(r0 + 1, rows - 1);
  const u = c - c0,
    v = r - r0;
  return (
    (heat[r0 * columns + c0] * (1 - u) + heat[r0 * columns + c1] * u) * (1 - v) +
    (heat[r1 * columns + c0] * (1 - u) + heat[r1 * columns + c1] * u) * v
  );
}

export function planePainter() {
  const small = document.createElement('canvas');
  const shade = small.getContext('2d');
  const back = document.createElement('canvas');
  const behind = back.getContext('2d');
  let picture = null,
    lut = null,
    lutOf = '',
    scale = null,
    push = 0,
    run = null;
  let from = null,
    to = null,
    now = null,
    arrows = null,
    began = 0,
    span = 0;
  const sprite = document.createElement('canvas');
  const rings = document.createElement('canvas');
  let place = null,
    spriteOf = '',
    ringsOf = '',
    ringedPoints = null;

  function shades(look) {
    const key = look.theme + look.palette.fake + look.palette.real;
    if (key === lutOf) return;
    lutOf = key;
    lut = new Uint8ClampedArray(SHADES * 4);
    const fake = rgb(look.palette.fake),
      real = rgb(look.palette.real);
    for (let i = 0; i < SHADES; i++) {
      const t = (2 * i) / (SHADES - 1) - 1;
      lut.set([...(t < 0 ? fake : real), 255 * STRENGTH[look.theme] * Math.abs(t) ** 0.8], 4 * i);
    }
  }

  function paintHeat(frame, look) {
    const [rows, columns] = frame.shapes.heat,
      heat = frame.arrays.heat;
    shades(look);
    if (!picture || picture.width !== columns || picture.height !== rows) {
      small.width = columns;
      small.height = rows;
      picture = shade.createImageData(columns, rows);
    }
    const data = picture.data;
    for (let r = 0; r < rows; r++) {
      let o = 4 * (rows - 1 - r) * columns; // the first row is the lowest
      for (let c = 0; c < columns; c++, o += 4) {
        const t = (scale.of(heat[r * columns + c]) + 1) / 2;
        const i = 4 * Math.round(t * (SHADES - 1)) || 0;
        data[o] = lut[i];
        data[o + 1] = lut[i + 1];
        data[o + 2] = lut[i + 2];
        data[o + 3] = lut[i + 3];
      }
    }
    shade.putImageData(picture, 0, 0);
  }

  /** Length of an arrow for a gradient of size 1, in 1-2-5 steps: arrows that shrink are seen to shrink. */
  function arrowScale(gradients, width) {
    const sizes = [];
    for (let i = 0; i < gradients.length; i += 2) {
      const size = Math.hypot(gradients[i], gradients[i + 1]);
      if (size > 0 && Number.isFinite(size)) sizes.push(size);
    }
    if (!sizes.length) return push || 1;
    sizes.sort((a, b) => a - b);
    const wanted = step125((0.05 * width) / sizes[Math.floor(0.9 * (sizes.length - 1))]);
    return push && wanted / push < 6 && wanted / push > 1 / 3 ? push : wanted;
  }

  function geometry(frame, canvas) {
    const [x0, x1, y0, y1] = frame.header.frame;
    const k = Math.min(canvas.width / (x1 - x0), canvas.height / (y1 - y0));
    const left = (canvas.width - k * (x1 - x0)) / 2,
      top = (canvas.height - k * (y1 - y0)) / 2;
    return {
      k,
      left,
      top,
      x: (v) => left + (v - x0) * k,
      y: (v) => top + (y1 - v) * k,
      frame: [x0, x1, y0, y1],
      w: k * (x1 - x0),
      h: k * (y1 - y0),
    };
  }

  /** All that does not move between two frames, drawn once for both. */
  function paintBack(frame, canvas, look, on) {
    const { arrays, shapes } = frame,
      g = place,
      px = look.ratio;
    if (back.width !== canvas.width || back.height !== canvas.height) {
      back.width = canvas.width;
      back.height = canvas.height;
    }
    const c = behind;
    c.clearRect(0, 0, back.width, back.height);
    if (on.heat && arrays.heat) {
      paintHeat(frame, look);
      c.imageSmoothingEnabled = true;
      c.imageSmoothingQuality = withoutGraphics ? 'medium' : 'high';
      c.drawImage(small, g.left, g.top, g.w, g.h);
    }
    if (on.manifold && arrays.manifold) {
      const grid = arrays.manifold,
        shape = shapes.manifold;
      c.strokeStyle = alpha(look.palette.fake, 0.55);
      c.lineWidth = 0.8 * px;
      c.beginPath();
      const line = (start, step, n) => {
        for (let i = 0; i < n; i++) {
          const o = 2 * (start + i * step);
          c[i ? 'lineTo' : 'moveTo'](g.x(grid[o]), g.y(grid[o + 1]));
        }
      };
      if (shape.length === 2) line(0, 1, shape[0]);
      else
        for (let i = 0; i < shape[0]; i++) {
          line(i * shape[1], 1, shape[1]);
          line(i, shape[1], shape[0]);
        }
      c.stroke();
    }
    if (on.real && arrays.real) c.drawImage(ringed(arrays.real, look), 0, 0);
    if (on.fake && arrays.raw) {
      c.strokeStyle = look.palette.fake;
      c.lineWidth = 1.2 * px;
      c.beginPath();
      const r = 2.6 * px;
      for (let i = 0; i < arrays.raw.length; i += 2) {
        const x = g.x(arrays.raw[i]),
          y = g.y(arrays.raw[i + 1]);
        c.moveTo(x - r, y - r);
        c.lineTo(x + r, y + r);
        c.moveTo(x - r, y + r);
        c.lineTo(x + r, y - r);
      }
      c.stroke();
    }
    ticks(c, look);
  }

  /** The real points, which are the same all the time: drawn once, and again when the place or the colours change. */
  function ringed(points, look) {
    const key = [...place.frame, place.k, place.left, place.top, back.width, back.height, look.palette.real].join();
    if (key === ringsOf && points.length === ringedPoints.length && points.every((v, i) => v === ringedPoints[i]))
      return rings;
    ringsOf = key;
    ringedPoints = points;
    rings.width = back.width;
    rings.height = back.height;
    const c = rings.getContext('2d'),
      px = look.ratio,
      r = 3.2 * px;
    c.strokeStyle = look.palette.real;
    c.lineWidth = 1.2 * px;
    c.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const x = place.x(points[i]),
        y = place.y(points[i + 1]);
      c.moveTo(x + r, y);
      c.arc(x, y, r, 0, TAU);
    }
    c.stroke();
    return rings;
  }

  function ticks(c, look) {
    const g = place,
      px = look.ratio,
      large = document.documentElement.classList.contains('gan-presenting') ? LARGE : 1,
      em = px * large, // 11 of them are a letter
      [x0, x1, y0, y1] = g.frame;
    const unit = step125(Math.max(x1 - x0, y1 - y0) / (large > 1 ? 4 : 5));
    const digits = Math.max(0, -Math.floor(Math.log10(unit) + 1e-9));
    c.font = `${11 * em}px ${look.font}`;
    c.fillStyle = look.palette.muted;
    c.strokeStyle = alpha(look.palette.muted, 0.55);
    c.lineWidth = px;
    c.beginPath();
    c.textBaseline = 'bottom';
    c.textAlign = 'center';
    for (let i = Math.ceil(x0 / unit); i * unit <= x1; i++) {
      const x = g.x(i * unit);
      if (x < g.left + 24 * em || x > g.left + g.w - 14 * em) continue;
      c.moveTo(x, g.top + g.h);
      c.lineTo(x, g.top + g.h - 4 * px);
      c.fillText(decimal(i * unit, digits), x, g.top + g.h - 5 * px);
    }
    c.textBaseline = 'middle';
    c.textAlign = 'left';
    for (let i = Math.ceil(y0 / unit); i * unit <= y1; i++) {
      const y = g.y(i * unit);
      if (y < g.top + 12 * em || y > g.top + g.h - 22 * em) continue;
      c.moveTo(g.left, y);
      c.lineTo(g.left + 4 * px, y);
      c.fillText(decimal(i * unit, digits), g.left + 7 * px, y);
    }
    c.stroke();
  }

  function paintArrows(c, look) {
    const g = place,
      px = look.ratio,
      cap = 0.085 * g.w,
      reach = push * g.k;
    c.strokeStyle = look.palette.gradient;
    c.lineWidth = px;
    c.beginPath();
    for (let i = 0; i < now.length; i += 2) {
      let dx = arrows[i] * reach,
        dy = -arrows[i + 1] * reach;
      const size = Math.hypot(dx, dy);
      if (!(size > 1.5 * px)) continue;
      if (size > cap) {
        dx *= cap / size;
        dy *= cap / size;
      }
      const x = g.x(now[i]),
        y = g.y(now[i + 1]),
        length = Math.min(size, cap);
      c.moveTo(x, y);
      c.lineTo(x + dx, y + dy);
      if (length > 7 * px) {
        const ux = (dx / length) * 4 * px,
          uy = (dy / length) * 4 * px;
        c.moveTo(x + dx - ux + 0.55 * uy, y + dy - uy - 0.55 * ux);
        c.lineTo(x + dx, y + dy);
        c.lineTo(x + dx - ux - 0.55 * uy, y + dy - uy + 0.55 * ux);
      }
    }
    c.stroke();
  }

  function paintFront(c, canvas, look, on) {
    c.clearRect(0, 0, canvas.width, canvas.height);
    c.drawImage(back, 0, 0);
    if (!now) return;
    if (on.gradients && arrows) paintArrows(c, look);
    if (on.fake) {
      const g = place,
        dot = outlined(look),
        r = dot.width / 2;
      for (let i = 0; i < now.length; i += 2) c.drawImage(dot, g.x(now[i]) - r, g.y(now[i + 1]) - r);
    }
  }

  /** One dot with its outline, drawn once and then copied. */
  function outlined(look) {
    const key = look.palette.fake + look.palette.card + look.ratio;
    if (key === spriteOf) return sprite;
    spriteOf = key;
    const px = look.ratio,
      size = Math.ceil(8.4 * px),
      c = sprite.getContext('2d');
    sprite.width = sprite.height = size;
    c.beginPath();
    c.arc(size / 2, size / 2, 3.3 * px, 0, TAU);
    c.fillStyle = look.palette.fake;
    c.strokeStyle = look.palette.card;
    c.lineWidth = px;
    c.fill();
    c.stroke();
    return sprite;
  }

  return {
    /** Take a new frame; the fakes then glide for `ms` from where they are. Frames `beside` it share its colours. */
    take(frame, ms, beside = []) {
      const { header, arrays } = frame;
      const fake = arrays.fake,
        same = now && run === header.run && now.length === fake.length;
      run = header.run;
      from = same && ms > 0 ? now.slice() : null;
      to = fake;
      arrows = arrays.arrows;
      if (!from) now = fake.slice();
      began = performance.now();
      span = ms;
      if (!same) {
        scale = null;
        push = 0;
      }
      if (arrays.heat) {
        const alike = beside.filter((other) => other.arrays.heat && other.header.objective === header.objective);
        scale = opinionScale(
          frame,
          [arrays, ...alike.map((other) => other.arrays)].flatMap(({ heat }) => [...heat]),
          scale,
        );
      }
      if (arrows) push = arrowScale(arrows, header.frame[1] - header.frame[0]);
    },
    /** Draw all of it. */
    paint(frame, canvas, c, look, on) {
      place = geometry(frame, canvas);
      paintBack(frame, canvas, look, on);
      this.glide(canvas, c, look, on);
    },
    /** Draw the moving part; true while there is more to come. */
    glide(canvas, c, look, on) {
      if (!place) return false;
      let more = false;
      if (from && to && from.length === to.length) {
        const t = Math.min(1, (performance.now() - began) / span),
          ease = t * (2 - t);
        for (let i = 0; i < now.length; i++) now[i] = from[i] + (to[i] - from[i]) * ease;
        more = t < 1;
        if (!more) from = null;
      }
      paintFront(c, canvas, look, on);
      return more;
    },
    get scale() {
      return scale;
    },
    /** What is under a point of the canvas: data units and D's logit, or null. */
    under(frame, x, y) {
      if (!place || !frame.arrays.heat) return null;
      const [x0, , , y1] = place.frame;
      const u = x0 + (x - place.left) / place.k,
        v = y1 - (y - place.top) / place.k;
      const [rows, columns] = frame.shapes.heat;
      const logit = valueAt(frame.arrays.heat, rows, columns, place.frame, u, v);
      return logit === null ? null : { x: u, y: v, logit };
    },
  };
}
