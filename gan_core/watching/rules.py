"""The rules: one frozen entry each.

A rule looks at the `Facts` of one update and at the `Evidence` so far. It answers with words (what was seen), with `OK`
or with `UNKNOWN`, where this update cannot tell; `confirm` words in a row make a finding. The order of the table is
the order of causes: of several errors at one step the first here is the headline.
"""

from __future__ import annotations

from typing import Final

from gan_core.watching.course_rules import COURSE_RULES
from gan_core.watching.loss_rules import LOSS_RULES
from gan_core.watching.penalty_rules import PENALTY_RULES
from gan_core.watching.rule import OK, SEVERITIES, UNKNOWN, Check, Rule, Severity, Told
from gan_core.watching.state_rules import STATE_RULES
from gan_core.watching.step_rules import STEP_RULES

__all__ = ["OK", "RULES", "SEVERITIES", "UNKNOWN", "Check", "Rule", "Severity", "Told"]

ORDER: Final = (
    "not_finite",
    "player_without_optimizer",
    "moved_by_other",
    "scaled_gradients",
    "clipped_while_scaled",
    "gradients_not_cleared",
    "z_ignored",
    "constant_answer",
    "no_gradient",
    "fakes_attached",
    "gradient_leak",
    "g_loss_without_d",
    "steps_twice",
    "never_steps",
    "does_not_move",
    "weights_go_back",
    "no_real",
    "no_fakes",
    "same_label",
    "labels_swapped",
    "same_goal",
    "sigmoid_twice",
    "sigmoid_missing",
    "sigmoid_in_critic",
    "range_mismatch",
    "penalty_without_effect",
    "penalty_axis",
    "penalty_sign",
    "changed_before_step",
    "clips_g",
    "reinitialised",
    "y_ignored",
    "z_repeats",
    "sampling_differs",
    "stale_fakes",
    "batch_repeats",
    "eval_mode",
    "load_without_effect",
    "gradients_thrown_away",
    "unequal_weights",
    "smoothing_on_fakes",
    "penalty_batch_norm",
    "penalty_place",
    "optimizer_made_anew",
    "critic_unbounded",
    "update_ratio",
    "rate_too_low",
    "dead_units",
    "train_eval_gap",
    "initial_loss",
    "fakes_attached_harmless",
)
"""Names in the order of causes; rules on the course of a run follow in their own."""

RULES: Final[tuple[Rule, ...]] = (
    *sorted(
        (*STEP_RULES, *LOSS_RULES, *PENALTY_RULES, *STATE_RULES),
        key=lambda rule: ORDER.index(rule.name),
    ),
    *COURSE_RULES,
)
