"""Pictures of strangers: what is used and how it is cut, what is skipped and why, and what is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, features

from gan_core.data import files as reading_files
from gan_core.data import limits, picture, uploads
from gan_core.data.files import own_folder, own_folders
from gan_core.data.uploads import read_folder, read_images, read_zip
from gan_core.errors import DataError

Pixels = NDArray[np.uint8]


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def file(pixels: Pixels, kind: str = "PNG", mode: str = "", **options: object) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def packed(files: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def forged_png(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its content does not have."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (head, body))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


# ---- one picture


def test_a_small_square_is_kept_pixel_by_pixel() -> None:
    pixels = noise(28, 28)
    data = read_images([("a.png", file(pixels))])
    np.testing.assert_array_equal(data.pixels, pixels[None])
    assert (data.names, data.skipped, data.labels) == (("a.png",), (), None)


def test_the_centre_square_is_cut_out() -> None:
    wide = noise(20, 30)
    assert (read_images([("a.png", file(wide))]).pixels[0] == wide[:, 5:25]).all()
    tall = noise(30, 20)
    assert (read_images([("a.png", file(tall))]).pixels[0] == tall[5:25]).all()


def test_grey_pictures_have_one_channel_and_give_colour_when_asked() -> None:
    data = read_images([("a.png", file(noise(16, 16), mode="L"))])
    assert data.pixels.shape == (1, 16, 16, 1)
    colour = data.at(16, True)
    assert colour.shape == (1, 16, 16, 3)
    assert (colour == data.pixels).all()


def test_grey_is_pillows_luma_and_a_size_is_a_resize() -> None:
    pixels = noise(64, 64)
    data = read_images([("a.png", file(pixels))])
    luma = np.asarray(Image.fromarray(pixels).convert("L")).astype(int)
    assert np.abs(data.at(64, False)[0, ..., 0].astype(int) - luma).max() <= 1
    scaled = np.asarray(Image.fromarray(pixels).resize((16, 16), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(data.at(16, True)[0], scaled)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "JPEG2000", "PPM"])
@pytest.mark.parametrize("name", ["A.png", "a.JPG", "a.jfif", "a.tif", "a", "a.dat", "download (1)"])
def test_every_format_is_read_whatever_the_file_is_called(kind: str, name: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        assert "AVIF" not in Image.registered_extensions().values()
        return
    flat = np.full((20, 20, 3), (200, 40, 90), np.uint8)
    data = read_images([(name, file(flat, kind))])
    assert np.abs(data.pixels.astype(int) - flat).max() <= 6


def deep(levels: NDArray[np.uint16], kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, kind)
    return buffer.getvalue()


def test_twelve_bits_in_sixteen_are_not_black() -> None:
    ramp = np.linspace(0, 4095, 400).reshape(20, 20).astype(np.uint16)
    bright, dark = deep(ramp), deep(ramp // 8)
    data = read_images([("a.png", bright), ("b.png", dark), ("c.tif", deep(ramp, "TIFF"))])
    assert (data.pixels[0, ..., 0] == ramp >> 4).all()
    assert (data.pixels[1, ..., 0] == ramp >> 7).all(), "one scale for the whole set: a dark picture stays dark"
    assert (data.pixels[2] == data.pixels[0]).all()
    assert any("the brightest needs 12" in said for said in data.decisions)


def test_all_sixteen_bits_are_read_as_ever() -> None:
    ramp = np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16)
    assert (read_images([("a.png", deep(ramp))]).pixels[0, ..., 0] == ramp >> 8).all()


@pytest.mark.parametrize(("top", "wanted"), [(1.0, 255), (255.0, 255), (200.0, 200)])
def test_floating_point_pictures_are_read_by_their_range(top: float, wanted: int) -> None:
    ramp = np.linspace(0, top, 400, dtype=np.float32).reshape(20, 20)
    buffer = io.BytesIO()
    Image.fromarray(ramp).save(buffer, "TIFF")
    assert read_images([("a.tif", buffer.getvalue())]).pixels.max() == wanted


@pytest.mark.parametrize("levels", [np.full((9, 9), -1.0), np.full((9, 9), np.nan), np.full((9, 9), 3e9)])
def test_floating_point_pictures_of_another_range_are_left_out(levels: NDArray[np.float64]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(levels.astype(np.float32)).save(buffer, "TIFF")
    with pytest.raises(DataError, match=r"neither in 0\.\.1 nor in 0\.\.255"):
        read_images([("a.tif", buffer.getvalue())])


def test_a_picture_may_be_padded_or_stretched_in_place_of_cut() -> None:
    wide = np.zeros((10, 20, 3), np.uint8)
    padded = read_images([("a.png", file(wide))], choices=picture.Choices(fit="pad"))
    assert padded.pixels.shape == (1, 20, 20, 1)
    assert (padded.pixels[0, 5:15] == 0).all()
    assert (padded.pixels[0, :5] == 255).all()
    stretched = read_images([("a.png", file(wide))], choices=picture.Choices(fit="stretch"))
    assert (stretched.pixels == 0).all()
    assert stretched.pixels.shape == (1, 20, 20, 1)
    said = [data.decisions[0] for data in (padded, stretched)]
    assert said == [
        "1 of 1 are not square: each is set on a white square",
        "1 of 1 are not square: each is stretched to a square",
    ]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation_is_used_when_asked_for(kind: str) -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(np.full((12, 12, 3), level, np.uint8)) for level in (40, 90, 200)]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    data = read_images([("a.gif", buffer.getvalue())], choices=picture.Choices(first_frame=True))
    assert np.abs(data.pixels.astype(int) - 40).max() <= 4
    assert "1 of 1 are animations: the first frame of each is used" in data.decisions


def test_what_was_decided_about_colour_is_said() -> None:
    grey, red = file(noise(9, 9), mode="L"), file(np.full((9, 9, 3), (200, 0, 0), np.uint8))
    assert read_images([("a.png", grey)]).decisions == ("all are grey",)
    assert read_images([("a.png", grey), ("b.png", red)]).decisions == ("1 of 2 have colour",)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_usual_kind_of_pixels_is_read(mode: str) -> None:
    bright = np.full((10, 10, 3), 255, np.uint8)
    image = Image.fromarray(np.full((10, 10), 65535, np.uint16)) if mode == "I;16" else Image.fromarray(bright)
    buffer = io.BytesIO()
    (image if mode == "I;16" else image.convert(mode)).save(buffer, "PNG")
    assert (read_images([("a.png", buffer.getvalue())]).pixels == 255).all()


def test_what_is_transparent_is_white() -> None:
    image = np.zeros((10, 10, 4), np.uint8)
    assert (read_images([("a.png", file(image))]).pixels == 255).all()


def test_a_photograph_lying_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    left_white = np.zeros((32, 32, 3), np.uint8)
    left_white[:, :16] = 255
    data = read_images([("a.jpg", file(left_white, "JPEG", exif=exif, quality=95))])
    assert data.pixels[0, :12].mean() > 240
    assert data.pixels[0, 20:].mean() < 15


def test_a_large_picture_is_made_small_once_and_for_all() -> None:
    data = read_images([("a.png", file(noise(200, 300)))])
    assert data.pixels.shape == (1, 64, 64, 3)


def test_pictures_of_several_sizes_get_the_side_of_the_largest() -> None:
    data = read_images([("a.png", file(noise(10, 10))), ("b.png", file(noise(20, 24)))])
    assert data.pixels.shape == (2, 20, 20, 3)
    np.testing.assert_array_equal(data.pixels[1], noise(20, 24)[:, 2:22])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", forged_png(6000, 6000), "more than 25 million pixels"),
        ("a.png", forged_png(10_000, 10_000), "more than 25 million pixels"),
        ("a.png", forged_png(60_000, 60_000), "more than 25 million pixels"),
        ("a.png", forged_png(100, 100), "damaged, or no picture at all"),
        ("a.png", file(noise(30, 30))[:-500], "damaged, or no picture at all"),
        ("a.png", b"", "damaged, or no picture at all"),
        ("a.png", b"<svg/>", "damaged, or no picture at all"),
        ("a.png", file(noise(7, 30)), "smaller than 8 px"),
        ("a.png", file(noise(8, 200)), "more than 20 times as long as wide"),
        ("a.txt", b"hello", "no picture, by its name and its first bytes"),
        ("a.pt", b"PK\x03\x04", "no picture, by its name and its first bytes"),
        ("a", b"", "no picture, by its name and its first bytes"),
        ("a.svg", b"<svg/>", "no picture, by its name and its first bytes"),
        ("a.tiff", file(noise(9, 9), "TIFF")[:-200], "damaged, or no picture at all"),
        ("a.zip", packed({"b.png": file(noise(9, 9))}), "a zip in the upload: hand it in alone"),
        (".a.png", file(noise(9, 9)), "hidden"),
        ("../a.png", file(noise(9, 9)), "a path that leads out of its folder"),
        ("x/../../a.png", file(noise(9, 9)), "a path that leads out of its folder"),
        ("/etc/a.png", file(noise(9, 9)), "a path that leads out of its folder"),
        ("C:\\a.png", file(noise(9, 9)), "a path that leads out of its folder"),
        ("..\\a.png", file(noise(9, 9)), "a path that leads out of its folder"),
        ("1/2/3/4/a.png", file(noise(9, 9)), "more than 3 folders deep"),
    ],
)
def test_a_file_that_cannot_be_used_is_skipped_with_its_reason(name: str, content: bytes, reason: str) -> None:
    good = file(noise(12, 12))
    data = read_images([("good.png", good), (name, content), ("good too.png", good)])
    assert data.names == ("good too.png", "good.png")
    assert data.skipped == ((reason, 1),)
    with pytest.raises(DataError) as refusal:
        read_images([(name, content)])
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_jpeg_that_asks_for_endless_passes_is_skipped_and_a_film_behind_one_is_not_looked_at() -> None:
    content = file(noise(40, 40), "JPEG", progressive=True)
    scan = content.rindex(b"\xff\xda")
    assert len(read_images([("a.jpg", content + content[scan:] * 50)]).names) == 1
    endless = content[:scan] + content[scan:-2] * 40 + content[-2:]
    with pytest.raises(DataError, match="more than 32 passes"):
        read_images([("a.jpg", endless)])
    assert picture._n_scans(content[:2] + b"\xff\x01" * 20_000 + content[2:]) > limits.MAX_SCANS


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_skipped(kind: str) -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(noise(12, 12, seed)) for seed in range(3)]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match="1 file: animated, or several pages"):
        read_images([(f"a.{kind.lower()}", buffer.getvalue())])


def test_the_names_ending_may_be_in_capitals() -> None:
    assert len(read_images([("A.JPG", file(noise(9, 9), "JPEG"))]).names) == 1


def test_names_are_shown_without_what_could_harm_a_terminal_or_a_line() -> None:
    data = read_images([("a\n\x1b[31m<b>.png", file(noise(9, 9))), ("b" * 300 + ".png", file(noise(9, 9)))])
    assert data.names == ("a??[31m<b>.png", "b" * 96 + ".png")


# ---- all pictures


def test_the_order_of_the_upload_does_not_matter_and_other_pixels_have_another_hash() -> None:
    files = [(f"{i}.png", file(noise(16, 16, i))) for i in range(3)]
    there, back = read_images(files), read_images(files[::-1])
    assert there.hash == back.hash
    assert len(there.hash) == 64
    assert read_images(files[1:]).hash != there.hash


def test_few_pictures_are_warned_about() -> None:
    content = file(noise(8, 8), mode="L")
    assert "Only 3 images" in read_images([(f"{i}.png", content) for i in range(3)]).warning
    assert "Only 1 image:" in read_images([("a.png", content)]).warning
    assert not read_images([(f"{i}.png", content) for i in range(limits.FEW_IMAGES)]).warning


def test_a_frozen_set_cannot_be_painted_over() -> None:
    data = read_images([("a.png", file(noise(9, 9)))])
    with pytest.raises(ValueError, match="read-only"):
        data.pixels[0] = 0


def test_progress_is_told_and_may_call_it_off() -> None:
    heard: list[tuple[int, int]] = []
    files = [(f"{i}.png", file(noise(9, 9))) for i in range(3)]
    read_images(files, lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]

    def call_off(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_images(files, call_off)


def test_an_empty_upload_says_what_is_wanted() -> None:
    with pytest.raises(DataError, match=r"no file at all.*PNG, JPEG"):
        read_images([])


@pytest.mark.parametrize(
    ("module", "cap", "value", "said"),
    [
        (reading_files, "MAX_UPLOAD_BYTES", 100, "at most 0 MB"),
        (reading_files, "MAX_FILES", 2, "at most 2 are looked at"),
    ],
)
def test_an_upload_that_is_too_large_is_refused(
    module: object, cap: str, value: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, cap, value)
    with pytest.raises(DataError, match=said):
        read_images([(f"{i}.png", file(noise(9, 9))) for i in range(3)])


@pytest.mark.parametrize(
    ("cap", "value", "reason", "kept"),
    [
        ("MAX_IMAGES", 2, "more than 2 pictures", ("0.png", "2.png")),
        ("MAX_TOTAL_PIXELS", 200, "beyond the pixels that one upload may have", ("0.png", "1.png")),
        ("MAX_FILE_BYTES", 0, "larger than 20 MB", ()),
    ],
)
def test_what_goes_beyond_a_cap_is_counted(
    cap: str, value: int, reason: str, kept: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, cap, value)
    files = [(f"{i}.png", file(noise(10, 10))) for i in range(4)]
    if not kept:
        with pytest.raises(DataError, match=f"4 files: {reason}"):
            read_images(files)
        return
    data = read_images(files)
    assert (data.names, data.skipped) == (kept, ((reason, 2),))


# ---- zips


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_what_is_in_it(how: int) -> None:
    files = {f"{i}.png": file(noise(16, 16, i)) for i in range(3)}
    assert read_zip(packed(files, how)).hash == read_images(files.items()).hash


@pytest.mark.parametrize("top", ["", "all/"])
def test_folders_are_classes_if_every_picture_lies_in_one(top: str) -> None:
    files = {f"{top}{animal}/{i}.png": file(noise(9, 9)) for animal in ("dog", "cat") for i in range(2)}
    data = read_zip(packed(files))
    assert data.classes == ("cat", "dog")
    assert data.labels is not None
    assert data.labels.tolist() == [0, 0, 1, 1]
    made = data.dataset(8, False)
    assert made.labels is not None
    assert (made.labels.tolist(), made.classes) == ([0, 0, 1, 1], ("cat", "dog"))
    assert data.hash != read_images([(Path(name).name, content) for name, content in files.items()]).hash
    assert any("folders are classes: cat 2, dog 2" in said for said in data.decisions)
    assert read_zip(packed({name: c for name, c in files.items() if "dog" in name})).labels is None


def test_a_stray_picture_beside_the_folders_costs_no_classes() -> None:
    files = {f"{animal}/{i}.png": file(noise(9, 9, i)) for animal in ("dog", "cat") for i in range(10)}
    data = read_zip(packed(files | {"logo.png": file(noise(9, 9))}))
    assert data.classes == ("cat", "dog")
    assert len(data.pixels) == 20
    assert data.skipped == (("beside the folders of the classes", 1),)
    many = {f"{i}.png": file(noise(9, 9, i)) for i in range(5)}
    assert read_zip(packed(files | many)).labels is None


@pytest.mark.parametrize("top", ["", "all/"])
def test_folders_that_split_a_set_are_no_classes(top: str) -> None:
    files = {
        f"{top}{split}/{animal}/{i}.png": file(noise(9, 9))
        for split in ("train", "Val")
        for animal in ("dog", "cat")
        for i in range(2)
    }
    data = read_zip(packed(files))
    assert data.classes == ("cat", "dog")
    assert data.labels is not None
    assert np.bincount(data.labels).tolist() == [4, 4]
    assert "Val and train are taken together" in data.decisions


def test_too_many_folders_for_classes_are_said() -> None:
    files = {f"{i}/a.png": file(noise(9, 9)) for i in range(limits.MAX_CLASSES + 1)}
    data = read_zip(packed(files))
    assert data.labels is None
    assert any("too many for classes" in said for said in data.decisions)


def link(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


def encrypted(info: zipfile.ZipInfo) -> None:
    info.flag_bits |= 1


@pytest.mark.parametrize(("change", "reason"), [(link, "a link"), (encrypted, "encrypted")])
def test_links_and_secrets_in_a_zip_are_skipped(change: Callable[[zipfile.ZipInfo], None], reason: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("good.png", file(noise(9, 9)))
        archive.writestr("bad.png", b"/etc/passwd")
        change(archive.infolist()[1])  # the table of contents is written at the end
    data = read_zip(buffer.getvalue())
    assert (data.names, data.skipped) == (("good.png",), ((reason, 1),))


@pytest.mark.parametrize(
    ("files", "how", "reason"),
    [
        ({"a.bmp": file(np.zeros((900, 900, 3), np.uint8), "BMP")}, zipfile.ZIP_DEFLATED, "packed more than 200 to 1"),
        ({"a.png": file(noise(9, 9))}, zipfile.ZIP_LZMA, "packed in a way that is not read"),
        ({"a.png": bytes(20_000_001)}, zipfile.ZIP_STORED, "larger than 20 MB"),
        ({"../../a.png": file(noise(9, 9))}, zipfile.ZIP_STORED, "a path that leads out of its folder"),
        ({"__MACOSX/a.png": file(noise(9, 9))}, zipfile.ZIP_STORED, "hidden"),
        ({"in.zip": packed({"a.png": file(noise(9, 9))})}, zipfile.ZIP_STORED, "a zip in the upload"),
    ],
)
def test_tricks_in_a_zip_are_skipped(files: dict[str, bytes], how: int, reason: str) -> None:
    with pytest.raises(DataError, match=f"1 file: {reason}"):
        read_zip(packed(files, how))


def test_a_damaged_file_in_a_zip_costs_only_itself() -> None:
    good, bad = file(noise(20, 20)), file(noise(20, 20, 1))
    content = bytearray(packed({"good.png": good, "bad.png": bad}))
    content[content.index(bad) + 100] ^= 1
    assert read_zip(bytes(content)).skipped == (("damaged in the zip", 1),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a zip"),
        (b"PK", "not a zip"),
        (file(noise(9, 9)), "not a zip"),
        (packed({"a.png": file(noise(9, 9))})[:-30], "not a zip"),
        (packed({}), "no file at all"),
        (b"PK\x01\x02" * 20_001, "more than 20,000 files"),
    ],
)
def test_what_is_no_usable_zip_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as refusal:
        read_zip(content)
    assert "\n" not in str(refusal.value)


def test_a_file_without_a_name_in_a_zip_is_skipped() -> None:
    content = packed({"good.png": file(noise(9, 9)), "X.png": file(noise(9, 9))}).replace(b"X.png", b"\0.png")
    data = read_zip(content)
    assert data.names == ("good.png",)
    assert [n for _, n in data.skipped] == [1]


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_files, "MAX_UNPACKED_BYTES", 500)
    monkeypatch.setattr(reading_files, "_unpack", None)
    with pytest.raises(DataError, match="unpacks to"):
        read_zip(packed({f"{i}.png": bytes(300) for i in range(2)}))


# ---- folders


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path))
    folder = tmp_path / "own" / "my cats"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(file(noise(9, 9)))
    return folder


def test_a_folder_is_read_with_the_folders_in_it_and_without_links(own: Path) -> None:
    (own / "more").mkdir()
    (own / "more" / "b.png").write_bytes(file(noise(9, 9, 1)))
    (own / "c.png").symlink_to(own / "a.png")
    data = read_folder(own)
    assert (data.names, data.skipped) == (("a.png", "more/b.png"), (("a link", 1),))


def test_own_folders_are_named_and_nothing_beside_them_is_reached(own: Path) -> None:
    (own.parent / "file").write_bytes(b"")
    (own.parents[1] / "secret").mkdir()
    assert own_folders() == ("my cats",)
    assert own_folder("my cats") == own
    for name in ("", ".", "..", "../secret", "my cats/..", str(own), "x\0", "file", "x" * 9000):
        with pytest.raises(DataError, match="there are: my cats"):
            own_folder(name)


def test_a_folder_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path / "nothing"))
    assert own_folders() == ()
    with pytest.raises(DataError, match="is no folder"):
        read_folder(tmp_path / "nothing")


def test_a_folder_of_too_many_files_is_refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_files, "MAX_FILES", 0)
    with pytest.raises(DataError, match="more than 0 files"):
        read_folder(own)


def test_pillow_is_not_asked_to_decode_what_declares_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "_small_square", None)
    with pytest.raises(DataError, match="million pixels"):
        read_images([("a.png", forged_png(8000, 8000))])
