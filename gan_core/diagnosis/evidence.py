"""Evidence: the numbers that show a finding, each beside its threshold in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gan_core.config import RunConfig
from gan_core.data import DATASETS
from gan_core.diagnosis.features import Series, Signs
from gan_core.diagnosis.rules import bottleneck
from gan_core.diagnosis.thresholds import limit
from gan_core.game.objectives import OBJECTIVES


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


Make = Callable[[Signs, Series, RunConfig], Evidence]
"""Measures one number at the newest look of a series."""


def missing(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Share of the data that no sample is near."""
    bar = limit("missing")
    what = DATASETS[config.data.name].parts
    return Evidence(
        "missing",
        look.missing,
        bar,
        f"{look.reached} of {look.regions} {what} reached, {look.missing:.0%} of the data missing; from {bar:.0%} on "
        "it is a collapse. A region is reached by a fifth of its fair share of the samples.",
    )


def diversity(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Mean distance of two samples, over that of two of the data."""
    bar = limit("diversity")
    text = f"Two samples are {look.diversity:.0%} as far apart as two of the data; below {bar:.0%} they are too alike."
    return Evidence("diversity", look.diversity, bar, text)


def moved(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Share of the samples that change their region from look to look."""
    value, bar = float(series.moved[-1]), limit("cycling")
    text = f"From one look to the next {value:.0%} of the samples change their region; {bar:.0%} is a chase."
    return Evidence("moved", value, bar, text)


def two_sample(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Accuracy of the nearest neighbour in telling real and generated samples apart."""
    bar = limit("unlike")
    text = (
        f"Nearest neighbours tell {look.two_sample:.0%} of real and generated samples apart; equal sets 50 %, and "
        f"from {bar:.0%} on they are not alike."
    )
    return Evidence("two_sample", look.two_sample, bar, text)


def accuracy(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """D's accuracy over the last steps."""
    bar = limit("sure")
    text = f"D was right on {look.accuracy:.0%} of its last samples; at 50 % it cannot tell, from {bar:.0%} on it wins."
    return Evidence("accuracy", look.accuracy, bar, text)


def d_loss(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """D's loss over the last steps."""
    text = f"D's loss is {look.d_loss:.3g}."
    return Evidence("d_loss", look.d_loss, limit("won"), text)


def gradient(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """G's gradient, as a share of its largest."""
    share, bar = look.g_grad / max(look.g_grad_peak, 1e-30), limit("vanished")
    text = f"G's gradient is {look.g_grad:.2g}, {share:.2%} of its largest; below {bar:.0%} G hardly moves."
    return Evidence("g_grad", share, bar, text)


def logit(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Mean size of D's answers."""
    bar = limit("critic" if OBJECTIVES[config.objective].unbounded else "logit")
    return Evidence("logit", look.logit, bar, f"D's answers are {look.logit:.3g} in size; {bar:,.0f} is out of bounds.")


def recall(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Share of the data that lie among the samples."""
    bar = limit("narrow")
    text = (
        f"{look.precision:.0%} of the samples lie among the data, but only {look.recall:.0%} of the data lie among the "
        f"samples; below {bar:.0%} the modes are too narrow."
    )
    return Evidence("recall", look.recall, bar, text)


def memory(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Measure what shows best that training images are known: nearness, answers on held-out images, or AUC."""
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


def copies(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Distance to the nearest training image, over that between training images."""
    value, bar = float(series.mean("copies")[-1]), limit("copies")
    text = (
        f"A sample's nearest training image is {value:.0%} as far away as one training image from the next; below "
        f"{bar:.0%} it is a copy."
    )
    return Evidence("copies", value, bar, text)


def narrow(look: Signs, series: Series, config: RunConfig) -> Evidence:
    """Width of the narrowest layer, or, where none is narrow, the steps without progress."""
    floor = limit("narrow_plane" if len(config.data_shape) == 1 else "narrow_images")
    found = bottleneck(config)
    if found is None:
        steps = limit("patience")
        return Evidence("progress", 0.0, limit("progress"), f"They came no nearer in the last {steps:,.0f} steps.")
    player, width = found
    return Evidence("width", width, floor, f"The {player}'s narrowest layer has {width} units; {floor:.0f} are few.")
