"""Train the judges that score images: ``python -m scripts.train_judges digits``.

A judge sees the training half alone, as a GAN does; the held-out images only say how good it is. The file in
``assets/judges`` holds its weights (about 70 kB for digits), this command and the held-out accuracy.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gan_core.data import Images, load
from gan_core.data.images import network_units
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.metrics.judge import JUDGES, judge_network

STEPS: Final = 1_500
BATCH: Final = 128
RATE: Final = 2e-3
NOISE: Final = 0.1
SMOOTHING: Final = 0.05
DECAY: Final = 1e-4


def train(data: Images, seed: int = 0, steps: int = STEPS) -> tuple[nn.Sequential, Tensor, float]:
    """Train a judge of labelled images.

    Args:
        data: With labels, and with held-out images to measure on.
        seed: Of its weights and of what it is shown.
        steps: Updates.

    Returns:
        The network, the standard deviation of all its features over the training images, its held-out accuracy.
    """
    assert data.labels is not None
    assert data.held_out is not None
    assert data.held_out_labels is not None
    rng = torch.Generator().manual_seed(seed)
    network = judge_network(data.train[0].numel(), len(data.classes)).to_empty(device="cpu")
    for weight in network.parameters():
        bound = weight[0].numel() ** -0.5 if weight.dim() > 1 else 0.0
        nn.init.uniform_(weight, -bound, bound, generator=rng)
    weights = list(network.parameters())
    optimizer = OPTIMIZERS["adam"](weights, RATE, (0.9, 0.999))
    loss = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    for step in range(steps):
        images, labels = data.sample_labelled(BATCH, rng)
        if step % 2:
            rows, columns = torch.randint(-1, 2, (2,), generator=rng).tolist()
            images = images.roll((rows, columns), (-2, -1))
        images = images + NOISE * torch.randn(images.shape, generator=rng)
        gradients = torch.autograd.grad(loss(network(images.flatten(1)), labels), weights)
        optimizer.step([g.add(w.detach(), alpha=DECAY) for g, w in zip(gradients, weights, strict=True)])
    with torch.no_grad():
        features = network[:-1](network_units(data.train).flatten(1))
        right = network(network_units(data.held_out).flatten(1)).argmax(1) == data.held_out_labels
    return network, features.std(), float(right.double().mean())


def save(network: nn.Sequential, scale: Tensor, accuracy: float, name: str, seed: int, folder: Path = JUDGES) -> Path:
    """Write a judge; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    weights = network.state_dict() | {"scale": scale}
    about = {
        "data": name,
        "accuracy": f"{accuracy:.4f}",
        "command": f"python -m scripts.train_judges {name} --seed {seed}",
    }
    save_file(weights, path, about)
    return path


def main() -> None:
    """Train and write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("data", nargs="+", help="data sets with labels, such as digits")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    torch.set_num_threads(1)
    for name in given.data:
        data = load(name)
        if not isinstance(data, Images) or data.labels is None or data.held_out_labels is None:
            options.error(f"{name} has no labelled images of which some are held out")
        network, scale, accuracy = train(data, given.seed)
        path = save(network, scale, accuracy, name, given.seed)
        print(f"{path}: {accuracy:.2%} of the held-out images, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
