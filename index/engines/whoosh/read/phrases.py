"""Where the parts of a phrase stand one after another."""

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.snapshot import Snapshot, TermPlaces
from index.engines.whoosh.segment import sets
from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers, once
from index.engines.whoosh.segment.field import Postings
from index.engines.whoosh.segment.sets import DocSet, Places
from index.query import PHRASE_PLACES, Phrase

_FLAGS = 64
"""So many flags a place are worth it: halving costs as much."""
_BLOCK = 32
"""Postings whose positions are counted together."""
_ZERO = np.zeros(1, dtype=np.int64)


class Stand(NamedTuple):
    """Where a term stands in candidates: which, by place among them; how often in each; where."""

    candidates: Places
    frequencies: Array
    positions: Array

    @property
    def last(self) -> int:
        """The largest position."""
        return int(self.positions.max(initial=0))


class ReadTerm(NamedTuple):
    """A term of a field, read: the live articles where it stands, how often in each."""

    articles: DocSet
    frequencies: Array
    places: TermPlaces


class TermReader:
    """Reads the terms of a snapshot, each once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._read: dict[tuple[str, str], ReadTerm] = {}

    def term(self, field: str, term: str) -> ReadTerm:
        """Where the term stands in the field."""
        key = (field, term)
        if (found := self._read.get(key)) is None:
            places = self.snapshot.places(field, term)
            doc_ids, frequencies = self.snapshot.postings(places)
            articles = DocSet(self.snapshot.size, doc_ids)
            found = self._read[key] = ReadTerm(articles, frequencies, places)
        return found

    def stand(self, field: str, term: str, candidates: DocSet) -> Stand | None:
        """Where the term stands in the candidates; None where it stands nowhere."""
        articles, frequencies, places = self.term(field, term)
        if not places:
            return None
        postings: Postings = (articles.doc_ids, frequencies)
        if not self.snapshot.whole:
            postings = self.snapshot.postings(places, deleted=True)
        return _stand(self.snapshot, postings, places, candidates)


def phrase(
    reader: TermReader, query: Phrase, field: str, within: DocSet | None = None
) -> tuple[DocSet, Numbers]:
    """The articles with the phrase in the field (of those in `within`), how often in each."""
    size = reader.snapshot.size
    parts = [
        sets.union([reader.term(field, variant).articles for variant in part], size)
        for part in query.parts
    ]
    shared = sorted(parts if within is None else [*parts, within], key=len)
    if not query.parts or not len(shared[0]):
        return DocSet(size, NOTHING), NOTHING
    having = reduce(and_, shared)
    stands = [_part(reader, field, part, having) for part in query.parts]
    # a candidate's places and the next one's are further apart than a phrase's words may be
    stride = 2 + query.slop + max(stand.last for part in stands for stand in part)
    ends = _ends([places_of(part, stride) for part in stands], query.slop)
    counts = np.bincount(ends // stride, minlength=len(having))
    return having.where(counts > 0), counts.compress(counts > 0)


def _part(
    reader: TermReader, field: str, variants: Sequence[str], candidates: DocSet
) -> list[Stand]:
    """Where a part's variants stand in the candidates."""
    stands = (reader.stand(field, variant, candidates) for variant in variants)
    return [one for one in stands if one is not None]


def _ends(parts: Sequence[Numbers], slop: int) -> Numbers:
    """The places where the phrase can end."""
    ends = parts[0]
    for places in parts[1:]:
        if not len(ends) or not len(places):
            return NOTHING
        if not slop:
            ends = _next(ends, places)
            continue
        before = ends.searchsorted(places) - 1  # the last end left of each place
        gaps = places - ends.take(before, mode="clip") - 1
        ends = places.compress((before >= 0) & (gaps <= slop))
    return ends


def _next(ends: Numbers, places: Numbers) -> Numbers:
    """The places right after an end: through a flag a place where texts are short enough."""
    last = int(places[-1])
    if last > _FLAGS * (len(ends) + len(places)):
        if len(ends) < len(places):
            wanted = ends + 1
            at = places.searchsorted(wanted)
            return wanted.compress(places.take(at, mode="clip") == wanted)
        wanted = places - 1
        at = ends.searchsorted(wanted)
        return places.compress(ends.take(at, mode="clip") == wanted)
    after = np.zeros(last + 1, dtype=np.bool_)
    after[1:][ends[: ends.searchsorted(last)]] = True
    return places.compress(after.take(places))


def _stand(snapshot: Snapshot, postings: Postings, places: TermPlaces, candidates: DocSet) -> Stand:
    """Where the term with these postings stands in the candidates."""
    doc_ids, frequencies = postings
    where, kept = candidates.align(doc_ids)
    ranks: Places = np.arange(len(candidates)) if isinstance(where, slice) else where
    long = frequencies.dtype.itemsize > 1 and frequencies.max(initial=0) > PHRASE_PLACES
    if isinstance(kept, slice):
        if not long:
            return Stand(ranks, frequencies, snapshot.positions(places))
        kept = np.arange(len(doc_ids))
    runs = starts_of(frequencies, kept)
    frequencies = frequencies.take(kept).astype(np.int64)
    if long:
        np.minimum(frequencies, PHRASE_PLACES, out=frequencies)
    # the positions of the kept postings: each runs on from its start
    runs -= frequencies.cumsum()
    runs += frequencies
    wanted = runs.repeat(frequencies)
    wanted += np.arange(len(wanted))
    if long:  # millions of positions, most of them not wanted: nor are they read
        return Stand(ranks, frequencies, snapshot.some_positions(places, wanted))
    return Stand(ranks, frequencies, snapshot.positions(places).take(wanted))


def places_of(stands: Sequence[Stand], stride: int) -> Numbers:
    """Each candidate and position in one integer, ascending; `stride` is above every position."""
    found = []
    for candidates, frequencies, positions in stands:
        places: Numbers = (candidates.astype(np.int64) * stride).repeat(frequencies)
        places += positions
        found.append(places)
    if len(found) == 1:
        return found[0]
    return once(np.concatenate(found)) if found else NOTHING


def starts_of(frequencies: Array, kept: Places) -> Numbers:
    """How many positions stand before those of the kept postings.

    A running sum goes number by number; a sum of each block, and for the kept ones the rest
    of their block, is many times as fast where few are kept.
    """
    if len(kept) * _BLOCK > len(frequencies) or len(frequencies) < 4 * _BLOCK:
        return (frequencies.cumsum(dtype=np.int64) - frequencies).take(kept)
    blocks = len(frequencies) // _BLOCK
    firsts = np.arange(0, blocks * _BLOCK, _BLOCK)
    whole = np.add.reduceat(frequencies[: blocks * _BLOCK], firsts, dtype=np.int64)
    before = np.concatenate((_ZERO, whole.cumsum()))
    block = kept // _BLOCK
    bounds = np.empty(2 * len(kept), dtype=np.int64)
    bounds[::2], bounds[1::2] = block * _BLOCK, kept
    inside = np.add.reduceat(frequencies, bounds, dtype=np.int64)[::2]
    inside[kept == block * _BLOCK] = 0  # of an empty stretch reduceat gives its first number
    return before.take(block) + inside
