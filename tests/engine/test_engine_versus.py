"""Random articles, histories and queries: Whoosh answers as the slow obvious engine does."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import cycle, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysed import AnalysedArticle
from index.engines.base import Engine
from index.engines.whoosh import kernels
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.read import phrases
from index.engines.whoosh.segment import (
    container,
    doc_values,
    postings,
    segment,
    sets,
    term_dictionary,
)
from index.engines.whoosh.write import build, commit, merge, merge_group, merge_policy
from index.query import And, In, Or, Phrase, Prefix, Query, Terms
from index.results import EngineRequest, Explanation, Hit, Page, Results, Sort, SortKey
from tests.support.hits import content
from tests.support.oracle import Memory, OracleEngine
from tests.support.oracle_scores import without_bonuses
from tests.support.plain import PLAIN, made, rebuild
from tests.support.strategies import (
    FIELDS,
    IDS,
    TERMS,
    Commit,
    Rebuild,
    commits,
    engine_requests,
    histories,
    queries,
)

History = tuple[Commit | Rebuild, ...]

NEAR = 2e-6
"""Scores that differ by less, relatively, are one score: they are of single precision."""


@contextmanager
def two_engines(history: History) -> Iterator[tuple[Engine, Engine]]:
    """The oracle and Whoosh after the same history; both were also asked midway."""
    with TemporaryDirectory() as folder:
        oracle, whoosh = OracleEngine(Memory(), PLAIN), WhooshEngine(Path(folder, "index"), PLAIN)
        try:
            for step in history:
                _take(step, oracle)
                _take(step, whoosh)
                assert whoosh.reader().count() == oracle.reader().count()
            yield oracle, whoosh
        finally:
            whoosh.close()


class Here(Executor):
    """Who helps is this process itself: to fork at each merge would take most of the time."""

    def submit(self, work: Callable[..., Any], /, *given_: Any, **more: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(work(*given_, **more))
        return future


@contextmanager
def everything_small(halving: int, dense: int, compiled: bool) -> Iterator[None]:
    """Bounds so small that random histories go every way that large indexes go.

    `compiled` False: without the kernels.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", compiled and kernels.COMPILED)
        patch.setattr(build, "BATCH_OCCURRENCES", 20)  # several segments a commit
        patch.setattr(merge_policy, "_SMALL", 1)
        patch.setattr(commit, "_LARGE", 0)
        patch.setattr(commit, "another_core", lambda: nullcontext(Here()))
        patch.setattr(merge_group, "_CHUNK", 7)
        patch.setattr(merge_group, "_POSTINGS", 2)
        patch.setattr(merge, "_STORED", 3)
        patch.setattr(postings, "_IN_MEMORY", 16)
        patch.setattr(postings, "_PART", 8)
        patch.setattr(phrases, "_MANY", halving)
        patch.setattr(phrases, "_FLAGS", halving)
        patch.setattr(phrases, "_FEW", halving)
        patch.setattr(segment, "_LISTED", halving)
        patch.setattr(container, "_COPIED", 5)
        patch.setattr(term_dictionary, "_STRIDE", 2)
        patch.setattr(term_dictionary, "_STRINGS", 6)
        patch.setattr(sets, "_HALVING", halving)
        patch.setattr(sets, "_DENSE", dense)
        patch.setattr(doc_values, "_WORD", dense)
        yield


def _take(step: Commit | Rebuild, engine: Engine) -> None:
    if isinstance(step, Commit):
        engine.write(step.put, step.delete)
    else:
        rebuild(engine)


def decided(asked: EngineRequest, oracle: Engine) -> EngineRequest:
    """The request, without its rescoring window where rounding says who is in it."""
    if asked.rescoring_window is None:
        return asked
    plain = replace(
        asked, query=without_bonuses(asked.query), sort=Sort.RELEVANCE, rescoring_window=None
    )
    scores = [hit.score for hit in oracle.reader().search(plain).hits]
    for bound in scores[asked.rescoring_window - 1 :][:1]:
        if any(one != bound and abs(one - bound) <= NEAR * (1 + bound) for one in (*scores, 0.0)):
            return replace(asked, rescoring_window=None)
    return asked


