"""Kinds of data that people bring: files and folders made from a seed, read, and compared with what went into them.

    python -m benchmarks.own_kinds
    python -m benchmarks.own_kinds --seed 7

Each case knows the numbers or pictures that it was written from, or that it must be refused. A case is wrong if
anything else comes out, if it ends in another error than a `DataError`, or if what it must say is not said.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from gan_core.data.checks import check
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints
from gan_core.data.picture import Choices
from gan_core.data.reading import ReadOptions, read_files, read_path
from gan_core.errors import DataError

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Rng = np.random.Generator


@dataclass(frozen=True)
class Case:
    """One upload.

    Attributes:
        kind: What it is an example of.
        name: Its own name.
        files: Names and contents.
        wrong: Says what is wrong with what was read; "" if nothing.
        refused: Part of the refusal, for what must be refused.
        options: How to read it.
        as_folder: True to write the files to a folder and read that.
        said: Parts of the decisions and reasons that must be said.
    """

    kind: str
    name: str
    files: tuple[tuple[str, bytes], ...]
    wrong: Callable[[OwnData], str] = lambda data: ""
    refused: str = ""
    options: ReadOptions = field(default_factory=ReadOptions)
    as_folder: bool = False
    said: tuple[str, ...] = ()


def verdict(case: Case) -> str:
    """Read a case and say what is wrong; "" if nothing is."""
    try:
        data = _read(case)
    except DataError as error:
        text = str(error)
        if not case.refused:
            return f"refused: {text}"
        short = "\n" not in text and len(text) < 400
        return "" if case.refused in text and short else f"refused with other words: {text}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if case.refused:
        return "not refused"
    said = " / ".join([*data.decisions, *(reason for reason, _ in data.skipped)])
    unsaid = [part for part in case.said if part not in said]
    return case.wrong(data) or (f"not said: {unsaid[0]!r} in {said!r}" if unsaid else "")


def _read(case: Case) -> OwnData:
    if not case.as_folder:
        return read_files(case.files, case.options)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in case.files:
            path = Path(folder, "data", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return read_path(Path(folder, "data"), case.options)


KINDS: Final = (
    "tables",
    "columns beside the points",
    "how numbers are written",
    "tables that are refused",
    "kinds of pixels",
    "formats, whatever they are called",
    "sizes and frames",
    "folders",
    "arrays of pictures",
    "arrays of points",
    "arrays that are refused",
    "archives of arrays",
    "faults that are named",
)


def cases(seed: int = 0) -> list[Case]:
    """Make all cases of a seed."""
    makers = (_tables, _written, _odd_tables, _modes, _formats, _shapes, _folders, _arrays, _archives, _faults)
    return [case for i, make in enumerate(makers) for case in make(np.random.default_rng([seed, i]))]


# -- tables --------------------------------------------------------------------------------------------------


def _points(wanted: Floats, tolerance: float = 1e-4) -> Callable[[OwnData], str]:
    def wrong(data: OwnData) -> str:
        if not isinstance(data, OwnPoints) or data.values.shape != wanted.shape:
            return f"{type(data).__name__} of shape {getattr(data, 'values', np.empty(0)).shape}, not {wanted.shape}"
        off = float(np.abs(data.values - wanted).max())
        return "" if off <= tolerance * max(1.0, float(np.abs(wanted).max())) else f"off by {off:g}"

    return wrong


def _some(rng: Rng, n: int = 0) -> Floats:
    n = n or int(rng.integers(12, 60))
    return np.round(rng.normal(rng.uniform(-50, 50, 2), rng.uniform(0.5, 20, 2), (n, 2)), 3)


_SEPARATORS: Final = {"commas": ",", "semicolons": ";", "tabs": "\t", "blanks": "  "}
_HEADS: Final[Mapping[str, tuple[str, ...] | None]] = {
    "no names": None,
    "names": ("x", "y"),
    "pandas' numbers": ("0", "1"),
    "names in quotes": ('"width"', '"height"'),
}


def _tables(rng: Rng) -> Iterator[Case]:
    """Write every separator with every heading, and with columns beside the two."""
    for what, separator in _SEPARATORS.items():
        for heading, names in _HEADS.items():
            for decimal in ".,":
                if decimal == "," and separator == ",":
                    continue
                values = _some(rng)
                rows = [[f"{value:.3f}".replace(".", decimal) for value in row] for row in values.tolist()]
                lines = [*([list(names)] if names else []), *rows]
                text = "\n".join(separator.join(line) for line in lines)
                name = f"{what}, {heading}, decimal {decimal}"
                yield Case("tables", name, (("a.csv", text.encode()),), _points(values))
        for extra in ("index", "index from 1", "label", "words", "index and label"):
            values = _some(rng)
            columns: dict[str, list[str]] = {}
            if "index" in extra:
                start = "from 1" in extra
                columns["" if not start else "id"] = [str(i + start) for i in range(len(values))]
            if extra == "words":
                columns["species"] = [f"kind{i % 3}" for i in range(len(values))]
            columns |= {"x": [f"{v:.3f}" for v in values[:, 0]], "y": [f"{v:.3f}" for v in values[:, 1]]}
            if "label" in extra:
                columns["label"] = [str(int(n)) for n in rng.integers(0, 4, len(values))]
            if separator == "  " and "" in columns:
                columns = {"nr": columns.pop(""), **columns}
            text = "\n".join(separator.join(line) for line in [list(columns), *zip(*columns.values(), strict=True)])
            yield Case(
                "columns beside the points",
                f"{what}, {extra}",
                (("a.txt", text.encode()),),
                _points(values),
                said=("is left out",),
            )


def _written(rng: Rng) -> Iterator[Case]:
    """Write the same numbers as programs and spreadsheets do."""

    def case(name: str, text: str | bytes, values: Floats, ending: str = "csv", **more: Any) -> Case:
        content = text if isinstance(text, bytes) else text.encode()
        return Case("how numbers are written", name, ((f"a.{ending}", content),), _points(values), **more)

    values = _some(rng)
    plain = "\n".join(f"{x:.3f},{y:.3f}" for x, y in values.tolist())
    yield case("byte order mark", b"\xef\xbb\xbfx,y\n" + plain.encode(), values)
    yield case("lines of Windows", plain.replace("\n", "\r\n"), values)
    yield case("lines of old Macs", plain.replace("\n", "\r"), values)
    yield case("empty lines", plain.replace("\n", "\n\n") + "\n\n\n", values)
    yield case("everything in quotes", "\n".join(f'"{x}","{y}"' for x, y in values.tolist()), values)
    yield case("blanks around", "\n".join(f"  {x} ,  {y} " for x, y in values.tolist()), values)
    yield case("signs", "\n".join(f"{x:+.3f},{y:+.3f}" for x, y in values.tolist()), values)
    yield case("powers of ten", "\n".join(f"{x:.6e}\t{y:.6E}" for x, y in values.tolist()), values, "tsv")
    yield case("a comment", "# made by a program\n# x y\n" + plain.replace(",", " "), values, "dat")
    out = io.StringIO()
    np.savetxt(out, values)
    yield case("numpy.savetxt", out.getvalue(), values, "txt")
    large = np.round(rng.uniform(1_000, 900_000, (20, 2)), 2)
    for name, thousands, decimal, separator in (
        ("thousands 1,234.5", ",", ".", ";"),
        ("thousands 1,234.5 in quotes", ",", ".", ","),
        ("thousands 1.234,5", ".", ",", ";"),
    ):
        quote = '"' * (thousands == separator)
        text = "\n".join(
            separator.join(
                quote + f"{v:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands) + quote for v in row
            )
            for row in large.tolist()
        )
        yield case(name, text, large, said=("numbers are read like",))
    whole = rng.integers(-500, 500, (30, 2)).astype(float)
    yield case("whole numbers", "\n".join(f"{x:.0f};{y:.0f}" for x, y in whole.tolist()), whole)
    for mark in ("", "NaN", "NA", "null", "?", "n/a"):
        many = _some(rng, 60)
        lines = [f"{x:.3f},{y:.3f}" for x, y in many.tolist()]
        gaps = sorted(rng.choice(60, 3, replace=False).tolist())
        for i in gaps:
            lines[i] = f"{many[i, 0]:.3f},{mark}" if i % 2 else f"{mark},{many[i, 1]:.3f}"
        kept = np.delete(many, gaps, 0)
        yield case(
            f"missing: {mark or 'nothing'}", "x,y\n" + "\n".join(lines), kept, said=("3 of 60 rows are left out",)
        )
    wide = np.c_[_some(rng, 25), _some(rng, 25)]
    text = "a,b,c,d\n" + "\n".join(",".join(f"{v:.3f}" for v in row) for row in wide.tolist())
    for columns, at in ((("b", "d"), [1, 3]), (("4", "1"), [3, 0])):
        options = ReadOptions(columns=columns)
        yield case(f"columns {' and '.join(columns)}", text, wide[:, at], options=options, said=("as chosen",))
    scaled = (values - values.mean(0)) / values.std(0)
    yield case("scaled columns", plain, scaled, options=ReadOptions(scale=True), said=("divided by its spread",))


def _odd_tables(rng: Rng) -> Iterator[Case]:
    """Make tables that must be refused, with words that help."""
    plain = "\n".join(f"{x},{y}" for x, y in _some(rng, 30).tolist())
    for name, content, refused in (
        ("nothing", b"", "empty"),
        ("one column", b"1\n2\n3\n", "two are wanted"),
        ("four columns without a choice", b"a,b,c,d\n1.5,2.5,3.5,4.5\n2.5,3.5,4.5,1.5\n", "choose two of"),
        ("words", b"red,green\nblue,red\n", "is 'blue'"),
        ("a word in a number", f"{plain}\n12x,3".encode(), "row 31, column 1 is '12x'"),
        ("half of it missing", "\n".join(f"{i}.5," for i in range(20)).encode(), "column 2 is ''"),
        ("infinite", f"{plain}\ninf,3".encode(), "row 31, column 1 is 'inf'"),
        ("huge", f"{plain}\n1e30,3".encode(), "row 31, column 1 is '1e30'"),
        ("ragged", f"{plain}\n1,2,3".encode(), "row 31 has 3 columns"),
        ("UTF-16", plain.encode("utf-16"), "not text in UTF-8"),
        ("a film called .csv", b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)), "not text in UTF-8"),
        ("one point again and again", b"1,2\n" * 30, "too close together"),
    ):
        yield Case("tables that are refused", name, (("a.csv", content),), refused=refused)
    wide = _npy(rng.normal(size=(20, 5)))
    yield Case("tables that are refused", "array of 5 columns", (("a.npy", wide),), refused="choose two of them")


# -- pictures ------------------------------------------------------------------------------------------------


def _photo(rng: Rng, width: int = 40, height: int = 40) -> Pixels:
    """Make a smooth picture in colour, ``[height, width, 3]``: lossy formats keep it nearly as it is."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = [np.sin(rng.uniform(1, 5) * x + rng.uniform(1, 5) * y + rng.uniform(0, 6)) for _ in range(3)]
    return (np.stack(waves, -1) * 100 + 128).astype(np.uint8)


