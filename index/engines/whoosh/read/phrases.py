"""Where the parts of a phrase stand one after another."""

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.snapshot import Snapshot, TermEntries
from index.engines.whoosh.segment import sets
from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers, once
from index.engines.whoosh.segment.field import Postings
from index.engines.whoosh.segment.sets import DocSet, Indices
from index.query import PHRASE_PLACES, Phrase

_FLAGS = 64
"""So many flags for each position are worth it: halving costs as much."""
_BLOCK = 32
"""Postings whose positions are counted together."""
_ZERO = np.zeros(1, dtype=np.int64)
_FEW = 2_000
"""In so few articles the positions of each part are read once, for all phrases that have it."""
_STRIDE = 1 << 32
"""Above every position, with room for a slop."""


class Stand(NamedTuple):
    """Where a term stands in candidates: which, by their indices; how often in each; where."""

    candidates: Indices
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
    entries: TermEntries


class TermReader:
    """Reads the terms of a snapshot, each once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._read: dict[tuple[str, str], ReadTerm] = {}
        self._keys: dict[tuple[str, tuple[str, ...], int], tuple[DocSet, Numbers]] = {}

    def term(self, field: str, term: str) -> ReadTerm:
        """Where the term stands in the field."""
        key = (field, term)
        if (known := self._read.get(key)) is None:
            entries = self.snapshot.entries(field, term)
            doc_ids, frequencies = self.snapshot.postings(entries)
            articles = DocSet(self.snapshot.size, doc_ids)
            known = self._read[key] = ReadTerm(articles, frequencies, entries)
        return known

    def stand(self, field: str, term: str, candidates: DocSet) -> Stand | None:
        """Where the term stands in the candidates; None where it stands nowhere."""
        articles, frequencies, entries = self.term(field, term)
        if not entries:
            return None
        postings: Postings = (articles.doc_ids, frequencies)
        if not self.snapshot.whole:
            postings = self.snapshot.postings(entries, deleted=True)
        return _stand(self.snapshot, postings, entries, candidates)

    def keys(self, field: str, variants: tuple[str, ...], few: DocSet) -> Numbers:
        """The position keys of a part of a phrase in a few articles, read once."""
        key = (field, variants, id(few))
        if (known := self._keys.get(key)) is None:  # the articles are held: ids are not reused
            keys = position_keys(_part(self, field, variants, few), _STRIDE)
            known = self._keys[key] = (few, keys)
        return known[1]


def phrase(
    reader: TermReader, query: Phrase, field: str, within: DocSet | None = None
) -> tuple[DocSet, Numbers]:
    """The articles with the phrase in the field (of those in `within`), how often in each."""
    size = reader.snapshot.size
    if within is not None and _read_once(reader, query, field, within):
        return _in_few(reader, query, field, within)
    parts = [
        sets.union([reader.term(field, variant).articles for variant in part], size)
        for part in query.parts
    ]
    shared = sorted(parts if within is None else [*parts, within], key=len)
    if not query.parts or not len(shared[0]):
        return DocSet(size, NOTHING), NOTHING
    having = reduce(and_, shared)
    stands = [_part(reader, field, part, having) for part in query.parts]
    # a candidate's keys and the next one's are further apart than a phrase's words may be
    stride = 2 + query.slop + max(stand.last for part in stands for stand in part)
    ends = _ends([position_keys(part, stride) for part in stands], query.slop)
    counts = np.bincount(ends // stride, minlength=len(having))
    return having.where(counts > 0), counts.compress(counts > 0)


def _read_once(reader: TermReader, query: Phrase, field: str, within: DocSet) -> bool:
    """Whether articles are few, and each part stands in them no more often than a byte can say."""
    if len(within) > _FEW or not query.parts:
        return False
    read = [reader.term(field, variant) for part in query.parts for variant in part]
    return all(term.frequencies.dtype.itemsize == 1 for term in read if term.articles.count)


def _in_few(reader: TermReader, query: Phrase, field: str, few: DocSet) -> tuple[DocSet, Numbers]:
    """The articles of these few with the phrase in the field, how often in each."""
    ends = _ends([reader.keys(field, part, few) for part in query.parts], query.slop)
    if not len(ends):
        return DocSet(few.size, NOTHING), NOTHING
    counts = np.bincount(ends // _STRIDE, minlength=len(few))
    return few.where(counts > 0), counts.compress(counts > 0)


def _part(
    reader: TermReader, field: str, variants: Sequence[str], candidates: DocSet
) -> list[Stand]:
    """Where a part's variants stand in the candidates."""
    stands = (reader.stand(field, variant, candidates) for variant in variants)
    return [stand for stand in stands if stand is not None]


