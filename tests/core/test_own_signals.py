"""Sounds and texts of one's own: read as they were written, cut where something begins, refused in a sentence."""

from __future__ import annotations

import codecs
import contextlib
import io
import math
import struct
import time
import tracemalloc
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.io import wavfile

from gan_core.config import DataConfig
from gan_core.config.names import SampleKind
from gan_core.data import Sounds, recordings, texts, wave_file, word_tables
from gan_core.data.own_data import OwnPoints, OwnSounds, OwnWords, split
from gan_core.data.picture import Skip
from gan_core.data.pieces import bands, cut, resample
from gan_core.data.reading import ReadOptions, read_files, read_path
from gan_core.data.wave_file import decode_wave
from gan_core.data.words import Words
from gan_core.errors import DataError
from gan_core.metrics.sets import score_sets
from tests.core.own_sets import sounds, words

Floats = NDArray[np.floating[Any]]


def tone(pitch: float, seconds: float = 0.5, rate: int = 44_100) -> Floats:
    t = np.arange(round(seconds * rate)) / rate
    return 0.7 * np.sin(2 * np.pi * pitch * t) * np.exp(-t / 0.2)


def written(samples: NDArray[Any], rate: int = 44_100) -> bytes:
    """A WAV file as SciPy writes it."""
    out = io.BytesIO()
    wavfile.write(out, rate, samples)
    return out.getvalue()


def header(
    *, tag: int = 1, channels: int = 1, rate: int = 8_000, bits: int = 16, align: int | None = None, more: bytes = b""
) -> bytes:
    """A layout with whatever it claims."""
    width = channels * bits // 8 if align is None else align
    layout = struct.pack("<HHIIHH", tag, channels, rate, (rate * width) & 0xFFFFFFFF, width, bits) + more
    return b"fmt " + struct.pack("<I", len(layout)) + layout