def _saved(pixels: Pixels | Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(out, kind, **more)
    return out.getvalue()


def _like(*wanted: Pixels, off: float = 2.0) -> Callable[[OwnData], str]:
    """Compare pictures, in the order of their names, with what they were made from."""

    def wrong(data: OwnData) -> str:
        if not isinstance(data, OwnImages) or len(data.pixels) != len(wanted):
            return f"{len(getattr(data, 'pixels', ()))} pictures, not {len(wanted)}"
        for i, (found, one) in enumerate(zip(data.pixels, wanted, strict=True)):
            if found.shape[0] != one.shape[0]:
                return f"picture {i} has {found.shape[0]} px, not {one.shape[0]}"
            mean = float(np.abs(found.astype(float) - one.reshape(*one.shape[:2], -1)).mean())
            if mean > off:
                return f"picture {i} is off by {mean:.1f} levels"
        return ""

    return wrong


_LUMA: Final = np.array([0.299, 0.587, 0.114])


def _modes(rng: Rng) -> Iterator[Case]:
    """Write pictures in every kind of pixels."""

    def case(name: str, content: bytes, wanted: Pixels, *, off: float = 2.0, file: str = "a.png", **more: Any) -> Case:
        return Case("kinds of pixels", name, ((file, content),), _like(wanted, off=off), **more)

    photo = _photo(rng)
    grey = (photo @ _LUMA + 0.5).astype(np.uint8)
    image = Image.fromarray(photo)
    yield case("grey", _saved(grey, "PNG"), grey[..., None], said=("all are grey",))
    yield case("colour", _saved(photo, "PNG"), photo, said=("have colour",))
    yield case("palette", _saved(image.quantize(255), "PNG"), photo, off=12)
    yield case("palette of greys", _saved(Image.fromarray(grey).convert("P"), "PNG"), grey[..., None])
    bits = Image.fromarray(grey).convert("1")
    yield case("one bit", _saved(bits, "PNG"), np.asarray(bits.convert("L"))[..., None])
    yield case("CMYK", _saved(image.convert("CMYK"), "TIFF"), photo, file="a.tif")
    yield case("CMYK JPEG", _saved(image.convert("CMYK"), "JPEG", quality=95), photo, off=6, file="a.jpg")
    yield case("YCbCr", _saved(image.convert("YCbCr"), "TIFF"), photo, off=4, file="a.tiff")
    alpha = np.dstack((photo, np.full((40, 40), 255, np.uint8)))
    alpha[:, :20, 3] = 0
    on_white = np.where(alpha[..., 3:] == 0, 255, photo).astype(np.uint8)
    yield case("alpha on white", _saved(alpha, "PNG"), on_white)
    yield case("grey with alpha", _saved(Image.fromarray(grey).convert("LA"), "PNG"), grey[..., None])
    clear = image.quantize(255)
    yield case("palette with a clear colour", _saved(clear, "PNG", transparency=254), photo, off=12)
    for bit in (9, 10, 12, 16):
        high = np.round(grey / 255 * (2**bit - 1)).astype(np.uint16)
        high[0, 0] = 2**bit - 1
        wanted = np.clip(high >> (bit - 8), 0, 255).astype(np.uint8)
        for kind, file in (("PNG", "a.png"), ("TIFF", "a.tif")):
            name = f"{bit} bits in 16, {kind}"
            yield case(name, _saved(high, kind), wanted[..., None], file=file, said=(f"needs {bit}",))
    for top in (1.0, 255.0):
        floating = Image.fromarray((grey / 255 * top).astype(np.float32))
        yield case(f"floating point up to {top:g}", _saved(floating, "TIFF"), grey[..., None], file="a.tif")
    far = Image.fromarray((grey * 40.0).astype(np.float32))
    yield Case(
        "kinds of pixels", "floating point of another range", (("a.tif", _saved(far, "TIFF")),), refused="neither"
    )


def _formats(rng: Rng) -> Iterator[Case]:
    """Write every format, under its own name and under others'."""
    made = [("PNG", "png", 1), ("JPEG", "jpg", 6), ("BMP", "bmp", 1), ("TIFF", "tif", 1), ("PPM", "ppm", 1)]
    made += [("WEBP", "webp", 8), ("GIF", "gif", 14)]
    made += [("JPEG2000", "jp2", 6)] if features.check("jpg_2000") else []
    made += [("AVIF", "avif", 10)] if features.check("avif") else []
    for kind, ending, off in made:
        for name in dict.fromkeys((f"a.{ending}", f"A.{ending.upper()}", "a.jpg", "a.dat", "a.csv", "a")):
            photo = _photo(rng, 48, 48)
            yield Case(
                "formats, whatever they are called",
                f"{kind} as {name}",
                ((name, _saved(photo, kind)),),
                _like(photo, off=off),
            )
    photo = _photo(rng)
    for ending in ("jfif", "jpe", "jpeg"):
        content = ((f"a.{ending}", _saved(photo, "JPEG")),)
        yield Case("formats, whatever they are called", f"JPEG as .{ending}", content, _like(photo, off=6))
    for how in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        content = (("a.tiff", _saved(photo, "TIFF", compression=how)),)
        yield Case("formats, whatever they are called", f"TIFF, {how}", content, _like(photo))
    progressive = (("a.jpg", _saved(photo, "JPEG", progressive=True, quality=90)),)
    yield Case("formats, whatever they are called", "progressive JPEG", progressive, _like(photo, off=5))
    turned = {3: 2, 6: 1, 8: 3}
    for orientation, quarters in turned.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        lying = np.ascontiguousarray(np.rot90(photo, quarters))
        content = (("a.png", _saved(lying, "PNG", exif=exif)),)
        yield Case("formats, whatever they are called", f"lying, orientation {orientation}", content, _like(photo))


def _shapes(rng: Rng) -> Iterator[Case]:
    """Make pictures that are not square, of several sizes, animated or unusable."""
    wide = _photo(rng, 60, 30)
    content = (("a.png", _saved(wide, "PNG")),)
    yield Case("sizes and frames", "wide, cut", content, _like(wide[:, 15:45]), said=("not square",))
    on_white = np.full((60, 60, 3), 255, np.uint8)
    on_white[15:45] = wide
    for fit, wanted in (("pad", on_white), ("stretch", np.asarray(Image.fromarray(wide).resize((60, 60), 1)))):
        options = ReadOptions(Choices(fit=fit))  # type: ignore[arg-type]
        yield Case("sizes and frames", f"wide, {fit}", content, _like(wanted, off=3), options=options)
    large = _photo(rng, 200, 200)
    small = np.asarray(Image.fromarray(large).resize((64, 64), Image.Resampling.LANCZOS))
    yield Case("sizes and frames", "large", (("a.png", _saved(large, "PNG")),), _like(small, off=2))
    several = tuple((f"{i}.png", _saved(_photo(rng, side, side), "PNG")) for i, side in enumerate((16, 33, 50)))

    def all_fifty(data: OwnData) -> str:
        shape = data.pixels.shape if isinstance(data, OwnImages) else ()
        return "" if shape == (3, 50, 50, 3) else f"shape {shape}"

    yield Case("sizes and frames", "several sizes", several, all_fifty)
    frames = [Image.fromarray(_photo(rng)) for _ in range(3)]
    for kind, ending in (("GIF", "gif"), ("WEBP", "webp"), ("TIFF", "tif"), ("PNG", "png")):
        moving = _saved(frames[0], kind, save_all=True, append_images=frames[1:])
        file = ((f"a.{ending}", moving),)
        name = "pages" if kind == "TIFF" else "film"
        yield Case("sizes and frames", f"{kind} {name}", file, refused="its first frame can be asked for")
        options = ReadOptions(Choices(first_frame=True))
        first = _like(np.asarray(frames[0]), off=14)
        yield Case("sizes and frames", f"{kind} {name}, first frame", file, first, options=options)
    for name, content_, refused in (
        ("cut off", _saved(large, "PNG")[:900], "damaged"),
        ("a text called .png", b"this is no picture at all", "no picture"),
        ("empty", b"", "no picture"),
        ("five px", _saved(_photo(rng, 5, 5), "PNG"), "smaller than 8 px"),
        ("a line", _saved(_photo(rng, 400, 9), "PNG"), "times as long as wide"),
    ):
        yield Case("sizes and frames", name, (("a.png", content_),), refused=refused)


def _folders(rng: Rng) -> Iterator[Case]:
    """Lay pictures out as people do, in a zip and in a folder."""

    def some(names: Iterable[str]) -> list[tuple[str, bytes]]:
        return [(name, _saved(_photo(rng, 16, 16), "PNG")) for name in names]

    cats, dogs = [f"cat/{i}.png" for i in range(5)], [f"dog/{i}.png" for i in range(3)]
    waste = [("cat/.DS_Store", b"x"), ("cat/Thumbs.db", b"x"), ("notes.txt", b"my notes"), ("labels.csv", b"0,1")]
    layouts: list[tuple[str, list[tuple[str, bytes]], int, tuple[int, ...] | None, tuple[str, ...]]] = [
        ("flat", some(f"{i}.png" for i in range(7)), 7, None, ()),
        ("in one folder", some(f"pics/{i}.png" for i in range(7)), 7, None, ()),
        ("classes", some([*cats, *dogs]), 8, (5, 3), ("folders are classes: cat 5, dog 3",)),
        ("classes in a folder", some(f"set/{n}" for n in [*cats, *dogs]), 8, (5, 3), ("folders are classes",)),
        ("with what systems leave behind", [*some([*cats, *dogs]), *waste], 8, (5, 3), ("hidden",)),
        (
            "train and val",
            some([*(f"train/{n}" for n in [*cats, *dogs]), *(f"val/{n}" for n in [*cats, *dogs])]),
            16,
            (10, 6),
            ("train and val are taken together",),
        ),
        (
            "training, validation and test",
            some([f"{part}/{n}" for part in ("training", "validation", "test") for n in [*cats, *dogs]]),
            24,
            (15, 9),
            ("are taken together",),
        ),
        (
            "train and val without classes",
            some([f"{p}/{i}.png" for p in ("train", "val") for i in range(4)]),
            8,
            None,
            ("train and val are taken together",),
        ),
        (
            "a stray picture beside classes",
            some([*(f"cat/{i}.png" for i in range(8)), *(f"dog/{i}.png" for i in range(8)), "cover.png"]),
            16,
            (8, 8),
            ("beside the folders of the classes",),
        ),
        (
            "too deep",
            some([f"a/b/c/d/e/{i}.png" for i in range(2)] + [f"{i}.png" for i in range(5)]),
            5,
            None,
            ("deep",),
        ),
        (
            "names of other scripts",
            some([*(f"猫/{i}.png" for i in range(4)), *(f"собака/{i}.png" for i in range(4))]),
            8,
            (4, 4),
            (),
        ),
        (
            "damaged among good ones",
            [*some(f"{i}.png" for i in range(6)), ("bad.png", b"\x89PNG broken")],
            6,
            None,
            ("damaged",),
        ),
        ("formats mixed", [("a.png", _saved(_photo(rng), "PNG")), ("b.jpg", _saved(_photo(rng), "BMP"))], 2, None, ()),
        (
            "thirty folders",
            some(f"c{i:02}/{j}.png" for i in range(30) for j in range(2)),
            60,
            None,
            ("too many for classes",),
        ),
    ]
    for name, files, n, counts, said in layouts:
        wrong = _counted(n, counts)
        yield Case("folders", f"{name}, folder", tuple(files), wrong, as_folder=True, said=said)
        packed = _zip(files, zipfile.ZIP_DEFLATED if len(name) % 2 else zipfile.ZIP_STORED)
        yield Case("folders", f"{name}, zip", (("set.zip", packed),), wrong, said=said)
    mac = [*some([*cats, *dogs]), *((f"__MACOSX/._{i}.png", b"\x00\x05") for i in range(3))]
    yield Case("folders", "zip of a Mac", (("set.zip", _zip(mac)),), _counted(8, (5, 3)), said=("hidden",))
    yield Case(
        "folders", "zip in a zip", (("a.zip", _zip([("b.zip", _zip(some(["a.png"])))])),), refused="hand it in alone"
    )
    yield Case("folders", "zip without a name", (("upload", _zip(some([*cats, *dogs]))),), _counted(8, (5, 3)))
    yield Case("folders", "empty zip", (("a.zip", _zip([])),), refused="no usable picture")
    yield Case("folders", "no zip", (("a.zip", b"PK nothing"),), refused="not a zip")


def _counted(n: int, counts: tuple[int, ...] | None) -> Callable[[OwnData], str]:
    def wrong(data: OwnData) -> str:
        assert isinstance(data, OwnImages)
        found = data.counts or None
        return "" if (len(data.pixels), found) == (n, counts) else f"{len(data.pixels)} in classes {found}"

    return wrong


def _zip(files: Iterable[tuple[str, bytes]], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


# -- arrays --------------------------------------------------------------------------------------------------


def _npy(array: NDArray[Any], **more: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **more)
    return out.getvalue()


_RANGES: Final[Mapping[str, tuple[Callable[[Pixels], NDArray[Any]], str]]] = {
    "uint8": (lambda x: x, "0 to 255"),
    "uint16 of 12 bits": (lambda x: x.astype(np.uint16) * 16 + 15, "0 to 4,095"),
    "int64": (lambda x: x.astype(np.int64), "0 to 255"),
    "float32 in [0, 1]": (lambda x: (x / 255).astype(np.float32), "0 to 1"),
    "float64 in [-1, 1]": (lambda x: x / 127.5 - 1, "-1 to 1"),
    "float16 in [-1, 1]": (lambda x: (x / 127.5 - 1).astype(np.float16), "-1 to 1"),
    "float32 up to 255": (lambda x: x.astype(np.float32), "0 to 255"),
    "big endian": (lambda x: (x / 255).astype(">f4"), "0 to 1"),
}


def _arrays(rng: Rng) -> Iterator[Case]:
    """Save pictures as arrays in every range and order of the axes."""
    for range_, (change, said) in _RANGES.items():
        for order in ("nhwc", "nchw", "nhw", "fortran"):
            stack = np.stack([_photo(rng, 24, 24) for _ in range(4)])
            stack[0, 0, :2] = [[0] * 3, [255] * 3]
            shown = stack if order != "nhw" else (stack @ _LUMA + 0.5).astype(np.uint8)
            array = change(shown)
            array = np.asfortranarray(array) if order == "fortran" else array
            array = array.transpose(0, 3, 1, 2) if order == "nchw" else array
            wanted = tuple(one.reshape(24, 24, -1) for one in shown)
            kind = "arrays of pictures"
            yield Case(kind, f"{range_}, {order}", (("a.npy", _npy(array)),), _like(*wanted), said=(f"read as {said}",))
    values = _some(rng)
    for dtype in ("f4", "f8", ">f8", "i4", "u2"):
        whole = np.round(np.abs(values))
        kept = whole if dtype[-2] in "iu" else values
        yield Case("arrays of points", dtype, (("a.npy", _npy(kept.astype(dtype))),), _points(kept.astype(float)))
    gaps = _some(rng, 60)
    gaps[[3, 17], 1] = np.nan
    kept = gaps[~np.isnan(gaps).any(1)]
    left_out = ("2 of 60 rows are left out",)
    yield Case("arrays of points", "two missing", (("a.npy", _npy(gaps)),), _points(kept), said=left_out)
    pictures = rng.integers(0, 256, (9, 12, 12), np.uint8)
    for name, content, refused in (
        ("objects", _npy(np.array([[1, "a"], [2, "b"]], object)), "does not hold plain numbers"),
        ("words", _npy(np.array([["a", "b"]])), "does not hold plain numbers"),
        ("complex", _npy(np.ones((5, 2), complex)), "does not hold plain numbers"),
        ("five axes", _npy(np.ones((2, 2, 2, 2, 2))), ""),
        ("four channels of a picture", _npy(np.zeros((3, 12, 12, 5), np.uint8)), "pictures are an array of shape"),
        ("not a number", _npy(np.where(pictures == 7, np.nan, pictures / 255)), "NaN or infinite"),
        ("another range", _npy(pictures * 9.0 - 300), "pixels lie in 0..1"),
        ("cut off", _npy(pictures)[:-40], "cut off or damaged"),
        ("a text", b"hello", "not a NumPy .npy file"),
        ("small", _npy(pictures[:, :6, :6]), "of 8 px or more"),
    ):
        yield Case("arrays that are refused", name, (("a.npy", content),), refused=refused or "file")


def _archives(rng: Rng) -> Iterator[Case]:
    """Save pictures with their labels under the names that people use."""
    for images, labels in (
        ("images", "labels"),
        ("x_train", "y_train"),
        ("X", "y"),
        ("data", "targets"),
        ("arr_0", "arr_1"),
    ):
        stack = np.stack([_photo(rng, 20, 20) for _ in range(12)])
        for kind, numbers in (("labels", np.arange(12) % 3), ("column of labels", (np.arange(12) % 3)[:, None])):
            out = io.BytesIO()
            arrays: dict[str, Any] = {images: stack, labels: numbers}
            np.savez_compressed(out, **arrays)

            def wrong(data: OwnData, stack: Pixels = stack) -> str:
                return _like(*stack)(data) or _counted(12, (4, 4, 4))(data)

            name = f"{images} and {labels}, {kind}"
            yield Case("archives of arrays", name, (("a.npz", out.getvalue()),), wrong, said=("labels are classes",))
    out = io.BytesIO()
    np.savez(out, images=stack, labels=rng.normal(size=12))
    said = ("does not fit, and is left out",)
    yield Case(
        "archives of arrays", "labels that are none", (("a.npz", out.getvalue()),), _counted(12, None), said=said
    )
    out = io.BytesIO()
    np.savez(out, images=np.array([[None]], object))
    yield Case("archives of arrays", "objects", (("a.npz", out.getvalue()),), refused="does not hold plain numbers")
    yield Case("archives of arrays", "no archive", (("a.npz", b"PK"),), refused="damaged")


# -- faults --------------------------------------------------------------------------------------------------


def _finds(*names: str) -> Callable[[OwnData], str]:
    def wrong(data: OwnData) -> str:
        found = tuple(fault.name for fault in check(data))
        return "" if set(found) == set(names) else f"found {found}, not {names}"

    return wrong


def _faults(rng: Rng) -> Iterator[Case]:
    """Put one fault into healthy data, of a size drawn at random; healthy data have none."""

    def table(name: str, values: Floats, *found: str) -> Case:
        text = "\n".join(f"{x!r},{y!r}" for x, y in values.tolist())
        return Case("faults that are named", name, (("a.csv", text.encode()),), _finds(*found))

    def healthy(n: int) -> list[tuple[str, Floats]]:
        angle = rng.integers(0, 8, n) * np.pi / 4
        ring = np.stack((np.cos(angle), np.sin(angle)), 1) + rng.normal(0, 0.05, (n, 2))
        spiral = rng.uniform(1, 4, n)
        return [
            ("ring", ring),
            ("normal", rng.normal(rng.uniform(-9, 9, 2), rng.uniform(1, 3, 2), (n, 2))),
            ("heavy tails", rng.standard_t(4, (n, 2))),
            ("two far clusters", rng.normal(0, 1, (n, 2)) + 30 * (rng.random(n) < 0.3)[:, None]),
            ("spiral", np.stack((np.cos(5 * spiral), np.sin(5 * spiral)), 1) * spiral[:, None]),
            ("whole numbers", rng.poisson(30, (n, 2)).astype(float)),
        ]

    for name, values in healthy(int(rng.integers(400, 900))):
        yield table(f"{name}: none", values)
    for name, values in healthy(int(rng.integers(400, 900)))[:5]:
        width = values.std(0).max()
        far = values.mean(0) + width * rng.uniform(2_000, 50_000) * np.sign(rng.normal(size=2))
        yield table(f"{name}: outlier", np.r_[values, np.clip(far, -9e5, 9e5)[None]], "outliers")
        marked = values.copy()
        n_marked = int(rng.integers(10, 40))
        mark = float(rng.choice([-999, -9999, 99999]))
        marked[:n_marked, int(rng.integers(2))] = mark
        yield table(f"{name}: {mark:g} for missing", rng.permutation(marked), "sentinels")
        times = float(rng.uniform(40, 2_000))
        yield table(f"{name}: one column times {times:.0f}", values * [1, times], "unequal_scales")
        copies = values[rng.integers(0, 40, len(values))]
        yield table(f"{name}: copies", copies, "duplicates")

    def pictures(name: str, stack: Pixels, *found: str) -> Case:
        files = tuple((f"{i:04}.png", _saved(one, "PNG")) for i, one in enumerate(stack))
        return Case("faults that are named", name, files, _finds(*found))

    photos = np.stack([_photo(rng, 12, 12) for _ in range(220)])
    yield pictures("pictures: none", photos)
    framed = np.zeros((220, 16, 16, 3), np.uint8)
    framed[:, 2:-2, 2:-2] = photos
    yield pictures("pictures: a black border", framed, "common_border")
    yield pictures("pictures: copies", np.r_[photos[:150], photos[:70]], "duplicates")
    yield pictures("pictures: few", photos[:30], "too_few")
    yield pictures("pictures: faint", (photos // 8 + 100).astype(np.uint8), "narrow_range")
    dull = (photos[:1].astype(int) + rng.integers(-1, 2, photos.shape)).clip(0, 255).astype(np.uint8)
    yield pictures("pictures: nearly one", dull, "no_variation")
    names = [f"{'common' if i < 205 else 'rare'}/{i}.png" for i in range(220)]
    files = tuple((name, _saved(one, "PNG")) for name, one in zip(names, photos, strict=True))
    yield Case("faults that are named", "pictures: unequal classes", files, _finds("imbalance"))


def main() -> None:
    """Print a table: how many cases of each kind there are, and how many were read or refused as they should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tried, right, wrong = Counter[str](), Counter[str](), []
    for case in cases(given.seed):
        tried[case.kind] += 1
        what = verdict(case)
        right[case.kind] += not what
        if what:
            wrong.append(f"{case.kind}: {case.name}: {what}")
    print("| kind | tried | as it should be |\n|---|---|---|")
    for kind, n in tried.items():
        print(f"| {kind} | {n} | {right[kind]} |")
    print(f"| all | {tried.total()} | {right.total()} |")
    for line in wrong:
        print(line)


if __name__ == "__main__":
    main()
