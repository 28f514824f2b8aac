"""The data part of a run's script: `sample_real`, with the app's own formulas and the app's own split."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, Final

from torch import Tensor

from gan_core.config import DataConfig
from gan_core.data import DATASETS, Points, images, load, load_data, photographs, points, sounds
from gan_core.data.catalogue import Script
from gan_core.data.words import Words
from gan_core.export.script_files import cifar10_part, own_part
from gan_core.export.script_pieces import Pieces

Part = tuple[set[str], str]
"""Import lines, and code that needs them."""

_DIGITS: Final = """
# 900 of the 1,797 digits are trained on, one bit each; the others are kept for scores.
TRAIN_BITS = (
{bits}
)
is_train = np.unpackbits(np.frombuffer(base64.b64decode(TRAIN_BITS), dtype=np.uint8), count=1797).astype(bool)
digits = load_digits()
pixels = digits.data.astype(np.float32).reshape(-1, 1, 8, 8)
images = torch.from_numpy((pixels / 8.0 - 1.0)[is_train])
"""

_DIGIT_LABELS: Final = "labels = torch.from_numpy(digits.target[is_train].astype(np.int64))\n"

_IDX: Final = """
# Files as torchvision keeps them, packed (.gz) or not: the second argument or $GAN_EXPLORER_DATA is the folder above
# {folder}/raw. The training images are read, or the test images where only those are there.
default = os.environ.get("GAN_EXPLORER_DATA", "~/.cache/gan-explorer")
folder = Path(sys.argv[2] if len(sys.argv) > 2 else default).expanduser() / "{folder}" / "raw"


def read_idx(what, header):
    names = [f"{{stem}}-{{what}}-ubyte{{end}}" for stem in ("train", "t10k") for end in ("", ".gz")]
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        sys.exit(f"no {{names[0]}} in {{folder}}: name the folder above {folder}/raw as the second argument")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return np.frombuffer(bytearray(file.read()[header:]), dtype=np.uint8)


pixels = read_idx("images-idx3", 16).reshape(-1, 28, 28)
images = torch.from_numpy(pixels).unsqueeze(1).float().div_(127.5).sub_(1.0)
"""

_IDX_LABELS: Final = """labels = torch.from_numpy(read_idx("labels-idx1", 8)).long()
assert len(labels) == len(images)
"""

_CROPS: Final = """
# All squares of {side} pixels of the left halves of two photographs, their corners {stride} pixels apart.
def crops(picture):
    windows = np.lib.stride_tricks.sliding_window_view(picture, ({side}, {side}), (0, 1))[::{stride}, ::{stride}]
    return np.ascontiguousarray(windows.reshape(-1, 3, {side}, {side}))


