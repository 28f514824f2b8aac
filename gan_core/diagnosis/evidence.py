"""Words of the diagnosis: the numbers that show a finding, why it happens, and what it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gan_core.config import RunConfig
from gan_core.diagnosis.features import Signs
from gan_core.diagnosis.rules import Series, bottleneck
from gan_core.diagnosis.thresholds import limit

__all__ = ["HEADLINES", "Evidence", "evidence_of", "why_of"]


@dataclass(frozen=True)
class Evidence:
    """One number beside its threshold.

    Attributes:
        quantity: What was measured.
        value: The number.
        threshold: What it is compared with.
        text: Both in a sentence.
    """

    quantity: str
    value: float
    threshold: float
    text: str


HEADLINES: Final = {
    "divergence": "The numbers run away.",
    "vanishing_gradient": "G gets no gradient any more.",
    "discriminator_overpowers": "D wins.",
    "mode_collapse": "Mode collapse.",
    "oscillation": "G runs in circles.",
    "discriminator_dead": "D cannot tell, and G is not good.",
    "low_capacity": "Too little capacity.",
    "within_mode_collapse": "Collapse within the modes.",
    "memorisation": "Memorisation.",
    "improving": "Healthy, still improving.",
    "converged": "Converged.",
}
"""A finding in a few words."""

_WHY: Final = {
    "divergence": "Updates that are too large throw both players far from the data, where D's slope and so the next "
    "update are larger still. Lower rates or a penalty on D's slope keep the steps in proportion.",
    "vanishing_gradient": "D is so sure of every sample that its answer no longer changes with what G draws. G's loss "
    "is then flat, and no number of further steps moves it.",
    "discriminator_overpowers": "D learns faster than G and tells every sample, so that G hears only that all is wrong "
    "and not where to go. A penalty on D's slope, or fewer and smaller updates of D, let G follow.",
    "mode_collapse": "G is rewarded for each sample alone, so it may put all of them where D is weakest at the moment "
    "and leave the rest of the data out. D sees one sample at a time and cannot hold the missing variety against it.",
    "oscillation": "G runs to where D is weakest, D learns to reject that place, and G moves on to the next: the two "
    "turn about an equilibrium in place of approaching it. Damping (R1 + R2, no momentum, averaging of G) ends it.",
    "discriminator_dead": "D answers the same for real and generated samples, although they differ plainly. Its rate, "
    "its size or a constraint on its weights does not let it learn, and then G has nothing to learn from.",
    "low_capacity": "The samples stay apart from the data although both players learn and D has not won. A network "
    "this small cannot bend the noise into the shape of the data, or cannot see where it fails to.",
    "within_mode_collapse": "Samples lie on the modes but in narrow spots within them, so that quality looks perfect "
    "while variety is lost. D rewards the most typical sample of each mode, and nothing asks for the others.",
    "memorisation": "D has seen the few training samples so often that it knows them by heart: it tells them from "
    "others of the same kind. What it then teaches G is to copy them.",
    "improving": "The samples still come nearer to the data. Let it run.",
    "converged": "The samples have stopped coming nearer to the data. More steps of the same settings change little.",
}


def why_of(name: str) -> str:
    """Why a finding comes about, in two sentences."""
    return _WHY[name]


def evidence_of(name: str, look: Signs, series: Series, config: RunConfig) -> tuple[Evidence, ...]:
    """The numbers of a finding as of the last look."""
    return tuple(make(look, series, config) for make in _EVIDENCE[name])


Make = Callable[[Signs, Series, RunConfig], Evidence]


def _missing(look: Signs, series: Series, config: RunConfig) -> Evidence:
    bar = limit("missing")
    what = "modes" if config.data.name in ("ring-8", "grid-25") else "regions of the data"
    return Evidence(
        "missing",
        look.missing,
        bar,
        f"{look.reached} of {look.regions} {what} reached, {look.missing:.0%} of the data missing; from {bar:.0%} on "
        "it is a collapse. A region is reached by a fifth of its fair share of the samples.",
    )


def _diversity(look: Signs, series: Series, config: RunConfig) -> Evidence:
    bar = limit("diversity")
    text = f"Two samples are {look.diversity:.0%} as far apart as two of the data; below {bar:.0%} they are too alike."
    return Evidence("diversity", look.diversity, bar, text)


def _moved(look: Signs, series: Series, config: RunConfig) -> Evidence:
    value, bar = float(series.moved[-1]), limit("cycling")
    text = f"From one look to the next {value:.0%} of the samples change their region; {bar:.0%} is a chase."
    return Evidence("moved", value, bar, text)


def _two_sample(look: Signs, series: Series, config: RunConfig) -> Evidence:
    bar = limit("unlike")
    text = (
        f"Nearest neighbours tell {look.two_sample:.0%} of real and generated samples apart; equal sets 50 %, and "
        f"from {bar:.0%} on they are not alike."
    )
    return Evidence("two_sample", look.two_sample, bar, text)


def _accuracy(look: Signs, series: Series, config: RunConfig) -> Evidence:
    bar = limit("sure")
    text = f"D was right on {look.accuracy:.0%} of its last samples; at 50 % it cannot tell, from {bar:.0%} on it wins."
    return Evidence("accuracy", look.accuracy, bar, text)


def _d_loss(look: Signs, series: Series, config: RunConfig) -> Evidence:
    text = f"D's loss is {look.d_loss:.3g}."
    return Evidence("d_loss", look.d_loss, limit("won"), text)


def _gradient(look: Signs, series: Series, config: RunConfig) -> Evidence:
    share, bar = look.g_grad / max(look.g_grad_peak, 1e-30), limit("vanished")
    text = f"G's gradient is {look.g_grad:.2g}, {share:.2%} of its largest; below {bar:.0%} G hardly moves."
    return Evidence("g_grad", share, bar, text)


def _logit(look: Signs, series: Series, config: RunConfig) -> Evidence:
    bar = limit("critic" if config.objective in ("wasserstein", "least_squares") else "logit")
    return Evidence("logit", look.logit, bar, f"D's answers are {look.logit:.3g} in size; {bar:,.0f} is out of bounds.")


def _recall(look: Signs, series: Series, config: RunConfig) -> Evidence:
    bar = limit("narrow")
    text = (
        f"{look.precision:.0%} of the samples lie among the data, but only {look.recall:.0%} of the data lie among the "
        f"samples; below {bar:.0%} the modes are too narrow."
    )
    return Evidence("recall", look.recall, bar, text)


def _memory(look: Signs, series: Series, config: RunConfig) -> Evidence:
    closer = float(series.mean("closer")[-1])
    if closer >= limit("closer"):
        text = f"{closer:.0%} of the samples are nearer to a training image than to a held-out one; 50 % is honest."
        return Evidence("closer", closer, limit("closer"), text)
    overfit = float(series.mean("overfit")[-1])
    if overfit == overfit:  # held-out images there are
        bar = limit("overfit")
        text = f"D takes held-out images for generated ones to {overfit:.0%}; 0 % is honest, {bar:.0%} by heart."
        return Evidence("overfit", overfit, bar, text)
    auc, bar = float(series.mean("auc")[-1]), limit("by_heart")
    text = (
        f"There are {look.n_train} training images, and D puts one above a generated one {auc:.0%} of the time; "
        f"{bar:.0%} is by heart, as the samples lie among them."
    )
    return Evidence("auc", auc, bar, text)


def _copies(look: Signs, series: Series, config: RunConfig) -> Evidence:
    value, bar = float(series.mean("copies")[-1]), limit("copies")
    text = (
        f"A sample's nearest training image is {value:.0%} as far away as one training image from the next; below "
        f"{bar:.0%} it is a copy."
    )
    return Evidence("copies", value, bar, text)


def _narrow(look: Signs, series: Series, config: RunConfig) -> Evidence:
    floor = limit("narrow_plane" if len(config.data_shape) == 1 else "narrow_images")
    found = bottleneck(config)
    if found is None:
        steps = limit("patience")
        return Evidence("progress", 0.0, limit("progress"), f"They came no nearer in the last {steps:,.0f} steps.")
    player, width = found
    return Evidence("width", width, floor, f"The {player}'s narrowest layer has {width} units; {floor:.0f} are few.")


_EVIDENCE: Final[dict[str, tuple[Make, ...]]] = {
    "divergence": (_logit,),
    "vanishing_gradient": (_gradient, _accuracy),
    "discriminator_overpowers": (_d_loss, _accuracy, _two_sample),
    "mode_collapse": (_missing, _diversity),
    "some_missing": (_missing, _diversity),
    "oscillation": (_moved, _missing, _two_sample),
    "discriminator_dead": (_accuracy, _two_sample),
    "low_capacity": (_narrow, _two_sample),
    "within_mode_collapse": (_recall, _missing),
    "memorisation": (_memory, _copies),
    "improving": (_two_sample, _missing),
    "converged": (_two_sample, _missing),
}
