"""Sets of articles, and what is done with several of them.

A set is held as ascending numbers or as a flag an article, whichever it came as; the
other is made when it is asked for. Each operation has two ways: through a table an
article, whose cost is that of the numbers and a little of the index's size; or by
halving and sorting, which knows nothing of the index's size and is better where there
are few numbers.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import NOTHING, Bits, Flags, Numbers, once, places

_HALVING = 20
"""One number found by halving costs as much as so many table entries written."""
_CLEARED = 50
"""So many flags are cleared while one is written. (A table of places is not cleared, but new.)"""
_DENSE = 8
"""From an eighth of the index on, a flag an article is less than their numbers."""

Places = Numbers | npt.NDArray[np.int32]
"""Places in an array, ascending."""


class Articles:
    """Some of the `size` articles of a snapshot. Give `numbers`, ascending, or `flags`."""

    def __init__(
        self, size: int, numbers: Numbers | None = None, flags: Flags | None = None
    ) -> None:
        self.size = size
        if numbers is not None:
            self.numbers = numbers
            self.count = len(numbers)
        if flags is not None:
            self.flags = flags
        self._aligned: dict[int, tuple[Numbers, Places]] = {}

    def __len__(self) -> int:
        return self.count

    # properties that become plain attributes: a search reads them dozens of times

    @cached_property
    def count(self) -> int:
        """How many they are."""
        return int(np.count_nonzero(self.flags))

    @cached_property
    def numbers(self) -> Numbers:
        """Their numbers, ascending."""
        return places(self.flags)

    @cached_property
    def flags(self) -> Flags:
        """Which articles are in the set."""
        flags = np.zeros(self.size, dtype=np.bool_)
        flags[self.numbers] = True
        return flags

    @cached_property
    def bits(self) -> Bits:
        """The flags, a bit each, in whole words."""
        return packed(self.flags)

    @property
    def listed(self) -> bool:
        """Whether their numbers are known."""
        return "numbers" in self.__dict__

    @property
    def flagged(self) -> bool:
        """Whether their flags are known."""
        return "flags" in self.__dict__

    @property
    def dense(self) -> bool:
        """Whether they are a good part of the index."""
        return self.count * _DENSE >= self.size

    def has(self, wanted: Numbers) -> Flags:
        """Which of the wanted articles are in the set."""
        if not self.flagged:
            if not self.count:
                return np.zeros(len(wanted), dtype=np.bool_)
            if self._few(len(wanted), self.count):
                return _equal(self.numbers, self.numbers.searchsorted(wanted), wanted)
        return self.flags.take(wanted, mode="clip")

    def __and__(self, other: "Articles") -> "Articles":
        """The articles in both; where these stand among each is remembered."""
        few, many = (self, other) if self.count <= other.count else (other, self)
        if many.count == self.size or few is many:
            return few
        if few.flagged and many.flagged and few.dense:
            return Articles(self.size, flags=few.flags & many.flags)
        if not many.listed:  # nobody will ask where it stands among their numbers
            return few.where(many.has(few.numbers))
        where, kept = many._find(few.numbers)
        shared = Articles(self.size, few.numbers.take(kept))
        shared._remember(few, kept)
        shared._remember(many, where)
        return shared

    def where(self, flags: Flags) -> "Articles":
        """The articles whose flag, one for each number of the set, is up."""
        return Articles(self.size, self.numbers.compress(flags))

    def align(self, others: Numbers) -> tuple[Places | slice, Places | slice]:
        """The places of the shared articles among these, and among the others (ascending)."""
        if (self.listed and others is self.numbers) or self.count == len(others) == self.size:
            return slice(None), slice(None)
        if self.count == self.size:
            return others, slice(None)
        if known := self._aligned.get(id(others)):
            return slice(None), known[1]
        if self._few(self.count, len(others)):
            kept, where = _found(others, others.searchsorted(self.numbers), self.numbers)
        else:
            where, kept = self._find(others)
        whole = slice(None)
        return (
            whole if len(where) == self.count else where,
            whole if len(kept) == len(others) else kept,
        )

    def _find(self, wanted: Numbers) -> tuple[Places, Places]:
        """Where the wanted articles stand among the numbers, and which of them do."""
        if "_ranks" not in self.__dict__ and self._few(len(wanted), self.count):
            at: Places = self.numbers.searchsorted(wanted)
        else:
            at = self._ranks.take(wanted, mode="clip")
        return _found(self.numbers, at, wanted)

    @cached_property
    def _ranks(self) -> npt.NDArray[np.int32]:
        """Each article's place among the numbers; anything for those that are not among them.

        Whoever reads it looks whether the article stands there, so that nothing needs to be
        cleared (Briggs & Torczon 1993, sparse sets).
        """
        ranks = np.empty(self.size, dtype=np.int32)
        ranks[self.numbers] = np.arange(self.count, dtype=np.int32)
        return ranks

    def _remember(self, other: "Articles", at: Places) -> None:
        """All of these stand at these places of another set's numbers."""
        # the array is kept too: another one may not take its id
        numbers = other.numbers
        self._aligned[id(numbers)] = (numbers, at)
        for key, (known, theirs) in other._aligned.items():
            self._aligned[key] = (known, theirs.take(at))

    def _few(self, wanted: int, among: int) -> bool:
        """Whether so many are found sooner by halving than through a table."""
        return wanted * _HALVING < among + self.size // _CLEARED


def union(parts: Sequence[Articles], size: int) -> Articles:
    """The articles in any part; `size` is the number of articles of the index."""
    parts = [part for part in parts if part]
    if len(parts) == 1:
        return parts[0]
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        return distinct([part.numbers for part in parts], size)
    flags = np.zeros(size, dtype=np.bool_)
    for part in parts:
        if part.listed:
            flags[part.numbers] = True
        else:
            flags |= part.flags
    return Articles(size, flags=flags)


def distinct(parts: Sequence[Numbers], size: int) -> Articles:
    """The articles among these numbers, which may repeat and stand in any order."""
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        return Articles(size, once(np.concatenate(parts)) if parts else NOTHING)
    flags = np.zeros(size, dtype=np.bool_)
    for part in parts:
        flags[part] = True
    return Articles(size, flags=flags)


def in_many(parts: Sequence[Articles], at_least: int, size: int) -> Articles:
    """The articles in `at_least` of the parts."""
    if at_least <= 1:
        return union(parts, size)
    if len(parts) < at_least:
        return Articles(size, NOTHING)
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        together = np.concatenate([part.numbers for part in parts])
        numbers, counts = np.unique(together, return_counts=True)
        return Articles(size, numbers[counts >= at_least])
    counts = np.zeros(size, dtype=np.uint16)
    for part in parts:
        if part.listed:
            counts[part.numbers] += 1
        else:
            counts += part.flags
    return Articles(size, flags=counts >= at_least)


def packed(flags: Flags) -> Bits:
    """Flags as bits, in whole words."""
    bits = np.packbits(flags)
    words = np.zeros(-(-len(bits) // 8), dtype=np.uint64)
    words.view(np.uint8)[: len(bits)] = bits
    return words


def _equal(among: Numbers, at: Places, wanted: Numbers) -> Flags:
    """Which of the wanted numbers stand at their places; one past the end is none's."""
    return np.equal(among.take(at, mode="clip"), wanted)


def _found(among: Numbers, at: Places, wanted: Numbers) -> tuple[Places, Places]:
    """Of the places where the wanted numbers may stand, those where they do; and whose they are."""
    if not len(among):
        return NOTHING, NOTHING
    kept = places(_equal(among, at, wanted))
    return at.take(kept), kept
