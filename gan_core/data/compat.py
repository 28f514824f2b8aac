"""A way around one broken pairing of wheels: CPU-only torch with torchvision from the default index.

That torchvision brings compiled operators for CUDA only; they do not load beside a CPU build of torch, and
then `import torchvision` dies with "operator torchvision::nms does not exist" (pytorch/vision#9077) while
it attaches shape functions to two operators that nobody here uses. Declaring the two operators,
without any implementation, is enough for the import to succeed.
"""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

import torch

from gan_core.errors import DataError

__all__ = ["import_torchvision"]

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_lock = threading.Lock()
_declared: list[torch.library.Library] = []  # the declarations live only as long as this object


def import_torchvision() -> ModuleType:
    """Import torchvision, with the two operators declared where its own do not load.

    Raises:
        DataError: torchvision is not installed, or does not fit this torch for another reason.
    """
    with _lock:
        try:
            return importlib.import_module("torchvision")
        except ImportError as error:
            raise DataError(f"torchvision cannot be imported ({error}); pip install torchvision") from error
        except RuntimeError as error:
            # Only after the failure: a torchvision that does load its operators declares them itself,
            # and a second declaration of the same name would be refused.
            if "torchvision::nms does not exist" not in str(error) or _declared:
                raise DataError(f"torchvision does not fit torch {torch.__version__} ({error})") from error
        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            library.define(schema)
        _declared.append(library)
        return importlib.import_module("torchvision")
