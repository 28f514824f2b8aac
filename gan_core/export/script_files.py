"""The parts of a run's script that read data from files: CIFAR-10, and data of one's own."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.config import DataConfig
from gan_core.data import Images
from gan_core.data.own import find, known, load_own
from gan_core.data.own_data import OwnImages, OwnPoints
from gan_core.data.sounds import Sounds
from gan_core.data.words import Words

_CIFAR10: Final = """
# The binary version, unpacked or not: the second argument or $GAN_EXPLORER_DATA is the folder that it lies in. The
# training batches that are there are read, or the test batch where only that is there.
default = os.environ.get("GAN_EXPLORER_DATA", "~/.cache/gan-explorer")
folder = Path(sys.argv[2] if len(sys.argv) > 2 else default).expanduser()
plain, packed = folder / "cifar-10-batches-bin", folder / "cifar-10-binary.tar.gz"
if plain.is_dir():
    batches = {file.name: file.read_bytes() for file in plain.glob("*.bin")}
elif packed.is_file():
    with tarfile.open(packed) as archive:
        batches = {Path(m.name).name: archive.extractfile(m).read() for m in archive if m.name.endswith(".bin")}
else:
    sys.exit(f"no {packed.name} and no {plain.name} in {folder}: name their folder as the second argument")
names = [f"data_batch_{i}.bin" for i in range(1, 6) if f"data_batch_{i}.bin" in batches] or ["test_batch.bin"]
records = np.frombuffer(bytearray(b"".join(batches[name] for name in names)), dtype=np.uint8).reshape(-1, 3073)
images = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32))
"""

_CIFAR10_LABELS: Final = "labels = torch.from_numpy(records[:, 0].astype(np.int64))\n"

_OWN: Final = """
# {what}:
# a file that was written with this script, beside it or where the second argument says.
name = "{name}"
beside = next(Path(__file__).parent.glob("*" + name), Path(name))
file = Path(sys.argv[2]) if len(sys.argv) > 2 else beside
if not file.is_file():
    sys.exit(f"no {{file}}: name the file of the data as the second argument")
{read}
{check}"""

_CHECK: Final = """DIGEST = "{digest}"
if hashlib.sha256({content}).hexdigest() != DIGEST:
    sys.exit(f"{{file}} is not the data of this run")
"""
_UNCHECKED: Final = """# The data were not there when this was written, so nothing here checks that the file holds them.
"""

_READ: Final = "values = np.load(file, allow_pickle=False)"
_READ_IMAGES: Final = 'values = np.load(file, allow_pickle=False)["images"]'
_READ_BOTH: Final = """with np.load(file, allow_pickle=False) as stored:
    values, classes = stored["images"], stored["classes"]"""

_OWN_POINTS: Final = """table = torch.from_numpy(values)


def draw(n: int, rng: Generator) -> Tensor:
    return table.index_select(0, torch.randint(len(table), (n,), generator=rng))
