"""Stock Whoosh on our segments: it finds what we find and reads what was written.

Brute force (tests/support/oracle.py) is the oracle for the whole Query tree; here the
codec is held to what Whoosh itself computes from the same files. Scores:
tests/engine/test_whoosh_scores.py.
"""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query as stock
from whoosh.scoring import BM25F

from index.article import dumped
from index.engines.whoosh.engine import WhooshEngine
from index.query import And, In, Not, Or, Phrase, Prefix, Query, Terms
from index.results import EngineRequest, Page
from tests.support.exhaustive import exhaustive, opened, theirs, written
from tests.support.plain import PLAIN, made, plain
from tests.support.strategies import Commit, Rebuild, histories

WORDS = ["мир", "мира", "peac", "peace", "war", "дом", "a"]
LEAVES = st.sampled_from(WORDS).map(lambda word: Terms((word,), (In("body"),)))
CLAUSES = st.recursive(
    LEAVES | st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)).map(
        lambda pair: Phrase(((pair[0],), (pair[1],)), (In("body"),))
    ) | st.sampled_from(["м", "pe", "w"]).map(lambda start: Prefix(start, ("body",))),
    lambda inner: st.lists(inner, min_size=2, max_size=3).flatmap(
        lambda some: st.sampled_from(
            [And(tuple(some)), Or(tuple(some)), And((*some[:-1], Not(some[-1])))]
        )
    ),
    max_leaves=4,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(histories, st.lists(CLAUSES, min_size=1, max_size=6))
def test_whooshs_own_searcher_finds_the_same_articles(
    tmp_path_factory: pytest.TempPathFactory,
    history: tuple[Commit | Rebuild, ...],
    asked: list[Query],
) -> None:
    root = tmp_path_factory.mktemp("stock")
    engine = written(root, history)
    with exhaustive(root, BM25F()) as searcher:
        for query in asked:
            found = engine.reader().search(EngineRequest(query, page=Page(limit=100)))
            stored = searcher.search(theirs(query), limit=None)
            ids = {hit["article"] for hit in stored}
            assert len(ids) == found.total
            articles = engine.reader().articles([hit.fields.id for hit in found.hits])
            assert ids == {dumped(article).encode() for article in articles.values()}


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(histories, st.sampled_from(WORDS))
def test_whooshs_own_readers_see_frequencies_lengths_and_positions(
    tmp_path_factory: pytest.TempPathFactory, history: tuple[Commit | Rebuild, ...], word: str
) -> None:
    root = tmp_path_factory.mktemp("stock")
    engine = written(root, history)
    with opened(root).reader() as reader:
        assert reader.doc_count() == engine.reader().count()
        seen = {}
        if ("body", word) in reader:
            matcher = reader.postings("body", word)
            while matcher.is_active():
                positions = matcher.value_as("positions")
                assert matcher.weight() == len(positions)
                assert all(one < other for one, other in pairwise(positions))
                seen[reader.stored_fields(matcher.id())["article"]] = positions
                matcher.next()
        assert len(seen) == engine.reader().frequencies("body", [word])[word]
        for article in engine.reader().scan():
            stored = article.model_dump_json(exclude_defaults=True).encode()
            terms = plain(article).fields
            expected = terms["body"].by_term().get(word, []) if "body" in terms else []
            assert list(seen.get(stored, [])) == list(expected)


def test_whoosh_may_ask_of_an_article_past_the_end_whether_it_is_deleted(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path, PLAIN)
    engine.write([made(str(number)) for number in range(8)])  # as many as fill a byte of the bitmap
    engine.write([], ["0"])
    with exhaustive(tmp_path, BM25F()) as searcher:
        assert len(searcher.search(stock.Not(stock.Term("body", "nowhere")), limit=None)) == 7
