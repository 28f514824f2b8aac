"""A callback for Lightning: `Trainer(callbacks=[WatchCallback()])`.

Lightning is not imported here, and may be imported before or after this module: when a callback is made, it is given
those of Lightning's own base classes that are there.
"""

from __future__ import annotations

import sys
from typing import Any

from gan_core.watching.session import Watch, watch

__all__ = ["WatchCallback"]


def _bases() -> tuple[type, ...]:
    """Find the callback classes of the editions of Lightning that are loaded."""
    found = (getattr(sys.modules.get(name), "Callback", None) for name in ("lightning.pytorch", "pytorch_lightning"))
    return tuple(dict.fromkeys(base for base in found if isinstance(base, type)))


class WatchCallback:
    """Watches two submodules of a LightningModule from the start of its fit to the end.

    Args:
        generator: Name of the generator in the module, dots allowed.
        discriminator: Name of the discriminator.
        settings: As for `watch`.

    Attributes:
        watch: The watch, once the fit has begun.
    """

    def __new__(cls, *_: Any, **__: Any) -> WatchCallback:
        """Make one that Lightning takes for a callback of its own."""
        bases = tuple(base for base in _bases() if not issubclass(cls, base))
        return super().__new__(type(cls.__name__, (cls, *bases), {}) if bases else cls)

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
