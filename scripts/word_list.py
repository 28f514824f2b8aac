"""Make the list of words in ``assets/words.txt``: ``python -m scripts.word_list``.

The words are those of the standard library's own English text, `pydoc_data.topics` (the Python documentation, PSF
licence): of 2 to 8 letters, in lower case, written at least twice, each with how often. The text differs a little
between editions of Python, so the list is kept: equal configs are to give equal runs on all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from pydoc_data.topics import topics

from gan_core.config.assets import asset
from gan_core.data.words import LENGTH

FEWEST = 2


def main() -> None:
    """Count, and write the words in the order of the alphabet."""
    found = Counter(word.lower() for text in topics.values() for word in re.findall(r"[A-Za-z]+", text))
    words = sorted(word for word, n in found.items() if n >= FEWEST and 2 <= len(word) <= LENGTH)
    lines = [f"{word} {found[word]}\n" for word in words]
    asset("words.txt").write_text("".join(lines), encoding="ascii")
    print(f"{len(words):,} words")


if __name__ == "__main__":
    main()
