"""The verdict: one sentence on a run for a page, with its evidence and what to try.

It says the first finding of a diagnosis. Where none was made (a frame of a film, a run that nobody watched) it says
what one moment shows: how many modes are reached, who wins, whether it is too early.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from gan_core.config import RunConfig
from gan_core.diagnosis.cures import describe, title_of
from gan_core.diagnosis.findings import Finding
from gan_core.diagnosis.table import FINDINGS
from gan_core.diagnosis.thresholds import limit
from gan_core.game.objectives import OBJECTIVES
from gan_core.record.frame import Verdict
from gan_core.record.history import History, StepStats

Level = Literal["ok", "warn", "bad", "info"]

TOO_EARLY_STEPS: Final = 100
"""Before this many steps nothing is said of success or failure."""
DEAD_D_LOSS: Final = 0.05
"""D's loss of a won game; at equilibrium it is 1.386 (log 4)."""
VANISHED: Final = 0.02
"""G's gradient as a share of its peak, below which it hardly moves."""
SHARP: Final = 0.8
"""Share of samples within 3 sigma of a mode that counts as sharp; real data reach 0.989."""
NEAR_HALF: Final = 0.1
"""Distance from one half that D's accuracy may be, on the last batch, when it can hardly tell."""
IGNORED: Final = 0.1
"""Spread of the answers over z as a share of their error, below which z is as good as ignored."""
SPOT: Final = 0.1
"""Spread of the samples as a share of the data's, below which they are one spot."""


def verdict(
    header: Mapping[str, Any], history: History, config: RunConfig, findings: Sequence[Finding] | None = None
) -> Verdict:
    """One sentence on a run.

    Args:
        header: Of a snapshot, with ``metrics``.
        history: Of the run.
        config: Of the run.
        findings: From `diagnose`, or None if nobody watched.

    Returns:
        ``level`` ("ok", "warn", "bad", "info"), ``headline``, ``detail`` and ``evidence`` (a list of lines); of a
        failure that a diagnosis found also ``name``, ``since_step``, ``why`` and ``cures``, each with ``title``,
        ``changes`` in words and its ``index`` among the finding's.
    """
    if not findings:
        said = _moment(header, history, config)
        early = findings is not None and header["step"] >= TOO_EARLY_STEPS and said["level"] != "ok"
        watched = f"Too early to say before step {limit('early'):.0f}."
        return said | {"level": "info", "headline": "Just begun.", "detail": watched} if early else said
    first = findings[0]
    headline = FINDINGS[first.name].headline
    said = _moment(header, history, config)
    lines = [e.text for e in first.evidence] + _of_one_half(first.name, header)
    if not first.failure:
        detail = said["detail"] if "modes_reached" in header.get("metrics", {}) else first.why
        return _say(first.severity, headline, detail, lines + said["evidence"]) | {"name": first.name}
    others = [f"Also: {FINDINGS[f.name].headline} {f.evidence[0].text} {_first(f.why)}" for f in findings[1:]]
    if first.name != "memorisation":  # whose own numbers say it
        lines += _copied(header.get("metrics", {}))
    detail = _first(lines[0])  # one line; what the words mean stands with the evidence
    return _say(first.severity, headline, detail, [*lines, *others]) | {
        "name": first.name,
        "since_step": first.since_step,
        "why": first.why,
        "cures": [
            {"index": i, "title": title_of(cure), "changes": describe(cure)} for i, cure in enumerate(first.cures)
        ],
    }


