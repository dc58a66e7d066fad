"""Articles in the order of their ids, across segments.

Each segment has its ids sorted, so that an id's place says how two of its articles stand to
each other; ids themselves are read only where articles of several segments meet. Nothing is
sorted when a snapshot is opened.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np

from index.engines.whoosh.segment.arrays import Array, Flags, Numbers
from index.engines.whoosh.segment.best import at_least

_FEW = 32
"""So many articles are sorted by their ids at once."""


class SortedIds(Protocol):
    """Ids in the order of their bytes, which is that of their code points."""

    def __getitem__(self, place: int) -> bytes: ...

    def first(self, least: bytes) -> int:
        """The first place whose id is not less."""
        ...


class IdColumn(NamedTuple):
    """A segment's ids in order, and the place of each article's id among them."""

    table: SortedIds
    ranks: Array


class HasIds(Protocol):
    """A segment, as far as this file is concerned."""

    @property
    def ids(self) -> IdColumn: ...


class Ids:
    """The ids of a snapshot's articles. `segments`: each with the number its articles start at."""

    def __init__(self, segments: Sequence[tuple[int, HasIds]]) -> None:
        self._segments = segments
        self._bases = [base for base, _ in segments]

    def first(self, doc_ids: Numbers, wanted: int) -> Numbers:
        """The first of these articles by id, so many; `doc_ids` ascending."""
        if len(doc_ids) <= _FEW:
            found = sorted(doc_ids.tolist(), key=self._id)[:wanted]
        else:
            runs = [
                self._run(column, some, base, wanted) for column, some, base in self._by(doc_ids)
            ]
            found = [number for _, number in islice(heapq.merge(*runs), wanted)]
        return np.array(found, dtype=np.int64)

    def after(self, doc_ids: Numbers, article_id: str) -> Flags:
        """Which of these articles have a later id than this one; `doc_ids` ascending."""
        least = article_id.encode() + b"\0"  # the next string there is
        parts = [
            column.ranks.take(some - base) >= column.table.first(least)
            for column, some, base in self._by(doc_ids)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.bool_)

    def _by(self, doc_ids: Numbers) -> Iterator[tuple[IdColumn, Numbers, int]]:
        """The articles segment by segment, and where each segment's numbering begins."""
        starts = [*doc_ids.searchsorted(self._bases).tolist(), len(doc_ids)]
        for place, (base, segment) in enumerate(self._segments):
            if starts[place] < starts[place + 1]:
                yield segment.ids, doc_ids[starts[place] : starts[place + 1]], base

    @staticmethod
    def _run(
        column: IdColumn, doc_ids: Numbers, base: int, wanted: int
    ) -> Iterator[tuple[bytes, int]]:
        ranks = column.ranks.take(doc_ids - base)
        few = at_least(~ranks, wanted)
        for place in few.take(ranks.take(few).argsort())[:wanted].tolist():
            yield column.table[int(ranks[place])], int(doc_ids[place])

    def _id(self, number: int) -> bytes:
        base, segment = self._segments[bisect_right(self._bases, number) - 1]
        column = segment.ids
        return column.table[int(column.ranks[number - base])]
