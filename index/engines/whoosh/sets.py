"""Sets of articles, and what is done with several of them.

A set is held as ascending numbers or as a flag an article, whichever it came as; the
other is made when it is asked for. Each operation has two ways: through a table an
article, whose cost is that of the numbers and a little of the index's size; or by
halving and sorting, which knows nothing of the index's size and is better where there
are few numbers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.arrays import NOTHING, Bits, Flags, Numbers, once, places

_HALVING = 20
"""One number found by halving costs as much as so many table entries written."""
_CLEARED = 50
"""So many entries are cleared while one is written."""
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
        self._numbers = numbers
        self._flags = flags
        self._count = None if numbers is None else len(numbers)
        self._ranks: npt.NDArray[np.int32] | None = None
        self._bits: Bits | None = None
        self._aligned: dict[int, tuple[Numbers, Places]] = {}

    def __len__(self) -> int:
        if self._count is None:
            self._count = int(np.count_nonzero(self.flags))
        return self._count

    @property
    def numbers(self) -> Numbers:
        """Their numbers, ascending."""
        if self._numbers is None:
            self._numbers = places(self.flags)
        return self._numbers

    @property
    def flags(self) -> Flags:
        """Which articles are in the set."""
        if self._flags is None:
            self._flags = np.zeros(self.size, dtype=np.bool_)
            self._flags[self._numbers] = True
        return self._flags

    @property
    def bits(self) -> Bits:
        """The flags, a bit each, in whole words."""
        if self._bits is None:
            self._bits = packed(self.flags)
        return self._bits

    @property
    def dense(self) -> bool:
        """Whether they are a good part of the index."""
        return len(self) * _DENSE >= self.size

    def has(self, wanted: Numbers) -> Flags:
        """Which of the wanted articles are in the set."""
        if self._flags is None:
            if not len(self):
                return np.zeros(len(wanted), dtype=np.bool_)
            if self._few(len(wanted), len(self)):
                return _equal(self.numbers, self.numbers.searchsorted(wanted), wanted)
        return self.flags.take(wanted, mode="clip")

    def __and__(self, other: "Articles") -> "Articles":
        """The articles in both; where these stand among each is remembered."""
        if self is other or len(other) == self.size:
            return self
        if len(self) == self.size:
            return other
        if self._flags is not None and other._flags is not None and self.dense and other.dense:
            return Articles(self.size, flags=self._flags & other._flags)
        few, many = sorted((self, other), key=len)
        if many._numbers is None:  # nobody will ask where it stands among their numbers
            return few.where(many.has(few.numbers))
        if not len(few):
            return Articles(self.size, NOTHING)
        if few._few(len(few), len(many)):
            at: Places = many.numbers.searchsorted(few.numbers)
            kept = places(_equal(many.numbers, at, few.numbers))
        else:
            at = many.ranks.take(few.numbers, mode="clip")
            kept = places(at >= 0)
        shared = Articles(self.size, few.numbers.take(kept))
        shared._remember(few, kept)
        shared._remember(many, at.take(kept))
        return shared

    def where(self, flags: Flags) -> "Articles":
        """The articles whose flag, one for each number of the set, is up."""
        return Articles(self.size, self.numbers.compress(flags))

    def align(self, others: Numbers) -> tuple[Places | slice, Places | slice]:
        """The places of the shared articles among these, and among the others (ascending)."""
        if others is self._numbers or len(self) == len(others) == self.size:
            return slice(None), slice(None)
        if len(self) == self.size:
            return others, slice(None)
        if known := self._aligned.get(id(others)):
            return slice(None), known[1]
        if self._few(len(self), len(others)):
            kept, where = _found(others, self.numbers)
        elif self._ranks is None and self._few(len(others), len(self)):
            where, kept = _found(self.numbers, others)
        else:
            ranks = self.ranks.take(others, mode="clip")
            kept = places(ranks >= 0)
            where = ranks.take(kept)
        whole = slice(None)
        return (
            whole if len(where) == len(self) else where,
            whole if len(kept) == len(others) else kept,
        )

    @property
    def ranks(self) -> npt.NDArray[np.int32]:
        """Each article's place among the numbers; below 0 for those that are not among them."""
        if self._ranks is None:
            self._ranks = np.full(self.size, -1, dtype=np.int32)
            self._ranks[self.numbers] = np.arange(len(self), dtype=np.int32)
        return self._ranks

    def _remember(self, other: "Articles", at: Places) -> None:
        """All of these stand at these places of another set's numbers."""
        # the array is kept too: another one may not take its id
        self._aligned[id(other.numbers)] = (other.numbers, at)
        for key, (numbers, theirs) in other._aligned.items():
            self._aligned[key] = (numbers, theirs.take(at))

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
        if part._numbers is None:
            flags |= part.flags
        else:
            flags[part.numbers] = True
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
        if part._numbers is None:
            counts += part.flags
        else:
            counts[part.numbers] += 1
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


def _found(among: Numbers, wanted: Numbers) -> tuple[Places, Places]:
    """Where the wanted numbers stand, and which of them do; by halving."""
    if not len(among):
        return NOTHING, NOTHING
    at = among.searchsorted(wanted)
    kept = places(_equal(among, at, wanted))
    return at.take(kept), kept