def _first(text: str) -> str:
    """Return the first sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def _of_one_half(name: str, header: Mapping[str, Any]) -> list[str]:
    """Whether it is good, in this run, that D can hardly tell; nothing where it can, or where that is not known."""
    accuracy, metrics = _mean_accuracy(header["stats"]), header.get("metrics", {})
    if accuracy is None or abs(accuracy - 0.5) > NEAR_HALF:
        return []
    said = f"D is right on {accuracy:.0%}, near one half:"
    if name in ("mode_collapse", "oscillation"):
        return [f"{said} here because it is always late, not because the samples are good."]
    reached = metrics.get("modes_reached")
    if name in ("improving", "converged") and reached and reached["value"] == metrics["n_modes"]["value"]:
        return [f"{said} all modes are reached, so here that is good."]
    return []


def _copied(metrics: Mapping[str, Any]) -> list[str]:
    """Whether the samples are copies, where held-out images tell it; of samples unlike the data it says nothing."""
    score, like = metrics.get("closer_to_train"), metrics.get("precision")
    if score is None or like is None or not (_finite(score["value"]) and like["value"] >= limit("plausible")):
        return []
    said = f"{score['value']:.0%} of the samples are nearer to a training image than to a held-out one: 50 % is honest"
    return [f"{said}, 100 % is copied. The Latent page shows what each of them is nearest to."]


def _moment(header: Mapping[str, Any], history: History, config: RunConfig) -> Verdict:
    """Describe what one moment shows."""
    stats = header["stats"]
    # Scores of samples that are not finite are no numbers, and say nothing.
    metrics = {name: m for name, m in header.get("metrics", {}).items() if _finite(m["value"])}
    step = header["step"]
    accuracy = _mean_accuracy(stats)
    evidence = []
    if accuracy is not None:
        evidence.append(f"D is right on {accuracy:.0%} of its last batch; 50 % means that it cannot tell.")
    peak = history.peak("g_grad_norm")
    share = stats["g_grad_norm"] / peak if peak > 0 else 1.0
    if step:
        evidence.append(f"G's gradient norm is {stats['g_grad_norm']:.3g}, {share:.1%} of its largest ({peak:.3g}).")
    evidence += _copied(metrics)
    if step < TOO_EARLY_STEPS:
        return _say("info", "Just begun.", f"Too early to say before step {TOO_EARLY_STEPS}.", evidence)
    if OBJECTIVES[config.objective].labels and 0 <= stats["d_loss"] < DEAD_D_LOSS and share < VANISHED:
        evidence.append(f"D's loss is {stats['d_loss']:.3g}; at equilibrium it would be 1.386 (log 4).")
        return _say(
            "bad",
            "D wins, and G has stopped learning.",
            f"D's loss is near zero and G's gradient is down to {share:.1%} of its peak.",
            evidence,
        )
    if "modes_reached" in metrics:
        return _modes(metrics, evidence)
    if "psnr" in metrics:
        return _restored(metrics, evidence)
    if "js" in metrics:
        js = metrics["js"]
        evidence.append(
            f"Jensen-Shannon divergence {js['value']:.3f} bits; real data: {js['floor']:.3f}, n {js['n']:,}."
        )
        close = js["value"] < 0.2
        return _say(
            "ok" if close else "info",
            "Close to the data." if close else "Not yet like the data.",
            f"Jensen-Shannon divergence {js['value']:.2f} of at most 1 bit; real data reach {js['floor']:.2f}.",
            evidence,
        )
    if accuracy is not None and accuracy > 0.97:
        return _say("warn", "D tells nearly every sample.", f"It is right on {accuracy:.0%}.", evidence)
    detail = "" if accuracy is None else f"D is right on {accuracy:.0%}; 50 % means that it cannot tell."
    return _say("info", "The game goes on.", detail, evidence)


def _modes(metrics: Mapping[str, Any], evidence: list[str]) -> Verdict:
    reached, total = int(metrics["modes_reached"]["value"]), int(metrics["n_modes"]["value"])
    sharp = metrics["high_quality"]
    evidence.append(
        f"{reached} of {total} modes are nearest to at least a fifth of their fair share of all "
        f"{metrics['modes_reached']['n']:,} samples; real data: {total} of {total}."
    )
    evidence.append(f"{sharp['value']:.1%} of the samples are on a mode; real data: {sharp['floor']:.1%}.")
    words = f"Reaches {reached} of {total} modes"
    spread = metrics.get("spread")
    if spread is not None and spread["value"] < SPOT:
        evidence.append(f"The samples' spread is {spread['value']:.1%} of the data's.")
        return _say("bad", "Mode collapse.", f"{words}: all samples sit in one spot.", evidence)
    if reached <= total / 2:
        return _say("bad", "Modes are missing.", f"{words}.", evidence)
    if reached < total:
        return _say("warn", "Some modes are missing.", f"{words}.", evidence)
    if sharp["value"] < SHARP:
        return _say("info", "All modes found, still blurred.", f"{words}, {sharp['value']:.0%} sharp.", evidence)
    return _say("ok", "Healthy.", f"{words}, {sharp['value']:.0%} sharp.", evidence)


def _restored(metrics: Mapping[str, Any], evidence: list[str]) -> Verdict:
    """Describe how far answers to conditions are from the real images, beside the best filter."""
    near, sharp, spread = metrics["psnr"], metrics["sharpness"], metrics.get("z_spread")
    gain = near["value"] - near["floor"]
    than = f"{abs(gain):.1f} dB {'nearer to' if gain >= 0 else 'farther from'} the real images than the best filter"
    as_sharp = f"Neighbouring pixels differ {sharp['value']:.2f} times as much as in the real images"
    evidence = [
        f"PSNR {near['value']:.1f} dB of answers to {near['n']:,} conditions; the best filter {near['floor']:.1f}.",
        f"{as_sharp}; the best filter's {sharp['floor']:.2f} times.",
        *([] if spread is None else [_of_z(spread["value"])]),
        *evidence,
    ]
    if "judged_right" in metrics:
        known = metrics["judged_right"]
        evidence.insert(
            1,
            f"A small classifier recognises {known['value']:.1%} of the answers; of the best filter's "
            f"{known['floor']:.1%}.",
        )
    if spread is not None and spread["value"] < IGNORED:
        return _say("info", "G ignores z.", f"One answer to each condition, {than}.", evidence)
    if gain < 0:
        return _say("info", "Not yet as near as a filter.", f"{than.capitalize()}.", evidence)
    return _say("ok", "Better than a filter.", f"{than.capitalize()}, {sharp['value']:.0%} as sharp as they.", evidence)


def _of_z(spread: float) -> str:
    if spread < IGNORED:
        said = f"Another z changes an answer by {spread:.0%} of its error: G ignores z and hides what it cannot know."
        return f"{said} Reconstruct the mean of two z, and reward the use of z."
    return f"Another z changes an answer by {spread:.0%} of its error; an honest sampler's by 100 %."


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
    return None if real is None or not _finite(real + fake) else float((real + fake) / 2)


def _finite(value: float) -> bool:
    return abs(value) < float("inf")


def _say(level: Level, headline: str, detail: str, evidence: list[str]) -> Verdict:
    return {"level": level, "headline": headline, "detail": detail, "evidence": evidence}