def riff(*parts: bytes, kind: bytes = b"RIFF", size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(parts)
    return kind + struct.pack("<I", len(body) if size is None else size) + body


def data(content: bytes, size: int | None = None) -> bytes:
    return b"data" + struct.pack("<I", len(content) if size is None else size) + content


NOISE = np.random.default_rng(0).integers(-9000, 9000, 4_000).astype("<i2").tobytes()


# -- WAV files -----------------------------------------------------------------------------------------------


def normal(samples: Floats) -> Floats:
    mono = samples.mean(1) if samples.ndim == 2 else samples
    mono = mono - mono.mean()
    return np.asarray(mono / np.abs(mono).max())


@pytest.mark.parametrize("n_channels", [1, 2, 5])
@pytest.mark.parametrize(
    "convert",
    [
        lambda x: np.round(127.5 + 100 * x).astype(np.uint8),
        lambda x: (30_000 * x).astype(np.int16),
        lambda x: (2_000_000_000 * x).astype(np.int32),
        lambda x: x.astype(np.float32),
        lambda x: x.astype(np.float64),
    ],
    ids=["8", "16", "32", "float 32", "float 64"],
)
def test_every_depth_is_read_as_scipy_reads_it(convert: Callable[[Floats], NDArray[Any]], n_channels: int) -> None:
    x = np.stack([tone(300 + 50 * i, 0.1) for i in range(n_channels)], 1).squeeze()
    content = written(convert(x), 22_050)
    rate, due = wavfile.read(io.BytesIO(content))
    found = decode_wave(content)
    assert (found.rate, found.channels) == (rate, n_channels)
    np.testing.assert_allclose(found.samples, normal(due.astype(np.float64)), atol=2e-6)


def test_24_bits_are_read_and_so_are_layouts_that_name_their_kind_at_their_end() -> None:
    x = np.round(8_000_000 * tone(440, 0.05)).astype("<i4")
    packed = x.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(44_100)
        file.writeframes(packed)
    due = normal(x.astype(np.float64))
    np.testing.assert_allclose(decode_wave(out.getvalue()).samples, due, atol=1e-6)
    guid = struct.pack("<HHIH", 22, 24, 0, 1) + b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    extensible = riff(header(tag=0xFFFE, rate=44_100, bits=24, align=3, more=guid), data(packed))
    np.testing.assert_allclose(decode_wave(extensible).samples, due, atol=1e-6)


def test_other_parts_of_a_file_are_passed_over_and_a_lying_size_is_what_is_there() -> None:
    plain = decode_wave(riff(header(), data(NOISE))).samples
    around = riff(b"LIST" + struct.pack("<I", 3) + b"abc\0", header(), b"fact\x04\0\0\0\0\0\0\0", data(NOISE))
    np.testing.assert_array_equal(decode_wave(around).samples, plain)
    for size in (0xFFFFFFFF, 0x7FFFFFFF, len(NOISE) + 1):
        np.testing.assert_array_equal(decode_wave(riff(header(), data(NOISE, size), size=size)).samples, plain)


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no WAV file"),
    "text": (b"RIFF of a guitar", "no WAV file"),
    "cut in its layout": (riff(header())[:30], "without its layout"),
    "no layout": (riff(data(NOISE)), "without its layout"),
    "no samples": (riff(header()), "without samples"),
    "samples of no length": (riff(header(), data(b"")), "silent"),
    "no channels": (riff(header(channels=0, align=2), data(NOISE)), "0 channels"),
    "too many channels": (riff(header(channels=65_535, align=2), data(NOISE)), "65,535 channels"),
    "no rate": (riff(header(rate=0), data(NOISE)), "0 samples a second"),
    "a rate of 4 GHz": (riff(header(rate=0xFFFFFFFF), data(NOISE)), "4,294,967,295 samples a second"),
    "a frame of no bytes": (riff(header(align=0), data(NOISE)), "16-bit samples in 0 bytes"),
    "bits that do not fit": (riff(header(bits=24, align=2), data(NOISE)), "24-bit samples in 2 bytes"),
    "64 whole bits": (riff(header(bits=64), data(NOISE)), "64-bit samples"),
    "16 bits of floating point": (riff(header(tag=3, bits=16), data(NOISE)), "16-bit samples"),
    "MP3 in a WAV file": (riff(header(tag=85), data(NOISE)), "compressed (MP3)"),
    "an unknown kind": (riff(header(tag=0x1234), data(NOISE)), "compressed (kind 4660)"),
    "big endian": (riff(header(), data(NOISE), kind=b"RIFX"), "RIFX"),
    "64-bit sizes": (riff(header(), data(NOISE), kind=b"RF64", size=0xFFFFFFFF), "RF64"),
    "NaN": (riff(header(tag=3, bits=32), data(np.full(900, np.nan, "<f4").tobytes())), "no numbers"),
    "one infinity": (
        riff(header(tag=3, bits=64), data(np.array([0.5] * 900 + [np.inf], "<f8").tobytes())),
        "no numbers",
    ),
    "numbers beyond all": (riff(header(tag=3, bits=64), data(np.array([1.7e308] * 900, "<f8").tobytes())), "too large"),
    "sums beyond all": (
        riff(header(tag=3, bits=64), data(np.array([1.7e308, -1.7e308] * 450, "<f8").tobytes())),
        "too large",
    ),
    "silence": (riff(header(), data(bytes(4_000))), "silent"),
    "the same all the time": (riff(header(), data(b"\x10\x10" * 4_000)), "silent"),
    "a million parts": (riff(b"junk\0\0\0\0" * 1_000_000), "more parts"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_sound_is_refused_in_a_few_words_and_in_bounded_time(name: str) -> None:
    content, words = REFUSED[name]
    begin = time.perf_counter()
    with pytest.raises(Skip) as reason:
        decode_wave(content)
    assert words in str(reason.value)
    assert len(str(reason.value)) < 100
    assert time.perf_counter() - begin < 2
    with pytest.raises(DataError, match="no usable sound"):
        read_files([("a.wav", content)], ReadOptions(wanted="sound"))


# -- rates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 15_999, 22_050, 44_100, 44_101, 48_000, 191_999])
def test_a_tone_keeps_its_pitch_and_height_at_another_rate(rate: int) -> None:
    t = np.arange(rate) / rate
    there = resample((0.5 * np.sin(2 * np.pi * 700 * t)).astype(np.float32), rate, 2_048)
    assert abs(len(there) - 2_048) <= 1
    due = 0.5 * np.sin(2 * np.pi * 700 * np.arange(len(there)) / 2_048)
    inside = slice(100, -100)
    np.testing.assert_allclose(there[inside], due[inside], atol=0.015)


def test_what_is_too_high_for_a_rate_is_left_out_and_not_folded_back() -> None:
    t = np.arange(44_100) / 44_100
    high = resample(np.sin(2 * np.pi * 3_000 * t).astype(np.float32), 44_100, 2_048)
    assert np.abs(high[50:-50]).max() < 0.01
    shares = bands(np.sin(2 * np.pi * 3_000 * t).astype(np.float32), 44_100, [1_024, 2_048, 4_096])
    assert (shares > 0.99).tolist() == [False, False, True]


def test_the_lowest_rate_that_lets_nearly_all_through_is_chosen() -> None:
    for pitch, rate in ((400, 2_048), (1_500, 4_096), (3_000, 8_192), (9_000, 8_192)):
        files = [(f"{i}.wav", written((20_000 * tone(pitch + i)).astype(np.int16))) for i in range(3)]
        found = read_files([*files, ("low.wav", written((9_000 * tone(80)).astype(np.int16)))][: 3 + (pitch > 4_096)])
        assert isinstance(found, OwnSounds)
        assert found.rate == rate
        assert any(f"{rate:,} samples a second are kept" in said for said in found.decisions)
    lost = (
        read_files(files, ReadOptions(rate=2_048))
        if pitch < 1
        else read_files(
            [("a.wav", written((20_000 * (tone(300) + tone(3_000)) / 2).astype(np.int16)))], ReadOptions(rate=2_048)
        )
    )
    assert any("of the energy is lost; a higher rate keeps more" in said for said in lost.decisions)
    with pytest.raises(DataError, match="1000 samples a second are not offered: 2048, 4096, 8192 are"):
        read_files(files, ReadOptions(rate=1_000))


# -- pieces --------------------------------------------------------------------------------------------------


def test_pieces_begin_where_something_begins_and_silence_is_in_none() -> None:
    rng = np.random.default_rng(0)
    sound = (1e-4 * rng.normal(size=20_000)).astype(np.float32)
    starts = np.cumsum(rng.integers(600, 1_900, 12))
    hit = np.sin(np.arange(420) * 0.4) * np.exp(-np.arange(420) / 80)
    for start in starts:
        sound[start : start + 420] += hit.astype(np.float32)
    pieces, unused = cut(sound, 512)
    assert len(pieces) == len(starts)
    assert unused == len(sound) - 512 * len(starts)
    for piece in pieces:
        assert 2 <= int((np.abs(piece) > 0.05).argmax()) <= 24
        assert abs(float(piece[-1])) < 1e-6


def test_a_sound_that_goes_on_is_cut_without_gaps_and_one_that_is_short_is_filled_up() -> None:
    lasting = np.sin(np.arange(5_120) * 0.3).astype(np.float32)
    pieces, unused = cut(lasting, 512)
    assert (len(pieces), unused) == (10, 0)
    np.testing.assert_array_equal(pieces[4][:400], lasting[4 * 512 : 4 * 512 + 400])
    short, unused = cut(lasting[:200], 512)
    assert (len(short), unused) == (1, 0)
    assert not short[0][200:].any()
    assert cut(lasting[:100], 512) == ([], 100)


def test_what_was_decided_about_sounds_is_said() -> None:
    long = np.concatenate([np.zeros(44_100), tone(300), np.zeros(44_100), tone(500)])
    files = [
        ("a.wav", written((20_000 * long).astype(np.int16))),
        ("b.wav", written(np.stack([tone(350, 0.2, 8_000)] * 2, 1).astype(np.float32), 8_000)),
        ("c.mp3", b"ID3" + bytes(100)),
        ("d.wav", b"RIFF"),
        ("notes.txt", b"my notes"),
    ]
    found = read_files(files)
    assert isinstance(found, OwnSounds)
    said = " / ".join(found.decisions)
    assert "2 files, 3.2 s in all: 44,100 Hz, 16-bit (1); 8,000 Hz, 32-bit floating point (1)" in said
    assert "1 of 2 have several channels" in said
    assert "brought to 0.9" in said
    assert "pieces of 0.25 s" in said
    assert "are in no piece: silence" in said
    assert dict(found.skipped) == {
        "MP3, which is not read: save it as WAV": 1,
        "no WAV file, by its first bytes": 2,
    }


def test_a_folder_and_a_zip_of_sounds_give_the_same(tmp_path: Path) -> None:
    rng, out = np.random.default_rng(0), io.BytesIO()
    (tmp_path / "low").mkdir()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(6):
            content = written((20_000 * tone(rng.uniform(200, 800))).astype(np.int16))
            (tmp_path / "low" / f"{i}.wav").write_bytes(content)
            archive.writestr(f"low/{i}.wav", content)
        archive.writestr("readme.txt", "six tones")
    one, other = read_path(tmp_path), read_files([("a.zip", out.getvalue())])
    assert isinstance(one, OwnSounds)
    assert one.hash == other.hash


def test_memory_of_a_long_sound_is_bounded_by_what_is_read_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wave_file, "MAX_FRAMES", 300_000)
    monkeypatch.setattr(recordings, "MAX_FRAMES", 300_000)
    content = riff(header(bits=8, rate=192_000, align=1), data(np.random.default_rng(0).bytes(3_000_000)))
    tracemalloc.start()
    found = read_files([("a.wav", content)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 45 * 300_000
    assert any("longer than 300,000 samples: the rest of them is left out" in said for said in found.decisions)


@pytest.mark.parametrize(
    ("cap", "value", "words"),
    [
        ("MAX_SOUND_FILES", 2, "more than 2 sound files"),
        ("MAX_SOUND_SECONDS", 1, "more than 0 minutes in all"),
        ("MAX_FILE_BYTES", 100, "larger than"),
    ],
)
def test_files_beyond_a_limit_are_left_out(monkeypatch: pytest.MonkeyPatch, cap: str, value: int, words: str) -> None:
    monkeypatch.setattr(recordings, cap, value)
    files = [(f"{i}.wav", written((20_000 * tone(300 + i)).astype(np.int16))) for i in range(4)]
    if cap == "MAX_FILE_BYTES":
        with pytest.raises(DataError, match=words):
            read_files(files)
    else:
        assert dict(read_files(files).skipped)[words] == 2


def test_pieces_beyond_a_limit_are_taken_at_even_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [(f"{i}.wav", written((20_000 * tone(300 + 20 * i, 0.2)).astype(np.int16))) for i in range(9)]
    every = read_files(files, ReadOptions(rate=2_048))
    monkeypatch.setattr(recordings, "MAX_SOUNDS", 3)
    some = read_files(files, ReadOptions(rate=2_048))
    np.testing.assert_array_equal(some.rows, every.rows[[0, 3, 6]])
    assert "of 9 pieces, 3 at even distances are used" in some.decisions


# -- own sounds as data --------------------------------------------------------------------------------------


def test_own_sounds_make_the_data_set_and_hold_some_out() -> None:
    own = sounds(70, rate=4_096)
    config = DataConfig(name="own-sounds", hash=own.hash, held_out=own.settings["data.held_out"])
    made = own.made(config)
    assert isinstance(made, Sounds)
    assert made.held_out is not None
    assert (made.rate, made.n_train, len(made.held_out)) == (4_096, 50, 20)
    assert made.notes == ()
    aside = split(own, config.held_out)
    np.testing.assert_array_equal(
        made.shown(made.train), made.shown(torch.tensor(own.samples[~aside] / 32_767)[:, None])
    )
    assert own.made(DataConfig(name="own-sounds", hash=own.hash)).held_out is None


def test_equal_sounds_at_another_rate_are_other_data() -> None:
    assert sounds(rate=2_048).hash != sounds(rate=4_096).hash


def test_sounds_are_scored_against_sounds_and_words_against_words() -> None:
    found = score_sets(sounds(400), sounds(400, seed=1))
    assert found.scores["coverage"].value > 0.7
    assert not found.warnings
    half = sounds(400)
    one = OwnSounds(np.repeat(half.samples[:8], 40, 0), half.rate)
    assert score_sets(half, one).scores["coverage"].value < 0.3
    assert "320 of the 320 generated samples are real ones" in score_sets(half, one).warnings[0]
    with pytest.raises(DataError, match="name one rate for both"):
        score_sets(half, sounds(40, rate=2_048))
    with pytest.raises(DataError, match="the real samples are sounds, the generated ones words"):
        score_sets(half, words())
    alike, other = score_sets(words(200), words(200)), score_sets(words(200), words(200, seed=1))
    assert alike.scores["in_dictionary"].value == 1
    assert other.scores["in_dictionary"].value < 0.3
    assert other.scores["pairs_js"].value < 0.05


# -- texts ---------------------------------------------------------------------------------------------------

STORY = (
    "The fox didn't jump over the lazy dog; the dog, however, jumped! Über Bäume sprang der Fuchs – er "
    "sprang und sprang.\n"
) * 30


def read_text(content: bytes | str, **options: Any) -> OwnWords:
    raw = content.encode() if isinstance(content, str) else content
    found = read_files([("a.txt", raw)], ReadOptions(wanted="text", **options))
    assert isinstance(found, OwnWords)
    return found


def listed(found: OwnWords) -> dict[str, int]:
    letters = np.array(list(found.alphabet))
    return dict(zip(("".join(row).rstrip() for row in letters[found.codes]), found.counts.tolist(), strict=True))


def test_the_words_of_a_text_are_counted_in_lower_case_with_their_accents() -> None:
    found = read_text(STORY)
    counts = listed(found)
    assert counts["the"] == 90
    assert counts["didn't"] == 30
    assert (counts["über"], counts["bäume"], counts["sprang"]) == (30, 30, 90)
    assert "–" not in found.alphabet
    assert found.alphabet.startswith(" 'abcdef")
    assert any("read as UTF-8" in said for said in found.decisions)
    made = found.made(DataConfig(name="own-words", hash=found.hash, length=found.codes.shape[1], letters=40))
    assert isinstance(made, Words)
    assert made.shape == (found.codes.shape[1], 40)
    assert made.known == frozenset(counts)
    drawn = made.read(made.shown(made.sample(4_000, torch.Generator().manual_seed(0))))
    assert drawn.count("the") / 4_000 == pytest.approx(90 / sum(counts.values()), rel=0.2)


@pytest.mark.parametrize(
    ("encode", "said"),
    [
        (lambda text: text.encode(), "UTF-8"),
        (lambda text: codecs.BOM_UTF8 + text.encode(), "UTF-8"),
        (lambda text: text.encode("utf-16"), "UTF-16"),
        (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "UTF-16"),
        (lambda text: text.encode("cp1252"), "Latin-1, as it is no UTF-8"),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16", "utf-16 big endian", "latin-1"],
)
def test_every_encoding_gives_the_same_words(encode: Callable[[str], bytes], said: str) -> None:
    found = read_text(encode(STORY))
    assert found.hash == read_text(STORY).hash
    assert any(f"read as {said}" in sentence for sentence in found.decisions)


def test_lines_are_taken_as_they_are_where_they_are_short_and_whenever_that_is_asked_for() -> None:
    names = "Anna\nBjörn\nZoë\nAna  Maria\nJosé\n" * 3
    found = read_text(names)
    assert set(listed(found)) == {"anna", "björn", "zoë", "ana maria", "josé"}
    assert any("each is taken as it is" in said for said in found.decisions)
    assert "ana maria" not in listed(read_text(names, unit="words"))
    assert "maria" in listed(read_text(names, unit="words"))
    assert "über bäume" in listed(read_text("Über Bäume\n" * 9 + "sprang er heute\n" * 2, unit="lines"))


def test_two_ways_to_write_a_letter_are_one_letter() -> None:
    assert read_text("e\u0301tude Étude ÉTUDE " * 9).hash == read_text("étude étude étude " * 9).hash


def test_what_is_long_or_rare_is_left_out_and_said() -> None:
    found = read_text("some words are short " * 2_000 + "incomprehensibilities " * 50 + "Ωmega")
    assert max(map(len, listed(found))) == 5
    assert dict(found.skipped) == {"words of more than 5 letters": 50, "words with a sign that is rare here": 1}


def test_a_table_stays_a_table_and_a_story_with_numbers_is_a_story() -> None:
    table = "x y\n" + "\n".join(f"{i % 7} {i % 5}" for i in range(60))
    assert isinstance(read_files([("a.txt", table.encode())]), OwnPoints)
    assert isinstance(read_files([("a.txt", STORY.encode())]), OwnWords)
    story = "In 1812 there were 3 of them, and in 1905 there were 12.\n" + STORY
    assert isinstance(read_files([("a.txt", story.encode())]), OwnWords)


HOSTILE_TEXTS: dict[str, str | bytes] = {
    "a line of a million letters": "a" * 1_000_000 + "\nshort words here",
    "a million accents on one letter": "a" + "\u0301\u0323" * 500_000 + " short words here",
    "a million capital sigmas": "Σ\u0301" * 500_000 + " short words here",
    "right to left": "\u202eevil\u202c שלום עולם \u2067hidden\u2069 " * 9,
    "markup": "<script>alert(1)</script> <b onmouseover=x>bold</b> &amp; [link](javascript:x) $\\alpha$ " * 9,
    "signs that cannot be shown": "\x07bell \x1b[31mred \ufeffmark \u200bthin \ue000own \U000e0041tag word " * 9,
    "half a sign": "word \udcff word".encode("utf-8", "surrogatepass") * 9,
    "every sign there is": "".join(map(chr, range(32, 0xD800))) + " word" * 99,
    "cut within a sign": "größer ".encode() * 9 + "ö".encode()[:1],
    "marks of UTF-16 before an odd number of bytes": codecs.BOM_UTF16_LE + "wörter ".encode("utf-16-le") * 9 + b"x",
}


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_a_hostile_text_gives_words_that_can_be_shown_in_bounded_time(name: str) -> None:
    begin = time.perf_counter()
    found = read_text(HOSTILE_TEXTS[name])
    assert time.perf_counter() - begin < 10
    assert found.alphabet.isprintable()
    assert not set("<>&[]()$\\") & set(found.alphabet)
    assert not any("\n" in said for said in found.decisions)
    assert found.codes.shape[1] <= 16


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the text is empty"),
        (b"\x00\x01\x02" * 99, "it holds bytes of zero"),
        (b"1 2 3 !? ;", "the text is empty"),
        (b"a" * 1_000_000, "words of more than"),
        ("\u200b\u200c\u202e" * 99, "the text is empty"),
    ],
)
def test_a_text_without_words_is_refused_in_a_sentence(content: bytes | str, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        read_text(content)
    assert "\n" not in str(error.value)


def test_large_texts_are_cut_and_their_counts_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 90_000)
    monkeypatch.setattr(texts, "MAX_WORDS", 500)
    monkeypatch.setattr(texts, "MAX_WRITTEN", 2_000)
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnop"))
    many = [" ".join("".join(row) for row in letters[rng.integers(0, 16, (4_000, 3))]) for _ in range(6)]
    found = read_files([(f"{i}.txt", text.encode()) for i, text in enumerate(many)])
    assert isinstance(found, OwnWords)
    assert len(found.codes) == 500
    said = " / ".join(found.decisions)
    assert "6 files, read as UTF-8" in said
    assert "MB of text: the rest is left out" in said
    assert "the 500 commonest are used" in said
    divided = read_text("to be or not to be " * 2_000)
    assert divided.counts.sum() <= 2_000
    assert any("their counts are divided" in sentence for sentence in divided.decisions)


def test_a_zip_of_texts_is_read_and_a_bomb_is_not(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", STORY[:100])
        archive.writestr("b.txt", "word " * 3_000_000)
        archive.writestr("c.txt", "another story of words")
    found = read_files([("a.zip", out.getvalue())])
    assert isinstance(found, OwnWords)
    assert dict(found.skipped)["files: packed more than 200 to 1"] == 1
    assert "story" in listed(found)


def test_words_that_do_not_fit_a_config_are_refused_with_what_would() -> None:
    own = words()
    for changed in ({"length": 4}, {"letters": 6}):
        config = DataConfig(name="own-words", hash=own.hash, **{"length": 5, "letters": 7} | changed)
        assert "set data.length=5 and data.letters=7" in own.refusal(config)
    assert own.refusal(DataConfig(name="own-words", hash=own.hash, length=16, letters=250)) == ""


@pytest.mark.parametrize(
    ("codes", "counts", "alphabet"),
    [
        (np.zeros((2, 3), np.uint8), np.ones(2, np.int64), " ab"),
        (np.ones((2, 3), np.uint8), np.zeros(2, np.int64), " ab"),
        (np.ones((2, 3), np.uint8), np.ones(3, np.int64), " ab"),
        (np.full((2, 3), 3, np.uint8), np.ones(2, np.int64), " ab"),
        (np.ones((2, 3), np.uint8), np.ones(2, np.int64), "ab"),
        (np.ones((2, 3), np.uint8), np.ones(2, np.int64), " aa"),
        (np.ones((2, 3), np.uint8), np.ones(2, np.int64), " a\n"),
        (np.ones((2, 3), np.uint8), np.ones(2, np.int64), " a\u202e"),
        (np.ones((2, 17), np.uint8), np.ones(2, np.int64), " ab"),
        (np.ones((0, 3), np.uint8), np.ones(0, np.int64), " ab"),
        (np.ones((2, 3), np.uint8), np.full(2, 10**6, np.int64), " ab"),
    ],
)
def test_words_that_cannot_be_are_refused(codes: Any, counts: Any, alphabet: str) -> None:
    with pytest.raises(DataError):
        OwnWords(codes, counts, alphabet)


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros((2, 511), np.int16), 2_048),
        (np.zeros((2, 512), np.int32), 2_048),
        (np.zeros((0, 512), np.int16), 2_048),
        (np.zeros((2, 512), np.int16), 44_100),
    ],
)
def test_sounds_that_cannot_be_are_refused(samples: Any, rate: int) -> None:
    with pytest.raises(DataError):
        OwnSounds(samples, rate)


