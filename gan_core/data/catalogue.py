"""The data sets by name, each with all that is known of it, in one entry.

The entries are plain values: PyTorch is imported when a data set is first made. Shape, classes and whose data they
are decide what a config may ask for, so the entries read them from `gan_core.config.names`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from gan_core.config import DataConfig
from gan_core.config.late import late
from gan_core.config.names import DATA_RULES, DataRules
from gan_core.data.download import Progress

if TYPE_CHECKING:
    from gan_core.data.loading import Dataset

Script = Literal["draw", "scikit-learn", "idx", "cifar-10", "crops", "synthesise", "own", "words"]


class Loader(Protocol):
    """Makes a data set anew; `progress` hears of a download, if there is one."""

    def __call__(self, progress: Progress | None = None) -> Dataset:
        """Make it."""


@dataclass(frozen=True)
class DatasetInfo:
    """Facts of a data set, known without loading it.

    Attributes:
        rules: What a config knows of it: shape, classes, whether a person brings the data.
        make: Makes it anew, with a download where it needs one.
        modes: Number of its known modes; 0 where none are known.
        parts: What a sentence calls the parts that it is divided into to see which of them G reaches.
        judged: True if a trained classifier of its images comes with the app, in ``assets/judges``.
        script: How a run's exported script gets its samples; `gan_core.export.script_data` has a writer for each way.
        example: Held-out sample on which most can be seen, to begin with.
        folder: Name of its folder of IDX files, below the data folder; "" for other data.
    """

    rules: DataRules
    make: Loader
    modes: int = 0
    parts: str = "regions of the data"
    judged: bool = False
    script: Script = "draw"
    folder: str = ""
    example: int = 0

    @property
    def own(self) -> bool:
        """True if a person brings the data, and a config names them by their hash."""
        return self.rules.own


def _points(make: str) -> Loader:
    """Defer a maker of `gan_core.data.points`."""
    return _offline(late("gan_core.data.points", make))


def _offline(make: Callable[[], Dataset]) -> Loader:
    return lambda progress=None: make()


def _own(name: Literal["own-images", "own-points", "own-sounds", "own-words"]) -> Loader:
    """Load own data that no hash names, which tells the person what to do."""
    return _offline(lambda: late("gan_core.data.own", "load_own")(DataConfig(name=name)))


DATASETS: Final[dict[str, DatasetInfo]] = {
    "gaussians-2": DatasetInfo(DATA_RULES["gaussians-2"], _points("gaussians_2"), modes=2),
    "ring": DatasetInfo(DATA_RULES["ring"], _points("ring"), modes=8),
    "blobs-3": DatasetInfo(DATA_RULES["blobs-3"], _points("blobs_3"), modes=3),
    "line": DatasetInfo(DATA_RULES["line"], _points("line"), modes=5),
    "ring-8": DatasetInfo(DATA_RULES["ring-8"], _points("ring_8"), modes=8, parts="modes"),
    "grid-25": DatasetInfo(DATA_RULES["grid-25"], _points("grid_25"), modes=25, parts="modes"),
    "moons": DatasetInfo(DATA_RULES["moons"], _points("moons")),
    "swiss-roll": DatasetInfo(DATA_RULES["swiss-roll"], _points("swiss_roll")),
    "digits": DatasetInfo(
        DATA_RULES["digits"], _offline(late("gan_core.data.images", "digits")), judged=True, script="scikit-learn"
    ),
    "mnist": DatasetInfo(DATA_RULES["mnist"], late("gan_core.data.vision", "mnist"), script="idx", folder="MNIST"),
    "fashion-mnist": DatasetInfo(
        DATA_RULES["fashion-mnist"], late("gan_core.data.vision", "fashion_mnist"), script="idx", folder="FashionMNIST"
    ),
    "kmnist": DatasetInfo(DATA_RULES["kmnist"], late("gan_core.data.vision", "kmnist"), script="idx", folder="KMNIST"),
    "cifar10": DatasetInfo(DATA_RULES["cifar10"], late("gan_core.data.cifar", "cifar10"), script="cifar-10"),
    "photographs": DatasetInfo(
        DATA_RULES["photographs"],
        _offline(late("gan_core.data.photographs", "photographs")),
        script="crops",
        example=190,  # petals; the first are of the sky
    ),
    "notes": DatasetInfo(
        DATA_RULES["notes"], _offline(late("gan_core.data.sounds", "notes")), 8, "notes", script="synthesise"
    ),
    "own-images": DatasetInfo(DATA_RULES["own-images"], _own("own-images"), script="own"),
    "own-points": DatasetInfo(DATA_RULES["own-points"], _own("own-points"), script="own"),
    "own-sounds": DatasetInfo(DATA_RULES["own-sounds"], _own("own-sounds"), script="own"),
    "own-words": DatasetInfo(DATA_RULES["own-words"], _own("own-words"), script="own"),
    "english-words": DatasetInfo(
        DATA_RULES["english-words"], _offline(late("gan_core.data.words", "english_words")), script="words"
    ),
    "expressions": DatasetInfo(
        DATA_RULES["expressions"], _offline(late("gan_core.data.words", "expressions")), script="words"
    ),
}
"""Every data set by its name in the config."""
