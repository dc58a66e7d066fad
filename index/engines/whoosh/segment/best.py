"""The best values of many, without sorting the rest."""

from typing import Any

import numpy as np

from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers, indices

_ROWS = 64
"""Values of a group, whose largest says whether any of them need be looked at."""


def at_least(values: Array, wanted: int) -> Numbers:
    """The indices, ascending, of the values that are no less than the `wanted`-th largest, or a
    little less.

    The largest of each group say a bound below which most groups stay whole.
    """
    if not wanted:
        return NOTHING
    if len(values) <= wanted:
        return np.arange(len(values))
    groups = len(values) // _ROWS
    if groups <= 2 * wanted:
        return indices(values >= largest(values, wanted))
    rows = values[: groups * _ROWS].reshape(_ROWS, groups)  # a group is a column: maxima are fast
    tops = np.maximum.reduce(rows, axis=0)
    bound = largest(tops, wanted)
    columns = indices(tops >= bound)
    if len(columns) * 2 > groups:
        return indices(values >= bound)
    row, column = np.nonzero(rows.take(columns, axis=1) >= bound)
    rest = indices(values[groups * _ROWS :] >= bound)
    return np.concatenate((row * groups + columns.take(column), rest + groups * _ROWS))


def largest(values: Array, nth: int) -> Any:
    """The `nth`-th largest value, from 1."""
    ascending = values.copy()
    ascending.partition(len(values) - nth)
    return ascending[len(values) - nth]
