"""A callback for Lightning: `Trainer(callbacks=[WatchCallback()])`.

Lightning is not imported: it calls any object with these methods, and one of its own classes is the base only where
Lightning is there already.
"""

from __future__ import annotations

import sys
from typing import Any

from gan_core.watching.session import Watch, watch

__all__ = ["WatchCallback"]


def _base() -> type:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        base = getattr(sys.modules.get(name), "Callback", None)
        if isinstance(base, type):
            return base
    return object


class WatchCallback(_base()):  # type: ignore[misc]
    """Watches two submodules of a LightningModule from the start of its fit to the end.

    Args:
        generator: Name of the generator in the module, dots allowed.
        discriminator: Name of the discriminator.
        settings: As for `watch`.

    Attributes:
        watch: The watch, once the fit has begun.
    """

    def __init__(self, generator: str = "generator", discriminator: str = "discriminator", **settings: Any) -> None:
        self._names = generator, discriminator
        self._settings = settings
        self.watch: Watch | None = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin."""
        generator, discriminator = (pl_module.get_submodule(name) for name in self._names)
        self.watch = watch(generator, discriminator, **self._settings)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """End."""
        if self.watch is not None:
            self.watch.close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End."""
        self.on_fit_end(trainer, pl_module)
