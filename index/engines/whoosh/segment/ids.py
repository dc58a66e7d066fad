"""Articles in the order of their ids, across segments.

Each segment has its ids sorted, so that the ordinals of two ids say which of its articles comes
first; ids themselves are read only to compare articles of several segments. Nothing is sorted
when a snapshot is opened.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple, Protocol

import numpy as np

from index.engines.whoosh.segment.arrays import Array, Flags, Numbers
from index.engines.whoosh.segment.best import at_least

_FEW = 32
"""So many articles are sorted by their ids at once."""


class SortedIds(Protocol):
    """Ids in the order of their bytes, which is that of their code points."""

    def __getitem__(self, ordinal: int) -> bytes: ...

    def first(self, least: bytes) -> int:
        """The ordinal of the first id that is not less."""
        ...


class IdColumn(NamedTuple):
    """A segment's ids in order, and the ordinal of each article's id among them."""

    table: SortedIds
    ordinals: Array


class HasIds(Protocol):
    """A segment, as far as this file is concerned."""

    @property
    def ids(self) -> IdColumn: ...


class Ids:
    """The ids of a snapshot's articles. `segments`: each with the doc id of its first article."""

    def __init__(self, segments: Sequence[tuple[int, HasIds]]) -> None:
        self._segments = segments
        self._bases = [base for base, _ in segments]

    def first(self, doc_ids: Numbers, wanted: int) -> Numbers:
        """The first of these articles by id, so many; `doc_ids` ascending."""
        if len(doc_ids) <= _FEW:
            first = sorted(doc_ids.tolist(), key=self._id)[:wanted]
        else:
            runs = [
                self._run(column, some, base, wanted)
                for column, some, base in self._by_segment(doc_ids)
            ]
            first = [doc_id for _, doc_id in islice(heapq.merge(*runs), wanted)]
        return np.array(first, dtype=np.int64)

    def after(self, doc_ids: Numbers, article_id: str) -> Flags:
        """Which of these articles have a later id than this one; `doc_ids` ascending."""
        least = article_id.encode() + b"\0"  # the next string there is
        flags = [
            column.ordinals.take(some - base) >= column.table.first(least)
            for column, some, base in self._by_segment(doc_ids)
        ]
        return np.concatenate(flags) if flags else np.zeros(0, dtype=np.bool_)

    def _by_segment(self, doc_ids: Numbers) -> Iterator[tuple[IdColumn, Numbers, int]]:
        """The articles segment by segment, and the doc id of each segment's first article."""
        starts = [*doc_ids.searchsorted(self._bases).tolist(), len(doc_ids)]
        for (base, segment), (start, end) in zip(self._segments, pairwise(starts), strict=True):
            if start < end:
                yield segment.ids, doc_ids[start:end], base

    @staticmethod
    def _run(
        column: IdColumn, doc_ids: Numbers, base: int, wanted: int
    ) -> Iterator[tuple[bytes, int]]:
        ordinals = column.ordinals.take(doc_ids - base)
        few = at_least(~ordinals, wanted)
        for index in few.take(ordinals.take(few).argsort())[:wanted].tolist():
            yield column.table[int(ordinals[index])], int(doc_ids[index])

    def _id(self, doc_id: int) -> bytes:
        base, segment = self._segments[bisect_right(self._bases, doc_id) - 1]
        column = segment.ids
        return column.table[int(column.ordinals[doc_id - base])]
