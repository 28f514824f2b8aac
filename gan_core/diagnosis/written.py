"""Sentences on a G that writes words: how many are real, how many differ, beside as many real ones.

Runs on words are not looked at as others are, since words that differ in one letter are as far apart as any two; their
scores say how they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from gan_core.record.frame import Verdict

__all__ = ["written"]

FEW: Final = 0.2
"""Different words over those of as many real ones, below which G is said to write few."""
VARIED: Final = 0.7
"""The same, from which its words are said to be as varied as real ones."""
ONE: Final = 0.25
"""Share of one word above which it is said to be written again and again; real data that have more are no excuse."""
LIKE: Final = 0.1
"""2-gram distance in nats from which letters are said to follow each other as in real words."""


def written(metrics: Mapping[str, Any], evidence: list[str]) -> Verdict:
    """Describe the words of a generator, beside as many real ones."""
    unique, most, pairs = metrics["unique"], metrics["commonest"], metrics["pairs_js"]
    by_rule = "grammatical" in metrics
    right, what = metrics["grammatical" if by_rule else "in_dictionary"], "grammatical" if by_rule else "real words"
    n = unique["n"]
    distinct, usual = round(unique["value"] * n), round(unique["floor"] * n)
    evidence = [
        f"{distinct:,} different words among {n:,}; as many real ones have {usual:,}.",
        f"The commonest is {most['value']:.1%} of them; of real ones {most['floor']:.1%}.",
        f"{right['value']:.1%} are {what}.",
        f"2-gram distance {pairs['value']:.3f} nats; real words reach {pairs['floor']:.3f}.",
        *([f"{metrics['novel']['value']:.1%} are not among the training words."] if "novel" in metrics else []),
        *evidence,
    ]
    detail = f"{right['value']:.0%} are {what}; {distinct:,} of {n:,} differ, of real ones {usual:,}."
    variety = unique["value"] / unique["floor"]
    if variety < FEW or most["value"] > max(ONE, 2 * most["floor"]):
        return _say("bad", "Collapse: G writes few words, again and again.", detail, evidence)
    if pairs["value"] > LIKE:
        return _say("info", "Letters do not yet follow each other as in real words.", detail, evidence)
    if variety < VARIED:
        return _say("warn", "G repeats itself more than real words do.", detail, evidence)
    return _say("ok", "Letters follow each other as in real words.", detail, evidence)


def _say(level: Literal["ok", "warn", "bad", "info"], headline: str, detail: str, evidence: list[str]) -> Verdict:
    return {"level": level, "headline": headline, "detail": detail, "evidence": evidence}
