"""The generator as ONNX, for the many programs that run networks without PyTorch; onnx and onnxruntime are optional."""

from __future__ import annotations

import copy
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gan_core.data import Points
from gan_core.errors import ConfigError
from gan_core.export.common import GeneratorCopy
from gan_core.export.questions import has_onnx
from gan_core.game.networks.layers import BlankConv2d, BlankConvTranspose2d, BlankLinear, NarrowLinear

TOLERANCE: Final = 1e-5
OPSET: Final = 17
_THEIRS: Final[dict[type[nn.Module], type[nn.Module]]] = {
    BlankLinear: nn.Linear,
    NarrowLinear: nn.Linear,
    BlankConv2d: nn.Conv2d,
    BlankConvTranspose2d: nn.ConvTranspose2d,
}


def generator_onnx(generator: GeneratorCopy) -> bytes:
    """Export the generator as an ONNX model that onnxruntime has reproduced to `TOLERANCE`.

    Its input is ``z``, ``[batch, latent_dim]``, and for a conditional generator ``labels``, ``[batch]``, int64, for a
    conditioned one ``condition``; its output ``samples``, ``[batch, *shape]``: images in [-1, 1], points in the
    network's units. The metadata hold the ``config``, the ``step``, and for points ``centre`` and ``scale``, with
    which ``samples * scale + centre`` are data units.

    Args:
        generator: Made by `GeneratorCopy.of`.

    Raises:
        ConfigError: If onnx or onnxruntime is not installed, or onnxruntime gives other samples, as it may for weights
            that are huge or not finite.
    """
    if not has_onnx():
        raise ConfigError("ONNX needs onnx and onnxruntime: pip install onnx onnxruntime")
    import onnx
    import onnxruntime

    # Another number of samples than is exported with: a size that was frozen by mistake is then found.
    inputs = generator.inputs(7, torch.Generator().manual_seed(0))
    model = onnx.load_from_string(_exported(generator, tuple(i[:2] for i in inputs)))
    onnx.helper.set_model_props(model, _metadata(generator))
    content: bytes = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = _names(generator)
    given: dict[str, Any] = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
    got: NDArray[np.float32] = session.run(None, given)[0]
    expected = generator.sample(inputs).numpy()
    if got.shape != expected.shape or not np.allclose(got, expected, rtol=TOLERANCE, atol=TOLERANCE):
        raise ConfigError(
            "onnxruntime gives other samples than PyTorch for this generator, so no file was written: "
            "export its weights as safetensors instead"
        )
    return content


def _plain(network: nn.Module) -> nn.Module:
    """Copy the network with PyTorch's own layers in place of ours, which compute the same in ways that suit CPUs."""
    copied = copy.deepcopy(network)
    for module in copied.modules():
        module.__class__ = _THEIRS.get(type(module), type(module))
    return copied


def _names(generator: GeneratorCopy) -> list[str]:
    """Name the inputs."""
    return ["z", *["condition"] * generator.config.conditioned, *["labels"] * bool(generator.n_classes)]


def _exported(generator: GeneratorCopy, inputs: tuple[torch.Tensor, ...]) -> bytes:
    names = _names(generator)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder, "generator.onnx")
        # The exporter that needs no further package calls itself legacy.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _plain(generator.generator),
            inputs,
            path,
            input_names=names,
            output_names=["samples"],
            dynamic_axes={name: {0: "batch"} for name in (*names, "samples")},
            opset_version=OPSET,
            dynamo=False,
        )
        return path.read_bytes()


def _metadata(generator: GeneratorCopy) -> dict[str, str]:
    metadata = {"config": generator.config.model_dump_json(), "step": str(generator.step), "which": generator.which}
    if isinstance(generator.data, Points):
        metadata |= {"centre": json.dumps(generator.data.centre), "scale": repr(generator.data.scale)}
    return metadata
