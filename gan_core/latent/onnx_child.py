"""The process in which a stranger's ONNX file is opened and run: a script, which knows nothing of this package.

It is started by `gan_core.latent.foreign` with bounds on memory and time, reads the file and batches of z from its
standard input and writes pictures to its standard output. Whatever a hostile file does, it does to this process: the
server reads a header of bounded length and as many bytes as it expects, and ends the process when it takes too long.

Each message is a line of JSON and, where the line says ``bytes``, as many bytes behind it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import sys
import time
from typing import Any, BinaryIO, Final

MAX_MEMORY: Final = 3 << 30
"""Bytes of address space; where the system bounds none, time alone does."""
MAX_SECONDS: Final = 3600
"""Processor time in all, so that a process that nobody ends does not run for ever."""
IDLE: Final = 1_800
"""Seconds after which a process ends that nobody asks anything."""
MAX_NODES: Final = 5_000
MAX_Z: Final = 2_048
MAX_CLASSES: Final = 1_000
MAX_SIDE: Final = 1_024
SHOWN_SIDE: Final = 128
"""Pictures are shown at this side at most, averaged down by a whole factor."""
SLOWEST: Final = 1.0
"""Seconds a sample; beyond, nothing on the page would move."""
MAX_BATCH: Final = 64
MAX_VALUES: Final = 1 << 24
"""Numbers that one call may give back."""
LOOKED_AT: Final = 64
"""Samples by which the range of the pixels is told."""
PATIENCE: Final = 5.0
"""Seconds that these may take."""
SAME: Final = ("Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze")
"""Operators that leave classes what they are."""
LIKELY_NAMES: Final = ("z", "noise", "latent", "input")


class Refused(Exception):  # noqa: N818  a sentence for the person who gave the file
    """A file that is not opened, with the reason."""


def main() -> None:
    """Open the file that comes first, then answer until the standard input ends."""
    told, heard = os.fdopen(os.dup(1), "wb"), sys.stdin.buffer
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print where they like
    _bound()
    try:
        generator = opened(_read(heard)[1])
    except Refused as refused:
        return _write(told, {"refused": str(refused)})
    _write(told, generator.about)
    while (asked := _read(heard))[0]:
        try:
            made = generator.make(asked[1], asked[0]["n"])
            _write(told, {"bytes": len(made)}, made)
        except Exception as error:
            _write(told, {"refused": f"this generator failed: {_plain(error)}"})
    return None


def opened(content: bytes) -> Generator:
    """Open a file.

    Raises:
        Refused: Whatever is wrong with it, in a sentence.
    """
    try:
        return Generator(content)
    except Refused:
        raise
    except MemoryError:
        raise Refused("this file needs more memory than is allowed") from None
    except Exception as error:  # the libraries raise whatever they like about a broken file
        raise Refused(f"this file cannot be run: {_plain(error)}") from None


def _bound() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource: Any = importlib.import_module("resource")  # not on Windows
        for name, most in (("AS", MAX_MEMORY), ("CPU", MAX_SECONDS), ("FSIZE", 0), ("CORE", 0)):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def _read(heard: BinaryIO) -> tuple[Any, bytes]:
    with contextlib.suppress(AttributeError):  # not on Windows
        signal.alarm(IDLE)
    line = heard.readline()
    if not line:
        return {}, b""
    header = json.loads(line)
    return header, heard.read(header.get("bytes", 0))


def _write(told: BinaryIO, header: dict[str, Any], content: bytes = b"") -> None:
    told.write(json.dumps(header).encode() + b"\n" + content)
    told.flush()


def _plain(error: object) -> str:
    text = " ".join(re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).split())[:200]
    return "".join(c if c.isprintable() else "?" for c in text) or type(error).__name__


class Generator:
    """A generator out of an ONNX file.

    Args:
        content: The file.

    Raises:
        Refused: In a sentence.
    """

    def __init__(self, content: bytes) -> None:
        onnx = importlib.import_module("onnx")
        try:
            model = onnx.load_model_from_string(content)
        except Exception:  # protobuf's errors say nothing to anybody
            raise Refused("this is no ONNX file") from None
        _check(model.graph, onnx)
        _check_domains(model)
        runtime = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._find_inputs()
        self._find_classes(model.graph)
        self._units = 0
        self._looked()

    # ---- the graph ----

    def _find_inputs(self) -> None:
        inputs = self._session.get_inputs()
        floats = [i for i in inputs if i.type == "tensor(float)"]
        if not floats or len(inputs) > 2:
            given = ", ".join(f"{_plain(i.name)[:30]} {i.type}" for i in inputs[:4]) or "nothing"
            raise Refused(f"a generator takes z, float32, and a class at most; this graph takes {given}")
        by_name = [i for i in floats if i.name.lower() in LIKELY_NAMES]
        self._z = (by_name or floats)[0]
        self._y = next((i for i in inputs if i is not self._z), None)
        batch, *rest = self._z.shape or [None]
        if not rest or len(rest) > 3 or not all(isinstance(d, int) and d > 0 for d in rest):
            raise Refused(f"the size of z cannot be read from the graph: its shape is {_plain(self._z.shape)}")
        self.z_shape = tuple(rest)
        self.n_z = 1
        for d in rest:
            self.n_z *= d
        if self.n_z > MAX_Z:
            raise Refused(f"z has {self.n_z:,} numbers; {MAX_Z:,} at most are walked through")
        self._fixed = batch if isinstance(batch, int) and batch > 0 else 0
        if self._fixed > MAX_BATCH:
            raise Refused(f"this graph makes {self._fixed} samples at once; {MAX_BATCH} at most are made")

    def _find_classes(self, graph: Any) -> None:
        self.n_classes = 0
        if self._y is None:
            return
        rest = [d for d in (self._y.shape or [])[1:] if d != 1]
        if self._y.type == "tensor(float)" and len(rest) == 1 and isinstance(rest[0], int):
            self.n_classes = rest[0]
        elif self._y.type in ("tensor(int64)", "tensor(int32)") and not rest:
            self.n_classes = self._classes_of(graph, self._y.name)
        if not 2 <= self.n_classes <= MAX_CLASSES:
            raise Refused(
                f"the number of classes cannot be read from input {_plain(self._y.name)[:30]}: a one-hot row of 2 to "
                f"{MAX_CLASSES} numbers, or whole numbers into an embedding, are understood"
            )

    @staticmethod
    def _classes_of(graph: Any, name: str) -> int:
        """Rows of the embedding, or the depth of the one-hot code, that whole numbers go into."""
        same, sizes = {name}, {tensor.name: tensor for tensor in graph.initializer}
        constants = {node.output[0]: node.attribute[0].t for node in graph.node if node.op_type == "Constant"}
        for node in graph.node:
            if node.op_type in SAME and node.input[0] in same:
                same.add(node.output[0])
            elif node.op_type == "Gather" and node.input[1] in same and node.input[0] in sizes:
                return int(sizes[node.input[0]].dims[0])
            elif node.op_type == "OneHot" and node.input[0] in same:
                depth = sizes.get(node.input[1]) or constants.get(node.input[1])
                if depth is not None:
                    numpy_helper = importlib.import_module("onnx.numpy_helper")
                    return int(numpy_helper.to_array(depth).ravel()[0])
        return 0

    # ---- samples ----

    def _looked(self) -> None:
        """Make samples, and learn what they are from them: form, range, time, noise of G's own."""
        np = importlib.import_module("numpy")
        rng = np.random.default_rng(0)
        z = rng.standard_normal((LOOKED_AT, self.n_z)).astype(np.float32)
        labels = np.arange(LOOKED_AT) % max(1, self.n_classes)
        first = self._pictures(self._raw(z[:2], labels[:2]))
        n, self.channels, height, width = first.shape
        self._batch = max(1, min(MAX_BATCH, MAX_VALUES // first[0].size))
        if n != 2:
            raise Refused(f"this graph made {n} pictures of 2 z")
        begun = time.monotonic()
        again = self._pictures(self._raw(z[:2], labels[:2]))
        each = (time.monotonic() - begun) / 2
        if each > SLOWEST:
            raise Refused(f"a sample takes {each:.1f} s on this machine; {SLOWEST:g} s at most can be walked through")
        # Less than in float32's noise is no noise of its own.
        own_noise = bool(np.abs(first - again).max() > 1e-4 * max(1.0, float(np.abs(first).max())))
        n = max(2, min(LOOKED_AT, int(PATIENCE / max(each, 1e-6))))
        begun = time.monotonic()
        made = np.concatenate([first, *self._in_batches(z[2:n], labels[2:n])])
        each = max(each, (time.monotonic() - begun) / max(n - 2, 1))
        if not np.isfinite(made).all():
            raise Refused("samples of this generator are not finite")
        self.low, self.high = float(made.min()), float(made.max())
        self._units = self._tell_units()
        self.factor = -(-max(height, width) // SHOWN_SIDE)
        self.side = (height // self.factor, width // self.factor)
        self.about = {
            "latent_dim": self.n_z,
            "z_shape": list(self.z_shape),
            "n_classes": self.n_classes,
            "made": [self.channels, height, width],
            "shape": [min(self.channels, 3), *self.side],
            "range": [round(self.low, 4), round(self.high, 4)],
            "units": ("[-1, 1]", "[0, 1]", "[0, 255]")[self._units],
            "seconds": each,
            "own_noise": own_noise,
        }

    def _tell_units(self) -> int:
        if self.high > 8 and self.low > -8:
            return 2
        return 0 if self.low < -0.05 else 1

    def _raw(self, z: Any, labels: Any) -> Any:
        """Run the graph on a batch; where its size is fixed, filled up."""
        np = importlib.import_module("numpy")
        n = len(z)
        if self._fixed:
            parts = []
            for i in range(0, n, self._fixed):
                place = np.minimum(np.arange(i, i + self._fixed), n - 1)
                parts.append(self._call(z[place], labels[place])[: min(self._fixed, n - i)])
            return np.concatenate(parts)
        return self._call(z, labels)

    def _call(self, z: Any, labels: Any) -> Any:
        np = importlib.import_module("numpy")
        given = {self._z.name: z.reshape(-1, *self.z_shape)}
        if self._y is not None:
            if self._y.type == "tensor(float)":
                y = np.eye(self.n_classes, dtype=np.float32)[labels]
            else:
                y = labels.astype(np.int64 if self._y.type == "tensor(int64)" else np.int32)
            given[self._y.name] = y.reshape(len(z), *[d if isinstance(d, int) else -1 for d in self._y.shape[1:]])
        outputs = self._session.run(None, given)
        of_batch = [o for o in outputs if getattr(o, "ndim", 0) >= 2 and o.dtype.kind == "f" and len(o) == len(z)]
        if not of_batch:
            shapes = ", ".join(str(list(getattr(o, "shape", ()))) for o in outputs[:4])
            raise Refused(f"none of the outputs has a picture for each z: their shapes are {shapes[:120]}")
        return max(of_batch, key=lambda o: (o.ndim == 4, o.size))

    def _pictures(self, raw: Any) -> Any:
        """Bring an output into the form ``[n, c, h, w]``."""
        shape = raw.shape[1:]
        if len(shape) == 1:
            side = round(shape[0] ** 0.5)
            if side * side != shape[0] or side < 8:
                raise Refused(
                    f"a sample is a row of {shape[0]} numbers, and no square picture: pictures have a latent space here"
                )
            raw = raw.reshape(len(raw), 1, side, side)
        elif len(shape) == 2:
            raw = raw[:, None]
        elif len(shape) == 3 and shape[0] not in (1, 3, 4) and shape[2] in (1, 3, 4):
            raw = raw.transpose(0, 3, 1, 2)
        if raw.ndim != 4 or raw.shape[1] not in (1, 3, 4) or not all(8 <= s <= MAX_SIDE for s in raw.shape[2:]):
            raise Refused(
                f"a sample has the shape {list(shape)}; pictures of 1, 3 or 4 channels and 8 to {MAX_SIDE} pixels a "
                "side are shown"
            )
        return raw.astype("float32")

    def _in_batches(self, z: Any, labels: Any) -> list[Any]:
        size = self._batch
        return [self._pictures(self._raw(z[i : i + size], labels[i : i + size])) for i in range(0, len(z), size)]

    def make(self, asked: bytes, n: int) -> bytes:
        """Make pictures, float32 ``[n, c, h, w]`` in [-1, 1], of z and classes.

        Args:
            asked: ``n`` rows of z, float32, and behind them ``n`` classes, int64.
            n: How many.
        """
        np = importlib.import_module("numpy")
        z = np.frombuffer(asked, np.float32, n * self.n_z).reshape(n, self.n_z)
        labels = np.frombuffer(asked, np.int64, n, offset=4 * n * self.n_z)
        parts = []
        for made in self._in_batches(z, labels):
            shown = made[:, :3]
            if self._units:
                shown = shown * (2.0 if self._units == 1 else 2 / 255) - 1.0
            f, (h, w) = self.factor, self.side
            shown = shown[:, :, : h * f, : w * f].reshape(len(shown), -1, h, f, w, f).mean((3, 5))
            parts.append(np.nan_to_num(shown, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1, 1))
        content: bytes = np.ascontiguousarray(np.concatenate(parts), np.float32).tobytes()
        return content


def _check(graph: Any, onnx: Any) -> None:
    """Refuse what is more than layers one after another: weights elsewhere, loops, too many nodes.

    Raises:
        Refused: In a sentence.
    """
    if not 1 <= len(graph.node) <= MAX_NODES:
        raise Refused(f"the graph has {len(graph.node):,} nodes; 1 to {MAX_NODES:,} are run")
    tensors = [*graph.initializer]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
                raise Refused(f"the graph has loops or branches ({_plain(node.op_type)[:30]}); these are not run")
            tensors += [attribute.t, *attribute.tensors]
    if graph.sparse_initializer or any(t.external_data or t.data_location for t in tensors):
        raise Refused("weights lie in another file; export them into this one (external_data=False)")


def _check_domains(model: Any) -> None:
    if model.functions:
        raise Refused("the file brings functions of its own; export it with plain operators")
    for one in (*model.opset_import, *model.graph.node):
        if one.domain not in ("", "ai.onnx"):
            raise Refused(f"the operators {_plain(one.domain)[:40]!r} are not known here: those of ONNX itself are")


if __name__ == "__main__":
    main()
