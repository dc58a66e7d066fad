"""Sets of articles as ascending arrays of numbers, and what is done with several of them.

Each operation has two ways: through a flag an article, whose cost is that of the
numbers and a little of the index's size; or by halving and sorting, which knows
nothing of the index's size and is better where there are few numbers.
"""

from collections.abc import Sequence

import numpy as np

from index.engines.whoosh.segment import NOTHING, Flags, Numbers

_HALVING = 20
"""One number found by halving costs as much as so many flags set."""
_CLEARED = 50
"""So many flags are cleared while one is set."""


def union(parts: Sequence[Numbers], size: int) -> Numbers:
    """The articles in any part; `size` is the number of articles of the index."""
    parts = [part for part in parts if len(part)]
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return NOTHING
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        return np.unique(np.concatenate(parts))
    flags = np.zeros(size, dtype=np.bool_)
    for part in parts:
        flags[part] = True
    return np.flatnonzero(flags)


def distinct(numbers: Numbers, size: int) -> Numbers:
    """The articles among these numbers, which may repeat and stand in any order."""
    if len(numbers) * _HALVING < size // _CLEARED:
        return np.unique(numbers)
    flags = np.zeros(size, dtype=np.bool_)
    flags[numbers] = True
    return np.flatnonzero(flags)


def in_many(parts: Sequence[Numbers], at_least: int, size: int) -> Numbers:
    """The articles in `at_least` of the parts."""
    if at_least <= 1:
        return union(parts, size)
    if len(parts) < at_least:
        return NOTHING
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        numbers, counts = np.unique(np.concatenate(parts), return_counts=True)
        return numbers[counts >= at_least]
    counts = np.zeros(size, dtype=np.uint16)
    for part in parts:
        counts[part] += 1
    return np.flatnonzero(counts >= at_least)


def contains(numbers: Numbers, wanted: Numbers, size: int) -> Flags:
    """Which of the wanted articles are among the numbers."""
    if not len(numbers):
        return np.zeros(len(wanted), dtype=np.bool_)
    if len(wanted) * _HALVING < len(numbers) + size // _CLEARED:
        places = np.searchsorted(numbers, wanted)
        places[places == len(numbers)] = 0
        return np.equal(numbers.take(places), wanted)
    flags = np.zeros(size, dtype=np.bool_)
    flags[numbers] = True
    return flags.take(wanted)


def intersection(left: Numbers, right: Numbers, size: int) -> Numbers:
    """The articles in both."""
    if left is right:
        return left
    if len(left) > len(right):
        left, right = right, left
    return left.compress(contains(right, left, size))


def without(left: Numbers, right: Numbers, size: int) -> Numbers:
    """The articles of the left that are not in the right."""
    return left.compress(~contains(right, left, size))


class Candidates:
    """The articles that are scored, and where others stand among them."""

    def __init__(self, numbers: Numbers, size: int) -> None:
        self.numbers = numbers
        self._size = size
        self._flags: Flags | None = None
        self._ranks: Numbers | None = None
        self._everyone = len(numbers) == size

    def __len__(self) -> int:
        return len(self.numbers)

    def align(self, others: Numbers) -> tuple[Numbers | slice, Numbers | slice]:
        """The places of the shared articles among the candidates, and among the others."""
        if others is self.numbers:
            return slice(None), slice(None)
        if self._everyone:
            return others, slice(None)
        if len(self) * _HALVING < len(others):
            return self._halved(others, self.numbers)[::-1]
        if self._flags is None and len(others) * _HALVING < len(self) + self._size // _CLEARED:
            return self._halved(self.numbers, others)
        kept = np.flatnonzero(self._flagged().take(others))
        if len(kept) == len(self):  # all of them are among the others: of AND every word
            return slice(None), slice(None) if len(kept) == len(others) else kept
        return self._ranked().take(others.take(kept)), kept

    @staticmethod
    def _halved(among: Numbers, wanted: Numbers) -> tuple[Numbers | slice, Numbers | slice]:
        places = np.searchsorted(among, wanted)
        places[places == len(among)] = 0
        found = among.take(places) == wanted if len(among) else np.zeros(len(wanted), np.bool_)
        if found.all():
            return places, slice(None)
        kept = np.flatnonzero(found)
        return places.take(kept), kept

    def _flagged(self) -> Flags:
        if self._flags is None:
            self._flags = np.zeros(self._size, dtype=np.bool_)
            self._flags[self.numbers] = True
        return self._flags

    def _ranked(self) -> Numbers:
        if self._ranks is None:
            self._ranks = np.empty(self._size, dtype=np.int64)  # only the candidates' are read
            self._ranks[self.numbers] = np.arange(len(self))
        return self._ranks