def test_the_size_of_a_step_is_bounded_by_the_longest_words_and_the_most_letters() -> None:
    assert math.prod(DataConfig(name="own-words", length=16, letters=250).shape) == 4_000


# -- tables of words -----------------------------------------------------------------------------------------

LETTERS = "abcdefghijklm"
NAMES = [a + b + c for a in LETTERS for b in LETTERS for c in "xyz"]


def of_text(name: str, content: bytes, wanted: SampleKind | None = "text") -> OwnWords:
    found = read_files([(name, content)], ReadOptions(wanted=wanted))
    assert isinstance(found, OwnWords)
    return found


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["names.csv", "names.tsv", "names.txt"])
def test_of_a_table_with_words_and_numbers_the_words_are_taken(separator: str, name: str) -> None:
    rows = ["klm" + separator + "count", *(f"{word}{separator}{i}" for i, word in enumerate(NAMES))]
    found = of_text(name, "\r\n".join(rows).encode())
    assert len(found.codes) == len(NAMES)
    assert set(found.alphabet[1:]) == {*LETTERS, *"xyz"}
    assert "a table: column 1 of 2 is taken, without its heading" in found.decisions


def test_the_words_may_stand_in_a_later_column_and_in_quotes() -> None:
    rows = "\n".join(f'{i},"{word}",0.5' for i, word in enumerate(NAMES))
    found = of_text("names.csv", rows.encode())
    assert len(found.codes) == len(NAMES)
    assert "a table: column 2 of 3 is taken" in found.decisions


