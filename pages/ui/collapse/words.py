"""Differences between two runs, in words; knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gan_core import OBJECTIVES, REGULARISERS, RunConfig
from gan_core.config import KNOBS

_SENTENCES: Final[Mapping[str, str]] = {
    "packing": "D sees {now} samples at once, not {before}",
    "d_steps": "D is updated {now} times a step, not {before}",
    "g_steps": "G is updated {now} times a step, not {before}",
    "lr_g": "G learns at a rate of {now}, not {before}",
    "lr_d": "D learns at a rate of {now}, not {before}",
    "latent_dim": "z has {now} numbers, not {before}",
    "batch_size": "batches have {now} samples, not {before}",
    "discriminator.dropout": "{now:.0%} of D's units are dropped, not {before:.0%}",
    "discriminator.width": "D has {now} units a layer, not {before}",
    "generator.width": "G has {now} units a layer, not {before}",
    "discriminator.logit_gain": "D's logit is multiplied by {now}, not by {before}",
}


def differences(config: RunConfig, other: RunConfig) -> str:
    """Describe how ``config`` differs from ``other``, in one sentence; "" if they are equal."""
    changed = other.differences(config)
    before = config.differences(other)
    said: list[str] = []
    if "data.name" in changed:  # what goes with it would say nothing more
        changed = {
            path: value for path, value in changed.items() if path == "data.name" or not path.startswith("data.")
        }
    pair = ("betas_g", "betas_d")
    if all(path in changed for path in pair) and changed["betas_g"] == changed["betas_d"]:
        said.append(f"both optimisers have betas {_plain(changed['betas_g'])}, not {_plain(before['betas_g'])}")
        changed = {path: value for path, value in changed.items() if path not in pair}
    for path, now in changed.items():
        say = _SAY.get(path)
        if say is not None:
            said.append(say(now, before[path]))
        elif path in _SENTENCES:
            said.append(_SENTENCES[path].format(now=_number(now), before=_number(before[path])))
        elif path.startswith("regularisers."):
            said.append(f"its penalty's {path.rpartition('.')[2]} is {_plain(now)}, not {_plain(before[path])}")
        else:
            label = KNOBS[path].label if path in KNOBS else path
            said.append(f"{label}: {_plain(now)}, not {_plain(before[path])}")
    if not said:
        return ""
    text = "; ".join(said) + "."
    return text[0].upper() + text[1:]


def _objective(now: Any, before: Any) -> str:
    return f"the game is {OBJECTIVES[now].label}, not {OBJECTIVES[before].label}"


def _penalties(now: Any, before: Any) -> str:
    def names(penalties: Any) -> str:
        return " and ".join(f"{REGULARISERS[p['name']].label} of weight {p['weight']:g}" for p in penalties)

    return (
        f"D is penalised by {names(now)}" + (f", not {names(before)}" if before else "") if now else "no penalty on D"
    )


def _spectral(now: Any, _: Any) -> str:
    return "D has spectral norm" if now else "D has no spectral norm"


def _augment(now: Any, _: Any) -> str:
    return f"D sees images changed at random ({', '.join(now)})" if now else "D sees images as they are"


def _clip(now: Any, before: Any) -> str:
    if not now:
        return "D's weights are not clipped"
    return f"D's weights are clipped to ±{now:g}" + (f", not ±{before:g}" if before else "")


def _ema(now: Any, before: Any) -> str:
    if not now:
        return "G is shown as it is at each step"
    return f"G's average is shown, with a memory of {now:g}" + (f", not {before:g}" if before else "")


_SAY: Final[Mapping[str, Callable[[Any, Any], str]]] = {
    "objective": _objective,
    "regularisers": _penalties,
    "discriminator.spectral_norm": _spectral,
    "augment": _augment,
    "clip": _clip,
    "ema": _ema,
}


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_plain(v) for v in value) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> Any:
    """Whole numbers without a point, and small ones without an exponent where that is shorter."""
    return value if not isinstance(value, float) or value < 1 or value != int(value) else int(value)
