"""Sets of articles, and what is done with several of them.

A set is held as ascending doc ids or as a flag an article, whichever it came as; the
other is made when it is asked for. Doc ids are joined by kernels. Without these each operation
has two ways: through a table an article, whose cost is that of the doc ids and a little of the
index's size; or by halving and sorting, which knows nothing of the index's size and is better
where there are few doc ids.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.engines.whoosh import kernels
from index.engines.whoosh.segment.arrays import NOTHING, Bits, Flags, Numbers, indices, once

_HALVING = 20
"""One number found by halving costs as much as so many table entries written."""
_CLEARED = 50
"""So many flags are cleared while one is written. (A table of indices is not cleared, but new.)"""
_DENSE = 8
"""From an eighth of the index on, a flag an article is less than their doc ids."""
_SMALL = 50_000
"""Doc ids are joined as such where they are not dense, or the index has no more articles."""

Indices = Numbers | npt.NDArray[np.int32]
"""Indices into an array, ascending."""
_ALL = slice(None)


class Alignment(NamedTuple):
    """Where the articles that a set and a list of doc ids share stand in each of them, ascending.

    Each is a slice where every article of that side is shared, so that nothing need be picked.
    """

    in_set: Indices | slice
    in_list: Indices | slice


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
        return indices(self.flags)

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
        """The articles in both."""
        few, many = (self, other) if self.count <= other.count else (other, self)
        if many.count == self.size or few is many:
            return few
        if few.flagged and many.flagged and few.dense:
            return DocSet(self.size, flags=few.flags & many.flags)
        if kernels.COMPILED and many.listed:
            return DocSet(self.size, kernels.doc_ids.both(few.doc_ids, many.doc_ids))
        return few.where(many.has(few.doc_ids))

    def where(self, flags: Flags) -> "DocSet":
        """The articles whose flag, one for each number of the set, is up."""
        return DocSet(self.size, self.doc_ids.compress(flags))

    def align(self, doc_ids: Numbers) -> Alignment:
        """Where the articles that are in both stand in the set, and in these ascending doc ids."""
        same = self.listed and doc_ids is self.doc_ids
        if same or self.count == len(doc_ids) == self.size:
            return Alignment(_ALL, _ALL)
        if self.count == self.size:  # in the set of everyone a doc id is its own index
            return Alignment(doc_ids, _ALL)
        in_set: Indices
        in_list: Indices
        if kernels.COMPILED:
            in_set, in_list = kernels.doc_ids.shared(self.doc_ids, doc_ids)
        elif self._few(self.count, len(doc_ids)):
            in_list, in_set = _shared(doc_ids, doc_ids.searchsorted(self.doc_ids), self.doc_ids)
        else:
            in_set, in_list = self._find(doc_ids)
        return Alignment(
            _ALL if len(in_set) == self.count else in_set,
            _ALL if len(in_list) == len(doc_ids) else in_list,
        )

    def _find(self, wanted: Numbers) -> tuple[Indices, Indices]:
        """Where the wanted articles stand among the doc ids, and which of them do."""
        if "_ranks" not in self.__dict__ and self._few(len(wanted), self.count):
            candidates: Indices = self.doc_ids.searchsorted(wanted)
        else:
            candidates = self._ranks.take(wanted, mode="clip")
        return _shared(self.doc_ids, candidates, wanted)

    @cached_property
    def _ranks(self) -> npt.NDArray[np.int32]:
        """Each article's index in the doc ids; anything for those that are not among them.

        Whoever reads it looks whether the article stands there, so that nothing needs to be
        cleared (Briggs & Torczon 1993, sparse sets).
        """
        ranks = np.empty(self.size, dtype=np.int32)
        ranks[self.doc_ids] = np.arange(self.count, dtype=np.int32)
        return ranks

    def _few(self, wanted: int, among: int) -> bool:
        """Whether so many are found sooner by halving than through a table."""
        return wanted * _HALVING < among + self.size // _CLEARED


def union(doc_sets: Sequence[DocSet], size: int) -> DocSet:
    """The articles in any of the sets; `size` is the number of articles of the index."""
    doc_sets = [doc_set for doc_set in doc_sets if doc_set.count]
    if len(doc_sets) == 1:
        return doc_sets[0]
    if _joined_as_listed(doc_sets, size):
        lists = [doc_set.doc_ids for doc_set in doc_sets]
        return DocSet(size, kernels.doc_ids.union(lists, size))
    if sum(map(len, doc_sets)) * _HALVING < size // _CLEARED:
        return distinct([doc_set.doc_ids for doc_set in doc_sets], size)
    flags = np.zeros(size, dtype=np.bool_)
    for doc_set in doc_sets:
        if doc_set.listed:
            flags[doc_set.doc_ids] = True
        else:
            flags |= doc_set.flags
    return DocSet(size, flags=flags)


def _joined_as_listed(doc_sets: Sequence[DocSet], size: int) -> bool:
    """Whether a kernel joins the doc ids of the sets."""
    if not kernels.COMPILED:
        return False
    total = 0
    for doc_set in doc_sets:
        if not doc_set.listed:
            return False
        total += doc_set.count
    return size <= _SMALL or total * _DENSE < size


def distinct(lists: Sequence[Numbers], size: int) -> DocSet:
    """The articles among these doc ids, which may repeat and stand in any order."""
    if sum(map(len, lists)) * _HALVING < size // _CLEARED:
        return DocSet(size, once(np.concatenate(lists)) if lists else NOTHING)
    flags = np.zeros(size, dtype=np.bool_)
    for doc_ids in lists:
        flags[doc_ids] = True
    return DocSet(size, flags=flags)


def in_many(doc_sets: Sequence[DocSet], at_least: int, size: int) -> DocSet:
    """The articles in `at_least` of the sets."""
    if at_least <= 1:
        return union(doc_sets, size)
    if len(doc_sets) < at_least:
        return DocSet(size, NOTHING)
    if sum(map(len, doc_sets)) * _HALVING < size // _CLEARED:
        together = np.concatenate([doc_set.doc_ids for doc_set in doc_sets])
        doc_ids, counts = np.unique(together, return_counts=True)
        return DocSet(size, doc_ids[counts >= at_least])
    if _joined_as_listed(doc_sets, size):
        lists = [doc_set.doc_ids for doc_set in doc_sets]
        return DocSet(size, kernels.doc_ids.in_many(lists, at_least, size))
    counts = np.zeros(size, dtype=np.uint16)
    for doc_set in doc_sets:
        if doc_set.listed:
            counts[doc_set.doc_ids] += 1
        else:
            counts += doc_set.flags
    return DocSet(size, flags=counts >= at_least)


def packed(flags: Flags) -> Bits:
    """Flags as bits, in whole words."""
    bits = np.packbits(flags)
    words = np.zeros(-(-len(bits) // 8), dtype=np.uint64)
    words.view(np.uint8)[: len(bits)] = bits
    return words


def _equal(among: Numbers, candidates: Indices, wanted: Numbers) -> Flags:
    """Which of the wanted doc ids stand at their candidate indices; one past the end is none's."""
    return np.equal(among.take(candidates, mode="clip"), wanted)


def _shared(among: Numbers, candidates: Indices, wanted: Numbers) -> tuple[Indices, Indices]:
    """The indices of the wanted doc ids that are among the others: there, and in `wanted`.

    `candidates` has for each wanted doc id the only index at which it may stand.
    """
    if not len(among):
        return NOTHING, NOTHING
    in_wanted = indices(_equal(among, candidates, wanted))
    return candidates.take(in_wanted), in_wanted
