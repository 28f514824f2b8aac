"""Settings that do nothing in a config, given its others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gan_core.config.names import CROSS_ENTROPY

if TYPE_CHECKING:
    from gan_core.config.run import RunConfig

_USED = {
    "article": frozenset[str](),
    "dcgan": frozenset({"width", "norm", "spectral_norm", "minibatch", "logit_gain"}),
}
"""What of a player's settings has a say where not all of them have, by the player's kind."""


def idle_in(config: RunConfig, paths: Iterable[str]) -> frozenset[str]:
    """Those of ``paths`` that do nothing, or would be refused whatever their value.

    Args:
        config: The config.
        paths: Of all settings.
    """
    paths = list(paths)
    out = {path for path in paths if path.startswith("data.") and path != "data.name"}
    if not config.data.n_classes:
        out.add("conditional")
    if len(config.data_shape) == 1:
        out.add("augment")
    if config.conditional:
        out |= {"packing", "replay"}
    if config.objective not in CROSS_ENTROPY:
        out.add("label_smoothing")
    if not config.instance_noise:
        out.add("instance_noise_steps")
    for player in ("generator", "discriminator"):
        used = _USED.get(getattr(config, player).kind)
        if used is not None:
            own = [path for path in paths if path.startswith(f"{player}.")]
            out |= {path for path in own if path.rpartition(".")[2] not in {"kind", *used}}
    if config.generator.kind == "dcgan":
        out.add("generator.norm")
    return frozenset(out)
