// @ts-check
// Types of a frame's header, made by `python -m scripts.frame_types` of gan_core/record/frame.py: do not edit.

/**
 * The numbers of one step.
 * @typedef {object} Stats
 * @property {number} step Number of the step
 * @property {number | null} d_loss D's loss
 * @property {number | null} g_loss G's loss
 * @property {number | null} penalty penalty
 * @property {number | null} real_logit D's logit on real
 * @property {number | null} fake_logit D's logit on generated
 * @property {number | null} real_prob D's probability on real
 * @property {number | null} fake_prob D's probability on generated
 * @property {number | null} real_accuracy D right on real
 * @property {number | null} fake_accuracy D right on generated
 * @property {number | null} d_grad_norm D's gradient norm
 * @property {number | null} g_grad_norm G's gradient norm
 * @property {number | null} value The game's value
 */

/**
 * Place of an array in a frame.
 * @typedef {object} ArrayPlace
 * @property {string} dtype Its numbers.
 * @property {number[]} shape Its shape.
 * @property {number} offset Bytes from the start of the array part.
 */

/**
 * A step at which something happened to a run.
 * @typedef {object} Mark
 * @property {number} step Finished steps.
 * @property {string} label What happened.
 */

/**
 * Losses and D's answer at equilibrium, where they have a value.
 * @typedef {object} Optimum
 * @property {number | null} d_loss D's loss.
 * @property {number | null} g_loss G's loss.
 * @property {string} d_label What the line there is called.
 * @property {string} g_label Likewise.
 * @property {number | null} prob D's probability of "real" where it cannot tell; null where its answers are none.
 * @property {string} prob_label What the line there is called.
 */

/**
 * One score; see `gan_core.metrics.Score`.
 * @typedef {object} Measured
 * @property {number | null} value The score.
 * @property {number | null} floor What real data of the same size reach.
 * @property {number} n Number of samples.
 */

/**
 * A cure that is offered beside a verdict.
 * @typedef {object} Offer
 * @property {number} index Its place among the cures of the finding.
 * @property {string} title It in a few words.
 * @property {string} changes All that it changes, in words.
 */

/**
 * One sentence on a run, with its reasons.
 * @typedef {object} Verdict
 * @property {'ok' | 'warn' | 'bad' | 'info'} level How grave it is.
 * @property {string} headline The sentence.
 * @property {string} detail One more line.
 * @property {string[]} evidence The numbers that show it, a sentence each.
 * @property {string} [name] The finding's, if a diagnosis made one.
 * @property {number} [since_step] Where a failure began.
 * @property {string} [why] Why it happens.
 * @property {Offer[]} [cures] What to try.
 */

/**
 * Answers of the networks, filled by `gan_core.training.observe`.
 * @typedef {object} Seen
 * @property {'plane' | 'images' | 'sound' | 'text'} kind What samples are.
 * @property {number} heat_scale End of the scale of D's answers in the picture.
 * @property {'probability' | 'critic'} meaning What D's answers are.
 * @property {number[]} [frame] Of points: x0, x1, y0, y1 of the picture.
 * @property {string} [manifold] Of points: what part of the latent space is drawn, "line", "plane" or "slice".
 * @property {string[]} [classes] Of images of told classes: their names.
 * @property {number[]} [labels] Of images of told classes: the class of each generated one.
 * @property {number[]} [real_labels] Of images of told classes: the class of each real one.
 * @property {string} [condition] Of images that are made of what is left of real ones: what a picture of that is
 *   called.
 * @property {string[]} [alphabet] Of words: the letters that the numbers in ``fake_text`` stand for.
 * @property {number} [rate] Of sounds: samples a second.
 */

/**
 * Facts from the entries of a run's data and objective, filled by `gan_core.training.snapshots.facts_of`.
 * @typedef {object} EntryFacts
 * @property {string} data Name of the data set.
 * @property {number} n_modes Number of known modes of the data; 0 where none are known.
 * @property {string} objective Name of the objective.
 * @property {number | null} middle Logit at which D cannot tell, or null where only differences of logits have a
 *   meaning.
 */

/**
 * A run's own facts at a step, filled by `gan_core.training.snapshots`.
 * @typedef {EntryFacts & {step: number, generator: string, has_ema: boolean, latent_dim: number, prior: string, g_weights: number, d_weights: number, d_steps: number, g_steps: number, batch_size: number, stats: Stats, optimum: Optimum, marks: Mark[]}} Told
 */

/**
 * Header of a snapshot: what is seen and what is told of one step.
 * @typedef {Seen & Told} Picture
 */

/**
 * State of play of a run, filled by `gan_core.live.status`.
 * @typedef {object} Playing
 * @property {number} run Number of the run among the restarts, from 1.
 * @property {'playing' | 'paused' | 'queued' | 'diverged' | 'error' | 'closed'} state What it is doing.
 * @property {string} message What happened and what to try, or "".
 * @property {number} position Place in the queue for a slot, from 1; 0 if there is nothing to wait for.
 * @property {string} phase The half of a slow step that is shown, or "".
 * @property {number | null} pace Steps a second at most, or null.
 * @property {number | null} stop_at Step after which it pauses, or null.
 * @property {number} seconds Time spent playing this run.
 * @property {string} preset Name of the preset that it came from, or "".
 */

/**
 * Entries added when a frame is built, by `gan_core.live.frame_builder`.
 * @typedef {object} Built
 * @property {number} serial Grows with every frame, also over restarts.
 * @property {number} steps_per_second Over the last seconds; 0 while the run stands.
 * @property {Record<string, Measured>} metrics The newest scores by name.
 * @property {number} metrics_step The step that they are of; 0 before the first.
 * @property {number} found_step The step that the findings, and with them the verdict, are of; 0 before the first look.
 * @property {string} lost Which mode was lost first, when and where to, in words, or ""; see `gan_core.training.lost`.
 * @property {Verdict} [verdict] One sentence on the run; absent while it is being built.
 * @property {Record<string, string>} [doubts] What can fool a score in this run, in a sentence, by the score's name.
 */

/**
 * Header of a frame of the live view.
 * @typedef {Picture & Playing & Built} Header
 */

/**
 * Header of a frame that has no picture yet.
 * @typedef {Playing & Built & {step: number}} BareHeader
 */

/**
 * Header of a set of frames, one a side; filled by `gan_core.live.lockstep`.
 * @typedef {object} SetHeader
 * @property {number} serial Grows with every set.
 * @property {'playing' | 'paused' | 'queued' | 'diverged' | 'error' | 'closed'} state What the comparison is doing.
 * @property {number} step Finished steps of the sides.
 * @property {number | null} pace Steps a second at most, or null.
 * @property {number | null} stop_at Step after which it pauses, or null.
 * @property {number} position Place in the queue for a slot, from 1; 0 if there is nothing to wait for.
 */

/**
 * What the page itself adds to a header: the best state so far, and the step of the past that is looked at.
 * @typedef {object} Added
 * @property {{step: number, metric: string, value: number} | null} [best]
 * @property {number} [moment]
 */

/** @typedef {Header & {arrays: Record<string, ArrayPlace>} & Added} FrameHeader */

export {};
