"""Sentences on a G that answers conditions: how near its answers are, beside the best filter.

Runs on pairs are not looked at as others are, since each condition has data of its own; their scores say how they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gan_core.record.frame import Verdict

__all__ = ["restored"]

IGNORED: Final = 0.1
"""Spread of the answers over z as a share of their error, below which z is as good as ignored."""


def restored(metrics: Mapping[str, Any], evidence: list[str]) -> Verdict:
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
        return _say("info", "Not yet as near as a filter.", f"{than}.", evidence)
    return _say("ok", "Better than a filter.", f"{than}; {sharp['value']:.0%} as sharp as they.", evidence)


def _of_z(spread: float) -> str:
    if spread < IGNORED:
        said = f"Another z changes an answer by {spread:.0%} of its error: G ignores z and hides what it cannot know."
        return f"{said} Reconstruct the mean of two z, and reward the use of z."
    return f"Another z changes an answer by {spread:.0%} of its error; an honest sampler's by 100 %."


def _say(level: Any, headline: str, detail: str, evidence: list[str]) -> Verdict:
    return {"level": level, "headline": headline, "detail": detail, "evidence": evidence}
