"""One committed state of the index: its segments under one numbering, deletions out.

Article doc ids run through the segments; every array and count here holds live
articles only, so that a score never depends on what was deleted. Of an index of
one segment nothing is copied; what several segments must join is joined when it
is first asked for.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import groupby
from operator import itemgetter

import numpy as np

from index.engines.whoosh.segment.arrays import NO_DATE, NOTHING, Array, Flags, Numbers, Reals
from index.engines.whoosh.segment.doc_values import DocValues, Periods, joined
from index.engines.whoosh.segment.field import NO_POSTINGS, Field, Postings
from index.engines.whoosh.segment.ids import Ids
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.sets import DocSet
from index.results import Checkpoint
from index.schema import Facet, Interval

TermPlace = tuple[int, Field, int]
"""A term in a segment: where the segment's doc ids begin, the field, the term's place there."""
TermPlaces = Sequence[TermPlace]
"""A term in the segments that have it."""
_BLOCK = 256
"""Terms that are read together, where many follow each other."""


class Snapshot:
    """What a search reads. `live_docs[i]` says which articles of `segments[i]` live; None: all.

    `checkpoint` says which changes the index held, `generation` and `analysis` whose it is and
    which analysis its articles went through when it was made.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        live_docs: Sequence[Flags | None],
        checkpoint: Checkpoint | None,
        generation: str,
        analysis: str,
    ) -> None:
        self.segments = segments
        self.checkpoint = checkpoint
        self.generation = generation
        self.analysis = analysis
        self._bases = np.concatenate(
            ([0], np.cumsum([segment.size for segment in segments], dtype=np.int64))
        ).tolist()
        self._based = list(zip(self._bases, segments, strict=False))
        self.size: int = self._bases[-1]
        self.whole = all(flags is None for flags in live_docs)
        self.live_docs: Flags = np.ones(self.size, dtype=np.bool_)
        for (base, segment), flags in zip(self._based, live_docs, strict=True):
            if flags is not None:
                self.live_docs[base : base + segment.size] = flags
        self.count = self.size if self.whole else int(np.count_nonzero(self.live_docs))
        self._lengths: dict[str, Array] = {}
        self._averages: dict[str, float] = {}
        self._norms: dict[tuple[str, float, float], Reals] = {}
        self._facets: dict[Facet, DocValues] = {}
        self._periods: dict[tuple[Interval, str], Periods] = {}
        self._decay: tuple[tuple[int, int], Reals] | None = None

    @cached_property
    def everyone(self) -> DocSet:
        """Every article, deleted ones included."""
        return DocSet(self.size, np.arange(self.size))

    @cached_property
    def living(self) -> DocSet:
        """Every live article."""
        return self.everyone if self.whole else DocSet(self.size, flags=self.live_docs)

    @cached_property
    def dates(self) -> Numbers:
        """When each article was published, unix seconds, or NO_DATE."""
        return _join([segment.dates for segment in self.segments])

    @cached_property
    def ids(self) -> Ids:
        """The articles in the order of their ids."""
        return Ids(self._based)

    def periods(self, interval: Interval, zone: str) -> Periods:
        """The interval each article was published in, by the clocks of the zone."""
        if (interval, zone) not in self._periods:
            self._periods[interval, zone] = Periods(self.dates, interval, zone)
        return self._periods[interval, zone]

    def lengths(self, field: str) -> Array:
        """Each article's length in the field."""
        if field not in self._lengths:
            self._lengths[field] = _join([part.lengths(field) for part in self.segments])
        return self._lengths[field]

    def average(self, field: str) -> float:
        """The mean length of the field over live articles; 1 where it is empty everywhere."""
        if field not in self._averages:
            lengths = self.lengths(field)
            total = int((lengths if self.whole else lengths[self.live_docs]).sum(dtype=np.int64))
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

    def places(self, field: str, term: str) -> TermPlaces:
        """Where to find the term of the field."""
        wanted = term.encode()
        return [
            (base, read, place)
            for base, segment in self._based
            if (read := segment.field(field)) is not None
            and (place := read.terms.find(wanted)) >= 0
        ]

    def postings(self, places: TermPlaces, deleted: bool = False) -> Postings:
        """Where the term stands: in live articles, or in all."""
        if not places:
            return NO_POSTINGS
        found = [read.postings(place) for _, read, place in places]
        doc_ids = _numbered([place[0] for place in places], [one[0] for one in found])
        frequencies = _join([one[1] for one in found])
        if not self.whole and not deleted:
            kept = self.live_docs.take(doc_ids)
            doc_ids, frequencies = doc_ids[kept], frequencies[kept]
        return doc_ids, frequencies

    def frequency(self, places: TermPlaces) -> int:
        """In how many live articles the term stands."""
        if self.whole:
            return sum(read.frequency(place) for _, read, place in places)
        return len(self.postings(places)[0])

    def terms(self, field: str, prefix: str) -> Iterator[tuple[str, TermPlaces]]:
        """The terms that start so, in order, and where to find each; deleted ones included."""
        tables = [_each(*found) for found in self.starting_places(field, prefix)]
        for term, found in groupby(merge(*tables, key=_term), _term):
            yield term.decode(), [place for _, place in found]

    def positions(self, places: TermPlaces) -> Array:
        """The positions of the term, article after article, in all of them."""
        return _join([read.positions(place) for _, read, place in places])

    def some_positions(self, places: TermPlaces, wanted: Numbers) -> Array:
        """Those of the term's positions that stand at these ascending places among them."""
        found, start = [], 0
        for _, read, place in places:
            first, end = read.positions_from(place), read.positions_from(place + 1)
            here = wanted[slice(*wanted.searchsorted((start, start + end - first)))]
            found.append(read.some_positions(here + (first - start)))
            start += end - first
        return _join(found)

    def starting_places(self, field: str, prefix: str) -> list[tuple[int, Field, range]]:
        """The terms that start so, in the segments that have any; see TermPlaces."""
        return [
            (base, read, places)
            for base, segment in self._based
            if (read := segment.field(field)) is not None
            and (places := read.terms.starting(prefix.encode()))
        ]

    def starting(self, field: str, prefix: str) -> Numbers:
        """Live articles with a term that starts so in the field, some more than once."""
        found = self.starting_places(field, prefix)
        doc_ids = _numbered(
            [base for base, _, _ in found], [read.doc_ids(places) for _, read, places in found]
        )
        return doc_ids if self.whole else doc_ids[self.live_docs.take(doc_ids)]

    def facet(self, facet: Facet) -> DocValues:
        """The facet's labels and who has them."""
        if facet not in self._facets:
            columns = [segment.facet(facet) for segment in self.segments]
            self._facets[facet] = columns[0] if len(columns) == 1 else joined(columns)
        return self._facets[facet]

    def find(self, article_id: str) -> int | None:
        """The number of the live article with this id."""
        for base, segment in self._based:
            number = segment.find(article_id)
            if number is not None and self.live_docs[number + base]:
                return int(number + base)
        return None

    def stored(self, number: int) -> bytes:
        """The stored article with this number; see record.py."""
        at = int(np.searchsorted(self._bases, number, side="right")) - 1
        return self.segments[at].stored(number - self._bases[at])

    def all_stored(self) -> Iterator[bytes]:
        """Every live stored article."""
        for number in self.living.doc_ids:
            yield self.stored(int(number))


def _each(base: int, read: Field, places: range) -> Iterator[tuple[bytes, TermPlace]]:
    """The terms at these places, read a block at a time."""
    for start in range(places.start, places.stop, _BLOCK):
        block = range(start, min(start + _BLOCK, places.stop))
        for term, place in zip(read.terms.some(block), block, strict=True):
            yield term, (base, read, place)


_term = itemgetter(0)


def _numbered(bases: Sequence[int], parts: Sequence[Array]) -> Numbers:
    """The articles of several segments, each numbered from its base on, in one array."""
    doc_ids = np.empty(sum(map(len, parts)), dtype=np.int64)
    start = 0
    for base, some in zip(bases, parts, strict=True):
        end = start + len(some)
        if base:
            np.add(some, base, out=doc_ids[start:end])
        else:
            doc_ids[start:end] = some
        start = end
    return doc_ids


def _join(arrays: Sequence[Array]) -> Array:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else NOTHING
