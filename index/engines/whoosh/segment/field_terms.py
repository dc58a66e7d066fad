"""One field of a segment, apart from its group, as Whoosh knows fields."""

from typing import NamedTuple

import numpy as np

from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers
from index.engines.whoosh.segment.field_groups import COLUMNS
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.segment import Segment


class FieldPostings(NamedTuple):
    """The articles that have a term in a field, how often in each, and where in each."""

    doc_ids: Array
    frequencies: Numbers
    positions: Numbers


_NONE = FieldPostings(NOTHING, NOTHING, NOTHING)


class OneField:
    """The terms of a field, deleted articles included."""

    def __init__(self, segment: Segment, name: str) -> None:
        self._column = COLUMNS[name]
        self._group: FieldGroup | None = segment.group(self._column.group)

    def all(self) -> list[bytes]:
        """All terms of the field, in order."""
        group = self._group
        if group is None:
            return []
        ordinals = range(len(group.terms))
        _, combinations = group.postings_of(ordinals)
        counts = np.array([*map(group.count, ordinals)], dtype=np.int64)
        stands = group.frequencies[self._column.row].take(combinations) > 0
        has = np.logical_or.reduceat(stands, counts.cumsum() - counts)
        return [term for term, is_there in zip(group.terms.all(), has, strict=True) if is_there]

    def postings(self, term: bytes) -> FieldPostings:
        """Where the term stands in the field."""
        group = self._group
        ordinal = -1 if group is None else group.terms.find(term)
        if group is None or ordinal < 0:
            return _NONE
        doc_ids, combinations = group.postings(ordinal)
        by_field = group.frequencies[: len(group.frequencies) // 2].take(combinations, axis=1)
        fields = np.tile(np.arange(len(by_field)), len(doc_ids)).repeat(by_field.T.ravel())
        stored = group.positions(ordinal)
        wanted = fields == self._column.number
        if self._column.exact:
            wanted &= (stored & 1).astype(np.bool_)
        frequencies = group.frequencies[self._column.row].take(combinations)
        has = frequencies > 0
        return FieldPostings(doc_ids[has], frequencies[has], stored[wanted].astype(np.int64) >> 1)
