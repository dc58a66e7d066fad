"""The order of hits: which come first, and which come after one that was shown."""

from typing import NamedTuple

import numpy as np

from index.engines.whoosh import kernels
from index.engines.whoosh.segment.arrays import NO_DATE, Array, Flags, Numbers, Reals, indices
from index.engines.whoosh.segment.best import at_least, largest
from index.engines.whoosh.segment.ids import Ids
from index.results import Page, Sort, SortKey

_TIES = 8
"""From so many times more candidates than wanted on, ties are looked for."""
_LAST = np.iinfo(np.int64).max


class Order(NamedTuple):
    """An order of a snapshot's articles. `dates` are by doc id."""

    sort: Sort
    dates: Numbers
    ids: Ids

    def first(self, doc_ids: Numbers, scores: Reals, page: Page) -> Numbers:
        """The indices of the page's hits in `doc_ids`, best first; `page.after` is not read.

        `doc_ids` ascend; their scores are read where relevance is the order.
        """
        wanted = page.offset + page.limit
        if self.sort is Sort.ID:
            ordered: Numbers = doc_ids.searchsorted(self.ids.first(doc_ids, wanted))
            return ordered[page.offset :]
        by_score = self.sort is Sort.RELEVANCE
        if kernels.COMPILED:
            oldest = self.sort is Sort.OLDEST
            known = scores if by_score else None
            ranked = kernels.hits.first(doc_ids, known, self.dates, wanted, oldest)
            if ranked is not None:  # no two are told apart by their ids
                return ranked[page.offset :]
        few = self._few(doc_ids, scores, wanted)
        if len(few) < 2:
            return few[page.offset : wanted]
        keys: list[Array] = [self._times(doc_ids.take(few))]
        if by_score:
            keys.append(-scores.take(few))
        ranked = np.lexsort(keys)
        alike = np.logical_and.reduce([_as_the_next(key.take(ranked)) for key in keys])
        return self._ties_by_id(few.take(ranked), alike, doc_ids, page)

    def after(self, doc_ids: Numbers, scores: Reals, key: SortKey) -> Flags:
        """Which of the articles come after the key; `doc_ids` ascend."""
        if self.sort is Sort.ID:
            return self.ids.after(doc_ids, key.id)
        times = self._times(doc_ids)
        (reached,) = _by_time(
            np.array([NO_DATE if key.published is None else key.published]), self.sort
        )
        later: Flags = times > reached
        same = times == reached
        if self.sort is Sort.RELEVANCE:
            score = np.float32(key.score)
            equal = scores == score
            later = (scores < score) | (equal & later)
            same &= equal
        tied = indices(same)
        later[tied] = self.ids.after(doc_ids.take(tied), key.id)
        return later

    def _few(self, doc_ids: Numbers, scores: Reals, wanted: int) -> Numbers:
        """Indices of articles among which the first `wanted` are."""
        if self.sort is not Sort.RELEVANCE:
            return at_least(~self._times(doc_ids), wanted)
        few = at_least(scores, wanted)
        if len(few) <= _TIES * wanted:
            return few
        some = scores.take(few)  # many are as good as the last one: only the dates tell apart
        bound = largest(some, wanted)
        better, tied = few[some > bound], few[some == bound]
        newest = at_least(~self._times(doc_ids.take(tied)), wanted - len(better))
        return np.concatenate((better, tied.take(newest)))

    def _times(self, doc_ids: Numbers) -> Numbers:
        return _by_time(self.dates.take(doc_ids), self.sort)

    def _ties_by_id(self, ranked: Numbers, alike: Flags, doc_ids: Numbers, page: Page) -> Numbers:
        """The page of the ranked indices; those as good as their next are ordered by id."""
        wanted = page.offset + page.limit
        ends = [*(indices(~alike) + 1).tolist(), len(ranked)]
        start = 0
        for end in ends:
            if start >= wanted:
                break
            if end - start > 1 and end > page.offset:
                group = np.sort(ranked[start:end])  # ascending, as the doc ids are
                first = self.ids.first(doc_ids.take(group), wanted - start)
                ranked[start : start + len(first)] = doc_ids.searchsorted(first)
            start = end
        return ranked[page.offset : wanted]


def _as_the_next(values: Array) -> Flags:
    same: Flags = values[:-1] == values[1:]
    return same


def _by_time(moments: Numbers, sort: Sort) -> Numbers:
    """Keys of which the least is the first; without a date is the last."""
    if sort is Sort.OLDEST:
        return np.where(moments == NO_DATE, _LAST, moments)
    return ~moments  # the newest is the least, and the least moment, NO_DATE, is the largest
