"""The snippets of an answer have a budget of time; after it, hits show their openings."""

import dataclasses
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer
from index.article import check_article
from index.engines.whoosh.engine import WhooshEngine
from search.answer import SearchAnswer, encoded
from search.request import SearchRequest
from search.searcher import Searcher

ANALYZER = Analyzer(20_000)
OPENING = "Погода была хорошая."
BODY = f"{OPENING} " + "Люди шли на работу. " * 30 + "Динозавр найден в Сибири."
HITS = 8


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    """The snippets of each hit take 10 ms, and 35 ms are allowed."""
    engine = WhooshEngine(tmp_path, "test")
    made = [check_article({"id": f"{at}", "title": "Динозавр", "body": BODY}) for at in range(HITS)]
    engine.write([analyse_article(article, ANALYZER.read) for article in made])
    seconds = (step * 0.01 for step in count())
    yield Searcher(engine, ANALYZER, snippet_seconds=0.035, clock=seconds.__next__)
    engine.close()


def search(searcher: Searcher, per_page: int = HITS) -> SearchAnswer:
    return searcher.search(SearchRequest(q="динозавр", per_page=per_page, snippet_length=40))


def test_hits_show_their_passage_until_the_time_is_over_and_then_the_opening(
    searcher: Searcher,
) -> None:
    answer = search(searcher)
    assert [hit.opening_only for hit in answer.hits] == [False] * 4 + [True] * 4
    for hit in answer.hits:
        marked = "<mark>Динозавр</mark> найден в Сибири."
        expected = OPENING if hit.opening_only else marked
        assert expected in hit.snippets[0]
        assert bool(hit.highlights.snippets[0].marks) != hit.opening_only


def test_the_answer_has_a_note_where_hits_show_their_opening_only(searcher: Searcher) -> None:
    assert search(searcher).query.notes == ("openings",)
    in_time = search(searcher, per_page=4)
    assert in_time.query.notes == ()
    assert b"opening_only" not in encoded(in_time.hits[0])


def test_title_and_order_total_and_facets_do_not_depend_on_the_time(searcher: Searcher) -> None:
    late, in_time = search(searcher), search(dataclasses.replace(searcher, snippet_seconds=1e9))
    assert (late.total, late.facets) == (in_time.total, in_time.facets)
    assert [(hit.id, hit.highlight) for hit in late.hits] == [
        (hit.id, hit.highlight) for hit in in_time.hits
    ]
    assert all(hit.highlight.title == "<mark>Динозавр</mark>" for hit in late.hits)


def test_an_answer_with_openings_is_not_kept_for_the_next_search(searcher: Searcher) -> None:
    assert search(searcher).query.notes == ("openings",)
    assert search(dataclasses.replace(searcher, snippet_seconds=1e9)).query.notes == ()
