"""Texts of strangers: the words that are written in them, or their lines, as `OwnWords`.

Letters are lower case, with their accents. What is rare is left out and counted: words longer than nearly all others,
and words with a sign that hardly any other has. Everything is bounded by `gan_core.data.limits`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.config.names import TextUnit
from gan_core.data.files import Entry, Reading, out_of_place
from gan_core.data.limits import MAX_LETTERS, MAX_PLACES, MAX_TEXT_BYTES, MAX_WORD, MAX_WORDS, MAX_WRITTEN
from gan_core.data.own_signals import OwnWords
from gan_core.data.picture import Skip
from gan_core.data.shapes import BLANK
from gan_core.data.word_tables import words_of_table
from gan_core.errors import DataError

__all__ = ["ENDINGS", "TABLES", "collect", "is_table"]

ENDINGS: Final = (".txt", ".md", ".text")
TABLES: Final = (".csv", ".tsv")
"""Endings of tables, of which a column may hold words; only where words are wanted."""
_LONGEST_RAW: Final = 64
"""Characters of a word or line as it is written, beyond which it is not looked at."""
_COVERED: Final = 0.95
"""Share of the words as they are written that the length has room for."""
_RARE: Final = 1 / 2_000
"""Share of the words as they are written below which a sign in them is too rare for the alphabet."""
_NAMES: Final = 0.8
"""Share of lines that are short enough to be taken as they are, as names are."""
_FEW_A_LINE: Final = 2.0
"""Words a line at most, on average, where lines are taken as they are."""
_APOSTROPHES: Final = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "´": "'"})
_INSIDE: Final = "'"
"""Sign that may stand within a word."""
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LOOKED_AT: Final = 20_000
"""First bytes or lines of a text by which it is told what it is."""
_COMMANDS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Colours and the like that a terminal's output is full of."""
_NUMBERS: Final = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_FIELDS: Final = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class _Text:
    words: str
    encoding: str


def is_table(content: bytes) -> bool:
    """Tell whether a text is a table of numbers: one of its first lines in ten has two of them or more.

    Args:
        content: Of the file, or its beginning.
    """
    head = content[:_LOOKED_AT]
    if any(head.startswith(mark) for mark, _ in _MARKS[1:]):
        lines = head.decode("utf-16", "replace").splitlines()[:200]
    else:
        lines = head.decode("latin-1").splitlines()[:200]
    full = [line for line in lines if line.strip()]
    numbers = sum(sum(bool(_NUMBERS.fullmatch(part)) for part in _FIELDS.split(line[:500])) >= 2 for line in full)
    return not full or numbers > 0.1 * len(full)


def collect(entries: Sequence[Entry], unit: TextUnit = "auto", progress: Reading | None = None) -> OwnWords:
    """Read what can be read, count what cannot, and choose length and alphabet.

    Args:
        entries: Files, in any order.
        unit: Take words, or lines as they are; "auto" takes lines where nearly all are as short as names.
        progress: Told of each file.

    Raises:
        DataError: No usable word; says why.
    """
    skipped: Counter[str] = Counter()
    said: list[str] = []
    text = _read(sorted(entries, key=lambda entry: entry.path), skipped, said, progress)
    if unit == "auto":
        unit = "lines" if _is_of_names(text) else "words"
        names = unit == "lines"
        said.append("its lines are short, as names are: each is taken as it is" if names else "its words are taken")
    written = _lines(text, skipped) if unit == "lines" else _words(text)
    usable = _in_bounds(written, skipped, said)
    counts = tuple(sorted(skipped.items(), key=lambda item: (-item[1], item[0])))
    if not usable:
        why = "; ".join(f"{reason} ({n:,})" for reason, n in counts[:4])
        raise DataError(f"no usable word ({why or 'the text is empty'}): a text in UTF-8 with some hundred is wanted")
    alphabet = BLANK + "".join(sorted(set("".join(usable)) - {BLANK}))
    length = max(map(len, usable))
    number = {letter: i for i, letter in enumerate(alphabet)}
    words = sorted(usable)
    codes = np.array([[number[letter] for letter in word.ljust(length)] for word in words], np.uint8)
    often = _bounded(np.array([usable[word] for word in words], np.int64), said)
    said.append(f"{_counted(len(alphabet) - 1, 'sign')} besides the blank: {alphabet[1:]}")
    return OwnWords(codes, often, alphabet, counts, tuple(said))


# -- files to text -------------------------------------------------------------------------------------------


def _read(entries: Sequence[Entry], skipped: Counter[str], said: list[str], progress: Reading | None) -> str:
    """Join the texts of all files, as far as the limit goes; the same sign has one form in all."""
    texts: list[_Text] = []
    left = MAX_TEXT_BYTES
    for i, entry in enumerate(entries):
        try:
            if reason := out_of_place(entry.path) or _other_kind(entry):
                raise Skip(reason)
            content = entry.read(left + 1)
            if len(content) > left:
                said.append(f"more than {MAX_TEXT_BYTES // 10**6} MB of text: the rest is left out")
            text = _decoded(content[:left], cut=len(content) > left)
            left = max(0, left - len(content))
            column, which = words_of_table(text.words, PurePosixPath(entry.path).suffix.lower() in TABLES)
            said.extend([which] if which and which not in said else [])
            texts.append(replace(text, words=_COMMANDS.sub("", column)))
        except Skip as reason:
            skipped[f"files: {reason}"] += 1
        if progress is not None:
            progress(i + 1, len(entries))
        if not left:
            break
    n, encodings = len(texts), Counter(text.encoding for text in texts)
    if texts:
        each = ", ".join(
            f"{name}" + (f" ({count:,})" if len(encodings) > 1 else "") for name, count in encodings.items()
        )
        said.insert(0, f"{n:,} {'file' if n == 1 else 'files'}, read as {each}")
    return "\n".join(text.words for text in texts)