"""


_SOUNDS: Final = '''sounds = torch.from_numpy(values)


def sample_real():
    """A batch of training sounds, drawn with replacement: [batch, 1, length] in [-1, 1]."""
    return sounds.index_select(0, torch.randint(len(sounds), (BATCH_SIZE,), generator=rng["data"]))
'''
_WORDS: Final = '''codes = torch.from_numpy(values)
draws = torch.arange(len(codes)).repeat_interleave(torch.from_numpy(often))


def sample_real():
    """A batch of training words, one-hot, [batch, length, alphabet]: each as often as it is written."""
    index = torch.randint(len(draws), (BATCH_SIZE,), generator=rng["data"])
    index = draws.index_select(0, index)
    return torch.eye({letters})[codes.index_select(0, index).long()]
'''
_READ_WORDS: Final = """with np.load(file, allow_pickle=False) as stored:
    values, often = stored["words"], stored["often"]"""

_SIGNALS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "sound": ("The sounds, [n, 1, length] in [-1, 1]", _READ, "values.tobytes()", _SOUNDS),
    "text": (
        "The words, numbers of letters [n, length], and how often each is written",
        _READ_WORDS,
        "values.tobytes() + often.tobytes()",
        _WORDS,
    ),
}
"""By kind of sample: what the file holds, the code that reads it, its content, and the code that draws from it."""


def cifar10_part(*, labelled: bool) -> tuple[set[str], str]:
    """Import lines, and the code that defines ``images`` (bytes) and, if wanted, ``labels``."""
    needed = {"import os", "import tarfile", "from pathlib import Path", "import numpy as np"}
    return needed, _CIFAR10 + (_CIFAR10_LABELS if labelled else "")


def own_part(config: DataConfig, *, labelled: bool = False) -> tuple[set[str], str]:
    """Import lines, and the code that defines ``images`` (bytes) and ``labels``, or ``draw`` for points.

    Args:
        config: Names own data that are here.
        labelled: True to read the classes of images too.

    Raises:
        DataError: If they are points, and gone; a script without its images is written, and checks them less.
    """
    if config.kind in _SIGNALS:
        return _signals_part(config)
    points = len(config.shape) == 1
    if not known(config.hash) and not points:
        return _images_elsewhere(config, labelled=labelled)
    values, classes = _own_values(config)
    what = "The points, [n, 2]" if points else "The images, bytes [n, channels, height, width]"
    content, code_of_content, read = values.tobytes(), "values.tobytes()", _READ if classes is None else _READ_IMAGES
    if labelled:
        assert classes is not None
        what += ", and the class of each"
        content, code_of_content, read = (
            content + classes.tobytes(),
            f"{code_of_content} + classes.tobytes()",
            _READ_BOTH,
        )
    digest = hashlib.sha256(content).hexdigest()
    check = _CHECK.format(digest=digest, content=code_of_content)
    code = _OWN.format(what=what, name=own_file_name(config), read=read, check=check)
    imports = {"from pathlib import Path", "import numpy as np"}
    if points:
        return imports | {"from torch import Generator, Tensor"}, code + _OWN_POINTS
    return imports, code + "images = torch.from_numpy(values)\n" + "labels = torch.from_numpy(classes)\n" * labelled


def _signals_part(config: DataConfig) -> tuple[set[str], str]:
    """As `own_part`, for sounds and words: the code that defines ``sample_real``."""
    what, read, content, sample = _SIGNALS[config.kind]
    if known(config.hash):
        held = b"".join(array.tobytes() for array in _signals(config).values())
        check = _CHECK.format(digest=hashlib.sha256(held).hexdigest(), content=content)
    elif config.hash:
        check = _UNCHECKED
    else:
        find(config.name, config.hash)  # none were chosen, which it says
    code = _OWN.format(what=what, name=own_file_name(config), read=read, check=check)
    return {"from pathlib import Path", "import numpy as np"}, code + sample.format(letters=config.letters)


def _signals(config: DataConfig) -> dict[str, NDArray[Any]]:
    """Arrays of the training samples of own sounds or words, as a script reads them, by their names."""
    data = load_own(config)
    if isinstance(data, Words):
        often = torch.ones(data.n_train, dtype=torch.int64) if data.draws is None else data.draws.bincount()
        return {"words": data.train.numpy(), "often": often.numpy()}
    assert isinstance(data, Sounds)
    return {"sounds": data.train.numpy()}


def _images_elsewhere(config: DataConfig, *, labelled: bool) -> tuple[set[str], str]:
    """As `own_part`, for images that are not here."""
    if not config.hash:
        find(config.name, config.hash)  # none were chosen, which it says
    read = _READ_BOTH if labelled else _READ_IMAGES if config.classes else _READ
    what = "The images, bytes [n, channels, height, width]" + ", and the class of each" * labelled
    code = _OWN.format(what=what, name=own_file_name(config), read=read, check=_UNCHECKED)
    code += "images = torch.from_numpy(values)\n" + "labels = torch.from_numpy(classes)\n" * labelled
    return {"from pathlib import Path", "import numpy as np"}, code


def own_file_name(config: DataConfig) -> str:
    """Name the file of own data that a script reads."""
    if len(config.shape) == 1:
        return f"{config.name}-{config.hash[:8]}.npy"
    labelled = bool(config.classes) or config.kind == "text"
    if config.kind not in _SIGNALS and known(config.hash):
        own = find(config.name, config.hash)
        labelled = isinstance(own, OwnImages) and own.labels is not None
    shape = "x".join(map(str, config.shape))  # the same pictures at another size are another file
    if config.held_out:
        shape += f"-without-{config.held_out:g}"
    return f"{config.name}-{config.hash[:8]}-{shape}.{'npz' if labelled else 'npy'}"


def own_file(config: DataConfig) -> bytes:
    """Write own data for a script: their values as NumPy's ``.npy``; with classes, as its ``.npz``.

    Raises:
        DataError: If the data are gone.
    """
    out = io.BytesIO()
    if config.kind in _SIGNALS:
        arrays = _signals(config)
        if len(arrays) > 1:
            np.savez_compressed(out, allow_pickle=False, **arrays)
        else:
            np.lib.format.write_array(out, arrays["sounds"], allow_pickle=False)
        return out.getvalue()
    values, classes = _own_values(config)
    if classes is None:
        np.lib.format.write_array(out, values, allow_pickle=False)
    else:
        np.savez_compressed(out, images=values, classes=classes)
    return out.getvalue()


def _own_values(config: DataConfig) -> tuple[NDArray[np.float32] | NDArray[np.uint8], NDArray[np.int64] | None]:
    """Points or pixels, and the classes of labelled images."""
    own = find(config.name, config.hash)
    if isinstance(own, OwnPoints):
        return own.values, None
    data = load_own(config)
    assert isinstance(data, Images)
    pixels: NDArray[np.uint8] = data.train.numpy()
    return pixels, None if data.labels is None else data.labels.numpy()
