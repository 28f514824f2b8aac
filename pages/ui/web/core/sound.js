// @ts-check
// Sounds as numbers: from a frame's bytes to samples, to a spectrogram, and to a buffer that a browser plays.

const LEAST_RATE = 8000; // what every browser plays
const ZEROS = 8; // of the filter's wave on each side: what lies beyond is too faint to be heard

/** Samples in [-1, 1] of one of several sounds. @param {Uint8Array} bytes @param {number} length @param {number} i */
export function samplesOf(bytes, length, i) {
  return Float32Array.from(bytes.subarray(i * length, (i + 1) * length), (byte) => (byte - 127.5) / 127.5);
}

/**
 * The same sound with so many times the samples, nothing above its highest frequency added (a windowed sinc).
 * @param {Float32Array} samples @param {number} times
 */
export function finer(samples, times) {
  if (times <= 1) return samples;
  const reach = ZEROS * times;
  const filter = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const x = (i - reach) / times;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * (i - reach)) / (reach + 1)));
  });
  const out = new Float32Array(samples.length * times);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    const from = Math.max(0, Math.ceil((i - reach) / times)),
      to = Math.min(samples.length - 1, Math.floor((i + reach) / times));
    for (let k = from; k <= to; k++) sum += samples[k] * filter[i - k * times + reach];
    out[i] = sum;
  }
  return out;
}

/** How often a sound's samples must be multiplied for a browser to play it. @param {number} rate A second. */
export const timesFor = (rate) => Math.max(1, Math.ceil(LEAST_RATE / rate));

export const ROWS = 32,
  COLUMNS = 32;
const WINDOW = 4 * ROWS,
  DECIBELS = 40;
const HANN = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
const TURNS = Array.from({ length: WINDOW / 2 }, (_, i) => [
  Math.cos((2 * Math.PI * i) / WINDOW),
  -Math.sin((2 * Math.PI * i) / WINDOW),
]);
const REVERSED = Array.from({ length: WINDOW }, (_, i) => {
  let out = 0;
  for (let bit = 1, rest = i; bit < WINDOW; bit *= 2, rest >>= 1) out = 2 * out + (rest & 1);
  return out;
});

/** Fourier's transform in place (Cooley and Tukey). @param {Float64Array} re @param {Float64Array} im */
function transform(re, im) {
  for (let size = 2; size <= WINDOW; size *= 2) {
    const half = size / 2,
      stride = WINDOW / size;
    for (let start = 0; start < WINDOW; start += size)
      for (let k = 0; k < half; k++) {
        const [c, s] = TURNS[k * stride],
          a = start + k,
          b = a + half;
        const x = re[b] * c - im[b] * s,
          y = re[b] * s + im[b] * c;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
  }
}

/**
 * How loud a sound is over time and frequency: 0 silence to 1 a full tone, 40 dB apart. Rows are frequencies, the
 * highest (half of the rate) first, columns times, as in `gan_core.data.pitch.spectrogram`.
 * @param {Float32Array} samples
 */
export function spectrogram(samples) {
  const hop = Math.floor(samples.length / COLUMNS),
    out = new Float32Array(ROWS * COLUMNS);
  const re = new Float64Array(WINDOW),
    im = new Float64Array(WINDOW);
  for (let column = 0; column < COLUMNS; column++) {
    const from = column * hop + (hop >> 1) - WINDOW / 2;
    im.fill(0);
    for (let i = 0; i < WINDOW; i++) re[REVERSED[i]] = (samples[from + i] || 0) * HANN[i];
    transform(re, im);
    for (let row = 0; row < ROWS; row++) {
      const size = Math.max(Math.hypot(re[2 * row + 1], im[2 * row + 1]), Math.hypot(re[2 * row + 2], im[2 * row + 2]));
      const decibels = 20 * Math.log10(size / (WINDOW / 4) + 1e-6);
      out[(ROWS - 1 - row) * COLUMNS + column] = Math.min(1, Math.max(0, 1 + decibels / DECIBELS));
    }
  }
  return out;
}

/**
 * Plays sounds, one at a time; nothing is played, and no device asked for, before the first call of `play`.
 * @param {(playing: boolean) => void} [tell] Hears when sounds begin and end.
 */
export function player(tell = () => {}) {
  /** @type {AudioContext | null} */
  let audio = null;
  /** @type {AudioBufferSourceNode | null} */
  let source = null;

  function stop() {
    const old = source;
    source = null;
    if (!old) return;
    old.onended = null;
    old.stop();
    tell(false);
  }

  return {
    /**
     * Play sounds one after another; false if this browser plays none.
     * @param {Float32Array[]} sounds @param {number} rate Samples a second.
     */
    play(sounds, rate) {
      if (typeof AudioContext === 'undefined' || !sounds.length) return false;
      stop();
      audio ||= new AudioContext();
      void audio.resume();
      const times = timesFor(rate),
        gap = Math.round(0.06 * rate) * times;
      const parts = sounds.map((samples) => finer(samples, times));
      const buffer = audio.createBuffer(
        1,
        parts.reduce((sum, part) => sum + part.length + gap, 0),
        rate * times,
      );
      let at = 0;
      for (const part of parts) {
        buffer.copyToChannel(new Float32Array(part), 0, at);
        at += part.length + gap;
      }
      source = audio.createBufferSource();
      source.buffer = buffer;
      source.connect(audio.destination);
      source.onended = () => {
        source = null;
        tell(false);
      };
      source.start();
      tell(true);
      return true;
    },
    stop,
    /** What the browser's sound does: 'running' while it can be heard. */
    get state() {
      return audio ? audio.state : 'none';
    },
    end() {
      stop();
      void audio?.close();
      audio = null;
    },
  };
}
