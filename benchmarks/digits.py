"""Quality of the digits: ``python -m benchmarks.digits``.

The preset `digits` is trained for 4,000 steps from five seeds; its averaged generator stands beside models that are no
GANs, all fitted to the same 900 training images, and beside these images themselves. All are scored with 897 samples
against the 897 held-out images: neighbours in pixel space (k = 5), distances in the features of the judge.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from gan_core.config.presets import preset
from gan_core.data import Images, load
from gan_core.game.sampling import sample_prior
from gan_core.metrics import METRICS, score_images
from gan_core.training import Trainer

STEPS: Final = 4_000
SEEDS: Final = 5
N: Final = 897
NOISE_SEED: Final = 2333
COLUMNS: Final = (
    "frechet_classifier",
    "kid",
    "precision",
    "recall",
    "density",
    "coverage",
    "two_sample",
    "confident",
    "class_kl",
    "closer_to_train",
    "diversity",
)
SHORT: Final = ("FCD", "KID*1e3", "P", "R", "density", "cover", "1-NN", "sure", "classKL", "closer", "diverse")
BANDWIDTH: Final = 3.7927 / 8
"""Of the kernel density in scikit-learn's example of digits, for pixels of 0 to 16 there and of -1 to 1 here."""

Floats = NDArray[np.floating]
Values = Mapping[str, float]


def fitted(flat: Floats, rng: np.random.Generator) -> dict[str, Callable[[int], Floats]]:
    """Fit generators that are no GANs to the training images `[n, 64]`; each maps a seed to `[N, 64]`."""
    pca = PCA(15).fit(flat)
    density = KernelDensity(bandwidth=BANDWIDTH).fit(pca.transform(flat))
    mixture = GaussianMixture(10, covariance_type="full", reg_covar=1e-2, random_state=0).fit(flat)
    mean, covariance = flat.mean(0), np.cov(flat.T)
    return {
        "one Gaussian, full covariance": lambda seed: np.random.default_rng(seed).multivariate_normal(
            mean, covariance, N
        ),
        "kernel density on PCA-15": lambda seed: pca.inverse_transform(density.sample(N, random_state=seed)),
        "mixture of ten Gaussians": lambda seed: _mixed(mixture, seed),
        "copies with noise 0.02": lambda seed: (
            flat[rng.permutation(len(flat))[:N]] + 0.02 * rng.standard_normal((N, 64))
        ),
        "real training half": lambda seed: flat[np.random.default_rng(seed).permutation(len(flat))[:N]],
    }


def _mixed(mixture: GaussianMixture, seed: int) -> Floats:
    mixture.random_state = seed
    samples: Floats = mixture.sample(N)[0]
    return np.random.default_rng(seed).permutation(samples)


def trained(seed: int) -> Floats:
    """Draw samples of the preset's averaged generator after `STEPS` steps, `[N, 64]`."""
    trainer = Trainer(preset("digits").changed({"seed": seed}))
    while trainer.step_count < STEPS:
        trainer.step()
    assert trainer.ema is not None
    with torch.no_grad():
        z = sample_prior(N, trainer.config, torch.Generator().manual_seed(NOISE_SEED))
        samples: Floats = trainer.ema(z).flatten(1).numpy()
    return samples


def scores(data: Images, samples: Floats) -> Values:
    """Score one set of samples: a row of the table."""
    found = score_images(data, np.clip(samples, -1, 1).reshape(-1, 1, 8, 8))
    return {name: found[name].value for name in COLUMNS}


def met(gan: Values, gaussian: Values, kernel: Values) -> dict[str, bool]:
    """Check the bars: better than one Gaussian in all rows but the last, than the kernel density in two, no copier."""
    ideal = {"two_sample": 0.5, "diversity": 1.0, "density": 1.0}
    out = {}
    for name in COLUMNS:
        if name == "closer_to_train":
            continue
        if name in ideal:
            better = abs(gan[name] - ideal[name]) < abs(gaussian[name] - ideal[name])
        else:
            better = (gan[name] > gaussian[name]) == METRICS[name].higher_is_better
        out[f"{name}: better than one Gaussian"] = better
    for name in ("frechet_classifier", "kid"):
        out[f"{name}: better than the kernel density"] = gan[name] < kernel[name]
    return out | {"closer_to_train <= 0.66": gan["closer_to_train"] <= 0.66}


def main() -> None:
    """Train, score and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--json", type=Path, help="also write every value here")
    given = options.parse_args()
    torch.set_num_threads(1)
    data = load("digits")
    assert isinstance(data, Images)
    makers = fitted(data.train.flatten(1).numpy().astype(np.float64), np.random.default_rng(0))
    makers |= {f"preset digits, {STEPS:,} steps": trained}
    rows: dict[str, list[Values]] = {}
    print(f"{'median of the seeds':32}" + "".join(f"{name:>9}" for name in SHORT))
    for name, make in makers.items():
        rows[name] = [scores(data, make(seed)) for seed in range(given.seeds)]
        middle = _median(rows[name])
        shown = [middle[c] * (1000 if c == "kid" else 1) for c in COLUMNS]
        print(f"{name:32}" + "".join(f"{value:>9.3g}" for value in shown), flush=True)
    gaussian, kernel, *_, gan = (_median(found) for found in rows.values())
    for bar, holds in met(gan, gaussian, kernel).items():
        print(f"{bar:48}{'met' if holds else 'MISSED'}")
    if given.json is not None:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _median(rows: list[Values]) -> Values:
    return {name: statistics.median(row[name] for row in rows) for name in COLUMNS}


if __name__ == "__main__":
    main()
