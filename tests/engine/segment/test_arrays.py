"""Sets and orders on whole arrays: every way through them gives what Python's own sets give."""

from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engines.whoosh import kernels
from index.engines.whoosh.read.sorting import Order
from index.engines.whoosh.segment import sets
from index.engines.whoosh.segment.arrays import NO_DATE, Numbers
from index.engines.whoosh.segment.ids import IdColumn, Ids
from index.engines.whoosh.segment.sets import DocSet
from index.results import Page, Sort, SortKey

SIZES = st.sampled_from([40, 3_000, 3_000_000])
"""Of an index: in the largest, few numbers are halved and sorted; in the others flags are set."""


@st.composite
def several(draw: st.DrawFn, most: int = 4) -> tuple[int, list[Numbers]]:
    """An index's size and some ascending sets of its articles, sparse and dense."""
    size = draw(SIZES)
    found = []
    for _ in range(draw(st.integers(0, most))):
        chosen = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        count = min(size, draw(st.sampled_from([0, 1, 5, 30, 2_000])))
        found.append(np.unique(chosen.integers(0, size, count)))
    return size, found


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"], autouse=True)
def compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "COMPILED", request.param and kernels.COMPILED)


@given(several(), st.integers(0, 4))
def test_unions_hold_what_any_or_enough_parts_hold(
    given_: tuple[int, list[Numbers]], at_least: int
) -> None:
    size, parts = given_
    expected = set().union(*map(set, parts))
    some = [DocSet(size, part) for part in parts]
    assert sets.union(some, size).doc_ids.tolist() == sorted(expected)
    enough = [n for n in sorted(expected) if sum(n in set(part) for part in parts) >= at_least]
    found = sets.in_many(some, at_least, size)
    assert (found.doc_ids.tolist(), len(found)) == (enough, len(enough))


@given(several(most=2).filter(lambda some: len(some[1]) == 2), st.booleans(), st.booleans())
def test_two_sets_meet_as_pythons_do(
    given_: tuple[int, list[Numbers]], flagged: bool, other_flagged: bool
) -> None:
    size, (one, other) = given_
    left, right = held(size, one, flagged), held(size, other, other_flagged)
    assert left.has(other).tolist() == [n in set(one) for n in other]
    both = left & right
    shared = sorted(set(one) & set(other))
    assert (both.doc_ids.tolist(), len(both)) == (shared, len(shared))
    where, kept = held(size, one, flagged).align(other)
    assert one[where].tolist() == other[kept].tolist() == shared


@given(several(most=1).filter(lambda some: len(some[1]) == 1), st.booleans())
def test_bits_and_flags_are_those_of_the_numbers(
    given_: tuple[int, list[Numbers]], flagged: bool
) -> None:
    size, (numbers,) = given_
    one = held(size, numbers, flagged)
    bits = np.unpackbits(one.bits.view(np.uint8))
    assert np.flatnonzero(bits).tolist() == np.flatnonzero(one.flags).tolist() == numbers.tolist()


def held(size: int, numbers: Numbers, flagged: bool) -> DocSet:
    """The set, given as numbers or as flags."""
    if not flagged:
        return DocSet(size, numbers)
    flags = np.zeros(size, dtype=np.bool_)
    flags[numbers] = True
    return DocSet(size, flags=flags)


@given(several(most=1).filter(lambda some: len(some[1]) == 1), st.integers(1, 3))
def test_repeated_numbers_are_returned_once(given_: tuple[int, list[Numbers]], times: int) -> None:
    size, (numbers,) = given_
    repeated = [numbers[::-1]] * times
    assert sets.distinct(repeated, size).doc_ids.tolist() == numbers.tolist()


class Listed(list[bytes]):
    """Ids in order, in memory."""

    def first(self, least: bytes) -> int:
        return bisect_left(self, least)


class OnlyIds(NamedTuple):
    """A segment that has ids alone."""

    ids: IdColumn


def ids_of(names: list[str], cuts: list[int]) -> Ids:
    """Names by article number, in segments that begin at the cuts."""
    segments = []
    for start, end in pairwise((*cuts, len(names))):
        encoded = [name.encode() for name in names[start:end]]
        ranks = np.argsort(np.argsort(np.array(encoded, dtype=object)))
        segments.append((start, OnlyIds(IdColumn(Listed(sorted(encoded)), ranks))))
    return Ids(segments)


@pytest.mark.parametrize("sort", Sort)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.sampled_from([0, 1, 9, 200, 5_000]),
    values=st.sampled_from([1, 2, 50, 10_000]),
    days=st.sampled_from([1, 3, 10_000]),
    page=st.builds(Page, st.sampled_from([0, 3, 40]), st.sampled_from([0, 1, 10])),
    shown=st.sampled_from([0, 1, 30, 199]),
)
def test_a_page_is_what_sorting_everything_gives(
    sort: Sort, seed: int, count: int, values: int, days: int, page: Page, shown: int
) -> None:
    chosen = np.random.default_rng(seed)
    dates = chosen.integers(0, days, 2 * count + 1) * 86_400
    dates[chosen.random(len(dates)) < 0.1] = NO_DATE
    numbers = np.sort(chosen.choice(len(dates), count, replace=False))
    scores = (chosen.integers(0, values, count) / 7).astype(np.float32)
    names = [f"{one}" + "ж\U0001f600"[one % 2] for one in chosen.permutation(len(dates))]
    order = Order(sort, dates, ids_of(names, sorted({0, len(dates) // 3, len(dates) // 2})))

    def key(place: int) -> tuple[float, bool, int, str]:
        moment = int(dates[numbers[place]])
        undated = moment == NO_DATE
        by_time = moment if sort is Sort.OLDEST else -moment
        name = names[numbers[place]]
        if sort is Sort.ID:
            return 0.0, False, 0, name
        first = -scores[place] if sort is Sort.RELEVANCE else 0.0
        return first, undated, 0 if undated else by_time, name

    whole = sorted(range(count), key=key)
    expected = whole[page.offset : page.offset + page.limit]
    assert order.first(numbers, scores, page).tolist() == expected
    if shown < count:
        last = whole[shown]
        moment = int(dates[numbers[last]])
        reached = SortKey(
            float(scores[last]), None if moment == NO_DATE else moment, names[numbers[last]]
        )
        later = order.after(numbers, scores, reached)
        assert np.flatnonzero(later).tolist() == sorted(whole[shown + 1 :])