pictures = load_sample_images().images
images = torch.from_numpy(np.concatenate([crops(picture[:, : picture.shape[1] // 2]) for picture in pictures]))
"""

_NOTES: Final = '''
# The first are trained on, the others kept for scores.
sounds = synthesise({n}, torch.Generator().manual_seed(0))[0][:{n_train}]


def sample_real():
    """A batch of training sounds, drawn with replacement: [batch, 1, length] in [-1, 1]."""
    return sounds.index_select(0, torch.randint(len(sounds), (BATCH_SIZE,), generator=rng["data"]))
'''

_SAMPLE_POINTS: Final = '''
# The network sees points with mean 0 and a root mean square of 1.
shift = -torch.tensor({centre}) / {scale}
gain = torch.tensor(1.0 / {scale})


def sample_real():
    """A batch of fresh points, [batch, 2]."""
    return torch.addcmul(shift, draw(BATCH_SIZE, rng["data"]), gain)
'''


def data_part(config: DataConfig, *, labelled: bool = False) -> Part:
    """Write the part of the script that makes its data.

    Args:
        config: Which data.
        labelled: True to sample images with their classes.

    Returns:
        Import lines, and the code that defines ``sample_real``.

    Raises:
        DataError: If these are data of one's own that are gone.
    """
    return _WRITERS[DATASETS[config.name].script](config, labelled)


def _drawn(config: DataConfig, labelled: bool) -> Part:
    """Write the formula of a distribution in the plane."""
    data = load(config.name)
    assert isinstance(data, Points)
    drawn = _draw(data.draw)
    ending = _SAMPLE_POINTS.format(centre=data.centre, scale=data.scale)
    imports = {"from torch import Generator, Tensor"} | ({"import math"} if "math." in drawn else set())
    return imports, f"\n{drawn}\n{ending}"


def _digits(config: DataConfig, labelled: bool) -> Part:
    """Write how scikit-learn's digits are read and split."""
    bits = textwrap.indent("\n".join(f'"{line}"' for line in textwrap.wrap(images._DIGITS_TRAIN_BITS, 100)), "    ")
    needed = {"import base64", "import numpy as np", "from sklearn.datasets import load_digits"}
    code = _DIGITS.format(bits=bits) + (_DIGIT_LABELS if labelled or config.balanced else "")
    return needed, code + "\n" + _sample_images(config, labelled)


def _idx(config: DataConfig, labelled: bool) -> Part:
    """Write how files in IDX format are read."""
    needed = {"import gzip", "import os", "from pathlib import Path", "import numpy as np"}
    code = _IDX.format(folder=DATASETS[config.name].folder) + (_IDX_LABELS if labelled or config.balanced else "")
    return needed, code + "\n" + _sample_images(config, labelled)


def _cifar10(config: DataConfig, labelled: bool) -> Part:
    """Write how CIFAR-10's records are read."""
    needed, code = cifar10_part(labelled=labelled or config.balanced)
    return needed, code + "\n" + _sample_images(config, labelled, from_bytes=True)


def _crops(config: DataConfig, labelled: bool) -> Part:
    """Write how scikit-learn's photographs are cut."""
    needed = {"import numpy as np", "from sklearn.datasets import load_sample_images"}
    code = _CROPS.format(side=photographs.SIDE, stride=photographs.STRIDE)
    return needed, code + "\n" + _sample_images(config, labelled, from_bytes=True)


_WORDS: Final = """
# {n:,} words that are trained on; shorter ones are filled up with blanks. Others are held out.
ALPHABET = {alphabet!r}
WORDS = (
{words}
).split()
number = {{letter: i for i, letter in enumerate(ALPHABET)}}
codes = torch.tensor([[number[letter] for letter in word.ljust({length})] for word in WORDS])
{draws}


def sample_real():
    \"\"\"A batch of training words, one-hot, [batch, length, alphabet].\"\"\"
    index = torch.randint(len(draws), (BATCH_SIZE,), generator=rng["data"])
    index = draws.index_select(0, index)
    return torch.eye(len(ALPHABET))[codes.index_select(0, index)]
"""


def _words(config: DataConfig, labelled: bool) -> Part:
    """Write the training words themselves."""
    data = load_data(config)
    assert isinstance(data, Words)
    lines = textwrap.wrap(" ".join(data.trained), 100, break_on_hyphens=False)
    quoted = textwrap.indent("\n".join(f'"{line} "' for line in lines), "    ")
    draws = "draws = torch.arange(len(WORDS))  # all are drawn alike"
    if data.draws is not None:
        often = textwrap.indent(textwrap.fill(", ".join(map(str, data.draws.bincount().tolist())), 100), "    ")
        draws = f"OFTEN = [  # how often each is drawn\n{often},\n]\n"
        draws += "draws = torch.arange(len(WORDS)).repeat_interleave(torch.tensor(OFTEN))"
    given = {"draws": draws, "n": data.n_train, "alphabet": data.alphabet, "words": quoted, "length": data.shape[0]}
    return set(), _WORDS.format(**given)


def _synthesised(config: DataConfig, labelled: bool) -> Part:
    """Write how notes are made, with the app's own formula."""
    pieces = Pieces()
    code = pieces.add(sounds.synthesise)
    data = load(config.name)
    assert isinstance(data, sounds.Sounds)
    assert data.held_out is not None
    return pieces.imports, f"\n{code}\n" + _NOTES.format(n=data.n_train + len(data.held_out), n_train=data.n_train)


def _own(config: DataConfig, labelled: bool) -> Part:
    """Write how the file of a person's own data is read."""
    needed, code = own_part(config, labelled=labelled or config.balanced)
    if config.kind in ("sound", "text"):
        return needed, code
    if len(config.shape) == 1:
        data = load_data(config)
        assert isinstance(data, Points)
        return needed, code + _SAMPLE_POINTS.format(centre=data.centre, scale=data.scale)
    return needed, code + "\n" + _sample_images(config, labelled, from_bytes=True)


_WRITERS: Final[Mapping[Script, Callable[[DataConfig, bool], Part]]] = {
    "draw": _drawn,
    "scikit-learn": _digits,
    "idx": _idx,
    "cifar-10": _cifar10,
    "crops": _crops,
    "synthesise": _synthesised,
    "own": _own,
    "words": _words,
}
"""Writers of the code for each way in which a script gets its samples, and whether it reads their classes."""


def _sample_images(config: DataConfig, labelled: bool, *, from_bytes: bool = False) -> str:
    index, before = 'torch.randint(len(images), (BATCH_SIZE,), generator=rng["data"])', ""
    how = "drawn with replacement"
    if config.balanced:
        before = "weights = 1.0 / labels.bincount()[labels].double()  # all classes weigh the same\n"
        index = 'torch.multinomial(weights, BATCH_SIZE, replacement=True, generator=rng["data"])'
        how = "all classes equally often"
    what = "in [-1, 1], and their classes" if labelled else "[batch, channels, height, width] in [-1, 1]"
    lines = [
        f'"""A batch of training images, {how}: {what}."""',
        f"index = {index}",
        "batch = images.index_select(0, index)" + (".float().div_(127.5).sub_(1.0)" if from_bytes else ""),
    ]
    if config.flip:
        lines += [
            'mirrored = torch.rand(BATCH_SIZE, 1, 1, 1, generator=rng["data"]) < 0.5',
            "batch = torch.where(mirrored, batch.flip(-1), batch)",
        ]
    lines.append("return batch, labels.index_select(0, index)" if labelled else "return batch")
    return f"{before}\n" * bool(before) + "\ndef sample_real():\n" + textwrap.indent("\n".join(lines), "    ") + "\n"


def _draw(draw: Callable[..., Tensor]) -> str:
    """Write the sampler: its closure as constants, then the function itself as in the app."""
    closure = inspect.getclosurevars(draw).nonlocals
    if "centre_table" in closure:
        return _mixture(closure)
    lines = [f"{name} = {_literal(value)}" for name, value in closure.items()]
    source = textwrap.dedent(inspect.getsource(draw))
    parts = [inspect.getsource(points._polar)] if "_polar" in source else []
    return "\n\n\n".join(["\n".join(lines), *parts, source])


def _mixture(closure: Mapping[str, Any]) -> str:
    """Write a mixture of Gaussians: the branch of the app's sampler that this one takes."""
    lines = [f"centres = {_literal(closure['centre_table'])}"]
    if closure["even"]:
        index = "torch.randint(len(centres), (n,), generator=rng)"
    else:
        lines.append(f"bounds = {_literal(closure['bounds'])}  # of the components' shares, added up")
        index = "torch.bucketize(torch.rand(n, generator=rng), bounds, right=True)"
    if closure["sigma"] is None:
        lines.append(f"stds = {_literal(closure['std_table'])}")
        end = "addcmul_(noise, stds.index_select(0, index))"
    else:
        end = f"add_(noise, alpha={closure['sigma']})"
    body = [
        "def draw(n: int, rng: Generator) -> Tensor:",
        f"    index = {index}",
        "    noise = torch.randn(n, 2, generator=rng)",
        f"    return centres.index_select(0, index).{end}",
    ]
    return "\n".join(lines) + "\n\n\n" + "\n".join(body) + "\n"


def _literal(value: Any) -> str:
    """Write a float or a tensor as Python text that gives the same bits."""
    if not isinstance(value, Tensor):
        return repr(value)
    rows = value.tolist()
    if value.ndim < 2:
        return f"torch.tensor({rows})"
    return "torch.tensor(\n    [\n" + "".join(f"        {row},\n" for row in rows) + "    ]\n)"
