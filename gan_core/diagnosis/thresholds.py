"""Every threshold of the diagnosis, in one table, with where it comes from.

Where a source gives none, the number was chosen between what healthy runs reach and what failing ones do, with room
on both sides; `benchmarks.diagnosis` prints how it does on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["THRESHOLDS", "Threshold", "limit"]

_OURS = "chosen between healthy and failing runs, benchmarks.diagnosis"
_ARJOVSKY = "Arjovsky & Bottou, arXiv:1701.04862"
_KARRAS = "Karras et al., arXiv:2006.06676"
_KYNK = "Kynkäänniemi et al., arXiv:1904.06991"
_WGAN = "Arjovsky et al., arXiv:1701.07875; Gulrajani et al., arXiv:1704.00028"
_ADAM = "an adaptive update is about as large as the rate: Kingma & Ba, arXiv:1412.6980, section 2.1"
_CHANCE = "one chance in 700 a look"
_PACGAN = "after PacGAN, arXiv:1712.04086"


@dataclass(frozen=True)
class Threshold:
    """One number that decides.

    Attributes:
        value: The number.
        meaning: What lies beyond it.
        source: Where it comes from.
    """

    value: float
    meaning: str
    source: str = _OURS


THRESHOLDS: Final[dict[str, Threshold]] = {
    # When anything may be said.
    # Steps are of the usual rates; smaller ones count for less, see `gan_core.diagnosis.pace`.
    "early": Threshold(350, "steps before which only a broken or a won game is named"),
    "hold": Threshold(200, "steps that a finding has to last before it is named"),
    "release": Threshold(300, "steps that it has to be gone before it is dropped"),
    "window": Threshold(300, "steps over which a noisy number is averaged"),
    # What is near the data, and what comes nearer.
    "part": Threshold(0.4, "part of a run over which it is to have come nearer, between window and patience"),
    "waits": Threshold(0.5, "lengths of the run that half of what is left may take, for a pace worth waiting for"),
    "sigmas": Threshold(3, "progress over what chance gives, in standard deviations", _CHANCE),
    "looks": Threshold(6, "looks from which it is told that nothing comes nearer: two for each level compared"),
    "measurable": Threshold(0.06, "noise of a fall of the two-sample accuracy at which one worth a word is seen"),
    "nearer": Threshold(0.02, "fall of the two-sample accuracy, or rise of the coverage, that is worth a word"),
    "closer_by": Threshold(0.1, "fall of the distance, as a share of itself, that is worth a word"),
    "closer_least": Threshold(0.01, "fall of the distance that is worth a word, however small it is already"),
    "told": Threshold(0.95, "two-sample accuracy of samples that are told from the data nearly always"),
    "nothing": Threshold(0.1, "precision, over that of real data, that is next to nothing"),
    "mostly": Threshold(0.5, "precision, over that of real data, at which half of the samples are off the data"),
    "like_precision": Threshold(0.8, "precision, over that of real data, of samples like them", _KYNK),
    "like_coverage": Threshold(0.6, "coverage and recall, over those of real data, of samples like them"),
    "like_two_sample": Threshold(0.75, "two-sample accuracy half way from equal sets, ½, to sets apart, 1"),
    "even_shares": Threshold(0.2, "difference of the regions' shares from the data's that is still like them"),
    "uneven_shares": Threshold(0.3, "the same where the proportions are plainly wrong"),
    "rare": Threshold(0.008, "share of the data whose absence is said: a hundredth, less what chance takes of it"),
    "never": Threshold(0.05, "samples in a missing part of the data, over its share, that are as good as none"),
    # Rates, against the size with which weights begin.
    "rate_high": Threshold(0.1, "rate over the size of a weight at which every update throws a network about", _ADAM),
    "unmoved": Threshold(
        0.2, "most that a weight can have moved, over its size, when nothing can be learned yet", _ADAM
    ),
    "begun": Threshold(300, "steps from which it is said that nothing is learned"),
    "still_there": Threshold(0.1, "way of the samples from where they began, in widths of the data, that is none"),
    # A critic's scale.
    "steep": Threshold(10, "slope of a critic whose loss asks for 1", _WGAN),
    "steeper": Threshold(1.1, "growth of the slope within a window that has not ended"),
    # Grain.
    "grain": Threshold(0.25, "unevenness of images beyond that of the data: one pixel of four twice as rough"),
    # Divergence.
    "logit": Threshold(100, "size of D's logits beyond which a sigmoid is 0 or 1 in single precision"),
    "critic": Threshold(10_000, "size of a critic's answers, which have no scale of their own"),
    # D wins.
    "sure": Threshold(0.95, "D's accuracy in a won game", _ARJOVSKY),
    "won": Threshold(0.2, "D's loss in a won game, as a share of its value at equilibrium", _ARJOVSKY),
    "vanished": Threshold(0.02, "G's gradient as a share of its largest, below which it hardly moves", _ARJOVSKY),
    # D cannot tell.
    "even_loss": Threshold(0.03, "how far below equilibrium D's loss is, as a share of it, when D cannot tell"),
    "even_accuracy": Threshold(0.05, "how far above one half D's accuracy and AUC are when D cannot tell"),
    "flat": Threshold(1e-3, "size of a critic's loss, an estimate of a distance, at which it sees none"),
    "unlike": Threshold(0.9, "two-sample accuracy of samples that are not like the data; equal sets have 0.5"),
    "apart": Threshold(0.95, "two-sample accuracy of samples that have nothing in common with the data yet"),
    # What G draws.
    "missing": Threshold(0.25, "share of the data in regions that G does not reach", _PACGAN),
    "missing_some": Threshold(0.1, "the same where it is a warning, after four times as long", _PACGAN),
    "diversity": Threshold(0.35, "mean distance of samples over that of the data; real data have 1"),
    "spreading": Threshold(0.05, "rise of the diversity within a window while the samples still spread out"),
    "spread": Threshold(0.9, "mean distance of samples over that of the data, from which they are as spread as these"),
    "cycling": Threshold(0.4, "share of the samples that change their region between two looks"),
    "chase": Threshold(0.6, "the same where no region is filled for good; a first spreading out stays below"),
    "still": Threshold(0.2, "share of the samples that change their region when G does not cycle"),
    "plausible": Threshold(0.8, "precision of samples that lie on the data", "Kynkäänniemi et al., arXiv:1904.06991"),
    "narrow": Threshold(0.35, "recall of samples too narrow around each mode, 0.2 to 0.3 of its width"),
    "narrow_still": Threshold(0.45, "the same once they have been called so"),
    "uncovered": Threshold(0.5, "coverage of images too much alike within each kind; real ones have 0.97"),
    # Memorisation.
    "overfit": Threshold(0.8, "how far D's answers on held-out images have gone towards those on fakes", _KARRAS),
    "closer": Threshold(
        0.7, "P(closer to train)", "after Meehan et al., arXiv:2004.05675; honest fits have 0.5 to 0.65"
    ),
    "copies": Threshold(0.6, "distance to the nearest training image over that between training images"),
    "few": Threshold(200, "training images that D can know by heart within some hundred steps"),
    "by_heart": Threshold(0.93, "chance that D puts a training image above a plausible sample, with few images"),
    # Capacity and progress.
    "narrow_plane": Threshold(16, "hidden units of a network that bends the plane too coarsely"),
    "narrow_images": Threshold(32, "hidden units of a network that draws images from too few dimensions"),
    "short": Threshold(0.75, "two-sample accuracy of a settled run that fell short of the data by a small network"),
    "patience": Threshold(1_500, "steps without progress after which a run is called settled"),
    "progress": Threshold(0.03, "change of the two-sample accuracy that counts as progress"),
}


def limit(name: str) -> float:
    """Return the value of a threshold."""
    return THRESHOLDS[name].value
