"""Sets of articles, and what is done with several of them.

A set is held as ascending doc ids or as a flag an article, whichever it came as; the
other is made when it is asked for. Each operation has two ways: through a table an
article, whose cost is that of the doc ids and a little of the index's size; or by
halving and sorting, which knows nothing of the index's size and is better where there
are few doc ids.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import NOTHING, Bits, Flags, Numbers, once, places

_HALVING = 20
"""One number found by halving costs as much as so many table entries written."""
_CLEARED = 50
"""So many flags are cleared while one is written. (A table of places is not cleared, but new.)"""
_DENSE = 8
"""From an eighth of the index on, a flag an article is less than their doc ids."""

Places = Numbers | npt.NDArray[np.int32]
"""Places in an array, ascending."""
_ALL = slice(None)


class Alignment(NamedTuple):
    """Where the articles that a set and a list of doc ids share stand in each of them, ascending.

    Each is a slice where every article of that side is shared, so that nothing need be picked.
    """

    in_set: Places | slice
    in_list: Places | slice


class DocSet:
    """Some of the `size` articles of a snapshot. Give `doc_ids`, ascending, or `flags`."""

    def __init__(
        self, size: int, doc_ids: Numbers | None = None, flags: Flags | None = None
    ) -> None:
        self.size = size
        if doc_ids is not None:
            self.doc_ids = doc_ids
            self.count = len(doc_ids)
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
    def doc_ids(self) -> Numbers:
        """Their doc ids, ascending."""
        return places(self.flags)

    @cached_property
    def flags(self) -> Flags:
        """Which articles are in the set."""
        flags = np.zeros(self.size, dtype=np.bool_)
        flags[self.doc_ids] = True
        return flags

    @cached_property
    def bits(self) -> Bits:
        """The flags, a bit each, in whole words."""
        return packed(self.flags)

    @property
    def listed(self) -> bool:
        """Whether their doc ids are known."""
        return "doc_ids" in self.__dict__

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
                return _equal(self.doc_ids, self.doc_ids.searchsorted(wanted), wanted)
        return self.flags.take(wanted, mode="clip")

    def __and__(self, other: "DocSet") -> "DocSet":
        """The articles in both; where these stand among each is remembered."""
        few, many = (self, other) if self.count <= other.count else (other, self)
        if many.count == self.size or few is many:
            return few
        if few.flagged and many.flagged and few.dense:
            return DocSet(self.size, flags=few.flags & many.flags)
        if not many.listed:  # nobody will ask where it stands among their doc ids
            return few.where(many.has(few.doc_ids))
        in_many, in_few = many._find(few.doc_ids)
        shared = DocSet(self.size, few.doc_ids.take(in_few))
        shared._remember(few, in_few)
        shared._remember(many, in_many)
        return shared

    def where(self, flags: Flags) -> "DocSet":
        """The articles whose flag, one for each number of the set, is up."""
        return DocSet(self.size, self.doc_ids.compress(flags))

    def align(self, doc_ids: Numbers) -> Alignment:
        """Where the articles that are in both stand in the set, and in these ascending doc ids."""
        same = self.listed and doc_ids is self.doc_ids
        if same or self.count == len(doc_ids) == self.size:
            return Alignment(_ALL, _ALL)
        if self.count == self.size:  # in the set of everyone a doc id is its own place
            return Alignment(doc_ids, _ALL)
        if remembered := self._aligned.get(id(doc_ids)):  # the set is a part of this list
            return Alignment(_ALL, remembered[1])
        if self._few(self.count, len(doc_ids)):
            in_list, in_set = _found(doc_ids, doc_ids.searchsorted(self.doc_ids), self.doc_ids)
        else:
            in_set, in_list = self._find(doc_ids)
        return Alignment(
            _ALL if len(in_set) == self.count else in_set,
            _ALL if len(in_list) == len(doc_ids) else in_list,
        )

    def _find(self, wanted: Numbers) -> tuple[Places, Places]:
        """Where the wanted articles stand among the doc ids, and which of them do."""
        if "_ranks" not in self.__dict__ and self._few(len(wanted), self.count):
            at: Places = self.doc_ids.searchsorted(wanted)
        else:
            at = self._ranks.take(wanted, mode="clip")
        return _found(self.doc_ids, at, wanted)

    @cached_property
    def _ranks(self) -> npt.NDArray[np.int32]:
        """Each article's place among the doc ids; anything for those that are not among them.

        Whoever reads it looks whether the article stands there, so that nothing needs to be
        cleared (Briggs & Torczon 1993, sparse sets).
        """
        ranks = np.empty(self.size, dtype=np.int32)
        ranks[self.doc_ids] = np.arange(self.count, dtype=np.int32)
        return ranks

    def _remember(self, other: "DocSet", at: Places) -> None:
        """All of these stand at these places of another set's doc ids."""
        # the array is kept too: another one may not take its id
        doc_ids = other.doc_ids
        self._aligned[id(doc_ids)] = (doc_ids, at)
        for key, (known, theirs) in other._aligned.items():
            self._aligned[key] = (known, theirs.take(at))

    def _few(self, wanted: int, among: int) -> bool:
        """Whether so many are found sooner by halving than through a table."""
        return wanted * _HALVING < among + self.size // _CLEARED


def union(parts: Sequence[DocSet], size: int) -> DocSet:
    """The articles in any part; `size` is the number of articles of the index."""
    parts = [part for part in parts if part]
    if len(parts) == 1:
        return parts[0]
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        return distinct([part.doc_ids for part in parts], size)
    flags = np.zeros(size, dtype=np.bool_)
    for part in parts:
        if part.listed:
            flags[part.doc_ids] = True
        else:
            flags |= part.flags
    return DocSet(size, flags=flags)


def distinct(parts: Sequence[Numbers], size: int) -> DocSet:
    """The articles among these doc ids, which may repeat and stand in any order."""
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        return DocSet(size, once(np.concatenate(parts)) if parts else NOTHING)
    flags = np.zeros(size, dtype=np.bool_)
    for part in parts:
        flags[part] = True
    return DocSet(size, flags=flags)


def in_many(parts: Sequence[DocSet], at_least: int, size: int) -> DocSet:
    """The articles in `at_least` of the parts."""
    if at_least <= 1:
        return union(parts, size)
    if len(parts) < at_least:
        return DocSet(size, NOTHING)
    if sum(map(len, parts)) * _HALVING < size // _CLEARED:
        together = np.concatenate([part.doc_ids for part in parts])
        doc_ids, counts = np.unique(together, return_counts=True)
        return DocSet(size, doc_ids[counts >= at_least])
    counts = np.zeros(size, dtype=np.uint16)
    for part in parts:
        if part.listed:
            counts[part.doc_ids] += 1
        else:
            counts += part.flags
    return DocSet(size, flags=counts >= at_least)


def packed(flags: Flags) -> Bits:
    """Flags as bits, in whole words."""
    bits = np.packbits(flags)
    words = np.zeros(-(-len(bits) // 8), dtype=np.uint64)
    words.view(np.uint8)[: len(bits)] = bits
    return words


def _equal(among: Numbers, at: Places, wanted: Numbers) -> Flags:
    """Which of the wanted doc ids stand at their places; one past the end is none's."""
    return np.equal(among.take(at, mode="clip"), wanted)


def _found(among: Numbers, at: Places, wanted: Numbers) -> tuple[Places, Places]:
    """Of the places where the wanted doc ids may stand, those where they do; and whose they are."""
    if not len(among):
        return NOTHING, NOTHING
    kept = places(_equal(among, at, wanted))
    return at.take(kept), kept
