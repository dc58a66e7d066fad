"""One committed state of the index: its segments under one numbering, deletions out.

Article numbers run through the segments; every array and count here holds live
articles only, so that a score never depends on what was deleted. Of an index of
one segment nothing is copied; what several segments must join is joined when it
is first asked for.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from index.engines.whoosh.arrays import NO_DATE, NOTHING, Array, Flags, Numbers, Reals
from index.engines.whoosh.facets import FacetColumn, Periods
from index.engines.whoosh.segment import NO_POSTINGS, Postings, Segment
from index.engines.whoosh.sets import Articles
from index.results import Mark
from index.schema import Facet, Interval


class Snapshot:
    """What a search reads. `live[i]` says which articles of `segments[i]` live; None: all.

    `mark` says how far the index had come.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        live: Sequence[Flags | None],
        mark: Mark | None = None,
    ) -> None:
        self.segments = segments
        self.mark = mark
        self._bases = np.concatenate(
            ([0], np.cumsum([segment.size for segment in segments], dtype=np.int64))
        ).tolist()
        self.size: int = self._bases[-1]
        self.whole = all(flags is None for flags in live)
        self.live: Flags = np.ones(self.size, dtype=np.bool_)
        for base, segment, flags in zip(self._bases, segments, live, strict=False):
            if flags is not None:
                self.live[base : base + segment.size] = flags
        self.count = self.size if self.whole else int(np.count_nonzero(self.live))
        self._lengths: dict[str, Array] = {}
        self._averages: dict[str, float] = {}
        self._norms: dict[tuple[str, float, float], Reals] = {}
        self._facets: dict[Facet, FacetColumn] = {}
        self._periods: dict[Interval, Periods] = {}
        self._decay: tuple[tuple[int, int], Reals] | None = None

    @cached_property
    def everyone(self) -> Articles:
        """Every article, deleted ones included."""
        return Articles(self.size, np.arange(self.size))

    @cached_property
    def living(self) -> Articles:
        """Every live article."""
        return self.everyone if self.whole else Articles(self.size, flags=self.live)

    @cached_property
    def dates(self) -> Numbers:
        """When each article was published, unix seconds, or NO_DATE."""
        return _join([segment.dates for segment in self.segments])

    def periods(self, interval: Interval) -> Periods:
        """The interval each article was published in."""
        if interval not in self._periods:
            self._periods[interval] = Periods(self.dates, interval)
        return self._periods[interval]

    def lengths(self, field: str) -> Array:
        """Each article's length in the field."""
        if field not in self._lengths:
            self._lengths[field] = _join([part.lengths(field) for part in self.segments])
        return self._lengths[field]

    def average(self, field: str) -> float:
        """The mean length of the field over live articles; 1 where it is empty everywhere."""
        if field not in self._averages:
            lengths = self.lengths(field)
            total = int((lengths if self.whole else lengths[self.live]).sum(dtype=np.int64))
            self._averages[field] = total / self.count if total else 1.0
        return self._averages[field]

    def norms(self, field: str, b: float, scale: float = 1.0) -> Reals:
        """What BM25F divides each article's frequencies in the field by, `scale` times."""
        key = (field, b, scale)
        if key not in self._norms:
            relative = self.lengths(field).astype(np.float32)
            relative *= b * scale / self.average(field)
            relative += (1 - b) * scale
            self._norms[key] = relative
        return self._norms[key]

    def decay(self, now: int, half_life: int) -> Reals:
        """2^(−age / half_life) of each article; 0 without a date. One `now` is kept."""
        if self._decay is None or self._decay[0] != (now, half_life):
            age = np.maximum(now - self.dates.astype(np.float64), 0.0)
            decay = np.where(self.dates == NO_DATE, 0.0, np.exp2(-age / half_life))
            self._decay = ((now, half_life), decay.astype(np.float32))
        return self._decay[1]

    def places(self, field: str, term: str) -> list[int]:
        """The term's place in each segment's table of the field, −1 where it is not there."""
        return [segment.place(field, term) for segment in self.segments]

    def postings(self, field: str, places: Sequence[int], deleted: bool = False) -> Postings:
        """Where the term with these places stands in the field: in live articles, or in all."""
        found = [
            (base, segment.postings(field, place))
            for segment, base, place in zip(self.segments, self._bases, places, strict=False)
            if place >= 0
        ]
        if not found:
            return NO_POSTINGS
        numbers = _numbered([(base, one.numbers) for base, one in found])
        frequencies = _join([one.frequencies for _, one in found])
        if not self.whole and not deleted:
            kept = self.live.take(numbers)
            numbers, frequencies = numbers[kept], frequencies[kept]
        return Postings(numbers, frequencies)

    def positions(self, field: str, places: Sequence[int]) -> Array:
        """The positions of the term with these places, article after article, in all of them."""
        return _join(
            [
                segment.positions(field, place)
                for segment, place in zip(self.segments, places, strict=False)
                if place >= 0
            ]
        )

    def starting(self, field: str, prefix: str) -> Numbers:
        """Live articles with a term that starts so in the field, some more than once."""
        found = []
        for segment, base in zip(self.segments, self._bases, strict=False):
            if places := segment.starting(field, prefix):
                found.append((base, segment.numbers(field, places)))
        numbers = _numbered(found)
        return numbers if self.whole else numbers[self.live.take(numbers)]

    def facet(self, facet: Facet) -> FacetColumn:
        """The facet's labels and who has them."""
        if facet not in self._facets:
            columns = [segment.facet(facet) for segment in self.segments]
            self._facets[facet] = columns[0] if len(columns) == 1 else _joined(columns)
        return self._facets[facet]

    def find(self, article_id: str) -> int | None:
        """The number of the live article with this id."""
        for segment, base in zip(self.segments, self._bases, strict=False):
            number = segment.find(article_id)
            if number is not None and self.live[number + base]:
                return int(number + base)
        return None

    def stored(self, number: int) -> bytes:
        """The stored article with this number, as JSON."""
        at = int(np.searchsorted(self._bases, number, side="right")) - 1
        return self.segments[at].stored(number - self._bases[at])

    def all_stored(self) -> Iterator[bytes]:
        """Every live stored article."""
        for number in self.living.numbers:
            yield self.stored(int(number))


def _numbered(parts: Sequence[tuple[int, Array]]) -> Numbers:
    """The articles of several segments, each numbered from its base on, in one array."""
    if len(parts) == 1 and not parts[0][0]:
        return parts[0][1].astype(np.int64)
    numbers = np.empty(sum([len(some) for _, some in parts]), dtype=np.int64)
    start = 0
    for base, some in parts:
        end = start + len(some)
        np.add(some, base, out=numbers[start:end])
        start = end
    return numbers


def _join(arrays: Sequence[Array]) -> Array:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else NOTHING


def _joined(columns: Sequence[FacetColumn]) -> FacetColumn:
    """The columns of several segments as one: labels merged, sets one after another."""
    labels = tuple(sorted({label for column in columns for label in column.labels}))
    places = {label: place for place, label in enumerate(labels)}
    ends, codes, of = [np.zeros(1, dtype=np.int64)], [NOTHING], [NOTHING]
    sets = uses = 0
    for column in columns:
        mapped = np.array([places[label] for label in column.labels], dtype=np.int64)
        ends.append(column.sets[1:] + uses)
        codes.append(mapped[column.codes])
        of.append(column.of.astype(np.int64) + sets)
        sets += len(column.sets) - 1
        uses += len(column.codes)
    return FacetColumn(labels, np.concatenate(ends), np.concatenate(codes), np.concatenate(of))
