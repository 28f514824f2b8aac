// @ts-check
// The binary frame: "GANX", version, length of the header, header (JSON), float32 arrays, uint8 arrays.

/** @typedef {import('./frame-types.js').FrameHeader} FrameHeader */

/**
 * What a frame holds. Names of arrays and the header of an answer are the server's; see the types of the live view's.
 * @template [Header=FrameHeader]
 * @typedef {{header: Header, arrays: Record<string, any>, shapes: Record<string, number[]>}} Frame
 */

const MAGIC = 0x47414e58;
const VERSION = 1;
const PREFIX = 12;

/**
 * Parse a frame, or throw. Arrays are views of the buffer; nothing is copied.
 * @template [Header=FrameHeader]
 * @param {ArrayBuffer} buffer
 * @returns {Frame<Header>}
 */
export function parse(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < PREFIX || view.getUint32(0, false) !== MAGIC) throw new Error('not a frame');
  if (view.getUint32(4, true) !== VERSION) throw new Error('a frame of another version');
  const length = view.getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, PREFIX, length)));
  /** @type {Record<string, Float32Array | Uint8Array>} */
  const arrays = {};
  /** @type {Record<string, number[]>} */
  const shapes = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const ArrayKind = dtype === 'uint8' ? Uint8Array : Float32Array;
    const size = shape.reduce((/** @type {number} */ product, /** @type {number} */ side) => product * side, 1);
    arrays[name] = new ArrayKind(buffer, PREFIX + length + offset, size);
    shapes[name] = shape;
  }
  return { header, arrays, shapes };
}

/**
 * Parse a set of frames, those of runs beside each other; `frames` are in the order of the sides.
 * @param {ArrayBuffer} buffer
 */
export function parseSet(buffer) {
  /** @type {Frame<any>} */
  const set = parse(buffer);
  /** @type {Frame[]} */
  const frames = [];
  for (let i = 0; `side_${i}` in set.arrays; i++) {
    const { byteOffset, byteLength } = set.arrays[`side_${i}`];
    frames.push(parse(buffer.slice(byteOffset, byteOffset + byteLength)));
  }
  return { header: set.header, frames };
}

/**
 * Mean of the finite values among the last `n` of an array; null if there is none.
 * @param {ArrayLike<number> | undefined} array
 * @param {number} n
 */
export function lastMean(array, n) {
  if (!array) return null;
  let sum = 0;
  let count = 0;
  for (let i = Math.max(0, array.length - n); i < array.length; i++) {
    if (!Number.isFinite(array[i])) continue;
    sum += array[i];
    count++;
  }
  return count ? sum / count : null;
}
