"""Settings without effect under the other settings of a config."""

from __future__ import annotations

from collections.abc import Iterable

from gan_core.config.fields import RunFields
from gan_core.config.names import CONDITION_RULES, OBJECTIVE_RULES

_USED = {
    "article": frozenset[str](),
    "residual": frozenset({"width", "depth", "z_gain"}),
    "wavegan": frozenset({"width", "norm", "spectral_norm", "minibatch", "logit_gain", "phase_shuffle"}),
    "dcgan": frozenset({"width", "norm", "upsampling", "spectral_norm", "minibatch", "logit_gain"}),
}
_OF_DATA = frozenset({"letters", "temperature"})
"""Settings of a player that depend on the data alone."""
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
    always = {"data.name", "data.condition", "data.noise"}
    out = {path for path in paths if path.startswith("data.") and path not in always}
    out |= _idle_of_condition(config)
    if not config.data.n_classes:
        out.add("conditional")
    if config.data.kind != "text":
        out |= {"generator.letters", "generator.temperature"}
    if config.data.kind != "images":
        out |= {"augment", "data.condition"}
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
            out |= {path for path in own if path.rpartition(".")[2] not in {"kind", *_OF_DATA, *used}}
    if config.generator.kind != "residual":
        out.add("generator.z_gain")
    out.add("generator.norm" if config.generator.kind == "dcgan" else "generator.upsampling")
    if config.discriminator.kind == "wavegan":
        out.add("discriminator.norm")
    else:
        out.add("discriminator.phase_shuffle")
    return frozenset(out)


def _idle_of_condition(config: RunFields) -> set[str]:
    rules = CONDITION_RULES.get(config.data.condition)
    if rules is None:
        return {"data.noise", "adversarial", "reconstruction", "reconstruction_z", "z_reward"}
    out = {"conditional", "packing", "replay", "augment"}
    if not rules.noise:
        out.add("data.noise")
    if not config.reconstruction:
        out |= {"reconstruction_z", "z_reward"}
    elif config.reconstruction_z < 2:
        out.add("z_reward")
    if not config.adversarial:
        out |= {"feature_matching", "unroll"}
    return out
