"""The generator alone as safetensors, for plain PyTorch.

Tensors are named as in PyTorch's ``state_dict``; the metadata say what they belong to: ``config`` (JSON), ``step``,
``which`` ("ema" or "raw"), ``layers`` (what PyTorch prints for the network). Of a multi-layer perceptron, such as
that of preset ring-8, this is all that one needs::

    import torch
    from safetensors.torch import load_file

    generator = torch.nn.Sequential(*(m for n in (2, 128) for m in (torch.nn.Linear(n, 128), torch.nn.ReLU())))
    generator.append(torch.nn.Linear(128, 2))
    generator.load_state_dict({k.removeprefix("layers."): w for k, w in load_file("generator.safetensors").items()})
"""

from __future__ import annotations

import torch
from safetensors.torch import save

import gan_core
from gan_core.export.common import GeneratorCopy


def generator_safetensors(generator: GeneratorCopy) -> bytes:
    """Write the generator's weights and buffers as a safetensors file.

    Args:
        generator: Made by `GeneratorCopy.of`.
    """
    network = generator.generator
    tensors = {  # cloned, because weights may lie in one block of memory
        name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in network.state_dict().items()
    }
    metadata = {
        "format": "gan-explorer generator 1",
        "app": gan_core.__version__,
        "config": generator.config.model_dump_json(),
        "step": str(generator.step),
        "which": generator.which,
        "layers": str(network),
    }
    return save(tensors, metadata)