def _other_kind(entry: Entry) -> str:
    ending = PurePosixPath(entry.path).suffix.lower()
    return "" if ending in (*ENDINGS, *TABLES, "") else "no text, by its name"


def _decoded(content: bytes, *, cut: bool) -> _Text:
    """Decode a text by its mark, as UTF-8, or else by a table that gives every byte a sign.

    Raises:
        Skip: It is no text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _Text(content.decode(encoding, "replace"), "UTF-16" if "16" in encoding else "UTF-8")
    if b"\0" in content:
        return _Text(content.decode(_unmarked(content), "replace"), "UTF-16, by its bytes of zero")
    try:
        return _Text(content.decode("utf-8", "ignore" if cut else "strict"), "UTF-8")
    except UnicodeDecodeError:
        return _Text(content.decode("cp1252", "replace"), "Latin-1, as it is no UTF-8")


def _unmarked(content: bytes) -> str:
    """Tell which half of two bytes a sign is always zero, where a text does not begin with its mark.

    Raises:
        Skip: Neither half is mostly zero and the other never.
    """
    even, odd = (content[i:_LOOKED_AT:2] for i in (0, 1))
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high.count(0) > len(high) / 2 and not low.count(0):
            return encoding
    raise Skip("no text: it holds bytes of zero; save it as UTF-8")


# -- text to words -------------------------------------------------------------------------------------------


def _is_of_names(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()][:5_000]
    short = sum(len(line.strip()) <= MAX_WORD for line in lines)
    words = sum(len(line[:1_000].split()) for line in lines)
    return bool(lines) and short >= _NAMES * len(lines) and words <= _FEW_A_LINE * len(lines)


def _plain(text: str) -> str:
    """Bring a short text to one form: composed, lower case, of signs that can be shown."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.translate(_APOSTROPHES)).lower())
    return composed if composed.isprintable() else "".join(sign for sign in composed if sign.isprintable())


def _lines(text: str, skipped: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line, n in Counter(text.splitlines()).items():
        if len(line) > _LONGEST_RAW:
            skipped[f"lines of more than {_LONGEST_RAW} characters"] += n
        elif whole := BLANK.join(filter(None, map(_plain, line.split()))):
            found[whole] += n
    return found


def _words(text: str) -> Counter[str]:
    """Count the words of a text: letters in a row, which a blank or any sign but an apostrophe ends."""
    signs = set(text)
    # Whatever is neither letter nor mark ends a word; the table is as large as the text has different signs.
    ends = {ord(sign): BLANK for sign in signs if unicodedata.category(sign)[0] not in "LM" and sign not in "'’ʼ`´"}
    found: Counter[str] = Counter()
    for token, n in Counter(text.translate(ends).split()).items():
        # One that is too long to be composed safely is too long for a word in any case; it keeps its place there.
        word = token[: _LONGEST_RAW + 1] if len(token) > _LONGEST_RAW else _plain(token).strip(_INSIDE)
        if word:
            found[word] += n
    return found


def _in_bounds(written: Mapping[str, int], skipped: Counter[str], said: list[str]) -> dict[str, int]:
    """Leave out the longest words, those with rare signs, and of too many the rarest."""
    if not written:
        return {}
    total = sum(written.values())
    lengths: Counter[int] = Counter()
    for word, n in written.items():
        lengths[len(word)] += n
    length, reached = 0, 0
    while length < MAX_WORD and reached < _COVERED * total:
        length += 1
        reached += lengths[length]
    kept = {word: n for word, n in written.items() if len(word) <= length}
    if longer := total - sum(kept.values()):
        skipped[f"words of more than {length} letters"] += longer
    alphabet = _alphabet(kept, min(MAX_LETTERS, MAX_PLACES // length) - 1)
    plain = {word: n for word, n in kept.items() if alphabet.issuperset(word)}
    if rare := sum(kept.values()) - sum(plain.values()):
        skipped["words with a sign that is rare here"] += rare
    if len(plain) > MAX_WORDS:
        said.append(f"of {len(plain):,} different words, the {MAX_WORDS:,} commonest are used")
        commonest = sorted(plain.items(), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]
        plain = dict(commonest)
    if plain:
        longest = _counted(max(map(len, plain)), "letter")
        said.append(f"{_counted(len(plain), 'different word')} of up to {longest}, in lower case")
    return plain


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' * (n != 1)}"


def _alphabet(words: Mapping[str, int], most: int) -> set[str]:
    """Choose the signs that are not rare, of too many the commonest."""
    signs: Counter[str] = Counter()
    for word, n in words.items():
        for sign in set(word):
            signs[sign] += n
    del signs[BLANK]
    least = _RARE * sum(words.values())
    ordered = sorted(signs.items(), key=lambda item: (-item[1], item[0]))
    return {BLANK, *(sign for sign, n in ordered[:most] if n >= least)}


def _bounded(counts: NDArray[np.int64], said: list[str]) -> NDArray[np.int64]:
    """Divide counts that are too large together; each stays at least 1."""
    total = int(counts.sum())
    if total <= MAX_WRITTEN:
        return counts
    divided: NDArray[np.int64] = np.maximum(1, counts * (MAX_WRITTEN - len(counts)) // total)
    said.append(f"they are written {total:,} times; their counts are divided so that they are {MAX_WRITTEN:,} together")
    return divided