def assert_same(expected: Results, given_: Results, sort: Sort) -> None:
    """Same articles, scores and counts; the same order where order is decided."""
    assert given_.total == expected.total
    scores = {hit.fields.id: hit.score for hit in expected.hits}
    assert {hit.fields.id: hit.score for hit in given_.hits} == pytest.approx(
        scores, rel=NEAR, abs=NEAR
    )
    by_id = {hit.fields.id: content(hit) for hit in given_.hits}
    assert by_id == {hit.fields.id: content(hit) for hit in expected.hits}
    words = {hit.fields.id: hit.words for hit in expected.hits}
    assert {hit.fields.id: hit.words for hit in given_.hits} == words
    if sort is Sort.RELEVANCE:
        for better, worse in pairwise(hit.fields.id for hit in given_.hits):
            assert scores[better] >= scores[worse] * (1 - NEAR) - NEAR
    else:
        assert [*by_id] == [hit.fields.id for hit in expected.hits]
    assert given_.facets == expected.facets
    assert given_.histogram == expected.histogram


def assert_explained(expected: Explanation | None, given_: Explanation | None) -> None:
    """Same clauses, same scores, all the way down."""
    if expected is None or given_ is None:
        assert given_ is expected
        return
    assert given_.clause == expected.clause
    if expected.score is None:
        assert given_.score is None
    else:
        assert given_.score == pytest.approx(expected.score, rel=NEAR, abs=NEAR)
    assert len(given_.parts) == len(expected.parts)
    for expected_part, given_part in zip(expected.parts, given_.parts, strict=True):
        assert_explained(expected_part, given_part)


@settings(deadline=None)
@given(histories, st.lists(engine_requests, min_size=1, max_size=12))
def test_whoosh_finds_ranks_and_counts_as_the_oracle(
    history: History, asked: list[EngineRequest]
) -> None:
    with two_engines(history) as (oracle, whoosh):
        for one in asked:
            engine_request = decided(one, oracle)
            expected, given_ = (
                oracle.reader().search(engine_request),
                whoosh.reader().search(engine_request),
            )
            assert_same(expected, given_, engine_request.sort)


@settings(deadline=None)
@given(
    st.sampled_from([0, 1_000]),
    st.sampled_from([1, 1_000]),
    st.booleans(),
    histories,
    engine_requests,
)
def test_whoosh_finds_the_same_whichever_way_large_indexes_go(
    halving: int, dense: int, compiled: bool, history: History, asked: EngineRequest
) -> None:
    with everything_small(halving, dense, compiled), two_engines(history) as (oracle, whoosh):
        assert not list(whoosh.check())
        assert {article.id: article for article in whoosh.reader().scan()} == {
            article.id: article for article in oracle.reader().scan()
        }
        asked = decided(asked, oracle)
        assert_same(oracle.reader().search(asked), whoosh.reader().search(asked), asked.sort)


def walked(engine: Engine, asked: EngineRequest, limits: Sequence[int]) -> Iterator[Hit]:
    """The hits page by page, each page after the last one's key; page sizes take turns."""
    key: SortKey | None = None
    for limit in cycle(limits):
        found = engine.reader().search(replace(asked, page=Page(limit=limit, after=key)))
        yield from found.hits
        if (key := found.next) is None:
            return


