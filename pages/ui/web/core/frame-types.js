// Types of the live view's frames, as the server writes them: the header's fields and nothing else.

/**
 * One score with what real data score.
 * @typedef {object} Score
 * @property {number | null} value
 * @property {number | null} floor
 * @property {number} [n]
 */

/**
 * A change of the run and the step at which it was made.
 * @typedef {object} Mark
 * @property {number} step
 * @property {string} label
 */

/**
 * The best state so far.
 * @typedef {object} Best
 * @property {number} step
 * @property {string} metric
 * @property {number} value
 */

/**
 * A change that a finding suggests.
 * @typedef {object} Cure
 * @property {number} index
 * @property {string} title
 * @property {string} changes
 */

/**
 * The verdict on the run.
 * @typedef {object} Verdict
 * @property {string} level
 * @property {string} [name]
 * @property {string} headline
 * @property {string} detail
 * @property {string} [why]
 * @property {number} [since_step]
 * @property {string[]} [evidence]
 * @property {Cure[]} [cures]
 */

/**
 * Header of a frame.
 * @typedef {object} FrameHeader
 * @property {Record<string, {dtype: string, shape: number[], offset: number}>} arrays
 * @property {number} serial
 * @property {number} run
 * @property {number} step
 * @property {string} state
 * @property {'plane' | 'images'} kind
 * @property {string} data
 * @property {string} objective
 * @property {'probability' | 'critic'} meaning
 * @property {number[]} frame
 * @property {string} [phase]
 * @property {number | null} [pace]
 * @property {number | null} [stop_at]
 * @property {number | null} [steps_per_second]
 * @property {number} [seconds]
 * @property {number | null} [position]
 * @property {string} [message]
 * @property {string} [generator]
 * @property {boolean} [has_ema]
 * @property {string} [lost]
 * @property {Mark[]} [marks]
 * @property {Best | null} [best]
 * @property {Verdict} [verdict]
 * @property {Record<string, number | null>} [stats]
 * @property {Record<string, Score>} [metrics]
 * @property {number} [metrics_step]
 * @property {number} [moment] Set by the page: the step of the past that is looked at.
 */

export {};