def test_a_comma_alone_makes_no_table_of_a_text() -> None:
    lines = "\n".join(f"{word}, {word[::-1]}" for word in NAMES)
    assert not any("table" in said for said in of_text("names.txt", lines.encode()).decisions)
    one = of_text("names.csv", "\n".join(NAMES).encode())
    assert len(one.codes) == len(NAMES), "a table of one column is a list"


@pytest.mark.parametrize("content", [b'a,"' + b"x" * 200_000, b'"', b",,,\n,,,", b"a,1\n" * 3 + b'"' + b"\0" * 5])
def test_a_broken_table_is_read_or_refused_in_a_sentence(content: bytes) -> None:
    with contextlib.suppress(DataError):
        of_text("odd.csv", content)


def test_a_line_of_a_thousand_commas_is_no_table() -> None:
    row = ",".join(["word", "1", *"a" * 999]) + "\n"
    assert word_tables.words_of_table(row * 20, sure=True) == (row * 20, "")


def test_a_table_of_words_where_points_could_be_meant_says_what_to_do() -> None:
    content = "\n".join(f"{word},{i}" for i, word in enumerate(NAMES)).encode()
    with pytest.raises(DataError, match="if these are words, save them as a text"):
        read_files([("names.csv", content)])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_text_of_two_bytes_a_sign_needs_no_mark(encoding: str) -> None:
    found = of_text("names.txt", "\n".join(NAMES).encode(encoding))
    assert len(found.codes) == len(NAMES)
    assert found.decisions[0] == "1 file, read as UTF-16, by its bytes of zero"
    with pytest.raises(DataError, match="bytes of zero; save it as UTF-8"):
        of_text("names.txt", b"abc\0\0\0def\0ghi")


def test_colours_of_a_terminal_are_no_letters() -> None:
    found = of_text("names.txt", "\n".join(f"\x1b[31m{word}\x1b[0m" for word in NAMES).encode())
    assert set(found.alphabet[1:]) == {*LETTERS, *"xyz"}


def test_one_word_of_one_letter_is_counted_as_one() -> None:
    said = of_text("a.txt", b"a " * 50).decisions
    assert "1 different word of up to 1 letter, in lower case" in said
    assert "1 sign besides the blank: a" in said
