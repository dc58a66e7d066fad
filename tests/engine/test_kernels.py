"""The compiled kernels on random arrays, against what they do said in plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engines.whoosh import kernels
from index.engines.whoosh.segment.arrays import Array, Numbers

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="Poisk was installed without them")

ARTICLES = 60
COMBINATIONS = 5
widths = st.sampled_from([np.uint8, np.uint16, np.uint32, np.uint64, np.int64])
sizes = st.sampled_from([0, 1, 3, 30, ARTICLES])


@st.composite
def some_doc_ids(draw: st.DrawFn, most: int = ARTICLES) -> Numbers:
    """Ascending doc ids, in any of the types that a segment has."""
    chosen = draw(st.sets(st.integers(0, most - 1), max_size=draw(sizes)))
    return np.array(sorted(chosen), dtype=draw(widths))


@st.composite
def postings(draw: st.DrawFn) -> tuple[Numbers, Array]:
    """Doc ids with combinations, some of them out of the tables, as a broken file may have."""
    doc_ids = draw(some_doc_ids(ARTICLES + 5))
    numbers = st.integers(0, COMBINATIONS)
    combinations = draw(st.lists(numbers, min_size=len(doc_ids), max_size=len(doc_ids)))
    return doc_ids, np.array(combinations, dtype=draw(widths))


@given(
    st.one_of(st.none(), some_doc_ids()),
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.2]),
            st.sampled_from([0.5, 1.0]),
            st.lists(st.tuples(postings(), st.sampled_from([0.5, 1.0])), max_size=3),
        ),
        max_size=3,
    ),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_words_score_the_best_of_their_variants(articles, words, fields, random) -> None:  # type: ignore[no-untyped-def]
    chosen = np.random.default_rng(random.randrange(1_000))
    frequencies = chosen.integers(0, 3, (COMBINATIONS, fields)).astype(np.float32)
    weights = chosen.random((ARTICLES, fields), dtype=np.float32)
    among = range(ARTICLES) if articles is None else articles.tolist()
    expected = np.ones(len(among))
    for k1, factor, variants in words:
        best = dict.fromkeys(among, 0.0)
        for (doc_ids, combinations), weight in variants:
            for doc_id, number in zip(doc_ids.tolist(), combinations.tolist(), strict=True):
                if doc_id in best and number < COMBINATIONS:
                    here = float((frequencies[number] * weights[doc_id]).sum()) * weight
                    best[doc_id] = max(best[doc_id], here)
        saturated = [here / (here + k1) if here else 0.0 for here in best.values()]
        expected += np.array(saturated) * 2 * factor
    total = np.ones(len(among), dtype=np.float32)
    known: dict[int, kernels.words.Postings] = {}
    table = kernels.words.Fields(frequencies, weights)
    kernels.words.add_words(
        total,
        articles,
        [
            (
                kernels.words.Word(
                    table,
                    k1,
                    2.0,
                    [
                        (known.setdefault(id(some), kernels.words.Postings(*some)), weight)
                        for some, weight in variants
                    ],
                ),
                factor,
            )
            for k1, factor, variants in words
        ],
    )
    assert total == pytest.approx(expected, rel=1e-5)


def test_of_arrays_that_do_not_fit_nothing_is_read() -> None:
    doc_ids = np.arange(3, dtype=np.uint16)
    with pytest.raises(ValueError, match="one combination"):
        kernels.words.Postings(doc_ids, doc_ids[:2])
    with pytest.raises(ValueError, match="one total"):
        kernels.words.add_words(np.zeros(2, dtype=np.float32), doc_ids, [])
    with pytest.raises(ValueError, match="one weight"):
        kernels.words.Fields(np.zeros((1, 2), dtype=np.float32), np.zeros((1, 3), dtype=np.float32))


@given(some_doc_ids(), some_doc_ids())
def test_two_lists_meet_and_join_whatever_their_widths(one: Numbers, other: Numbers) -> None:
    left, right = one.tolist(), other.tolist()
    meeting = sorted({*left} & {*right})
    in_one, in_other = kernels.doc_ids.shared(one, other)
    assert one[in_one].tolist() == other[in_other].tolist() == meeting
    assert kernels.doc_ids.both(one, other).tolist() == meeting
    for size in (ARTICLES, 100 * ARTICLES):  # a bit for each article, or none
        joined = kernels.doc_ids.union([one, other], size)
        assert joined.tolist() == sorted({*left, *right})
        assert kernels.doc_ids.in_many([one, other], 2, size).tolist() == meeting


@given(st.lists(st.lists(st.integers(0, 2**32), max_size=9), min_size=2, max_size=2))
def test_lists_in_no_order_make_nobody_read_elsewhere(lists: list[list[int]]) -> None:
    one, other = (np.array(numbers, dtype=np.int64) for numbers in lists)
    in_one, in_other = kernels.doc_ids.shared(one, other)
    assert one[in_one].tolist() == other[in_other].tolist()
    kernels.doc_ids.union([one, other], 10)
    kernels.doc_ids.in_many([one, other], 1, 10)
