"""Real images: digits without a network, MNIST files in any state of completeness, and downloads."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import importlib
import io
import socket
import struct
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_core.data import Images, data_folder, load, vision
from gan_core.data.compat import import_torchvision
from gan_core.data.download import fetch
from gan_core.errors import DataError

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def images(name: str) -> Images:
    data = load(name)
    assert isinstance(data, Images)
    return data


# ---- digits


def test_digits_are_split_as_scikit_learn_does() -> None:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    reference = load_digits()
    pixels = reference.images.astype(np.float32)[:, None] / 8 - 1
    index_train, index_held_out = train_test_split(
        np.arange(1797), train_size=900, stratify=reference.target, random_state=0
    )
    data = images("digits")
    assert (data.kind, data.shape, data.n_train) == ("images", (1, 8, 8), 900)
    assert data.held_out is not None
    assert data.labels is not None
    assert data.held_out_labels is not None
    for index, part, labels in (
        (np.sort(index_train), data.train, data.labels),
        (np.sort(index_held_out), data.held_out, data.held_out_labels),
    ):
        np.testing.assert_array_equal(part.numpy(), pixels[index])
        np.testing.assert_array_equal(labels.numpy(), reference.target[index])
    assert (data.train.dtype, data.train.min().item(), data.train.max().item()) == (torch.float32, -1, 1)
    assert data.classes == tuple("0123456789")


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.data.images.find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install scikit-learn"):
        importlib.import_module("gan_core.data.images").digits()


def test_batches_are_drawn_from_the_training_images_alone(rng: torch.Generator) -> None:
    data = images("digits")
    torch.manual_seed(12345)
    before = torch.get_rng_state()
    batch = data.sample(2_000, rng)
    assert torch.equal(before, torch.get_rng_state())
    known = {row.tobytes() for row in data.train.numpy()}
    drawn = {row.tobytes() for row in batch.numpy()}
    assert batch.shape == (2_000, 1, 8, 8)
    assert drawn <= known
    assert len(drawn) > 0.8 * len(known)  # 1 - exp(-2000 / 900) = 0.89
    seeds = (torch.Generator().manual_seed(seed) for seed in (3, 3, 4))
    first, again, other = (data.sample(16, seed) for seed in seeds)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_pictures_keep_every_grey_level() -> None:
    levels = torch.arange(256, dtype=torch.float32).reshape(1, 1, 16, 16)
    shown = images("digits").to_uint8(levels / 127.5 - 1)
    assert (shown.dtype, shown.shape, shown.flags.c_contiguous) == (np.uint8, (1, 16, 16, 1), True)
    assert shown.ravel().tolist() == list(range(256))


def test_pictures_are_cut_off_beyond_black_and_white() -> None:
    x = torch.tensor([-7.0, -1.0, 0.0, 1.0, 1.004, 7.0]).reshape(1, 2, 1, 3)
    shown = images("digits").to_uint8(x)
    assert shown.shape == (1, 1, 3, 2)
    assert shown[0, 0].T.ravel().tolist() == [0, 0, 128, 255, 255, 255]


# ---- files


def idx(array: NDArray[np.uint8]) -> bytes:
    """An IDX file: big-endian magic (type 8, number of dimensions), sizes, bytes."""
    return struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape) + array.tobytes()


def split(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 28, 28), np.uint8), rng.integers(0, 10, n, np.uint8)


def write_split(raw: Path, stem: str, n: int, seed: int, *, packed: bool = True, labels: bool = True) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    for kind, array in zip(("images-idx3", "labels-idx1"), split(n, seed), strict=True):
        if kind == "images-idx3" or labels:
            content = gzip.compress(idx(array)) if packed else idx(array)
            (raw / f"{stem}-{kind}-ubyte{'.gz' * packed}").write_bytes(content)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no connection out of the test."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None) -> Path:
    """An empty data folder, and no network."""
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("name", "subfolder"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_both_splits_on_disk_are_used(folder: Path, name: str, subfolder: str, packed: bool) -> None:
    write_split(folder / subfolder / "raw", "train", 30, 1, packed=packed)
    write_split(folder / subfolder / "raw", "t10k", 20, 2, packed=packed)
    data = images(name)
    pixels, labels = split(30, 1)
    np.testing.assert_allclose(data.train[:, 0].numpy(), pixels / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(data.to_uint8(data.train)[..., 0], pixels)
    assert data.labels is not None
    assert data.held_out is not None
    assert data.held_out_labels is not None
    np.testing.assert_array_equal(data.labels.numpy(), labels)
    assert (data.name, data.shape, data.n_train) == (name, (1, 28, 28), 30)
    assert (len(data.held_out), len(data.held_out_labels), len(data.classes)) == (20, 20, 10)


@pytest.mark.parametrize("stem", ["train", "t10k"])
def test_one_split_alone_is_trained_on(folder: Path, stem: str) -> None:
    write_split(folder / "MNIST" / "raw", stem, 20, 2)
    data = images("mnist")
    assert (data.n_train, data.held_out, data.held_out_labels) == (20, None, None)
    np.testing.assert_array_equal(data.to_uint8(data.train)[..., 0], split(20, 2)[0])


def test_images_without_labels_are_used(folder: Path) -> None:
    write_split(folder / "MNIST" / "raw", "t10k", 20, 2, labels=False)
    assert images("mnist").labels is None


def test_a_data_set_is_in_memory_once_whoever_asks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_split(folder / "MNIST" / "raw", "t10k", 20, 2)
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(load, ["mnist"] * 8)
    assert all(other is first for other in others)
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(folder / "elsewhere"))
    with pytest.raises(DataError):
        load("mnist")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: gzip.compress(gzip.decompress(content)[:-1]),
        lambda content: content[: len(content) // 2],
        lambda content: content[:100] + bytes(50) + content[150:],
        lambda content: b"<html>not found</html>",
        lambda content: b"",
        lambda content: gzip.compress(struct.pack(">4I", 2051, 4_000_000_000, 28, 28)),
        lambda content: gzip.compress(struct.pack(">4I", 2051, 5, 32, 32) + bytes(5 * 32 * 32)),
        lambda content: gzip.compress(struct.pack(">4I", 2051, 0, 28, 28)),
    ],
    ids=["a byte short", "half a file", "zeros inside", "a web page", "empty", "a lie", "size", "none"],
)
def test_a_damaged_file_is_named(folder: Path, damage: Any) -> None:
    raw = folder / "MNIST" / "raw"
    write_split(raw, "t10k", 20, 2)
    path = raw / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=path.name):
        load("mnist")
    write_split(raw, "t10k", 20, 2)  # a failure is not remembered
    assert images("mnist").n_train == 20


@pytest.mark.parametrize("labels", [np.zeros(19, np.uint8), np.full(20, 10, np.uint8)])
def test_labels_of_other_images_are_refused(folder: Path, labels: NDArray[np.uint8]) -> None:
    raw = folder / "MNIST" / "raw"
    write_split(raw, "t10k", 20, 2)
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    with pytest.raises(DataError, match="does not fit"):
        load("mnist")


def test_without_files_and_network_the_message_names_folder_and_files(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        load("mnist")
    message = str(caught.value)
    for part in (str(folder / "MNIST" / "raw"), *FILES[:2], "t10k-", "no network in this test", "GAN_EXPLORER_DATA"):
        assert part in message
    assert not list(folder.rglob("*")), "an empty folder was left behind"


# ---- CIFAR-10


def cifar_records(n: int, seed: int) -> NDArray[np.uint8]:
    """One byte of class and 3,072 of pixels each."""
    records = np.random.default_rng(seed).integers(0, 256, (n, 3073), np.uint8)
    records[:, 0] %= 10
    return records


def write_cifar(folder: Path, names: tuple[str, ...], *, packed: bool) -> NDArray[np.uint8]:
    """Files of ten pictures each, unpacked or in the archive; all records in the order of the names."""
    contents = {name: cifar_records(10, seed) for seed, name in enumerate(names)}
    if packed:
        with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
            for name, records in reversed(contents.items()):
                info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
                info.size = records.nbytes
                archive.addfile(info, io.BytesIO(records.tobytes()))
    else:
        (folder / "cifar-10-batches-bin").mkdir()
        for name, records in contents.items():
            (folder / "cifar-10-batches-bin" / name).write_bytes(records.tobytes())
    return np.concatenate(list(contents.values()))


CIFAR_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))


@pytest.mark.parametrize("packed", [True, False])
def test_cifar_is_read_from_its_binary_files(folder: Path, packed: bool, rng: torch.Generator) -> None:
    records = write_cifar(folder, (*CIFAR_TRAIN, "test_batch.bin"), packed=packed)
    data = images("cifar10")
    assert (data.name, data.shape, data.n_train, len(data.classes)) == ("cifar10", (3, 32, 32), 50, 10)
    assert data.labels is not None
    assert data.held_out is not None
    assert data.held_out_labels is not None
    labels = torch.cat((data.labels, data.held_out_labels)).numpy()
    np.testing.assert_array_equal(labels, records[:, 0])
    planes = torch.cat((data.train, data.held_out)).numpy()
    np.testing.assert_array_equal(planes.reshape(60, -1), records[:, 1:])
    batch = data.sample(200, rng)
    assert (batch.dtype, batch.shape) == (torch.float32, (200, 3, 32, 32))
    shown = {picture.tobytes() for picture in data.to_uint8(batch)}
    assert shown <= {record.reshape(3, 32, 32).transpose(1, 2, 0).tobytes() for record in records[:50, 1:]}


def test_the_held_out_part_of_cifar_alone_is_trained_on(folder: Path) -> None:
    write_cifar(folder, ("test_batch.bin",), packed=False)
    data = images("cifar10")
    assert (data.n_train, data.held_out) == (10, None)


@pytest.mark.parametrize("content", [b"", b"\x00" * 3072, b"\x0b" * 3073, b"\x00" * 3074])
def test_damaged_files_of_cifar_are_named(folder: Path, content: bytes) -> None:
    write_cifar(folder, ("test_batch.bin",), packed=False)
    (folder / "cifar-10-batches-bin" / "data_batch_3.bin").write_bytes(content)
    with pytest.raises(DataError, match=r"data_batch_3\.bin .*delete its files to retry"):
        load("cifar10")


def test_a_damaged_archive_of_cifar_is_refused(folder: Path) -> None:
    write_cifar(folder, CIFAR_TRAIN, packed=True)
    archive = folder / "cifar-10-binary.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(DataError, match="CIFAR-10 cannot be read"):
        load("cifar10")


def test_without_cifar_and_network_it_says_what_to_put_where(folder: Path) -> None:
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz or the folder cifar-10-batches-bin into"):
        load("cifar10")
    (folder / "cifar-10-batches-py").mkdir()
    (folder / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cos\nsystem\n(S'exit'\ntR.")
    with pytest.raises(DataError, match="its pickles are not read"):
        load("cifar10")


def test_an_unknown_name_is_told_what_is_known() -> None:
    with pytest.raises(DataError, match=r"'minst'.*ring-8.*fashion-mnist.*cifar10"):
        load("minst")


def test_the_default_folder_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAN_EXPLORER_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert data_folder() == Path("/somewhere/cache/gan-explorer")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data_folder() == Path.home() / ".cache" / "gan-explorer"
    monkeypatch.setenv("GAN_EXPLORER_DATA", "~/mine")
    assert data_folder() == Path.home() / "mine"


# ---- downloads, from a server in this process


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address and the folder of a server."""
    root = tmp_path / "site"
    root.mkdir()
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", root
        server.shutdown()
        thread.join()


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def test_a_download_tells_its_progress_and_is_then_used(
    site: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, root = site
    write_split(root, "train", 200, 1)
    write_split(root, "t10k", 20, 2)
    known = SimpleNamespace(
        mirrors=[address + "nothing-here/", address], resources=[(name, md5(root / name)) for name in FILES]
    )
    torchvision = SimpleNamespace(datasets=SimpleNamespace(MNIST=known))
    monkeypatch.setattr(vision, "import_torchvision", lambda: torchvision)
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path / "data"))
    heard: list[tuple[str, int, int]] = []
    data = load("mnist", progress=lambda *news: heard.append(news))
    assert isinstance(data, Images)
    assert (data.n_train, data.shape) == (200, (1, 28, 28))
    sizes = {name: (root / name).stat().st_size for name in FILES}
    assert {name: done for name, done, _ in heard} == sizes  # the last news of each file
    assert all(total == sizes[name] for name, _, total in heard)
    assert sorted(p.name for p in (tmp_path / "data/MNIST/raw").iterdir()) == sorted(FILES)


