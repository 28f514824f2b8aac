"""All findings, one entry each: when it holds, what it is called, why it happens, what to try.

Entries are plain values; nothing here needs PyTorch. What shows a finding is said by its rule. The order of the table
is that of gravity: of failures that began together the first is named first. Where no failure stands, the first entry
of those that say how a run goes is said, if it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from gan_core.config import RunConfig
from gan_core.diagnosis import cures, drawn, progress, rules
from gan_core.diagnosis.conditions import Rule

__all__ = ["FINDINGS", "FindingType", "Severity"]

Severity = Literal["bad", "warn", "info", "ok"]


def _always(config: RunConfig) -> bool:
    return True


@dataclass(frozen=True)
class FindingType:
    """Facts of a finding, known before any run.

    Attributes:
        name: In snake_case, such as ``oscillation``.
        severity: "bad" and "warn" are failures; "info" and "ok" say how a run goes in which nothing is wrong.
        headline: It in a few words.
        why: Why it happens, in two sentences.
        when: True at the looks at which it shows; None for what is found in the data and not in the run.
        until: True at the looks at which it goes on, where that is less than it took to be named; `when` if None.
        cures: Config changes to try.
        applies: False for configs in which it cannot be seen.
        at_once: True if it is named early and quickly: a game won or broken at step 150 is so.
        slowness: How many times longer than usual it has to last.
        explains_later: True if what began with it or later follows from it.
        from_the_start: True if its cause was there before the run began, so that it is named before all others.
        by_exclusion: True if it is said only where no other failure stands.
        milder_than: The entry of which this one is the milder form, and in whose name it is told; or "".
        tells_lost_modes: True if a verdict adds which modes were lost.
        tells_copies: True if its own numbers say how near the samples are to training images.
        half_is_late: True if a D that can hardly tell is always late, and not fooled.
        half_is_good: True if a D that can hardly tell is good here, once all modes are reached.
        alarms: False for what need not stop a run.
    """

    name: str
    severity: Severity
    headline: str
    why: str
    when: Rule | None = None
    until: Rule | None = None
    cures: cures.Cures = cures.of_nothing
    applies: Callable[[RunConfig], bool] = _always
    at_once: bool = False
    slowness: int = 1
    explains_later: bool = False
    from_the_start: bool = False
    by_exclusion: bool = False
    milder_than: str = ""
    tells_lost_modes: bool = False
    tells_copies: bool = False
    half_is_late: bool = False
    half_is_good: bool = False
    alarms: bool = True

    @property
    def failure(self) -> bool:
        """True if something is wrong."""
        return self.severity in ("bad", "warn")


_MODE_COLLAPSE = FindingType(
    "mode_collapse",
    "bad",
    "Mode collapse.",
    "G is rewarded for each sample alone, so it may put all of them where D is weakest at the moment "
    "and leave the rest of the data out. D sees one sample at a time and cannot hold the missing variety against it.",
    when=drawn.MODE_COLLAPSE,
    until=drawn.COLLAPSED,
    cures=cures.of_missing_variety,
    tells_lost_modes=True,
    half_is_late=True,
)
_SOME_MISSING = replace(
    _MODE_COLLAPSE,
    name="some_missing",
    severity="warn",
    when=drawn.SOME_MISSING,
    until=None,
    slowness=4,
    milder_than=_MODE_COLLAPSE.name,
)

FINDINGS: Final[dict[str, FindingType]] = {
    finding.name: finding
    for finding in (
        FindingType(
            "data_fault",
            "warn",
            "The data have a fault.",
            "It was there before the run began, and no setting of the game makes up for it. Mend the data first, as "
            "each line says.",
            from_the_start=True,
            alarms=False,
        ),
        FindingType(
            "no_lipschitz_bound",
            "bad",
            "Nothing bounds D's slope.",
            "This loss has no minimum unless D may be only so steep: D makes its answers larger instead of better, and "
            "what G hears has no scale. A gradient penalty, or clipping D's weights, gives it one.",
            when=rules.NO_BOUND,
            applies=rules.lacks_bound,
            cures=cures.of_a_missing_bound,
            from_the_start=True,
        ),
        FindingType(
            "divergence",
            "bad",
            "The numbers run away.",
            "Updates that are too large throw both players far from the data, where D's slope and so the next "
            "update are larger still. Lower rates or a penalty on D's slope keep the steps in proportion.",
            when=rules.OUT_OF_BOUNDS,
            cures=cures.of_divergence,
            at_once=True,
            explains_later=True,
        ),
        FindingType(
            "rates_too_low",
            "warn",
            "Nothing is learned yet: a rate is too low.",
            "An update moves each weight by about the learning rate. At this one even all updates together cannot have "
            "changed what the network does.",
            when=rules.RATES_TOO_LOW,
            cures=cures.of_rates,
            at_once=True,
            explains_later=True,
            from_the_start=True,
        ),
        FindingType(
            "rates_too_high",
            "bad",
            "The learning rates are too high.",
            "Each update moves the weights by so much that it undoes what the last ones learned: the samples land "
            "anywhere but on the data. Rates of the usual size change little of a good network at a time.",
            when=rules.RATES_TOO_HIGH,
            cures=cures.of_rates,
            from_the_start=True,
        ),
        FindingType(
            "scale_runs_away",
            "bad",
            "D's scale runs away.",
            "This critic is to be no steeper than 1, and what holds it there is too weak: its answers grow and grow, "
            "and G's updates with them. A gradient penalty of the usual weight keeps its slope near 1.",
            when=rules.SCALE_RUNS_AWAY,
            until=rules.STEEP,
            applies=rules.has_no_scale,
            cures=cures.of_a_missing_bound,
            explains_later=True,
        ),
        FindingType(
            "low_capacity",
            "warn",
            "Too little capacity.",
            "The samples stay apart from the data although both players learn and D has not won. A network "
            "this small cannot bend the noise into the shape of the data, or cannot see where it fails to.",
            when=rules.TOO_SMALL,
            applies=rules.has_bottleneck,
            cures=cures.of_low_capacity,
        ),
        FindingType(
            "vanishing_gradient",
            "bad",
            "G gets no gradient any more.",
            "D is so sure of every sample that its answer no longer changes with what G draws. G's loss "
            "is then flat, and no number of further steps moves it.",
            when=rules.VANISHED,
            cures=cures.of_a_won_game,
            at_once=True,
        ),
        FindingType(
            "discriminator_overpowers",
            "bad",
            "D wins.",
            "D learns faster than G and tells every sample, so that G hears only that all is wrong "
            "and not where to go. A penalty on D's slope, or fewer and smaller updates of D, let G follow.",
            applies=rules.has_optimum,
            when=rules.WON,
            cures=cures.of_a_won_game,
            at_once=True,
        ),
        _MODE_COLLAPSE,
        _SOME_MISSING,
        FindingType(
            "oscillation",
            "bad",
            "G runs in circles.",
            "G runs to where D is weakest, D learns to reject that place, and G moves on to the next: the two turn "
            "about an equilibrium in place of approaching it. Damping (R1 + R2, no momentum, averaging of G) ends it.",
            when=drawn.OSCILLATION,
            until=drawn.CIRCLING,
            cures=cures.of_missing_variety,
            half_is_late=True,
        ),
        FindingType(
            "discriminator_dead",
            "bad",
            "D cannot tell, and G is not good.",
            "D answers the same for real and generated samples, although they differ plainly. Its rate, "
            "its size or a constraint on its weights does not let it learn, and then G has nothing to learn from.",
            when=rules.BLIND,
            cures=cures.of_a_blind_critic,
        ),
        FindingType(
            "off_data",
            "bad",
            "The samples are off the data.",
            "Nearly all of them are told from the data, hardly one lies among these or hardly one of these among them, "
            "and they hardly come nearer. None of the known causes shows.",
            when=progress.OFF,
            cures=cures.of_a_won_game,
            slowness=2,
            by_exclusion=True,
        ),
        FindingType(
            "within_mode_collapse",
            "warn",
            "Collapse within the modes.",
            "Samples lie on the modes but in narrow spots within them, so that quality looks perfect "
            "while variety is lost. D rewards the most typical sample of each mode, and nothing asks for the others.",
            when=drawn.WITHIN_MODES,
            until=drawn.STILL_WITHIN_MODES,
            cures=cures.of_narrow_modes,
        ),
        FindingType(
            "rare_missing",
            "warn",
            "A rare part of the data is not made.",
            "D sees a rare region in few batches, and G loses little by leaving it out. Larger batches show it more "
            "often, and a D that sees several samples at once can hold its absence against G.",
            when=drawn.RARE_MISSING,
            cures=cures.of_a_rare_region,
            slowness=4,
            tells_lost_modes=True,
        ),
        FindingType(
            "wrong_shares",
            "warn",
            "The proportions are wrong.",
            "Every part of the data is made, but some far too often and others too seldom. D sees single samples, and "
            "is slow to hold their numbers against G.",
            when=drawn.WRONG_SHARES,
            cures=cures.of_a_rare_region,
            slowness=4,
        ),
        FindingType(
            "memorisation",
            "warn",
            "Memorisation.",
            "D has seen the few training samples so often that it knows them by heart: it tells them from "
            "others of the same kind. What it then teaches G is to copy them.",
            when=drawn.MEMORISED,
            cures=cures.of_memorisation,
            tells_copies=True,
        ),
        FindingType(
            "checkerboard",
            "warn",
            "A checkerboard in the images.",
            "A transposed convolution reaches some pixels more often than their neighbours, and the pattern shows "
            "in all images. Resizing first and then convolving reaches all alike; longer training may level it out.",
            when=drawn.CHECKERBOARD,
            cures=cures.of_a_checkerboard,
            slowness=4,
        ),
        FindingType(
            "unlike_data",
            "warn",
            "Not like the data, and hardly getting nearer.",
            "The samples are told from the data by their neighbours, and this no longer falls at a pace worth waiting "
            "for; none of the known causes shows. The data may have a shape that this game or these networks do not "
            "find.",
            when=progress.UNLIKE_STILL,
            cures=cures.of_a_won_game,
            slowness=4,
            by_exclusion=True,
        ),
        FindingType(
            "not_begun",
            "info",
            "Nothing is learned yet.",
            "The samples are where they began. If this stays so, the rates are too low or nothing reaches G.",
            when=progress.UNMOVED,
        ),
        FindingType(
            "converged",
            "ok",
            "Converged.",
            "The samples are like the data, beside what real ones reach, and hardly come nearer any more. More steps "
            "of the same settings change little.",
            when=progress.LIKE,
            until=progress.SETTLED_LIKE,
            half_is_good=True,
        ),
        FindingType(
            "like_the_data",
            "info",
            "Like the data so far.",
            "The samples are like the data, beside what real ones reach. Whether they stay so is to be seen.",
            when=progress.CLOSE,
            half_is_good=True,
        ),
        FindingType(
            "approaching",
            "info",
            "Mostly off the data, but coming nearer.",
            "They are told from the data nearly always, or at most half as many lie among them as of real ones. They "
            "come measurably nearer, so let it run.",
            when=progress.APPROACHING,
        ),
        FindingType(
            "improving",
            "info",
            "Still improving.",
            "The samples come nearer to the data, by more than chance and at a pace worth waiting for. Let it run.",
            when=progress.IMPROVING,
            half_is_good=True,
        ),
        FindingType(
            "mostly_off",
            "info",
            "Most samples are off the data, and hardly come nearer.",
            "They lie between the parts of the data or beside them; none of the known causes shows. Some runs rest for "
            "a while: look again later.",
            when=progress.MOSTLY_OFF,
        ),
        FindingType(
            "not_nearer",
            "info",
            "Hardly getting nearer.",
            "The samples are not like the data yet and come nearer slowly at most; none of the known causes shows. "
            "Some runs rest for a while: look again later.",
            when=progress.UNPROVEN,
        ),
    )
}
"""By name, the gravest first."""
