// The binary frame: "GANX", version, length of the header, header (JSON), float32 arrays, uint8 arrays.

/** Parse a frame, or throw. Arrays are views of the buffer; nothing is copied. */
export function parse(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 12 || view.getUint32(0, false) !== 0x47414e58) throw new Error('not a frame');
  if (view.getUint32(4, true) !== 1) throw new Error('a frame of another version');
  const length = view.getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 12, length)));
  const arrays = {},
    shapes = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const Kind = dtype === 'uint8' ? Uint8Array : Float32Array;
    arrays[name] = new Kind(
      buffer,
      12 + length + offset,
      shape.reduce((a, b) => a * b, 1),
    );
    shapes[name] = shape;
  }
  return { header, arrays, shapes };
}

/** Mean of the finite values among the last `n` of an array; null if there is none. */
export function lastMean(array, n) {
  if (!array) return null;
  let sum = 0,
    count = 0;
  for (let i = Math.max(0, array.length - n); i < array.length; i++) {
    if (Number.isFinite(array[i])) {
      sum += array[i];
      count++;
    }
  }
  return count ? sum / count : null;
}
