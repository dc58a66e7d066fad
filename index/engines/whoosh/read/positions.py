"""Where terms stand in hits, for no more articles than a page has.

Only the hits' own positions are read, and of a long text only some of them: see MAX_POSITIONS.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from index.engines.whoosh import kernels
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.read.terms import TermReader
from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers, indices, once
from index.engines.whoosh.segment.field_groups import COLUMNS
from index.engines.whoosh.segment.group import FieldGroup
from index.results import FIRST_POSITIONS, MAX_POSITIONS
from index.schema import EXACT_OF, STORY

_FEW = 500
"""Positions of a run that are read at once, to find the first forms among them."""


class MatchPositions(NamedTuple):
    """One hit's positions by text, ascending, each once; the texts that have more of them."""

    positions: Mapping[str, Sequence[int]]
    cut: frozenset[str]


_CELL = 40
"""A key is a cell from this bit on, and a position below it."""
_POSITION = (1 << _CELL) - 1
_NONE = MatchPositions({}, frozenset())
_Terms = tuple[int, int, int, bool]
"""Terms for the kernel: first ordinal, end, a bit for each text, exact."""
_FIELDS = tuple([COLUMNS[text].number for text in STORY])
"""Each text's field in its group."""


class _Runs(NamedTuple):
    """Positions that stand together in a group's section: of one term, in one text of a hit.

    `cells` are the hit times the number of texts, plus the text. Of an exact field `stored` are
    the positions to be read, of which `counts` are those of forms.
    """

    group: FieldGroup
    cells: Numbers
    begins: Numbers
    stored: Numbers
    counts: Numbers
    exact: bool


_Wanted = dict[tuple[str, str, bool], list[int]]
"""(Field group, term, exact) and the texts of the story in which its positions are wanted."""


def positions_in(
    reader: TermReader,
    terms: Sequence[tuple[str, str]],
    starts: Sequence[tuple[str, str]],
    doc_ids: Numbers,
) -> list[MatchPositions]:
    """For each article where the (field, term)s stand, and the terms with these (field, start)s."""
    if not len(doc_ids) or (not terms and not starts):
        return [_NONE] * len(doc_ids)
    by_hit: list[dict[str, Sequence[int]]] = [{} for _ in doc_ids]
    cut: list[set[str]] = [set() for _ in doc_ids]
    order = np.argsort(doc_ids)
    ascending = doc_ids.take(order)
    read = _compiled if kernels.COMPILED else _with_numpy
    found, over = read(reader, _wanted(terms), _wanted(starts), ascending)
    for cell, positions in found:
        hit, text = divmod(cell, len(STORY))
        by_hit[order[hit]][STORY[text]] = positions
    for cell in over:
        hit, text = divmod(cell, len(STORY))
        cut[order[hit]].add(STORY[text])
    return [
        MatchPositions(positions, frozenset(names))
        for positions, names in zip(by_hit, cut, strict=True)
    ]


def _wanted(terms: Sequence[tuple[str, str]]) -> _Wanted:
    wanted: _Wanted = {}
    for name, term in terms:
        group, _, exact = COLUMNS[name]
        text = STORY.index(EXACT_OF.get(name, name))
        texts = wanted.setdefault((group, term, exact), [])
        if text not in texts:
            texts.append(text)
    return wanted


def _with_numpy(
    reader: TermReader, terms: _Wanted, starts: _Wanted, hits: Numbers
) -> tuple[Iterable[tuple[int, Sequence[int]]], Sequence[int]]:
    """The positions in each cell, and the cells that have more of them."""
    runs = [*_of_terms(reader, terms, hits), *_of_starts(reader.snapshot, starts, hits)]
    bounded, over = _bounded(runs, len(hits) * len(STORY))
    return _read(bounded), over.tolist()


def _compiled(
    reader: TermReader, terms: _Wanted, starts: _Wanted, hits: Numbers
) -> tuple[Iterable[tuple[int, Sequence[int]]], Sequence[int]]:
    """The same by a compiled kernel, segment by segment."""
    # terms of the same texts follow each other, as with numpy
    pieces: dict[tuple[int, FieldGroup], dict[object, list[_Terms]]] = {}
    for (group_name, term, exact), texts in terms.items():
        bits = sum(1 << text for text in texts)
        for base, group, ordinal in reader.term(group_name, term).entries:
            same = pieces.setdefault((base, group), {}).setdefault((bits, exact), [])
            same.append((ordinal, ordinal + 1, bits, exact))
    for (group_name, start, exact), texts in starts.items():
        bits = sum(1 << text for text in texts)
        for base, group, ordinals in reader.snapshot.prefix_entries(group_name, start):
            same = pieces.setdefault((base, group), {}).setdefault((start, bits, exact), [])
            same.append((ordinals.start, ordinals.stop, bits, exact))
    found: list[tuple[int, Sequence[int]]] = []
    over: list[int] = []
    for (base, group), wanted in pieces.items():
        first, end = hits.searchsorted((base, base + group.size)).tolist()
        if first == end:
            continue
        cells, cut = kernels.positions.match_positions(
            group.compiled,
            hits[first:end] - base,
            [*chain.from_iterable(wanted.values())],
            _FIELDS,
            MAX_POSITIONS,
            FIRST_POSITIONS,
        )
        before = first * len(STORY)
        found += cells if not before else [(cell + before, some) for cell, some in cells]
        over += cut if not before else [cell + before for cell in cut]
    return found, over


