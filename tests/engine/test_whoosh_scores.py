"""Stock Whoosh on our segments scores, counts and orders as we do.

Two oracles. Where nothing is deleted it is Whoosh's own BM25F, of which only the idf is ours
(its ln(N / (n + 1)) + 1 cannot be configured; lengths, averages, frequencies, k1 and b are its
own), and only for what it has words for: one variant in one field. Elsewhere its statistics and
its formula cannot be ours: they count deleted articles until a merge drops them, and a BM25 of
each field added up is not BM25F over the fields (the first two tests show both). There it is our
formula stated through Whoosh's API (stated.py). Lengths need no allowance: Whoosh's own codec
rounds them to a byte (120 words are read as 124), ours keeps them.

`at_least`, freshness, facets and dates have no words in Whoosh, and its `SpanOr` loses matches
((war|мир) (мир|peace) does not find "мир мир"), so parts of a phrase have one variant here:
tests/support/oracle.py has the rest.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log, log1p
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from index import query as q
from index.analysed import AnalysedArticle
from index.engines.whoosh.engine import WhooshEngine
from index.results import EngineRequest, Page
from tests.support.exhaustive import exhaustive, ranked, theirs, written
from tests.support.plain import made, rebuild
from tests.support.stated import average, stated
from tests.support.strategies import Commit, Rebuild, weighted

NEAR = 1e-5
"""Relative; what is below is one score."""
WORDS = ("мир", "дом", "война", "peace", "peaceful", "war")
TERMS = ("мир", "дом", "война", "войн", "peace", "peaceful", "peac", "war", "nowhere")
FIELDS = ("title", "lead", "body", "body_exact")
History = tuple[Commit | Rebuild, ...]


class LiveIdf(BM25F):  # type: ignore[misc]  # Whoosh has no types
    """Stock BM25F with our idf, from stock statistics."""

    def idf(self, searcher: Searcher, fieldname: str, text: bytes) -> float:
        parent = searcher.get_parent()
        having = parent.doc_frequency(fieldname, text)
        return log1p((parent.doc_count_all() - having + 0.5) / (having + 0.5))


# Histories: a large segment and a tail of small ones, so that the merge policy
# (write/merge_policy.py) leaves several, and deletions in them, more often than not.


def words(most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), max_size=most).map(" ".join)


def put(article_id: int) -> st.SearchStrategy[AnalysedArticle]:
    """An article with this id whose fields may be empty, short, or one word many times."""
    body = st.tuples(words(6), st.sampled_from(["", " мир" * 30, " peace war" * 60])).map("".join)
    return st.builds(
        lambda title, lead, body: made(str(article_id), body, title=title, lead=lead),
        st.sampled_from(WORDS),
        words(4),
        body,
    )


def puts(ids: range | list[int]) -> st.SearchStrategy[tuple[AnalysedArticle, ...]]:
    return st.tuples(*map(put, ids))


@st.composite
def grown(draw: st.DrawFn) -> History:
    """New articles only: several segments, nothing deleted."""
    ends = [0, draw(st.integers(8, 12))]
    for count in draw(st.lists(st.integers(1, 2), min_size=1, max_size=3)):
        ends.append(ends[-1] + count)
    return tuple(Commit(draw(puts(range(*ids))), ()) for ids in pairwise(ends))


@st.composite
def lived(draw: st.DrawFn) -> History:
    """Articles new, replaced and deleted, all merged now and then."""
    base = draw(st.integers(8, 12))
    ids = st.integers(0, base + 3)
    some = st.lists(ids, max_size=2, unique=True)
    steps: list[Commit | Rebuild] = [Commit(draw(puts(range(base))), ())]
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.integers(0, 7)):
            steps.append(Commit(draw(some.flatmap(puts)), tuple(map(str, draw(some)))))
        else:
            steps.append(Rebuild())
    return tuple(steps)


# Query trees


def trees(leaves: st.SearchStrategy[q.Query]) -> st.SearchStrategy[q.Query]:
    """Clauses over these leaves that Whoosh can add up: no `at_least`, no freshness."""

    def above(below: st.SearchStrategy[q.Query]) -> st.SearchStrategy[q.Query]:
        some = st.lists(below, min_size=1, max_size=3).map(tuple)
        return st.one_of(
            st.builds(q.And, some),
            st.builds(q.Or, some),
            st.builds(lambda one, other: q.And((one, q.Not(other))), below, below),
            st.builds(q.Not, below),
            st.builds(q.Boost, below, st.sampled_from([0.0, 0.5, 3.0])),
            st.builds(q.Constant, below, st.just(1.5)),
            st.builds(q.Prefer, below, some),
        )

    prefixes = st.builds(
        q.Prefix,
        st.sampled_from(["м", "вой", "pe", "peac", "q"]),
        st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2, unique=True).map(tuple),
    )
    return st.recursive(
        st.one_of(leaves, leaves, prefixes, st.just(q.Everything())), above, max_leaves=5
    )


terms = st.sampled_from(TERMS)
phrases_of = st.lists(terms.map(lambda one: (one,)), min_size=2, max_size=3).map(tuple)
bs = st.sampled_from([0.0, 0.4, 0.75, 1.0])
k1s = st.sampled_from([0.5, 1.2, 2.0])
places = st.lists(
    st.builds(q.In, st.sampled_from(FIELDS), st.sampled_from([0.2, 1.0, 3.0]), bs),
    min_size=1,
    max_size=3,
    unique_by=lambda place: place.field,
).map(tuple)
full = trees(
    st.one_of(
        weighted(
            st.builds(
                q.Terms,
                st.lists(terms, min_size=1, max_size=3, unique=True).map(tuple),
                places,
                st.just(""),
                k1s,
            )
        ),
        st.builds(q.Phrase, phrases_of, places, st.integers(0, 2), st.just(""), k1s),
    )
)


@dataclass(frozen=True)
class Configured:
    """A configuration of stock BM25F, and queries that ask for the same."""

    k1: float
    b: dict[str, float]
    asked: list[q.Query]

    def model(self) -> BM25F:
        return LiveIdf(K1=self.k1, **{f"{field}_B": b for field, b in self.b.items()})


@st.composite
def configured(draw: st.DrawFn) -> Configured:
    """Phrases only match: stock Whoosh scores their words, not the phrase."""
    k1, b = draw(k1s), {field: draw(bs) for field in FIELDS}
    place = st.sampled_from([(q.In(field, b=b[field]),) for field in FIELDS])
    word = st.builds(q.Terms, terms.map(lambda one: (one,)), place, st.just(""), st.just(k1))
    phrase = st.builds(q.Constant, st.builds(q.Phrase, phrases_of, place), st.just(2.0))
    leaves = st.one_of(word, word, phrase)
    return Configured(k1, b, draw(st.lists(trees(leaves), min_size=1, max_size=8)))


# What is asserted


def test_stock_statistics_count_deleted_articles_until_a_merge_and_ours_never_do(
    tmp_path: Path,
) -> None:
    bodies = ["мир", "мир мир дом", "дом " * 9, *["война"] * 7]
    engine = written(tmp_path, (Commit(tuple(map(made, "0123456789", bodies)), ()),))
    engine.write([], ["1", "2"])
    query = q.Terms(("мир",), (q.In("body"),))
    with exhaustive(tmp_path, LiveIdf()) as searcher:
        assert engine.stats().segments == 1
        assert (searcher.doc_count(), searcher.doc_count_all()) == (8, 10)
        assert searcher.doc_frequency("body", "мир") == 2
        assert engine.reader().frequencies("body", ["мир"]) == {"мир": 1}
        assert searcher.avg_field_length("body") == 2.0
        assert average(searcher, "body") == 1.0
        ((_, counting_deleted),) = ranked(searcher, theirs(query))
        ((_, live_only),) = ranked(searcher, theirs(query, stated))
        (hit,) = engine.reader().search(EngineRequest(query)).hits
    assert hit.score == pytest.approx(live_only, rel=NEAR)
    assert counting_deleted != pytest.approx(live_only, rel=0.01)  # 1.86, and 1.79 of the live
    rebuild(engine)
    with exhaustive(tmp_path, LiveIdf()) as searcher:
        assert_same(engine, query, ranked(searcher, theirs(query)))


def test_stock_bm25f_adds_up_fields_that_ours_saturates_together(tmp_path: Path) -> None:
    articles = (made("both", "мир", title="мир"), made("neither", "дом", title="дом"))
    engine = written(tmp_path, (Commit(articles, ()),))
    title, body = (q.Terms(("мир",), (q.In(field),)) for field in ("title", "body"))
    over_both = q.Terms(("мир",), (q.In("title"), q.In("body")))
    with exhaustive(tmp_path, LiveIdf()) as searcher:
        assert_same(engine, q.Or((title, body)), ranked(searcher, theirs(q.Or((title, body)))))
        ((_, added),) = ranked(searcher, theirs(q.Or((title, body))))
        assert_same(engine, over_both, ranked(searcher, theirs(over_both, stated)))
    (hit,) = engine.reader().search(EngineRequest(over_both)).hits
    # each field: ln 2 · 1 · 2.2 / (1 + 1.2); together: ln 2 · 2 · 2.2 / (2 + 1.2)
    assert (added, hit.score) == pytest.approx((2 * log(2), 1.375 * log(2)), rel=NEAR)


def test_a_bonus_counts_where_stock_whoosh_would_leap_over_articles(tmp_path: Path) -> None:
    articles = [made(str(n), "мир" if n in {5, 7} else "дом", title="мир") for n in range(8)]
    engine = written(tmp_path, (Commit(tuple(articles), ()),))
    title, body = (q.Terms(("мир",), (q.In(field),)) for field in ("title", "body"))
    query = q.And((title, q.Prefer(body, (q.Prefix("м", ("title",)),))))
    with exhaustive(tmp_path, LiveIdf()) as searcher:
        assert_same(engine, query, ranked(searcher, theirs(query, stated)))


def assert_same(engine: WhooshEngine, query: q.Query, expected: list[tuple[str, float]]) -> None:
    """Same totals, scores to 1e-5, the same order but for ties, the same second page."""
    found = engine.reader().search(EngineRequest(query, page=Page(limit=100)))
    assert found.total == len(expected)
    scores = {hit.fields.id: hit.score for hit in found.hits}
    assert scores == pytest.approx(dict(expected), rel=NEAR)
    for order, by in (([one for one, _ in expected], scores), (list(scores), dict(expected))):
        for better, worse in pairwise(order):
            assert by[better] >= by[worse] * (1 - NEAR)
    page = engine.reader().search(EngineRequest(query, page=Page(offset=2, limit=3)))
    assert page.total == found.total
    assert [hit.score for hit in page.hits] == pytest.approx(
        [score for _, score in expected[2:5]], rel=NEAR
    )


def noted(engine: WhooshEngine, searcher: Searcher) -> None:
    """For `pytest --hypothesis-show-statistics`: what the histories came to."""
    event(f"segments: {engine.stats().segments}")
    event(f"deletions: {searcher.doc_count() < searcher.doc_count_all()}")


@settings(deadline=None, max_examples=60)
@given(st.one_of(grown(), lived().map(lambda history: (*history, Rebuild()))), configured())
def test_where_nothing_is_deleted_stock_bm25f_scores_as_we_do(
    history: History, case: Configured
) -> None:
    with TemporaryDirectory() as folder:
        engine = written(Path(folder), history)
        with exhaustive(Path(folder), case.model()) as searcher:
            noted(engine, searcher)
            for query in case.asked:
                assert_same(engine, query, ranked(searcher, theirs(query)))
        engine.close()


@settings(deadline=None, max_examples=80)
@given(lived(), st.lists(full, min_size=1, max_size=8))
def test_our_formula_in_whooshs_own_words_scores_as_we_do(
    history: History, asked: list[q.Query]
) -> None:
    with TemporaryDirectory() as folder:
        engine = written(Path(folder), history)
        with exhaustive(Path(folder), BM25F()) as searcher:
            noted(engine, searcher)
            for query in asked:
                assert_same(engine, query, ranked(searcher, theirs(query, stated)))
        engine.close()
