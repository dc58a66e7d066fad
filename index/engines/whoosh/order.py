"""The first hits of many, without sorting the rest."""

import numpy as np

from index.engines.whoosh.arrays import NO_DATE, NOTHING, Array, Numbers, Reals, places
from index.results import Page, Sort

_ROWS = 64
"""Values of a group, whose largest says whether any of them need be looked at."""
_TIES = 8
"""From so many times more candidates than wanted on, ties are looked for."""
_LAST = np.iinfo(np.int64).max


def page_of(numbers: Numbers, scores: Reals, dates: Numbers, sort: Sort, page: Page) -> Numbers:
    """The places of the page's hits, best first.

    Ties go to the newer article, then to the lower number; without a date comes last.
    `dates` are by article number.
    """
    wanted = page.offset + page.limit
    if sort is Sort.RELEVANCE:
        few = at_least(scores, wanted)
        if len(few) > _TIES * wanted and _equal(scores.take(few)):  # only the dates tell apart
            few = few.take(at_least(~_by_time(dates.take(numbers.take(few)), sort), wanted))
    else:
        few = at_least(~_by_time(dates.take(numbers), sort), wanted)
    if len(few) < 2:
        return few[page.offset : wanted]
    chosen = numbers.take(few)
    keys: list[Array] = [chosen, _by_time(dates.take(chosen), sort)]
    if sort is Sort.RELEVANCE:
        keys.append(-scores.take(few))
    return few.take(np.lexsort(keys)[page.offset : wanted])


def at_least(values: Numbers | Reals, wanted: int) -> Numbers:
    """The places, ascending, of the values that are no less than the `wanted`-th largest, or a
    little less.

    The largest of each group say a bound below which most groups stay whole.
    """
    if not wanted:
        return NOTHING
    if len(values) <= wanted:
        return np.arange(len(values))
    groups = len(values) // _ROWS
    if groups <= 2 * wanted:
        return places(values >= _largest(values, wanted))
    rows = values[: groups * _ROWS].reshape(_ROWS, groups)  # a group is a column: maxima are fast
    tops = np.maximum.reduce(rows, axis=0)
    bound = _largest(tops, wanted)
    columns = places(tops >= bound)
    if len(columns) * 2 > groups:
        return places(values >= bound)
    row, column = np.nonzero(rows.take(columns, axis=1) >= bound)
    rest = places(values[groups * _ROWS :] >= bound)
    return np.concatenate((row * groups + columns.take(column), rest + groups * _ROWS))


def _largest(values: Numbers | Reals, nth: int) -> Array:
    ascending = values.copy()
    ascending.partition(len(values) - nth)
    return ascending[len(values) - nth]  # type: ignore[no-any-return]


def _equal(scores: Reals) -> bool:
    return bool(scores.min() == scores.max())


def _by_time(moments: Numbers, sort: Sort) -> Numbers:
    """Keys of which the least is the first; without a date is the last."""
    if sort is Sort.OLDEST:
        return np.where(moments == NO_DATE, _LAST, moments)
    return ~moments  # the newest is the least, and the least moment, NO_DATE, is the largest
