"""One committed state of the index: its segments under one numbering, deletions out.

Doc ids run through the segments; every array and count here holds live
articles only, so that a score never depends on what was deleted. Of an index of
one segment nothing is copied; what several segments must join is joined when it
is first asked for.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import groupby
from operator import itemgetter

import numpy as np

from index.engines.whoosh import kernels
from index.engines.whoosh.read.group_table import GroupTable
from index.engines.whoosh.segment.arrays import NO_DATE, NOTHING, Array, Flags, Numbers, Reals
from index.engines.whoosh.segment.doc_values import DocValues, Periods, joined
from index.engines.whoosh.segment.field_groups import COLUMNS, by_group
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.ids import Ids
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.sets import DocSet
from index.engines.whoosh.segment.stored_fields import StoredBytes
from index.query import In
from index.results import Checkpoint
from index.schema import EXACT_OF, Facet, Interval

TermEntry = tuple[int, FieldGroup, int]
"""A term in a segment: where the segment's doc ids begin, the group, the term's ordinal in it."""
TermEntries = Sequence[TermEntry]
"""A term in the segments that have it."""
Postings = tuple[Array, Array]
"""A term's doc ids, ascending, and each one's combination of frequencies: see GroupTable."""
NO_POSTINGS: Postings = (NOTHING, NOTHING)
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
        self.state = object()  # this snapshot and no other, without holding it
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
        self._weights: dict[tuple[In, ...], Reals] = {}
        self._compiled: dict[tuple[In, ...], kernels.words.Fields] = {}
        self._tables: dict[str, GroupTable] = {}
        self.counts: dict[tuple[tuple[str, ...], tuple[In, ...]], int] = {}
        self._facets: dict[Facet, DocValues] = {}
        self._periods: dict[tuple[Interval, str], Periods] = {}
        self._lift: tuple[tuple[int, int, float], Reals] | None = None

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
            self._lengths[field] = _join([segment.lengths(field) for segment in self.segments])
        return self._lengths[field]

    def average(self, field: str) -> float:
        """The mean length of the field over live articles; 1 where it is empty everywhere."""
        if field not in self._averages:
            lengths = self.lengths(field)
            total = int((lengths if self.whole else lengths[self.live_docs]).sum(dtype=np.int64))
            self._averages[field] = total / self.count if total else 1.0
        return self._averages[field]

    def weights(self, fields: tuple[In, ...]) -> Reals:
        """What BM25F multiplies frequencies by: a row for each article, a column for each field.

        An exact field is as long as its field: they share their weights.
        """
        if (known := self._weights.get(fields)) is None:
            own = tuple([one._replace(field=EXACT_OF.get(one.field, one.field)) for one in fields])
            if own != fields:
                known = self._weights[fields] = self.weights(own)
                return known
            known = np.zeros((self.size, len(fields)), dtype=np.float32)
            for column, (name, weight, b) in zip(known.T, fields, strict=True):
                norms = self.lengths(name).astype(np.float32)
                norms *= b / self.average(name)
                norms += 1 - b
                np.divide(np.float32(weight), norms, out=column, where=norms > 0)
            self._weights[fields] = known
        return known

    def compiled(self, fields: tuple[In, ...]) -> "kernels.words.Fields":
        """What a kernel multiplies and adds up for fields of one group, not empty everywhere."""
        if (known := self._compiled.get(fields)) is None:
            (rows,) = by_group(fields)
            weights = self.weights(tuple([fields[index] for index in rows.indices]))
            frequencies = self.table(rows.group).reals(rows.rows)
            known = self._compiled[fields] = kernels.words.Fields(frequencies, weights)
        return known

    def lift(self, now: int, half_life: int, weight: float) -> Reals:
        """1 + weight · 2^(−age / half_life) of each article; 1 without a date. One is cached."""
        if self._lift is None or self._lift[0] != (now, half_life, weight):
            age = np.maximum(now - self.dates.astype(np.float64), 0.0)
            decay = np.where(self.dates == NO_DATE, 0.0, np.exp2(-age / half_life))
            lift: Reals = 1 + weight * decay.astype(np.float32)
            self._lift = ((now, half_life, weight), lift)
        return self._lift[1]

    def entries(self, group: str, term: str) -> TermEntries:
        """The term of the group, in the segments that have it."""
        encoded = term.encode()
        return [
            (base, postings, ordinal)
            for base, segment in self._based
            if (postings := segment.group(group)) is not None
            and (ordinal := postings.terms.find(encoded)) >= 0
        ]

    def table(self, group: str) -> GroupTable:
        """The frequencies that combinations stand for; the group is not empty everywhere."""
        if (known := self._tables.get(group)) is None:
            groups = [some for one in self.segments if (some := one.group(group)) is not None]
            known = self._tables[group] = GroupTable(groups)
        return known

    def postings(self, group: str, entries: TermEntries, deleted: bool = False) -> Postings:
        """Where the term stands: in live articles, or in all."""
        if not entries:
            return NO_POSTINGS
        by_segment = [postings.postings(ordinal) for _, postings, ordinal in entries]
        doc_ids = _numbered([base for base, _, _ in entries], [some for some, _ in by_segment])
        combinations = by_segment[0][1]
        if len(self.segments) > 1:
            first = self.table(group).first
            firsts = [first[postings] for _, postings, _ in entries]
            combinations = _numbered(firsts, [some for _, some in by_segment])
        if not self.whole and not deleted:
            live = self.live_docs.take(doc_ids)
            doc_ids, combinations = doc_ids[live], combinations[live]
        return doc_ids, combinations

    def frequency(self, field: str, entries: TermEntries) -> int:
        """In how many live articles the term stands in the field."""
        column = COLUMNS.get(field)
        if column is None or not entries:
            return 0
        having = self.table(column.group).having((column.row,))
        if having is None and self.whole:
            return sum(postings.count(ordinal) for _, postings, ordinal in entries)
        doc_ids, combinations = self.postings(column.group, entries)
        return len(doc_ids) if having is None else int(np.count_nonzero(having.take(combinations)))

    def terms(self, field: str, prefix: str) -> Iterator[tuple[str, TermEntries]]:
        """The terms of the field's group that start so, in order, with their entries."""
        column = COLUMNS.get(field)
        found = self.prefix_entries(column.group, prefix) if column else ()
        tables = [_each(*entry) for entry in found]
        for term, group in groupby(merge(*tables, key=_term), _term):
            yield term.decode(), [entry for _, entry in group]

    def prefix_entries(self, group: str, prefix: str) -> list[tuple[int, FieldGroup, range]]:
        """The terms that start so, in the segments that have any: as TermEntry, with ordinals."""
        return [
            (base, postings, ordinals)
            for base, segment in self._based
            if (postings := segment.group(group)) is not None
            and (ordinals := postings.terms.starting(prefix.encode()))
        ]

    def starting(self, group: str, rows: tuple[int, ...], prefix: str) -> Numbers:
        """Live articles with a term that starts so in these columns, some more than once."""
        bases, found = [], []
        for base, postings, ordinals in self.prefix_entries(group, prefix):
            doc_ids, combinations = postings.postings_of(ordinals)
            having = self.table(group).having(rows)
            if having is not None:
                first = self.table(group).first[postings]
                doc_ids = doc_ids.compress(having[first:].take(combinations))
            bases.append(base)
            found.append(doc_ids)
        numbered = _numbered(bases, found)
        return numbered if self.whole else numbered[self.live_docs.take(numbered)]

    def facet(self, facet: Facet) -> DocValues:
        """The facet's labels and who has them."""
        if facet not in self._facets:
            by_segment = [segment.facet(facet) for segment in self.segments]
            self._facets[facet] = by_segment[0] if len(by_segment) == 1 else joined(by_segment)
        return self._facets[facet]

    def find(self, article_id: str) -> int | None:
        """The doc id of the live article with this id."""
        for base, segment in self._based:
            doc_id = segment.find(article_id)
            if doc_id is not None and self.live_docs[doc_id + base]:
                return int(doc_id + base)
        return None

    def stored(self, doc_id: int) -> StoredBytes:
        """The stored article with this doc id; see record.py."""
        segment = bisect_right(self._bases, doc_id) - 1
        return self.segments[segment].stored(doc_id - self._bases[segment])

    def all_stored(self) -> Iterator[StoredBytes]:
        """Every live stored article."""
        for doc_id in self.living.doc_ids:
            yield self.stored(int(doc_id))


def _each(base: int, group: FieldGroup, ordinals: range) -> Iterator[tuple[bytes, TermEntry]]:
    """The terms with these ordinals, read a block at a time."""
    for start in range(ordinals.start, ordinals.stop, _BLOCK):
        block = range(start, min(start + _BLOCK, ordinals.stop))
        for term, ordinal in zip(group.terms.some(block), block, strict=True):
            yield term, (base, group, ordinal)


_term = itemgetter(0)


def _numbered(bases: Sequence[int], by_segment: Sequence[Array]) -> Numbers:
    """The doc ids of several segments, each counted from its segment's base, in one array."""
    doc_ids = np.empty(sum(map(len, by_segment)), dtype=np.int64)
    start = 0
    for base, some in zip(bases, by_segment, strict=True):
        end = start + len(some)
        if base:
            np.add(some, base, out=doc_ids[start:end], dtype=np.int64)  # some may be 8 bits wide
        else:
            doc_ids[start:end] = some
        start = end
    return doc_ids


def _join(arrays: Sequence[Array]) -> Array:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else NOTHING
