"""All findings, one entry each: when it holds, what it is called, why it happens, what shows it, what to try.

Entries are plain values; nothing here needs PyTorch. The order of the table is that of gravity: of failures that began
together the first is named first. Where no failure stands, the first entry that has `since` says how the run goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from gan_core.config import RunConfig
from gan_core.diagnosis import cures, evidence, rules
from gan_core.diagnosis.features import Series

__all__ = ["FINDINGS", "FindingType", "Severity"]

Severity = Literal["bad", "warn", "info", "ok"]


def _always(config: RunConfig) -> bool:
    return True


@dataclass(frozen=True)
class FindingType:
    """Facts of a finding, known before any run.

    Attributes:
        name: In snake_case, such as ``oscillation``.
        severity: "bad" and "warn" are failures; "info" and "ok" are said where nothing is wrong.
        headline: It in a few words.
        why: Why it happens, in two sentences.
        when: A failure: true at the looks at which it shows.
        until: True at the looks at which it goes on, where that is less than it took to be named; `when` if None.
        since: What is said where nothing is wrong: the step since which it holds, or None.
        evidence: The numbers that show it, the most telling first.
        cures: Config changes to try.
        applies: False for configs in which it cannot be seen.
        at_once: True if it is named early and quickly: a game won or broken at step 150 is so.
        slowness: How many times longer than usual it has to last.
        explains_later: True if what began with it or later follows from it.
        milder_than: The entry of which this one is the milder form, and in whose name it is told; or "".
        tells_lost_modes: True if a verdict adds which modes were lost.
    """

    name: str
    severity: Severity
    headline: str
    why: str
    when: rules.Rule | None = None
    until: rules.Rule | None = None
    since: Callable[[Series], int | None] | None = None
    evidence: tuple[evidence.Make, ...] = ()
    cures: cures.Cures = cures.of_nothing
    applies: Callable[[RunConfig], bool] = _always
    at_once: bool = False
    slowness: int = 1
    explains_later: bool = False
    milder_than: str = ""
    tells_lost_modes: bool = False


_MODE_COLLAPSE = FindingType(
    "mode_collapse",
    "bad",
    "Mode collapse.",
    "G is rewarded for each sample alone, so it may put all of them where D is weakest at the moment "
    "and leave the rest of the data out. D sees one sample at a time and cannot hold the missing variety against it.",
    when=rules.mode_collapse,
    until=rules.collapsed,
    evidence=(evidence.missing, evidence.diversity),
    cures=cures.of_missing_variety,
    tells_lost_modes=True,
)
_SOME_MISSING = replace(
    _MODE_COLLAPSE,
    name="some_missing",
    severity="warn",
    when=rules.some_missing,
    until=None,
    slowness=4,
    milder_than=_MODE_COLLAPSE.name,
)

FINDINGS: Final[dict[str, FindingType]] = {
    finding.name: finding
    for finding in (
        FindingType(
            "divergence",
            "bad",
            "The numbers run away.",
            "Updates that are too large throw both players far from the data, where D's slope and so the next "
            "update are larger still. Lower rates or a penalty on D's slope keep the steps in proportion.",
            when=rules.divergence,
            evidence=(evidence.logit,),
            cures=cures.of_divergence,
            at_once=True,
            explains_later=True,
        ),
        FindingType(
            "low_capacity",
            "warn",
            "Too little capacity.",
            "The samples stay apart from the data although both players learn and D has not won. A network "
            "this small cannot bend the noise into the shape of the data, or cannot see where it fails to.",
            when=rules.low_capacity,
            evidence=(evidence.narrow, evidence.two_sample),
            cures=cures.of_low_capacity,
        ),
        FindingType(
            "vanishing_gradient",
            "bad",
            "G gets no gradient any more.",
            "D is so sure of every sample that its answer no longer changes with what G draws. G's loss "
            "is then flat, and no number of further steps moves it.",
            when=rules.vanishing_gradient,
            evidence=(evidence.gradient, evidence.accuracy),
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
            when=rules.discriminator_overpowers,
            evidence=(evidence.d_loss, evidence.accuracy, evidence.two_sample),
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
            when=rules.oscillation,
            until=rules.circling,
            evidence=(evidence.moved, evidence.missing, evidence.two_sample),
            cures=cures.of_missing_variety,
        ),
        FindingType(
            "discriminator_dead",
            "bad",
            "D cannot tell, and G is not good.",
            "D answers the same for real and generated samples, although they differ plainly. Its rate, "
            "its size or a constraint on its weights does not let it learn, and then G has nothing to learn from.",
            when=rules.discriminator_dead,
            evidence=(evidence.accuracy, evidence.two_sample),
            cures=cures.of_a_blind_critic,
        ),
        FindingType(
            "within_mode_collapse",
            "warn",
            "Collapse within the modes.",
            "Samples lie on the modes but in narrow spots within them, so that quality looks perfect "
            "while variety is lost. D rewards the most typical sample of each mode, and nothing asks for the others.",
            when=rules.within_mode_collapse,
            until=rules.still_thin,
            evidence=(evidence.recall, evidence.missing),
            cures=cures.of_narrow_modes,
        ),
        FindingType(
            "memorisation",
            "warn",
            "Memorisation.",
            "D has seen the few training samples so often that it knows them by heart: it tells them from "
            "others of the same kind. What it then teaches G is to copy them.",
            when=rules.memorisation,
            evidence=(evidence.memory, evidence.copies),
            cures=cures.of_memorisation,
        ),
        FindingType(
            "converged",
            "ok",
            "Converged.",
            "The samples have stopped coming nearer to the data. More steps of the same settings change little.",
            since=rules.settled,
            evidence=(evidence.two_sample, evidence.missing),
        ),
        FindingType(
            "improving",
            "info",
            "Healthy, still improving.",
            "The samples still come nearer to the data. Let it run.",
            since=rules.any_time,
            evidence=(evidence.two_sample, evidence.missing),
        ),
    )
}
"""By name, the gravest first."""
