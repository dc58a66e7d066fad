"""Where the parts of a phrase stand one after another."""

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain, pairwise
from operator import and_
from typing import NamedTuple

import numpy as np

from index.engines.whoosh import kernels
from index.engines.whoosh.read.phrase_searches import searches
from index.engines.whoosh.read.runs import Stand, read_runs
from index.engines.whoosh.read.terms import InSegment, TermReader
from index.engines.whoosh.segment import sets
from index.engines.whoosh.segment.arrays import NOTHING, Flags, Numbers, Reals, once
from index.engines.whoosh.segment.field_groups import Rows
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.sets import DocSet
from index.query import Phrase

_FLAGS = 64
"""So many flags for each position are worth it: halving costs as much."""
_FEW = 2_000
"""In so few articles the positions of each part are read once, for all phrases that have it."""
_MANY = 200_000
"""Positions of a part from which they are read in those articles only that have all parts."""
_STRIDE = 1 << 32
"""Above every position, with room for a slop."""

_Part = tuple[str, ...]


class FoundPhrase(NamedTuple):
    """The articles with a phrase, ascending, and how often in each: a row a field asked for."""

    articles: DocSet
    frequencies: Numbers


class PhraseReader:
    """Finds phrases; the positions of a part are read once in a few articles."""

    def __init__(self, reader: TermReader) -> None:
        self._reader = reader
        self._keys: dict[tuple[Rows, _Part, int], tuple[DocSet, Numbers | None]] = {}

    def find(self, query: Phrase, rows: Rows, within: DocSet | None = None) -> FoundPhrase:
        """The articles (of those in `within`) with the phrase in the fields, all of one kind."""
        if kernels.COMPILED:
            return self._find_compiled(query, rows, within)
        fields, size = len(rows.rows), self._reader.snapshot.size
        if within is not None and query.parts and len(within) <= _FEW:
            self.read_once(rows, query.parts, within)
            by_part = [self._keys[rows, part, id(within)][1] for part in query.parts]
            keys = [some for some in by_part if some is not None]
            if len(keys) == len(by_part):
                return _counted(_ends(keys, query.slop), _STRIDE, within, fields)
        parts = [self._having(rows, part) for part in query.parts]
        shared = sorted(parts if within is None else [*parts, within], key=len)
        if not query.parts or not len(shared[0]):
            return FoundPhrase(DocSet(size, NOTHING), np.zeros((fields, 0), dtype=np.int64))
        having = reduce(and_, shared)
        stands = [self._stands(rows, part, having) for part in query.parts]
        # a cell's keys and the next one's are further apart than a phrase's words may be
        positions = [stand.positions for part in stands for stand in part if len(stand.positions)]
        last = max([int(some.max()) for some in positions], default=0)
        stride = 2 + query.slop + last
        ends = _ends([position_keys(part, stride, len(part) > 1) for part in stands], query.slop)
        return _counted(ends, stride, having, fields)

    def read_once(self, rows: Rows, parts: Iterable[_Part], few: DocSet) -> None:
        """Reads the position keys of parts in a few articles, those that are not known yet.

        All at once: a hundred small arrays cost more than a large one. None where they are many.
        """
        unread = [part for part in dict.fromkeys(parts) if (rows, part, id(few)) not in self._keys]
        if not unread or len(few) > _FEW:
            return
        by_group: dict[FieldGroup, list[InSegment]] = {}
        for number, part in enumerate(unread):
            for found in self._in_segments(rows, part, few):
                moved = found._replace(articles=found.articles + number * len(few))
                by_group.setdefault(found.group, []).append(moved)
        stands = [_read(some, rows) for some in by_group.values() if _countable(some)]
        if len(stands) < len(by_group):
            self._keys |= {(rows, part, id(few)): (few, None) for part in unread}
            return
        keys = position_keys(stands, _STRIDE, any(len(part) > 1 for part in unread))
        step = len(few) * len(rows.rows) * _STRIDE
        bounds = keys.searchsorted(np.arange(len(unread) + 1) * step).tolist()
        for number, (part, (start, end)) in enumerate(zip(unread, pairwise(bounds), strict=True)):
            # the articles are held: ids are not reused
            self._keys[rows, part, id(few)] = (few, keys[start:end] - number * step)

    def add_frequencies(
        self, sums: Reals, query: Phrase, rows: Rows, weights: Reals, within: DocSet
    ) -> None:
        """Adds to each article's sum its weighted frequency of the phrase in the fields.

        The sums are of the articles in `within`. The weights are a row for each article of the
        snapshot, a column for each field. Only with compiled kernels.
        """
        for search, articles, here in searches(self._reader, query, rows, within):
            search.add_to(sums[here], weights[articles])

    def _find_compiled(self, query: Phrase, rows: Rows, within: DocSet | None) -> FoundPhrase:
        doc_ids, counts = [NOTHING], [np.zeros((0, len(rows.rows)), dtype=np.int64)]
        for search, articles, _ in searches(self._reader, query, rows, within):
            here, counted = search.found()
            doc_ids.append(here + articles.start)
            counts.append(counted)
        having = DocSet(self._reader.snapshot.size, np.concatenate(doc_ids))
        return FoundPhrase(having, np.concatenate(counts).T)

    def _having(self, rows: Rows, variants: Sequence[str]) -> DocSet:
        """The articles where any of the variants stands in any of the fields."""
        reader, (group, columns, _) = self._reader, rows
        by_term = [reader.term(group, variant).in_columns(columns) for variant in variants]
        return sets.union(by_term, reader.snapshot.size)

    def _stands(self, rows: Rows, variants: Sequence[str], candidates: DocSet) -> list[Stand]:
        """Where a part's variants stand in the candidates."""
        found = self._in_segments(rows, variants, candidates)
        return [_read([some], rows) for some in found]

    def _in_segments(
        self, rows: Rows, variants: Sequence[str], articles: DocSet
    ) -> Iterable[InSegment]:
        return chain.from_iterable(
            self._reader.term(rows.group, variant).in_segments(articles) for variant in variants
        )


def _read(found: Sequence[InSegment], rows: Rows) -> Stand:
    """Where postings of one segment stand."""
    if len(found) == 1:
        return read_runs(found[0], rows)
    _, postings, articles, combinations = zip(*found, strict=True)
    joined = map(np.concatenate, (postings, articles, combinations))
    return read_runs(InSegment(found[0].group, *joined), rows)


def _countable(found: Sequence[InSegment]) -> bool:
    """Whether the postings of one segment have few positions."""
    spans = found[0].group.spans
    counts = (spans.take(some.combinations) for some in found)
    return sum(int(np.add.reduce(some)) for some in counts) <= _MANY


def _counted(ends: Numbers, stride: int, among: DocSet, fields: int) -> FoundPhrase:
    """How often a phrase ends in each field of each of these articles, those where it does."""
    if not len(ends):
        return FoundPhrase(DocSet(among.size, NOTHING), np.zeros((fields, 0), dtype=np.int64))
    counts = np.bincount(ends // stride, minlength=len(among) * fields).reshape(-1, fields)
    has: Flags = np.maximum.reduce(counts, axis=1) > 0
    return FoundPhrase(among.where(has), counts.compress(has, axis=0).T)


def position_keys(stands: Sequence[Stand], stride: int, several: bool = True) -> Numbers:
    """Each cell and position in one integer, ascending; `stride` is above every position.

    `several` says that one of the stands has several terms.
    """
    by_stand = [cells * stride + positions for cells, positions in stands if len(cells)]
    if len(by_stand) == 1 and not several:
        return by_stand[0]
    return once(np.concatenate(by_stand)) if by_stand else NOTHING


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
