"""Postings' frequencies as numbers of combinations: a column for each field, two bytes in all.

Most postings of an index have one of some thousand combinations: once in the body and nowhere
else, once in title, body and opening, and so on. Each is written once, and a posting has its
number.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from index.engines.whoosh.segment.arrays import Array, Numbers
from index.schema import BODY, EXACT

_BITS = 7
"""Of a key for each column: nine columns have room in 64 bits."""
_MOST = (1 << _BITS) - 1
_SMALL = 1 << 2 * _BITS
"""Keys below it have two columns only."""


class Combinations:
    """Numbers combinations in the order in which they are met. `fields` are the group's.

    A row has a frequency for each field, and after these one for each exact field.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = len(fields)
        exact = [len(fields) + number for number, name in enumerate(fields) if name in EXACT]
        # the body's digits come first: most postings have no others, and a table finds them
        common = [fields.index(BODY), fields.index(BODY) + len(fields)] if BODY in fields else []
        others = [column for column in (*range(len(fields)), *exact) if column not in common]
        self._columns = [*common, *others]
        digit = {column: 1 << _BITS * n for n, column in enumerate(self._columns)}
        self.digits = np.array(  # of a cell: twice the number of a field, and 1 more for a form
            [
                digit[field] + (digit.get(field + len(fields), 0) if form else 0)
                for field in range(len(fields))
                for form in (False, True)
            ],
            dtype=np.int64,
        )
        self._numbers: dict[tuple[int, ...], int] = {}
        self._by_key: dict[int, int] = {}
        self._of_small = np.zeros(_SMALL, dtype=np.int64)

    def numbers(self, fields: Array, forms: Array, firsts: Array) -> Numbers:
        """Each posting's combination. Postings' occurrences begin at `firsts`.

        `fields` and `forms` say for each occurrence in which field it is, and whether as a form.
        """
        if not len(firsts):
            return np.zeros(0, dtype=np.int64)
        cells = fields * 2 + forms
        keys = np.add.reduceat(self.digits.take(cells), firsts)
        lengths = np.diff(firsts, append=len(cells))
        long = np.flatnonzero(lengths > _MOST).tolist()
        cells_of = ((one, cells[firsts[one] : firsts[one] + lengths[one]]) for one in long)
        return self.of_keys(keys, cells_of)

    def of_keys(self, keys: Numbers, long: Iterable[tuple[int, Array]]) -> Numbers:
        """The same by each posting's key, the sum of its cells' digits.

        `long` are the postings with more cells than a key has room for, and their cells.
        """
        long = list(long)
        keys[[posting for posting, _ in long]] = 0
        numbers = self._of_keys(keys)
        for posting, cells in long:
            numbers[posting] = self._of_cells(cells)
        return numbers

    def table(self) -> tuple[Array, Numbers]:
        """All combinations in order, a row each, and where in it each number stands."""
        rows = sorted(self._numbers)
        places = {self._numbers[row]: place for place, row in enumerate(rows)}
        order = np.array([places[number] for number in range(len(rows))], dtype=np.int64)
        return np.array(rows, dtype=np.int64).reshape(-1, 2 * self._fields), order

    def _of_keys(self, keys: Numbers) -> Numbers:
        """Each key's combination: small keys are looked up in a table, the others sorted."""
        large = np.flatnonzero(keys >= _SMALL)
        occurs = np.bincount(np.minimum(keys, _SMALL), minlength=_SMALL + 1)[:_SMALL].nonzero()[0]
        self._of_small[occurs] = [*map(self._of_key, occurs.tolist())]
        numbers: Numbers = self._of_small.take(keys, mode="clip")
        if len(large):
            unique, inverse = np.unique(keys.take(large), return_inverse=True)
            of_unique = np.array([*map(self._of_key, unique.tolist())], dtype=np.int64)
            numbers[large] = of_unique.take(inverse)
        return numbers

    def _of_key(self, key: int) -> int:
        if (known := self._by_key.get(key)) is None:
            row = [0] * (2 * self._fields)
            for n, column in enumerate(self._columns):
                row[column] = key >> _BITS * n & _MOST
            known = self._by_key[key] = self._of_row(row) if key else 0
        return known

    def _of_cells(self, cells: Array) -> int:
        """The combination of a posting with more occurrences than a key has room for."""
        counts = np.bincount(cells, minlength=2 * self._fields)
        row = [0] * (2 * self._fields)
        row[: self._fields] = (counts[::2] + counts[1::2]).tolist()
        for column in self._columns:
            if column >= self._fields:
                row[column] = int(counts[2 * (column - self._fields) + 1])
        return self._of_row(row)

    def _of_row(self, row: Sequence[int]) -> int:
        return self._numbers.setdefault(tuple(row), len(self._numbers))
