"""This run as a script: one file of plain PyTorch that makes the same tensor calls in the same order.

The script needs neither `gan_core` nor the app and prints the same losses, bit for bit on one machine with one
version of PyTorch. What a reader should see is written out from the config (data, layers, the two updates); what
must not differ in a bit and is short is taken from this package's own source.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Final

import torch

from gan_core.config import DataConfig, Intervention, RunConfig
from gan_core.config.paths import leaves
from gan_core.errors import ConfigError
from gan_core.export.script_data import data_part
from gan_core.export.script_networks import networks_part
from gan_core.export.script_pieces import Pieces
from gan_core.export.script_settings import Settings
from gan_core.export.script_updates import updates_part
from gan_core.game.streams import PURPOSES, RARE_PURPOSES

STEPS: Final = 50
"""Steps that a script makes by itself if it is not told another number."""

_IMPORTS: Final = {
    "import hashlib",
    "import sys",
    "import torch",
    "from torch import nn",
}
_KNOWN: Final = {
    "objective",
    "regularisers",
    "d_steps",
    "g_steps",
    "clip",
    "batch_size",
    "latent_dim",
    "prior",
    "ema",
    "lr_g",
    "lr_d",
    "optimizer_g",
    "optimizer_d",
    "betas_g",
    "betas_d",
    "seed",
    "augment",
    "conditional",
    "packing",
    "label_smoothing",
    "feature_matching",
    "replay",
    "unroll",
    "lookahead",
    "instance_noise",
    "instance_noise_steps",
    "adversarial",
    "reconstruction",
    "reconstruction_z",
    "z_reward",
    *(f"data.{name}" for name in DataConfig.model_fields),  # some are of own data alone
    *(f"generator.{name}" for name in ("kind", "width", "depth", "activation", "norm", "upsampling")),
    "generator.letters",
    "generator.temperature",
    "generator.z_gain",
    *(f"discriminator.{name}" for name in ("kind", "width", "depth", "activation", "norm", "dropout", "spectral_norm")),
    "discriminator.minibatch",
    "discriminator.logit_gain",
    "discriminator.phase_shuffle",
}
"""Settings that a script can follow; any other must have its default value."""

_HEAD: Final = '''"""{title}: a GAN as one file of plain PyTorch, written by GAN Explorer.

    python run.py [steps]{more}

It makes the same tensor calls in the same order as the run in the app, and prints for each step its number, D's loss
and G's loss: on one machine, with one version of PyTorch (this was {torch}), the same in every digit.
"""

{imports}

# One thread, as in the app: with more of them sums are taken in another order.
torch.set_num_threads(1)

{settings}

# -- chance: a stream for each purpose, so that one use of it cannot shift another ---------------------------------


def stream(purpose):
    digest = hashlib.sha256(f"{{SEED}}/{{purpose}}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)


rng = {{purpose: stream(purpose) for purpose in ({purposes},)}}
'''


def write_script(
    config: RunConfig, interventions: Sequence[Intervention] = (), *, title: str = "a run", steps: int = STEPS
) -> str:
    """Write the run as one Python file.

    Args:
        config: The config that the run began with.
        interventions: What was done to it; each is repeated at its step.
        title: What the file's first line calls the run.
        steps: How many steps it makes if it is not told another number.

    Returns:
        The file's text.

    Raises:
        ConfigError: If the run uses what scripts cannot follow; the message names it.
    """
    if any(i.origin for i in interventions):
        raise ConfigError(
            "this run began with what another run had learned, which no script can carry: "
            "its whole file (.safetensors) goes on from there"
        )
    data_imports, data = data_part(config.data, labelled=config.conditional)
    _refuse_unknown(config, interventions)
    settings = Settings(config, interventions)
    pieces = Pieces()
    networks = networks_part(config, pieces)
    updates = updates_part(config, settings, pieces)
    parts = ["", _rule("data"), data, _rule("networks"), networks, _rule("training"), updates]
    body = "\n\n".join(parts)
    read = {"import gzip": " [folder of the data]", "import tarfile": " [folder of the data]"}
    more = next((words for line, words in read.items() if line in data_imports), "")
    if config.data.hash:
        more = " [file of the data]"
    head = _HEAD.format(
        title=_plain(title),
        more=more,
        torch=torch.__version__,
        imports=_sorted(_IMPORTS | data_imports | pieces.imports),
        settings=settings.definitions(steps),
        purposes=textwrap.fill(
            ", ".join(f'"{purpose}"' for purpose in PURPOSES + RARE_PURPOSES if f'rng["{purpose}"]' in body),
            width=60,
            subsequent_indent="    ",
        ),
    )
    return _tidy(head + body)


def _refuse_unknown(config: RunConfig, interventions: Sequence[Intervention]) -> None:
    """Raise `ConfigError` for a setting that changes a run in a way that no script knows."""
    defaults = leaves(RunConfig().model_dump(mode="json"))
    begun = leaves(config.model_dump(mode="json")).items()
    for path, value in (*begun, *(item for i in interventions for item in i.changes.items())):
        if path in defaults and path not in _KNOWN and value != defaults[path]:
            raise ConfigError(f"{path}={str(value)[:60]} cannot go into a script yet: {defaults[path]} can")


def _plain(title: str) -> str:
    """Escape a title so that it cannot end the docstring that it stands in."""
    words = "".join(c if c.isalnum() or c in " .,:;()=+-_×%" else " " for c in title)[:100].strip()
    return words or "a run"


def _rule(name: str) -> str:
    return f"# -- {name} ".ljust(118, "-")


def _sorted(imports: set[str]) -> str:
    """Import lines in the usual order, one for each module: standard library first; ``import`` before ``from``."""
    names: dict[str, set[str]] = {}
    for line in imports:
        start, _, given = line.partition(" import ")
        names.setdefault(start, set()).update(given.split(", ") if given else ())
    merged = [start + (f" import {', '.join(sorted(given))}" if given else "") for start, given in names.items()]

    def key(line: str) -> tuple[bool, bool, str]:
        module = line.split()[1]
        return module.split(".")[0] not in sys.stdlib_module_names, line.startswith("from"), module

    ordered = sorted(merged, key=key)
    n_standard = sum(not key(line)[0] for line in ordered)
    return "\n".join(["from __future__ import annotations", "", *ordered[:n_standard], "", *ordered[n_standard:]])


def _tidy(text: str) -> str:
    """Two empty lines at most, and one line break at the end."""
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    return re.sub(r"(\n# -- .*\n)\n+", r"\1\n", text).strip() + "\n"
