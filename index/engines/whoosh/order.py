"""The first hits of many, without sorting the rest."""

import numpy as np

from index.engines.whoosh.segment import NO_DATE, NOTHING, Flags, Numbers, Reals
from index.results import Page, Sort

_CHUNK = 64
_TIES = 8
"""From so many times more candidates than wanted on, ties are looked for."""


def page_of(numbers: Numbers, scores: Reals, dates: Numbers, sort: Sort, page: Page) -> Numbers:
    """The places of the page's hits, best first.

    Ties go to the newer article, then to the lower number; without a date comes last.
    `dates` are by article number.
    """
    wanted = page.offset + page.limit
    if sort is Sort.RELEVANCE:
        few = _at_least(scores, wanted)
        if len(few) > _TIES * wanted and _equal(scores.take(few)):  # only the dates tell apart
            moments = dates.take(numbers.take(few))
            few = few.take(_at_least(moments, wanted))
        keys = _by_time(numbers.take(few), dates, Sort.NEWEST)
        keys.append(-scores.take(few))
    else:
        moments = dates.take(numbers)
        few = _at_least(_descending(moments, sort), wanted)
        keys = _by_time(numbers.take(few), dates, sort)
    return few.take(np.lexsort(keys)[page.offset : wanted])


def _descending(moments: Numbers, sort: Sort) -> Numbers:
    """Larger is earlier among the hits; without a date is the least."""
    return np.where(moments == NO_DATE, NO_DATE, -moments) if sort is Sort.OLDEST else moments


def _at_least(values: Numbers | Reals, wanted: int) -> Numbers:
    """The places of the values that are no less than the `wanted`-th largest.

    The largest of chunks say a bound that most values stay below.
    """
    if not wanted:
        return NOTHING
    if len(values) <= wanted:
        return np.arange(len(values))
    chunks = len(values) // _CHUNK
    if chunks > 2 * wanted:
        tops = values[: chunks * _CHUNK].reshape(chunks, _CHUNK).max(axis=1)
        bound = np.partition(tops, chunks - wanted)[chunks - wanted]
    else:
        bound = np.partition(values, len(values) - wanted)[len(values) - wanted]
    return np.flatnonzero(values >= bound)


def _equal(scores: Reals) -> bool:
    return bool(scores.min() == scores.max())


def _by_time(numbers: Numbers, dates: Numbers, sort: Sort) -> list[Numbers | Flags | Reals]:
    """Keys for lexsort, the last the first."""
    moments = dates.take(numbers)
    return [numbers, moments if sort is Sort.OLDEST else -moments, moments == NO_DATE]
