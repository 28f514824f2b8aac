"""The report of a run: its findings, and the one sentence that a page, a film or a file shows of them.

There is one report for all: what the diagnosis found, by looks taken while the run trained. Where nobody looked, that
is said, and nothing is guessed from one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.diagnosis.cures import describe, title_of
from gan_core.diagnosis.findings import Finding
from gan_core.diagnosis.restored import restored
from gan_core.diagnosis.table import FINDINGS
from gan_core.diagnosis.thresholds import limit
from gan_core.diagnosis.written import written
from gan_core.game.objectives import OBJECTIVES
from gan_core.metrics import Score
from gan_core.record.frame import Verdict
from gan_core.record.history import History, StepStats

__all__ = ["Report", "diverged_message", "verdict"]

OLD: Final = 10
"""Scores are old, and their step is said, where a run has made more than this part of its steps since."""
NEAR_HALF: Final = 0.1
"""Distance from one half that D's accuracy may be, on the last batch, when it can hardly tell."""


_BY_SCORES: Final[Mapping[str, Callable[[Mapping[str, Any], list[str]], Verdict]]] = {
    "psnr": restored,
    "pairs_js": written,
}
"""Sentences on runs without looks, made of their scores ``(metrics, evidence)``, by a score that they have."""


@dataclass(frozen=True)
class Report:
    """Metrics and findings of one step, made by the monitor.

    Attributes:
        run: Number of the run among the restarts; what is of an earlier one is dropped.
        step: Steps after which the weights were taken.
        scores: Metrics by name; where there are none the last ones stay.
        findings: Of the diagnosis, the gravest first, or None before its first look.
        classes: Which class of images is made least, in a sentence; "" where nothing was scored or there are none.
    """

    run: int
    step: int
    scores: Mapping[str, Score] = field(default_factory=dict)
    findings: Sequence[Finding] | None = None
    classes: str = ""


def verdict(
    header: Mapping[str, Any], history: History, config: RunConfig, findings: Sequence[Finding] | None = None
) -> Verdict:
    """Say the first finding of a run in one sentence, with all that shows it.

    Args:
        header: Of a snapshot, with ``metrics``.
        history: Of the run.
        config: Of the run.
        findings: From `diagnose`, or None if nobody looked at the run.

    Returns:
        ``level`` ("ok", "warn", "bad", "info"), ``headline``, ``detail`` and ``evidence`` (a list of lines); of a
        finding also ``name``, ``since_step`` and ``why``, and of a failure ``cures``, each with ``title``, ``changes``
        in words and its ``index`` among the finding's.
    """
    if not findings:
        say = next((say for name, say in _BY_SCORES.items() if name in header.get("metrics", {})), None)
        if say is not None and header["step"] >= limit("begun"):
            said = say(_finite_ones(header["metrics"]), _numbers(header, history, config))
            of, step = header.get("metrics_step") or header["step"], header["step"]
            return {**said, "detail": f"At step {of:,}: {said['detail']}"} if step - of > step / OLD else said
        return _nothing_found(header, history, config, looked=findings is not None)
    first = findings[0]
    entry = FINDINGS[first.name]
    lines = [e.text for e in first.evidence] or [first.why]
    lines += _of_one_half(first.name, header)
    if not entry.tells_copies:
        lines += _copied(header.get("metrics", {}))
    also = [_also(f) for f in findings[1:]]
    found: Verdict = {
        "level": first.severity,
        "headline": entry.headline,
        "detail": _first(lines[0]) if first.failure else _first(first.why),
        "evidence": [*lines, *also, *([] if first.failure else _numbers(header, history, config))],
        "name": first.name,
    }
    if first.failure:
        found["since_step"] = first.since_step
        found["why"] = first.why
        found["cures"] = [
            {"index": i, "title": title_of(cure), "changes": describe(cure)} for i, cure in enumerate(first.cures)
        ]
    return found


def _finite_ones(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: m for name, m in metrics.items() if _finite(m["value"])}


