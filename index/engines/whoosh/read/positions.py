"""Where terms stand in hits, for no more articles than a page has.

Only the hits' own positions are read, and of a long text only some of them: see MAX_POSITIONS.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.phrases import TermReader, starts_of
from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers, indices, once
from index.engines.whoosh.segment.field import Field
from index.results import FIRST_POSITIONS, MAX_POSITIONS
from index.schema import EXACT, STORY


class MatchPositions(NamedTuple):
    """One hit's positions by text, ascending, each once; the texts that have more of them."""

    positions: Mapping[str, Sequence[int]]
    cut: frozenset[str]


_NONE = MatchPositions({}, frozenset())


class _Runs(NamedTuple):
    """Positions that stand together in a field's section: of one term, in one hit."""

    field: Field
    hits: Numbers
    begins: Numbers
    counts: Numbers


def positions_in(
    reader: TermReader,
    terms: Sequence[tuple[str, str]],
    starts: Sequence[tuple[str, str]],
    doc_ids: Numbers,
) -> list[MatchPositions]:
    """For each article where the (field, term)s stand, and the terms with these (field, start)s."""
    if not terms and not starts:
        return [_NONE] * len(doc_ids)
    by_hit: list[dict[str, Sequence[int]]] = [{} for _ in doc_ids]
    cut: list[set[str]] = [set() for _ in doc_ids]
    order = np.argsort(doc_ids)
    ascending = doc_ids.take(order)
    for name in STORY if len(doc_ids) else ():
        fields = (name, EXACT[name])
        runs = [
            *_of_terms(reader, [term for term in terms if term[0] in fields], ascending),
            *_of_starts(reader, [start for start in starts if start[0] in fields], ascending),
        ]
        runs, over = _bounded(runs, len(doc_ids))
        for hit, positions in _read(runs):
            by_hit[order[hit]][name] = positions
        for hit in over.tolist():
            cut[order[hit]].add(name)
    return [
        MatchPositions(positions, frozenset(names))
        for positions, names in zip(by_hit, cut, strict=True)
    ]


def _of_terms(
    reader: TermReader, terms: Sequence[tuple[str, str]], hits: Numbers
) -> Iterator[_Runs]:
    for term in terms:
        for base, field, ordinal in reader.term(*term).entries:
            doc_ids, frequencies = field.postings(ordinal)
            if not len(doc_ids):
                continue
            first, end = hits.searchsorted((base, base + field.size))
            wanted = hits[first:end] - base
            candidates = doc_ids.searchsorted(wanted)
            here = indices(doc_ids.take(candidates, mode="clip") == wanted)
            if len(here):
                selected = candidates.take(here)
                begins = starts_of(frequencies, selected) + field.positions_from(ordinal)
                counts = frequencies.take(selected).astype(np.int64)
                yield _Runs(field, here + first, begins, counts)


def _of_starts(
    reader: TermReader, starts: Sequence[tuple[str, str]], hits: Numbers
) -> Iterator[_Runs]:
    """The same for many terms at once: their articles come in no order."""
    for name, start in starts:
        for base, field, ordinals in reader.snapshot.prefix_entries(name, start):
            doc_ids, frequencies = field.postings_of(ordinals)
            first, end = hits.searchsorted((base, base + field.size))
            wanted = hits[first:end] - base
            if not len(wanted) or not len(doc_ids):
                continue
            candidates = wanted.searchsorted(doc_ids)
            selected = indices(wanted.take(candidates, mode="clip") == doc_ids)
            begins = starts_of(frequencies, selected) + field.positions_from(ordinals.start)
            counts = frequencies.take(selected).astype(np.int64)
            yield _Runs(field, candidates.take(selected) + first, begins, counts)


def _bounded(runs: Sequence[_Runs], hits: int) -> tuple[list[_Runs], Numbers]:
    """Each term's first positions in hits that have more than MAX_POSITIONS, and those hits."""
    totals = np.zeros(hits, dtype=np.int64)
    for run in runs:
        np.add.at(totals, run.hits, run.counts)
    over = totals > MAX_POSITIONS
    if not over.any():
        return list(runs), NOTHING
    terms = np.zeros(hits, dtype=np.int64)
    for run in runs:
        np.add.at(terms, run.hits, 1)
    share = np.where(over, np.maximum(1, FIRST_POSITIONS // np.maximum(1, terms)), MAX_POSITIONS)
    left = np.where(over, MAX_POSITIONS, totals)
    bounded: list[_Runs] = []
    for field, of, begins, counts in runs:
        shortened = np.minimum(counts, share.take(of))
        # of a beginning that thousands of words have, the first of them
        before = _before(of, shortened, hits)
        fitting = before < left.take(of)
        np.subtract.at(left, of, np.where(fitting, shortened, 0))
        bounded.append(_Runs(field, of[fitting], begins[fitting], shortened[fitting]))
    return bounded, indices(over)


def _before(hits: Numbers, counts: Numbers, size: int) -> Numbers:
    """How many positions the same hit has in the runs before each."""
    order = np.argsort(hits, kind="stable")
    ordered = counts.take(order)
    running = ordered.cumsum() - ordered
    firsts = hits.take(order).searchsorted(np.arange(size))
    before = np.empty(len(hits), dtype=np.int64)
    begin = running.take(np.minimum(firsts, max(0, len(running) - 1))) if len(running) else running
    before[order] = running - begin.take(hits.take(order))
    return before


def _read(runs: Sequence[_Runs]) -> Iterator[tuple[int, Sequence[int]]]:
    """Each hit's positions, read and sorted."""
    runs_read: list[Array] = []
    owners: list[Numbers] = []
    for field, hits, begins, counts in runs:
        runs_read += [
            field.positions_at(begin, count)
            for begin, count in zip(begins.tolist(), counts.tolist(), strict=True)
        ]
        owners.append(hits.repeat(counts))
    if not runs_read:
        return
    keys = np.concatenate(runs_read).astype(np.int64)
    stride = 1 + int(keys.max())
    keys += np.concatenate(owners) * stride
    ordered = once(keys)
    hits, positions = ordered // stride, ordered % stride
    bounds = [0, *(indices(hits[1:] != hits[:-1]) + 1).tolist(), len(ordered)]
    for start, end in pairwise(bounds):
        yield int(hits[start]), positions[start:end].tolist()
