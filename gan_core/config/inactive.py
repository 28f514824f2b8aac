"""Settings without effect under the other settings of a config."""

from __future__ import annotations

from collections.abc import Iterable

from gan_core.config.fields import RunFields
from gan_core.config.names import OBJECTIVE_RULES

_USED = {
    "article": frozenset[str](),
    "dcgan": frozenset({"width", "norm", "upsampling", "spectral_norm", "minibatch", "logit_gain"}),
}
"""Settings of a player that its networks read, by the kinds of network that do not read all of them."""


def inactive_in(config: RunFields, paths: Iterable[str]) -> frozenset[str]:
    """Find the settings without effect, and those that would be refused whatever their value.

    Args:
        config: The config.
        paths: Dotted paths of all settings.

    Returns:
        The paths among them.
    """
    paths = list(paths)
    out = {path for path in paths if path.startswith("data.") and path != "data.name"}
    if not config.data.n_classes:
        out.add("conditional")
    if len(config.data_shape) == 1:
        out.add("augment")
    if config.conditional:
        out |= {"packing", "replay"}
    if not OBJECTIVE_RULES[config.objective].labels:
        out.add("label_smoothing")
    if not config.instance_noise:
        out.add("instance_noise_steps")
    for player in ("generator", "discriminator"):
        used = _USED.get(getattr(config, player).kind)
        if used is not None:
            own = [path for path in paths if path.startswith(f"{player}.")]
            out |= {path for path in own if path.rpartition(".")[2] not in {"kind", *used}}
    out.add("generator.norm" if config.generator.kind == "dcgan" else "generator.upsampling")
    return frozenset(out)
