"""A generator from elsewhere: an ONNX file, run in a process of its own, and its latent space.

The file comes from a stranger. Nothing of it is read here: `gan_core.latent.onnx_child` does that, with bounds on
memory and time, and what it says is taken for a claim: a header of bounded length, and as many bytes as were asked
for. A process that takes too long is ended, and with it the generator.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data import Images
from gan_core.errors import ConfigError, DataError
from gan_core.game.networks.layers import one_hot
from gan_core.latent import analyses, influence
from gan_core.latent.bench import Answer, Bench
from gan_core.latent.prior import UNIFORM_EDGE, likely_norms
from gan_core.latent.request import Request
from gan_core.record import frame as frames

__all__ = ["MAX_BYTES", "Foreign", "ForeignBench", "ForeignPrior", "open_onnx"]

ForeignPrior = Literal["normal", "uniform"]

MAX_BYTES: Final = 100_000_000
"""Size of a file; also its weights, which may not lie outside it."""
TO_OPEN: Final = 60.0
"""Seconds to open a file, with the first samples."""
TO_MAKE: Final = 60.0
"""Seconds for one batch of samples."""
MAX_HEADER: Final = 4_000
SURVEY: Final = 20.0
"""Seconds that a survey of all coordinates may take."""
QUICK: Final = 2.0
"""Seconds that it takes where that is enough to look at a few z."""
_CHILD: Final = Path(__file__).with_name("onnx_child.py")
_KEPT: Final = ("LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "VIRTUAL_ENV")
"""Variables of the environment that the process is given; the others may hold secrets."""


@dataclass(frozen=True)
class ForeignSpace:
    """Latent space of a generator from elsewhere.

    Attributes:
        latent_dim: Numbers of z, as the graph says.
        prior: As the person who brought it says; no file holds it.
        n_classes: Classes that it is told; 0 if none.
    """

    latent_dim: int
    prior: ForeignPrior
    n_classes: int


class Foreign:
    """A generator from elsewhere, in its process; made by `open_onnx`.

    Attributes:
        name: Of the file.
        about: What it says of itself.
        config: Its latent space.
        data: What its samples are like; there are no real ones.
    """

    def __init__(self, name: str, about: Mapping[str, Any], prior: ForeignPrior, process: _Child) -> None:
        self.name = name
        self.about = about
        self.config = ForeignSpace(about["latent_dim"], prior, about["n_classes"])
        classes = tuple(str(i) for i in range(self.config.n_classes))
        self.data = Images(name, torch.zeros(0, *about["shape"]), None, None, None, classes)
        self._process = process

    def classes(self, labels: Tensor) -> Tensor:
        """Weights ``[n, n_classes]`` that ask for one class each."""
        return one_hot(labels, self.config.n_classes)

    def even_classes(self, n: int) -> Tensor:
        """All classes in turn, ``[n, n_classes]``."""
        return self.classes(torch.arange(n) % max(1, self.config.n_classes))

    def sample(self, z: Tensor, classes: Tensor) -> Tensor:
        """Generate samples ``[n, *shape]`` in [-1, 1]; between two classes, of the nearer one.

        Raises:
            DataError: If the process failed, or has ended.
        """
        # Here every prior has variance 1; a uniform one goes from -1 to 1 in the scripts that use it.
        scale = 1 / UNIFORM_EDGE if self.config.prior == "uniform" else 1.0
        labels = classes.argmax(1) if self.config.n_classes else torch.zeros(len(z), dtype=torch.int64)
        content = (z * scale).numpy().astype(np.float32).tobytes() + labels.numpy().astype(np.int64).tobytes()
        size = 4 * len(z) * math.prod(self.data.shape)
        _, made = self._process.ask({"n": len(z)}, content, expect=size, patience=TO_MAKE)
        pixels: NDArray[np.float32] = np.frombuffer(made, np.float32).reshape(len(z), *self.data.shape)
        return torch.from_numpy(np.nan_to_num(pixels).clip(-1, 1))

    def close(self) -> None:
        """End the process."""
        self._process.end()


def open_onnx(content: bytes, name: str = "generator.onnx", prior: ForeignPrior = "normal") -> Foreign:
    """Open a generator from an ONNX file, in a process of its own.

    Args:
        content: The file.
        name: Of it.
        prior: What its z is drawn from.

    Raises:
        ConfigError: If onnx or onnxruntime is not installed.
        DataError: If it is no generator of pictures that can be run here, in a sentence.
    """
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        raise ConfigError("a generator from elsewhere needs onnx and onnxruntime: pip install onnx onnxruntime")
    if len(content) > MAX_BYTES:
        raise DataError(f"{len(content) / 1e6:.0f} MB are too many: {MAX_BYTES / 1e6:.0f} MB at most are opened")
    process = _Child()
    try:
        about, _ = process.ask({}, content, expect=0, patience=TO_OPEN)
        _check(about)
    except DataError:
        process.end()
        raise
    return Foreign(name, about, prior, process)


def _check(about: Mapping[str, Any]) -> None:
    """Hold what a process says of a generator to what it can be.

    Raises:
        DataError: If it cannot be.
    """
    numbers = [about.get("latent_dim"), about.get("n_classes"), *(about.get("shape") or [])]
    ranges = ((1, 2048), (0, 1000), (1, 3), (8, 128), (8, 128))
    seconds = about.get("seconds")
    fine = len(numbers) == len(ranges) and isinstance(seconds, int | float)
    if not fine or not all(
        isinstance(n, int) and low <= n <= high for n, (low, high) in zip(numbers, ranges, strict=False)
    ):
        raise DataError("this file cannot be run: what it says of itself makes no sense")


class _Child:
    """A process that runs one file."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "OMP_NUM_THREADS": "1"},
        )
        self._lock = threading.Lock()

    def ask(
        self, header: dict[str, Any], content: bytes, *, expect: int, patience: float
    ) -> tuple[dict[str, Any], bytes]:
        """Ask, and wait for the answer.

        Args:
            header: The question.
            content: What belongs to it.
            expect: Bytes behind the answer.
            patience: Seconds until the process is ended.

        Raises:
            DataError: If it refuses, takes too long, or has ended.
        """
        late = threading.Event()

        def too_late() -> None:
            late.set()
            self._process.kill()

        with self._lock:
            timer = threading.Timer(patience, too_late)
            timer.daemon = True
            timer.start()
            try:
                answer, made = self._exchange(header, content, expect)
            except (OSError, RecursionError, ValueError):
                self.end()
                why = f"took longer than {patience:.0f} s, and was ended" if late.is_set() else "has ended"
                raise DataError(f"this generator {why}: open its file again") from None
            finally:
                timer.cancel()
        if "refused" in answer:
            raise DataError(str(answer["refused"])[:400])
        return answer, made

    def _exchange(self, header: dict[str, Any], content: bytes, expect: int) -> tuple[dict[str, Any], bytes]:
        heard, told = self._process.stdin, self._process.stdout
        assert heard is not None
        assert told is not None
        heard.write(json.dumps({**header, "bytes": len(content)}).encode() + b"\n" + content)
        heard.flush()
        line = told.readline(MAX_HEADER)
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("no header")
        if "refused" in answer:
            return answer, b""
        made = told.read(expect) if expect else b""
        if answer.get("bytes", 0) != expect or len(made) != expect:
            raise ValueError("another number of bytes")
        return answer, made

    def end(self) -> None:
        """End it, however it stands."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


class ForeignBench(Bench):
    """Bench of a generator from elsewhere: answers questions about its latent space."""

    players: Foreign

    def about(self) -> dict[str, Any]:
        """Describe it, in the words in which a run's latent space is described."""
        about, config = self.players.about, self.players.config
        return {
            "latent_dim": config.latent_dim,
            "prior": config.prior,
            "likely": list(likely_norms(config)),
            "kind": "images",
            "data": self.players.name,
            "shape": list(about["shape"]),
            "n_train": 0,
            "layers": [],
            "classes": list(self.players.data.classes),
            "labelled": False,
            "names": [],
            "n_held_out": 0,
            "paper": 0.0,
            "frame": None,
            "real": None,
        }

    def influence(self) -> Answer:
        """Measure how much each coordinate of z changes samples, if that can be done while somebody waits.

        Raises:
            ConfigError: If it would take too long.
        """
        dim, each = self.players.config.latent_dim, max(float(self.players.about["seconds"]), 1e-6)
        wait = 8 * dim * each
        if wait > SURVEY:
            raise ConfigError(
                f"which of {dim} coordinates matter would take {wait:.0f} s to find out with this generator: "
                "interpolation and the plane are quicker"
            )
        return analyses.influence(self, min(influence.MADE, int(QUICK / each)))

    def answer(self, query: Mapping[str, str]) -> bytes:
        """Answer a question of the page with a frame, as `gan_core.latent.answers` does for a run.

        Raises:
            GanExplorerError: In one sentence: what is not allowed.
        """
        name, request = query.get("do", ""), Request(query, self.players.config)
        if name not in _QUESTIONS:
            raise ConfigError(f"do={name[:20]!r} cannot be asked of this generator: {', '.join(_QUESTIONS)} can")
        with self.lock:
            header, arrays = _QUESTIONS[name](self, request)
        moment = {"do": name, "step": 0, "run": 0, "state": "foreign", "now": 0, "states": []}
        return frames.encode({**header, **moment}, arrays)


def _plane(at: ForeignBench, request: Request) -> Answer:
    spanning = request.vectors("u")
    if spanning and len(spanning) != 2:
        raise ConfigError(f"a plane is spanned by two directions, not by {len(spanning)}")
    return at.plane(request.points(), (spanning[0], spanning[1]) if spanning else None)


_QUESTIONS: Final[Mapping[str, Callable[[ForeignBench, Request], Answer]]] = {
    "about": lambda at, request: (at.about(), {}),
    "make": lambda at, request: at.make(request.points(), request.edit()),
    "paths": lambda at, request: at.paths(request.points(), request.whole("n", 12, 1, 60)),
    "walk": lambda at, request: at.walk(
        request.points(), request.whole("n", 24, 1, 60), request.word("way", "slerp"), loop=request.has("loop")
    ),
    "plane": _plane,
    "influence": lambda at, request: at.influence(),
    "arithmetic": lambda at, request: analyses.arithmetic(
        at, request.points("a"), request.points("b"), request.point(), to_shell=request.has("shell")
    ),
}