def _of_terms(reader: TermReader, wanted: _Wanted, hits: Numbers) -> Iterator[_Runs]:
    """The runs of terms: postings of several terms in the same texts are read at once."""
    several = len(reader.snapshot.segments) > 1
    pieces: dict[tuple[FieldGroup, bool, tuple[int, ...]], list[tuple[Numbers, Numbers]]] = {}
    for (group_name, term, exact), texts in wanted.items():
        for base, group, ordinal in reader.term(group_name, term).entries:
            doc_ids, _ = group.postings(ordinal)
            first, end = 0, len(hits)
            if several:
                first, end = hits.searchsorted((base, base + group.size)).tolist()
            within = (hits[first:end] - base).astype(doc_ids.dtype)
            candidates = doc_ids.searchsorted(within)
            here = indices(doc_ids.take(candidates, mode="clip") == within)
            postings = candidates.take(here) + group.first_posting(ordinal)
            pieces.setdefault((group, exact, tuple(texts)), []).append((here + first, postings))
    for (group, exact, in_texts), some in pieces.items():
        hit, postings = map(np.concatenate, zip(*some, strict=True))
        yield from _in_texts(group, exact, in_texts, hit, postings)


def _of_starts(snapshot: Snapshot, wanted: _Wanted, hits: Numbers) -> Iterator[_Runs]:
    """The same for many terms at once: their articles come in no order."""
    for (group_name, start, exact), texts in wanted.items():
        for base, group, ordinals in snapshot.prefix_entries(group_name, start):
            doc_ids, _ = group.postings_of(ordinals)
            first, end = hits.searchsorted((base, base + group.size)).tolist()
            within = (hits[first:end] - base).astype(doc_ids.dtype)
            if not len(within):
                continue
            candidates = within.searchsorted(doc_ids)
            selected = indices(within.take(candidates, mode="clip") == doc_ids)
            hit = candidates.take(selected) + first
            postings = selected + group.first_posting(ordinals.start)
            yield from _in_texts(group, exact, texts, hit, postings)


def _in_texts(
    group: FieldGroup, exact: bool, texts: Sequence[int], hits: Numbers, postings: Numbers
) -> Iterator[_Runs]:
    """The runs of postings, by their indices, in some texts of hits."""
    if not len(postings):
        return
    numbers = tuple([COLUMNS[STORY[text]].number for text in texts])
    combinations, begins = group.combinations_of(postings), group.begins(postings)
    stored, before = (table.take(combinations, axis=1) for table in group.counts(numbers))
    counts = stored
    if exact:
        rows = np.array(numbers) + len(group.frequencies) // 2
        counts = group.frequencies.take(rows, axis=0).take(combinations, axis=1)
    before += begins
    text, posting = counts.nonzero()
    if not len(text):
        return
    cells = hits.take(posting) * len(STORY) + np.array(texts).take(text)
    has = text, posting
    yield _Runs(group, cells, before[has], stored[has], counts[has], exact)


def _bounded(runs: Sequence[_Runs], cells: int) -> tuple[list[_Runs], Numbers]:
    """Each term's first positions in texts that have more than MAX_POSITIONS, and those texts."""
    totals = np.zeros(cells, dtype=np.int64)
    for run in runs:
        np.add.at(totals, run.cells, run.counts)
    over = totals > MAX_POSITIONS
    if not over.any():
        return list(runs), NOTHING
    terms = np.zeros(cells, dtype=np.int64)
    for run in runs:
        np.add.at(terms, run.cells, 1)
    share = np.where(over, np.maximum(1, FIRST_POSITIONS // np.maximum(1, terms)), MAX_POSITIONS)
    left = np.where(over, MAX_POSITIONS, totals)
    bounded: list[_Runs] = []
    for run in runs:
        shortened = np.minimum(run.counts, share.take(run.cells))
        # of a beginning that thousands of words have, the first of them
        before = _before(run.cells, shortened, cells)
        fitting = before < left.take(run.cells)
        np.subtract.at(left, run.cells, np.where(fitting, shortened, 0))
        bounded.append(
            run._replace(
                cells=run.cells[fitting],
                begins=run.begins[fitting],
                stored=run.stored[fitting],
                counts=shortened[fitting],
            )
        )
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
    """Each text's positions, read and sorted."""
    keys = [_keys(run) for run in runs if len(run.cells)]
    if not keys:
        return
    ordered = once(np.concatenate(keys))
    cells, positions = ordered >> _CELL, ordered & _POSITION
    bounds = [0, *(indices(cells[1:] != cells[:-1]) + 1).tolist(), len(ordered)]
    numbers, every = cells.tolist(), positions.tolist()
    for start, end in pairwise(bounds):
        yield numbers[start], every[start:end]


def _keys(run: _Runs) -> Numbers:
    """The cell and position of each position of the runs; of an exact field of forms only."""
    if run.exact:
        read = [
            _forms(run.group, *one)
            for one in zip(
                run.begins.tolist(), run.stored.tolist(), run.counts.tolist(), strict=True
            )
        ]
        stored = np.concatenate(read)
    else:
        shifts = run.begins - run.counts.cumsum() + run.counts
        places = shifts.repeat(run.counts)
        places += np.arange(len(places))
        stored = run.group.some_positions(places)
    return (run.cells << _CELL).repeat(run.counts) | (stored.astype(np.int64) >> 1)


def _forms(group: FieldGroup, begin: int, stored: int, count: int) -> Array:
    """The first so many of a run's positions that are a form's."""
    read = min(stored, max(_FEW, 2 * count))
    while True:
        positions = group.positions_at(begin, read)
        forms = positions[(positions & 1).astype(np.bool_)]
        if len(forms) >= count or read == stored:
            return forms[:count]
        read = min(stored, 8 * read)  # most are of other forms
