"""Small copies of tensors on their way to the CPU, without a wait for the device.

On the CPU a copy is there at once. On CUDA it is written into pinned memory while the device works on; `ready` asks an
event, and `array` is called only when it says so. On other devices the copy may wait.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Parcel", "send"]


class Parcel:
    """One small tensor, on the CPU sooner or later."""

    __slots__ = ("_event", "_tensor")

    def __init__(self, tensor: Tensor, event: Any = None) -> None:
        self._tensor = tensor
        self._event = event

    def ready(self) -> bool:
        """Tell whether `array` may be called without a wait."""
        return self._event is None or bool(self._event.query())

    def array(self) -> NDArray[Any]:
        """Return the values; floats of fewer than 32 bits have become float32."""
        return np.asarray(self._tensor.numpy())


def send(tensor: Tensor, *, own: bool = False) -> Parcel:
    """Copy a tensor to the CPU.

    Args:
        tensor: Any dtype, any device; no graph is kept.
        own: Whether the tensor was made for this purpose, so that no copy is needed on the CPU.
    """
    tensor = tensor.detach()
    if tensor.dtype in (torch.bfloat16, torch.float16):
        tensor, own = tensor.float(), True
    if tensor.device.type == "cuda":
        copy = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        copy.copy_(tensor, non_blocking=True)
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(tensor.device))
        return Parcel(copy, event)
    if tensor.device.type != "cpu":
        return Parcel(tensor.to("cpu"))
    return Parcel(tensor if own else tensor.clone())
