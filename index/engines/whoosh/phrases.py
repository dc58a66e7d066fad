"""Where the parts of a phrase stand one after another."""

from collections.abc import Sequence
from functools import reduce
from operator import and_

import numpy as np

from index.engines.whoosh import sets
from index.engines.whoosh.arrays import NOTHING, Array, Numbers, once
from index.engines.whoosh.segment import Postings
from index.engines.whoosh.sets import Articles, Places
from index.engines.whoosh.snapshot import Snapshot
from index.query import Phrase

_FLAGS = 64
"""So many flags a place are worth it: halving costs as much."""
_BLOCK = 32
"""Postings whose positions are counted together."""
_ZERO = np.zeros(1, dtype=np.int64)
POSITION_BITS = 21
"""A body holds 2 MiB, so fewer than 2^21 words: article and position fit one integer."""


class Reader:
    """Reads postings and positions of a snapshot, each once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._places: dict[tuple[str, str], list[int]] = {}
        self._postings: dict[tuple[str, str], Postings] = {}
        self._articles: dict[tuple[str, str], Articles] = {}

    def places(self, field: str, term: str) -> list[int]:
        """The term's place in each segment's table."""
        key = (field, term)
        if key not in self._places:
            self._places[key] = self.snapshot.places(field, term)
        return self._places[key]

    def postings(self, field: str, term: str) -> Postings:
        """Where the term stands in the field, in live articles."""
        key = (field, term)
        if (found := self._postings.get(key)) is None:
            found = self._postings[key] = self.snapshot.postings(field, self.places(field, term))
        return found

    def articles(self, field: str, term: str) -> Articles:
        """The live articles where the term stands in the field."""
        key = (field, term)
        if (found := self._articles.get(key)) is None:
            numbers = self.postings(field, term).numbers
            found = self._articles[key] = Articles(self.snapshot.size, numbers)
        return found

    def positions(self, field: str, term: str) -> tuple[Postings, Array]:
        """The term's postings, deleted articles included, and its positions in them."""
        places = self.places(field, term)
        postings = (
            self.postings(field, term)  # known by now, and where they meet others too
            if self.snapshot.whole
            else self.snapshot.postings(field, places, deleted=True)
        )
        return postings, self.snapshot.positions(field, places)


def phrase(
    reader: Reader, query: Phrase, field: str, within: Articles | None = None
) -> tuple[Articles, Numbers]:
    """The articles with the phrase in the field (of those in `within`), how often in each."""
    size = reader.snapshot.size
    parts = [
        sets.union([reader.articles(field, variant) for variant in part], size)
        for part in query.parts
    ]
    shared = sorted(parts if within is None else [*parts, within], key=len)
    if not query.parts or not len(shared[0]):
        return Articles(size, NOTHING), NOTHING
    having = reduce(and_, shared)
    ends = _ends(reader, query, field, having)
    counts = np.bincount(ends >> POSITION_BITS, minlength=len(having))
    return having.where(counts > 0), counts.compress(counts > 0)


def _ends(reader: Reader, query: Phrase, field: str, candidates: Articles) -> Numbers:
    """The places (candidate and position in one integer) where the phrase can end."""
    ends = _part(reader, field, query.parts[0], candidates)
    for part in query.parts[1:]:
        places = _part(reader, field, part, candidates)
        if not len(ends) or not len(places):
            return NOTHING
        if not query.slop:
            ends = _next(ends, places)
            continue
        before = ends.searchsorted(places) - 1  # the last end left of each place
        gaps = places - ends.take(before, mode="clip") - 1
        ends = places.compress((before >= 0) & (gaps <= query.slop))
    return ends


def _next(ends: Numbers, places: Numbers) -> Numbers:
    """The places right after an end: through a flag a place where the texts are short enough."""
    mask = (1 << POSITION_BITS) - 1
    left, right = ends & mask, places & mask
    longest = int(max(left.max(), right.max())) + 2
    candidates = int(min(ends[-1], places[-1]) >> POSITION_BITS) + 1
    if longest * candidates > _FLAGS * (len(ends) + len(places)):
        if len(ends) < len(places):
            wanted = ends + 1
            at = places.searchsorted(wanted)
            return wanted.compress(places.take(at, mode="clip") == wanted)
        at = ends.searchsorted(places - 1)
        return places.compress(ends.take(at, mode="clip") == places - 1)
    flags = np.zeros(candidates * longest, dtype=np.bool_)
    left += (ends >> POSITION_BITS) * longest
    right += (places >> POSITION_BITS) * longest
    flags[left.compress(left < len(flags)) + 1] = True
    right = right.compress(right < len(flags))
    return places[: len(right)].compress(flags.take(right))


def _part(reader: Reader, field: str, variants: Sequence[str], candidates: Articles) -> Numbers:
    """The places of a part's variants in the candidates, ascending."""
    found = []
    for variant in variants:
        postings, positions = reader.positions(field, variant)
        if len(postings.numbers):
            found.append(among(postings, positions, candidates))
    if len(found) == 1:
        return found[0]
    return once(np.concatenate(found)) if found else NOTHING


def among(postings: Postings, positions: Array, candidates: Articles) -> Numbers:
    """The positions in the candidates, each in one integer with its candidate's place."""
    where, kept = candidates.align(postings.numbers)
    ranks: Places = np.arange(len(candidates)) if isinstance(where, slice) else where
    if isinstance(kept, slice):
        frequencies, wanted = postings.frequencies, positions
    else:
        frequencies = postings.frequencies.take(kept).astype(np.int64)
        starts = _starts(postings.frequencies, kept)
        # the positions of the kept postings: each runs on from its start
        runs = np.repeat(starts - (np.cumsum(frequencies) - frequencies), frequencies)
        runs += np.arange(len(runs))
        wanted = positions.take(runs)
    places: Numbers = np.repeat(ranks.astype(np.int64) << POSITION_BITS, frequencies)
    places |= wanted
    return places


def _starts(frequencies: Array, kept: Places) -> Numbers:
    """How many positions stand before those of the kept postings.

    A running sum goes number by number; a sum of each block, and for the kept ones the rest
    of their block, is many times as fast where few are kept.
    """
    if len(kept) * _BLOCK > len(frequencies) or len(frequencies) < 4 * _BLOCK:
        return (np.cumsum(frequencies, dtype=np.int64) - frequencies).take(kept)
    blocks = len(frequencies) // _BLOCK
    whole = frequencies[: blocks * _BLOCK].reshape(blocks, _BLOCK).sum(axis=1, dtype=np.int64)
    before = np.concatenate((_ZERO, np.cumsum(whole)))
    block = kept // _BLOCK
    bounds = np.empty(2 * len(kept), dtype=np.int64)
    bounds[::2], bounds[1::2] = block * _BLOCK, kept
    inside = np.add.reduceat(frequencies, bounds, dtype=np.int64)[::2]
    inside[kept == block * _BLOCK] = 0  # of an empty stretch reduceat gives its first number
    return before.take(block) + inside
