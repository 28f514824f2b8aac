"""Packing: D judges several independent samples at once, all real or all generated (PacGAN, arXiv:1712.04086).

Samples that are too much alike give a pack away although each alone looks real, so that a G which keeps to few modes
loses. Only D's first layer grows; its loss has one logit for each pack. As in the paper's code the batch counts
packs: packing m samples, an update sees m times as many of them.
"""

from __future__ import annotations

from torch import Tensor


def pack(x: Tensor, m: int) -> Tensor:
    """``[n · m, c, ...]`` to ``[n, m · c, ...]``: each m neighbours in the batch joined along the second dimension.

    Args:
        x: Independent samples: points ``[n · m, 2]`` or images ``[n · m, channels, height, width]``.
        m: Samples in a pack.
    """
    return x if m == 1 else x.reshape(-1, m * x.shape[1], *x.shape[2:])