@settings(deadline=None)
@given(histories, engine_requests, st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_pages_of_any_size_after_each_other_are_the_full_order(
    history: History, asked: EngineRequest, limits: list[int]
) -> None:
    with two_engines(history) as engines:
        for engine in engines:
            whole = [hit.fields.id for hit in engine.reader().search(asked).hits]
            assert [hit.fields.id for hit in walked(engine, asked, limits)] == whole


@settings(deadline=None)
@given(
    histories,
    queries,
    st.sampled_from([Sort.NEWEST, Sort.OLDEST, Sort.ID]),
    st.integers(1, 3),
    st.lists(commits, min_size=1, max_size=4),
)
def test_whatever_is_written_meanwhile_what_stays_as_it_was_is_given_once(
    history: History, query: Query, sort: Sort, limit: int, meanwhile: list[Commit]
) -> None:
    touched = {one.article.id for step in meanwhile for one in step.put}
    touched |= {one for step in meanwhile for one in step.delete}
    with two_engines(history) as engines:
        for engine in engines:
            asked = EngineRequest(query, sort=sort, page=Page(limit=100))
            before = [hit.fields.id for hit in engine.reader().search(asked).hits]
            steps = iter(meanwhile)
            seen = []
            for number, hit in enumerate(walked(engine, asked, [limit]), 1):
                seen.append(hit.fields.id)
                if number % limit == 0 and (step := next(steps, None)):
                    _take(step, engine)
            stayed = [one for one in before if one not in touched]
            assert [one for one in seen if one not in touched] == stayed


@settings(deadline=None, max_examples=50)
@given(histories, st.lists(engine_requests, min_size=1, max_size=5))
def test_whoosh_explains_as_the_oracle(history: History, asked: list[EngineRequest]) -> None:
    with two_engines(history) as (oracle, whoosh):
        for one in asked:
            engine_request = decided(one, oracle)
            for article_id in IDS:
                assert_explained(
                    oracle.reader().explain(engine_request, [article_id]).get(article_id),
                    whoosh.reader().explain(engine_request, [article_id]).get(article_id),
                )


@settings(deadline=None, max_examples=50)
@given(histories, engine_requests)
def test_the_explanation_of_a_hit_has_its_score(history: History, asked: EngineRequest) -> None:
    with two_engines(history) as engines:
        for engine in engines:
            reader = engine.reader()
            scores = {hit.fields.id: hit.score for hit in reader.search(asked).hits}
            explained = reader.explain(asked, list(scores))
            assert {one: explanation.score for one, explanation in explained.items()} == scores


@settings(deadline=None, max_examples=50)
@given(histories)
def test_whoosh_keeps_and_counts_what_the_oracle_keeps(history: History) -> None:
    with two_engines(history) as (oracle, whoosh):
        by_id = {article.id: article for article in oracle.reader().scan()}
        assert {article.id: article for article in whoosh.reader().scan()} == by_id
        assert len(list(whoosh.reader().scan())) == len(by_id)
        assert whoosh.reader().articles(IDS) == oracle.reader().articles(IDS)
        for field in FIELDS:
            assert whoosh.reader().frequencies(field, TERMS) == oracle.reader().frequencies(
                field, TERMS
            )
        expected, given_ = oracle.stats(), whoosh.stats()
        assert given_.articles == expected.articles
        assert given_.languages == expected.languages


def test_an_index_of_two_thousand_articles_answers_as_the_oracle() -> None:
    chosen = random.Random(7)
    words = [f"{letter}{number}" for letter in "абвг" for number in range(100)]
    often = [1 / (rank + 1) for rank in range(len(words))]

    texts = [chosen.choices(words, often, k=chosen.randint(3, 40)) for _ in range(2_000)]

    def articles(numbers: range) -> tuple[AnalysedArticle, ...]:
        return tuple(
            made(str(number), " ".join(texts[number]), subjects=chosen.sample(words[:5], 2))
            for number in numbers
        )

    deleted = tuple(map(str, range(0, 1_600, 7)))
    history = (Commit(articles(range(1_600)), ()), Commit(articles(range(1_600, 2_000)), deleted))
    body = (In("body"),)
    page = Page(0, 40)
    with two_engines(history) as (oracle, whoosh):
        for _ in range(12):
            text = chosen.choice(texts[-40:])  # what was written last stands last everywhere
            at = chosen.randrange(len(text) - 2)
            parts = [(one,) for one in text[at : at + chosen.randint(2, 3)]]
            phrase = Phrase(tuple(parts), body, slop=chosen.choice([0, 0, 1]))
            terms_ = tuple(Terms(part, body) for part in parts)
            prefix = Prefix(chosen.choice(words), ("body",))
            asked: tuple[Query, ...] = (
                phrase, And(terms_), Or(terms_), And((terms_[0], phrase)), Or((terms_[0], prefix)),
                Or((And(terms_), And((terms_[0], Terms((text[-1],), body))))),
            )  # fmt: skip
            for query in asked:
                engine_request = EngineRequest(query, facets=("subject",), page=page)
                assert_best(
                    oracle.reader().search(engine_request), whoosh.reader().search(engine_request)
                )


def assert_best(expected: Results, given_: Results) -> None:
    """The same total, counts and scores from the best down; of equals it may be another."""
    assert (given_.total, given_.facets) == (expected.total, expected.facets)
    scores = [hit.score for hit in expected.hits]
    assert [hit.score for hit in given_.hits] == pytest.approx(scores, rel=NEAR)