def _nothing_found(header: Mapping[str, Any], history: History, config: RunConfig, *, looked: bool) -> Verdict:
    early = f"Too early to say before some {limit('early'):.0f} steps, or more where the rates are low."
    unseen = "Nobody has looked at this run while it trained: let it go on for a while, and what is seen is said here."
    young = header["step"] < limit("early")
    return {
        "level": "info",
        "headline": "Just begun." if young else "Looking." if looked else "Not looked at yet.",
        "detail": early if young or looked else unseen,
        "evidence": _numbers(header, history, config),
    }


def _also(finding: Finding) -> str:
    first = finding.evidence[0].text if finding.evidence else ""
    return f"Also: {FINDINGS[finding.name].headline} {first} {_first(finding.why)}"


def _first(text: str) -> str:
    """Return the first sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def _numbers(header: Mapping[str, Any], history: History, config: RunConfig) -> list[str]:
    """Say D's and G's numbers of the last step; they decide nothing by themselves."""
    stats, lines = header["stats"], []
    accuracy = _mean_accuracy(stats)
    if accuracy is not None and OBJECTIVES[config.objective].threshold is None:
        lines.append(f"D puts {accuracy:.0%} of pairs of a real and a generated sample in order; 50 % is chance.")
    elif accuracy is not None:
        lines.append(f"D is right on {accuracy:.0%} of its last batch; 50 % means that it cannot tell.")
    peak, norm = history.peak("g_grad_norm"), stats["g_grad_norm"]
    if header["step"] and norm is not None and peak > 0 and _finite(norm / peak):
        lines.append(f"G's gradient norm is {norm:.3g}, {norm / peak:.1%} of its largest ({peak:.3g}).")
    return lines


def _of_one_half(name: str, header: Mapping[str, Any]) -> list[str]:
    """Say whether it is good, in this run, that D can hardly tell; nothing where it can, or where that is not known."""
    accuracy, metrics, entry = _mean_accuracy(header["stats"]), header.get("metrics", {}), FINDINGS[name]
    if accuracy is None or abs(accuracy - 0.5) > NEAR_HALF:
        return []
    said = f"D is right on {accuracy:.0%}, near one half:"
    if entry.half_is_late:
        return [f"{said} here because it is always late, not because the samples are good."]
    reached = metrics.get("modes_reached")
    if entry.half_is_good and reached and reached["value"] == metrics["n_modes"]["value"]:
        return [f"{said} all modes are reached, so here that is good."]
    return []


def _copied(metrics: Mapping[str, Any]) -> list[str]:
    """Say whether the samples are copies, where held-out images show it; nothing of samples unlike the data."""
    score, like = metrics.get("closer_to_train"), metrics.get("precision")
    if score is None or like is None or not (_finite(score["value"]) and like["value"] >= limit("plausible")):
        return []
    said = f"{score['value']:.0%} of the samples are nearer to a training image than to a held-out one: 50 % is honest"
    return [f"{said}, 100 % is copied. The Latent page shows what each of them is nearest to."]


def diverged_message(stats: StepStats, config: RunConfig) -> str:
    """Describe what happened and what to try when a step's numbers are not finite."""
    words = {
        "d_loss": "D's loss",
        "g_loss": "G's loss",
        "penalty": "the penalty",
        "d_grad_norm": "D's gradient",
    }
    what = next((w for name, w in words.items() if not _finite(getattr(stats, name))), "G's gradient")
    tries = []
    if max(config.lr_d, config.lr_g) > 1e-3:
        tries.append("lower the learning rates")
    clip = OBJECTIVES[config.objective].usual_clip
    if clip and not config.clip and not config.regularisers:
        tries.append(f"clip D's weights ({clip:g}) or add a gradient penalty")
    if any(r.weight > 10 for r in config.regularisers):
        tries.append("lower the penalty's weight")
    if not config.regularisers:
        tries.append("add R1 + R2 with weight 0.1")
    tries = tries or ["lower the learning rates"]
    cures = ", or ".join(tries)
    return f"The run diverged at step {stats.step:,}: {what} is no longer a number. Try: {cures}; then reset."


def _mean_accuracy(stats: Mapping[str, Any]) -> float | None:
    real, fake = stats["real_accuracy"], stats["fake_accuracy"]
    return None if real is None or fake is None or not _finite(real + fake) else float((real + fake) / 2)


def _finite(value: float) -> bool:
    return abs(value) < float("inf")
