"""Sounds of strangers: WAV files of any rate, brought to one rate and cut into pieces, as `OwnSounds`.

As with pictures, a file that cannot be used is left out and counted; files are taken in the order of their names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.files import TOO_BIG, Entry, Reading, out_of_place
from gan_core.data.limits import MAX_FILE_BYTES, MAX_FRAMES, MAX_SOUND_FILES, MAX_SOUND_SECONDS, MAX_SOUNDS
from gan_core.data.own_signals import LOUDEST, RATES, OwnSounds
from gan_core.data.picture import Skip
from gan_core.data.pieces import Samples, bands, cut, resample
from gan_core.data.shapes import SOUND_LENGTH as LENGTH
from gan_core.data.wave_file import Recording, decode_wave, is_wave
from gan_core.errors import DataError

__all__ = ["collect", "is_sound"]

_ENDINGS: Final = (".wav", ".wave")
_OTHERS: Final = (".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma", ".mid", ".midi")
"""Sounds that are not read, of which it is said how they could be."""
_SNIFFED: Final = 12
_KEPT: Final = 0.9
"""Share of the energy that the rate must let through; the lowest rate that does is taken."""
_PEAK: Final = 0.9
"""Largest sample of each file afterwards."""
_LOST: Final = 0.05
"""Share of the energy above the highest frequency from which it is said that it is lost."""


def is_sound(entry: Entry) -> bool:
    """Tell whether a file is a sound, by its name or its first bytes."""
    ending = PurePosixPath(entry.path).suffix.lower()
    if ending in _ENDINGS or ending in _OTHERS:
        return True
    try:
        return not out_of_place(entry.path) and is_wave(entry.read(_SNIFFED))
    except Skip:
        return False


def collect(entries: Sequence[Entry], rate: int = 0, progress: Reading | None = None) -> OwnSounds:
    """Read what can be read, count what cannot, and cut all into pieces.

    Args:
        entries: Files, in any order.
        rate: Samples a second to keep, one of `RATES`; 0 to choose the lowest that lets nine tenths of the energy
            through.
        progress: Told of each file.

    Raises:
        DataError: No usable sound, or a rate that is not offered; says why.
    """
    if rate and rate not in RATES:
        raise DataError(f"{rate} samples a second are not offered: {', '.join(map(str, RATES))} are")
    skipped: Counter[str] = Counter()
    candidates = _candidates(entries, skipped)
    found: list[Recording] = []
    seconds = 0.0
    for i, entry in enumerate(candidates):
        try:
            recording = _decoded(entry)
            seconds += len(recording.samples) / recording.rate
            if seconds > MAX_SOUND_SECONDS:
                raise Skip(f"more than {MAX_SOUND_SECONDS // 60} minutes in all")
            found.append(_at_the_highest_rate(recording))
        except Skip as reason:
            skipped[str(reason)] += 1
        if progress is not None:
            progress(i + 1, len(candidates))
    counts = tuple(sorted(skipped.items(), key=lambda item: (-item[1], item[0])))
    if not found:
        why = "; ".join(f"{n} {'file' if n == 1 else 'files'}: {reason}" for reason, n in counts[:4])
        raise DataError(f"no usable sound ({why or 'no file at all'}): WAV files without compression are wanted")
    chosen, said_of_rate = _rate(found, rate)
    pieces, unused = _pieces([resample(one.samples, RATES[-1], chosen) for one in found])
    if not len(pieces):
        raise DataError(f"no usable sound: all are shorter than {LENGTH // 4 / chosen:.3g} s; record more of each")
    said = [*_decisions(found, chosen), said_of_rate, *_said_of_pieces(pieces, chosen, unused)]
    if len(pieces) > MAX_SOUNDS:
        said.append(f"of {len(pieces):,} pieces, {MAX_SOUNDS:,} at even distances are used")
        pieces = pieces[[i * len(pieces) // MAX_SOUNDS for i in range(MAX_SOUNDS)]]
    return OwnSounds(pieces, chosen, counts, tuple(said))


def _candidates(entries: Sequence[Entry], skipped: Counter[str]) -> list[Entry]:
    found = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        if reason := out_of_place(entry.path) or _other_kind(entry):
            skipped[reason] += 1
        else:
            found.append(entry)
    if len(found) > MAX_SOUND_FILES:
        skipped[f"more than {MAX_SOUND_FILES:,} sound files"] = len(found) - MAX_SOUND_FILES
        found = [found[i * len(found) // MAX_SOUND_FILES] for i in range(MAX_SOUND_FILES)]
    return found


def _other_kind(entry: Entry) -> str:
    """Say why a file that lies well is no sound that is read; "" if it is one."""
    ending = PurePosixPath(entry.path).suffix.lower()
    try:
        if is_wave(entry.read(_SNIFFED)):
            return ""
    except Skip as reason:
        return str(reason)
    if ending in _OTHERS:
        return f"{ending[1:].upper()}, which is not read: save it as WAV"
    return "no WAV file, by its first bytes"


def _decoded(entry: Entry) -> Recording:
    content = entry.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Skip(TOO_BIG)
    return decode_wave(content)


def _at_the_highest_rate(recording: Recording) -> Recording:
    """Bring a recording to the highest rate that is kept, which bounds what is remembered of it."""
    samples = resample(recording.samples, recording.rate, RATES[-1])
    return Recording(samples, recording.rate, recording.channels, recording.words, recording.whole)


def _rate(found: Sequence[Recording], wanted: int) -> tuple[int, str]:
    """Choose the rate, by the mean share of energy that each lets through, and say so."""
    kept = np.mean([bands(one.samples, RATES[-1], [rate / 2 for rate in RATES]) for one in found], 0)
    enough = [rate for rate, share in zip(RATES, kept, strict=True) if share >= _KEPT]
    rate = wanted or (enough[0] if enough else RATES[-1])
    lost = 1 - float(kept[RATES.index(rate)])
    said = f"{rate:,} samples a second are kept, so that nothing above {rate // 2:,} Hz is heard"
    if lost > _LOST:
        said += f": {lost:.0%} of the energy" + (" is lost; a higher rate keeps more" if rate < RATES[-1] else "")
    return rate, said


def _pieces(sounds: Sequence[Samples]) -> tuple[NDArray[np.int16], int]:
    """Cut all sounds, and count the samples that are in no piece."""
    out, unused = [], 0
    for sound in sounds:
        peak = float(np.abs(sound).max())
        if peak < 1e-6:  # all of it was above the rate
            unused += len(sound)
            continue
        pieces, rest = cut(sound * np.float32(_PEAK / peak), LENGTH)
        unused += rest
        out += pieces
    stack = np.stack(out) if out else np.zeros((0, LENGTH), np.float32)
    return np.round(stack.clip(-1, 1) * LOUDEST).astype(np.int16), unused


def _decisions(found: Sequence[Recording], rate: int) -> list[str]:
    n, seconds = len(found), sum(len(one.samples) for one in found) / RATES[-1]
    kinds = Counter(f"{one.rate:,} Hz, {one.words}" for one in found)
    each = "; ".join(f"{kind}" + (f" ({count:,})" if len(kinds) > 1 else "") for kind, count in kinds.most_common(3))
    more = f"; {len(kinds) - 3} other kinds" if len(kinds) > 3 else ""
    said = [f"{n:,} {'file' if n == 1 else 'files'}, {seconds:,.1f} s in all: {each}{more}"]
    if several := sum(one.channels > 1 for one in found):
        said.append(f"{several:,} of {n:,} have several channels: their mean is used")
    if cut_off := sum(not one.whole for one in found):
        said.append(f"{cut_off:,} of {n:,} are longer than {MAX_FRAMES:,} samples: the rest of them is left out")
    said.append(f"the loudest sample of each file is brought to {_PEAK:g}")
    return said


def _said_of_pieces(pieces: NDArray[np.int16], rate: int, unused: int) -> list[str]:
    said = [f"cut into {len(pieces):,} pieces of {LENGTH / rate:.3g} s, each from where something begins if it can"]
    if unused / rate >= 0.05:
        said.append(f"{unused / rate:,.1f} s are in no piece: silence, or ends too short for one")
    return said
