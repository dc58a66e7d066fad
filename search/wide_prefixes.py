"""Words that start as a short prefix does, sought in the texts of the hits.

An index has thousands of words that start with `п`, in most of its articles. To ask it where
they stand in ten hits, it looks at all of their postings; in the hits themselves the first
ones are near the beginning.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from index.results import Hit, HitText
from index.schema import STORY
from search.relevance import PREFIX_LETTERS, PREFIX_READ, PREFIX_WORDS

Prefixes = Sequence[tuple[str, str]]
"""(Field, start of its terms), as in EngineRequest.highlight_prefixes."""
_APART = 1_000
"""Between the positions of two words, so that no phrase has both."""


class WidePrefixes:
    """Those of a query's prefixes that an engine is not asked about; finds their words in hits."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._starts = {start for _, start in prefixes if len(start) <= PREFIX_LETTERS}
        self._patterns = [_pattern(start) for start in self._starts]

    def others(self, prefixes: Prefixes) -> tuple[tuple[str, str], ...]:
        """Those of the prefixes that an engine is asked about."""
        return tuple(prefix for prefix in prefixes if prefix[1] not in self._starts)

    def completed(self, hit: Hit) -> Hit:
        """The hit, with the first words of each prefix among its words.

        All its texts are cut, so that what is shown of them is analysed: it may have more of them.
        """
        if not self._patterns:
            return hit
        words = {name: self._words(text, hit.words.get(name, ()))
                 for name, text in hit.texts.items()}  # fmt: skip
        return replace(hit, words=words, cut=frozenset(STORY))

    def _words(self, text: HitText, words: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
        """These words, and the first ones of each prefix: (position, start)."""
        read = text.read(0, PREFIX_READ)
        found = {match.start() for pattern in self._patterns
                 for match in islice(pattern.finditer(read), PREFIX_WORDS)}  # fmt: skip
        found.difference_update(start for _, start in words)
        positions = range(-_APART, -_APART * (len(found) + 1), -_APART)
        added: Iterable[tuple[int, int]] = zip(positions, found, strict=True)
        return sorted((*words, *added), key=lambda word: word[1])


def _pattern(start: str) -> re.Pattern[str]:
    """What a word begins with whose form starts so."""
    letters = ("[её]" if letter == "е" else re.escape(letter) for letter in start)
    return re.compile(rf"(?<!\w){''.join(letters)}", re.IGNORECASE)
