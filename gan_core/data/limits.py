"""Limits of what strangers may hand in.

What is too large is refused or skipped before it is unpacked or decoded, so that memory and time stay bounded by
these numbers and not by what a file claims. Worst case of one upload: `MAX_UPLOAD_BYTES` of file, one picture of
`MAX_PIXELS` at a time, and `MAX_IMAGES` pictures kept at `MAX_SIDE` (123 MB).
"""

from __future__ import annotations

from typing import Final

MIN_SIDE: Final = 8
"""Smallest side of a picture that is used, in pixels; also the smallest ``data.size``."""
MAX_SIDE: Final = 64
"""Pictures are kept at this side at most; also the largest ``data.size``."""

MAX_UPLOAD_BYTES: Final = 200_000_000
"""All files of one upload together, or one zip."""
MAX_FILE_BYTES: Final = 20_000_000
"""One picture as a file, packed or unpacked."""
MAX_FILES: Final = 20_000
"""Files looked at in one upload, zip or folder; a zip or folder with more is refused."""
MAX_IMAGES: Final = 10_000
"""Pictures kept of one upload; of more, as many are taken at even distances in the order of their names."""
MAX_PIXELS: Final = 25_000_000
"""Width times height that a picture may declare: what most phones take. Decoding takes up to 16 bytes for each."""
MAX_SCANS: Final = 32
"""Passes over all pixels that a progressive JPEG may ask for; writers use about ten."""
MAX_TOTAL_PIXELS: Final = 2_000_000_000
"""Declared pixels of one upload together, a bound on time; a folder on this machine is not held to it."""
MAX_ASPECT: Final = 20
"""Longer side over shorter side; beyond it a centre square shows nothing of the picture."""
MAX_DEPTH: Final = 4
"""Folders inside each other in a folder or zip."""
MAX_ZIP_RATIO: Final = 200
"""Unpacked over packed size of one file in a zip; photographs hardly shrink at all."""
MAX_UNPACKED_BYTES: Final = 400_000_000
"""All files of a zip together, unpacked."""
ZIP_NESTING: Final = 0
"""Zips inside a zip that are opened: none."""
MAX_NAME: Final = 100
"""Characters of a file's name that are kept, to be shown as text."""
MIN_CLASSES: Final = 2
MAX_CLASSES: Final = 20
"""Folders that may serve as class labels."""

FEW_IMAGES: Final = 200
"""With fewer a GAN mostly learns them by heart."""
FEW_POINTS: Final = 100

MAX_TABLE_BYTES: Final = 20_000_000
"""A CSV or NPY file of points."""
MAX_POINTS: Final = 200_000
"""Rows of a table of points; twice as many lines, as some may be empty."""
MAX_DRAWN: Final = 5_000
"""Points of a drawing."""
MAX_LINK_POINTS: Final = 300
"""Points of a drawing that a link carries."""
MAX_COORDINATE: Final = 1e6
"""Largest absolute value of a coordinate."""

MAX_PAYLOAD_BYTES: Final = 2_000_000
"""Own data that a checkpoint carries; larger data are named by their hash alone."""
MAX_PACKED_BYTES: Final = 130_000_000
"""Own data that are handed to another process or kept on disk: a little more than the largest set."""
MAX_SETS: Final = 32
"""Sets of own data that a process remembers."""
MAX_SETS_BYTES: Final = 512_000_000
"""Memory of all remembered sets."""

MAX_SOUND_FILES: Final = 5_000
"""Sound files that are read of one upload."""
MAX_FRAMES: Final = 10_000_000
"""Samples of each channel of one sound file that are read: more than three minutes of a CD."""
MAX_SOUND_SECONDS: Final = 1_800
"""Seconds of sound of one upload together."""
SOUND_RATES_READ: Final = (4_000, 192_000)
"""Lowest and highest rate of a sound file, samples a second."""
MAX_CHANNELS: Final = 8
MAX_SOUNDS: Final = 20_000
"""Pieces of sound kept of one upload; of more, as many at even distances."""
FEW_SOUNDS: Final = 200

MAX_TEXT_BYTES: Final = 5_000_000
"""Text of one upload that is read: five long novels."""
MAX_WORD: Final = 16
"""Letters of the longest word."""
MAX_WORDS: Final = 20_000
"""Different words kept of one upload, of more the commonest."""
MAX_WRITTEN: Final = 1_000_000
"""Times that all words are written together; of more, all counts are divided."""
MAX_LETTERS: Final = 250
"""Different signs of words, the blank included; a number of one byte."""
MAX_PLACES: Final = 1_024
"""Length of words times different signs: what a network says of one word."""
FEW_WORDS: Final = 200
