"""The tables of frequencies of a snapshot's segments, as one: a combination has one number."""

from collections.abc import Sequence

import numpy as np

from index.engines.whoosh.segment.arrays import Flags, Numbers, Reals
from index.engines.whoosh.segment.group import FieldGroup

_RowNumbers = tuple[int, ...]


class GroupTable:
    """A row for each column of a group, a column for each combination. `groups` has at least one.

    `first[group]` is the number of a segment's first combination.
    """

    def __init__(self, groups: Sequence[FieldGroup]) -> None:
        tables = [group.frequencies for group in groups]
        self.frequencies: Numbers = np.concatenate(tables, axis=1)
        firsts = np.cumsum([0, *(table.shape[1] for table in tables)]).tolist()
        self.first = dict(zip(groups, firsts, strict=False))
        self._reals: dict[_RowNumbers, Reals] = {}
        self._having: dict[_RowNumbers, Flags | None] = {}
        self._implied: dict[tuple[_RowNumbers, _RowNumbers], bool] = {}

    def reals(self, rows: _RowNumbers) -> Reals:
        """A row for each combination, a column for each of these rows of the table."""
        if (known := self._reals.get(rows)) is None:
            some = self.frequencies.take(rows, axis=0).T
            known = self._reals[rows] = some.astype(np.float32, order="C")
        return known

    def having(self, rows: _RowNumbers) -> Flags | None:
        """Which combinations have the term in any of these columns; None: all."""
        if rows not in self._having:
            having: Flags = self.frequencies.take(rows, axis=0).max(axis=0) > 0
            self._having[rows] = None if having.all() else having
        return self._having[rows]

    def implied(self, rows: _RowNumbers, others: _RowNumbers) -> bool:
        """Whether every combination with the term in these columns has it in the others, too."""
        if (known := self._implied.get((rows, others))) is None:
            having, other = self.having(rows), self.having(others)
            known = other is None or (having is not None and not (having & ~other).any())
            self._implied[rows, others] = known
        return known
