"""One committed state of the index: its segments under one numbering, deletions out.

Article numbers run through the segments; every array and count here holds live
articles only, so that a score never depends on what was deleted.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from index.engines.whoosh.segment import (
    NO_POSTINGS,
    FacetColumn,
    Flags,
    Numbers,
    Postings,
    Segment,
)
from index.schema import Facet


class Snapshot:
    """What a search reads. `deleted[i]` are the deleted numbers of `segments[i]`."""

    def __init__(self, segments: Sequence[Segment], deleted: Sequence[Sequence[int]]) -> None:
        self._segments = segments
        self._bases = np.concatenate(
            ([0], np.cumsum([segment.size for segment in segments], dtype=np.int64))
        )
        self.live: Flags = np.ones(int(self._bases[-1]), dtype=np.bool_)
        for base, gone in zip(self._bases, deleted, strict=False):
            self.live[np.asarray(gone, dtype=np.int64) + base] = False
        self._whole = bool(self.live.all())
        self.count = int(self.live.sum())
        self._lengths: dict[str, Numbers] = {}
        self._averages: dict[str, float] = {}
        self._facets: dict[Facet, FacetColumn] = {}

    @cached_property
    def dates(self) -> Numbers:
        """When each article was published, unix seconds, or NO_DATE."""
        return _join([segment.dates for segment in self._segments])

    def lengths(self, field: str) -> Numbers:
        """Each article's length in the field."""
        if field not in self._lengths:
            self._lengths[field] = _join([part.lengths(field) for part in self._segments])
        return self._lengths[field]

    def average(self, field: str) -> float:
        """The mean length of the field over live articles; 1 where it is empty everywhere."""
        if field not in self._averages:
            total = int(self.lengths(field)[self.live].sum())
            self._averages[field] = total / self.count if total else 1.0
        return self._averages[field]

    def postings(self, field: str, term: str) -> Postings:
        """Where the term stands in the field."""
        found = [
            postings._replace(numbers=postings.numbers + base)
            for segment, base in zip(self._segments, self._bases, strict=False)
            if len((postings := segment.postings(field, term)).numbers)
        ]
        if not found:
            return NO_POSTINGS
        return self._living(
            Postings(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))
        )

    def _living(self, postings: Postings) -> Postings:
        if self._whole:
            return postings
        kept = self.live[postings.numbers]
        return Postings(
            postings.numbers[kept],
            postings.frequencies[kept],
            postings.positions[np.repeat(kept, postings.frequencies)],
        )

    def terms(self, field: str, prefix: str) -> list[str]:
        """The field's terms that start so, deleted articles' among them."""
        return sorted({term for part in self._segments for term in part.terms(field, prefix)})

    def facet(self, facet: Facet) -> FacetColumn:
        """The facet's labels and their uses in live articles."""
        if facet not in self._facets:
            self._facets[facet] = self._joined_facet(facet)
        return self._facets[facet]

    def _joined_facet(self, facet: Facet) -> FacetColumn:
        labels: dict[str, int] = {}
        numbers, codes = [], []
        for segment, base in zip(self._segments, self._bases, strict=False):
            column = segment.facet(facet)
            places = [labels.setdefault(label, len(labels)) for label in column.labels]
            numbers.append(column.numbers + base)
            codes.append(np.array(places, dtype=np.int64)[column.codes])
        owners = _join(numbers)
        kept = self.live[owners]
        return FacetColumn(tuple(labels), owners[kept], _join(codes)[kept])

    def find(self, article_id: str) -> int | None:
        """The number of the live article with this id."""
        for segment, base in zip(self._segments, self._bases, strict=False):
            for number in segment.find(article_id):
                if self.live[number + base]:
                    return int(number + base)
        return None

    def stored(self, number: int) -> bytes:
        """The stored article with this number, as JSON."""
        at = int(np.searchsorted(self._bases, number, side="right")) - 1
        return self._segments[at].stored(int(number - self._bases[at]))

    def all_stored(self) -> Iterator[bytes]:
        """Every live stored article."""
        for number in np.flatnonzero(self.live):
            yield self.stored(int(number))


def _join(arrays: Sequence[Numbers]) -> Numbers:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