def _ends(by_part: Sequence[Numbers], slop: int) -> Numbers:
    """The position keys at which the phrase can end."""
    ends = by_part[0]
    for keys in by_part[1:]:
        if not len(ends) or not len(keys):
            return NOTHING
        if not slop:
            ends = _next(ends, keys)
            continue
        before = ends.searchsorted(keys) - 1  # the last end left of each key
        gaps = keys - ends.take(before, mode="clip") - 1
        ends = keys.compress((before >= 0) & (gaps <= slop))
    return ends


def _next(ends: Numbers, keys: Numbers) -> Numbers:
    """The keys right after an end: through a flag for each where texts are short enough."""
    last = int(keys[-1])
    if last > _FLAGS * (len(ends) + len(keys)):
        if len(ends) < len(keys):
            wanted = ends + 1
            candidates = keys.searchsorted(wanted)
            return wanted.compress(keys.take(candidates, mode="clip") == wanted)
        wanted = keys - 1
        candidates = ends.searchsorted(wanted)
        return keys.compress(ends.take(candidates, mode="clip") == wanted)
    after = np.zeros(last + 1, dtype=np.bool_)
    after[1:][ends[: ends.searchsorted(last)]] = True
    return keys.compress(after.take(keys))


def _stand(
    snapshot: Snapshot, postings: Postings, entries: TermEntries, candidates: DocSet
) -> Stand:
    """Where the term with these postings stands in the candidates."""
    doc_ids, frequencies = postings
    in_candidates, selected = candidates.align(doc_ids)
    ranks: Indices = (
        np.arange(len(candidates)) if isinstance(in_candidates, slice) else in_candidates
    )
    long = frequencies.dtype.itemsize > 1 and frequencies.max(initial=0) > PHRASE_PLACES
    if isinstance(selected, slice):
        if not long:
            return Stand(ranks, frequencies, snapshot.positions(entries))
        selected = np.arange(len(doc_ids))
    runs = starts_of(frequencies, selected)
    frequencies = frequencies.take(selected).astype(np.int64)
    if long:
        np.minimum(frequencies, PHRASE_PLACES, out=frequencies)
    # the positions of the selected postings: each runs on from its start
    runs -= frequencies.cumsum()
    runs += frequencies
    indices = runs.repeat(frequencies)
    indices += np.arange(len(indices))
    if long:  # millions of positions, most of them not needed: nor are they read
        return Stand(ranks, frequencies, snapshot.some_positions(entries, indices))
    return Stand(ranks, frequencies, snapshot.positions(entries).take(indices))


def position_keys(stands: Sequence[Stand], stride: int) -> Numbers:
    """Each candidate and position in one integer, ascending; `stride` is above every position."""
    by_term = []
    for candidates, frequencies, positions in stands:
        keys: Numbers = (candidates.astype(np.int64) * stride).repeat(frequencies)
        keys += positions
        by_term.append(keys)
    if len(by_term) == 1:
        return by_term[0]
    return once(np.concatenate(by_term)) if by_term else NOTHING


def starts_of(frequencies: Array, selected: Indices) -> Numbers:
    """How many positions stand before those of the selected postings.

    A running sum goes number by number; a sum of each block, and for the selected ones the rest
    of their block, is many times as fast where few are selected.
    """
    if len(selected) * _BLOCK > len(frequencies) or len(frequencies) < 4 * _BLOCK:
        return (frequencies.cumsum(dtype=np.int64) - frequencies).take(selected)
    blocks = len(frequencies) // _BLOCK
    firsts = np.arange(0, blocks * _BLOCK, _BLOCK)
    whole = np.add.reduceat(frequencies[: blocks * _BLOCK], firsts, dtype=np.int64)
    before = np.concatenate((_ZERO, whole.cumsum()))
    block = selected // _BLOCK
    bounds = np.empty(2 * len(selected), dtype=np.int64)
    bounds[::2], bounds[1::2] = block * _BLOCK, selected
    inside = np.add.reduceat(frequencies, bounds, dtype=np.int64)[::2]
    inside[selected == block * _BLOCK] = 0  # of an empty stretch reduceat gives its first number
    return before.take(block) + inside