@pytest.mark.parametrize("second", ["missing", "damaged"])
def test_a_failed_download_leaves_nothing_behind(site: tuple[str, Path], tmp_path: Path, second: str) -> None:
    address, root = site
    (root / "a").write_bytes(b"good")
    if second == "damaged":
        (root / "b").write_bytes(b"half of")
    wanted = [("a", md5(root / "a")), ("b", hashlib.md5(b"all of it", usedforsecurity=False).hexdigest())]
    with pytest.raises(DataError, match="checksum" if second == "damaged" else "b: .*[Nn]ot [Ff]ound"):
        fetch([address], wanted, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_download_that_is_called_off_leaves_nothing_behind(site: tuple[str, Path], tmp_path: Path) -> None:
    address, root = site
    (root / "a").write_bytes(b"good")

    def call_off(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([address], [("a", md5(root / "a"))], tmp_path / "target", call_off)
    assert not (tmp_path / "target").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"file.MNIST cannot be written"):
        fetch([], [], tmp_path / "file" / "MNIST")


# ---- torchvision


def test_torchvision_can_be_imported_and_knows_where_the_files_are() -> None:
    known = import_torchvision().datasets
    for data in (known.MNIST, known.FashionMNIST, known.KMNIST):
        assert tuple(name for name, _ in data.resources) == FILES
        assert all(mirror.endswith("/") for mirror in data.mirrors)


@pytest.mark.parametrize("error", [ImportError("No module named 'torchvision'"), RuntimeError("another mismatch")])
def test_a_torchvision_that_does_not_fit_is_an_error_of_data(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr("gan_core.data.compat.importlib.import_module", fail)
    with pytest.raises(DataError, match=str(error)):
        import_torchvision()
