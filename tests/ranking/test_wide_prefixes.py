"""Words of a short prefix are found and marked in the hits, without asking the index for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer
from index.article import check_article
from index.engines.whoosh.engine import WhooshEngine
from search.answer import HitAnswer
from search.relevance import PREFIX_READ
from search.request import SearchRequest
from search.searcher import Searcher

ANALYZER = Analyzer(20_000)
FILLER = "На улице было тихо. "
BODIES = {
    "capital": f"{FILLER * 5}Ёж и ежата спали, а кот ел.",
    "late": f"{FILLER * (PREFIX_READ // len(FILLER) - 5)}Ежи спали.",
    "too late": f"{FILLER * (PREFIX_READ // len(FILLER) + 5)}Ежи спали.",
    "phrase": "Кот ел. Кот спал и ел, а ёж не ел, кот. Ёж кот.",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    engine = WhooshEngine(Path(tmp_path_factory.mktemp("wide")), "test")
    articles = [check_article({"id": one, "title": f"Новость {one}", "body": body})
                for one, body in BODIES.items()]  # fmt: skip
    engine.write([analyse_article(article, ANALYZER.read) for article in articles])
    yield Searcher(engine, ANALYZER, snippet_seconds=60)
    engine.close()


def hits(searcher: Searcher, q: str) -> dict[str, HitAnswer]:
    answer = searcher.search(SearchRequest(q=q, per_page=100, snippet_length=60))
    return {hit.id: hit for hit in answer.hits}


def test_only_of_a_longer_prefix_the_index_is_asked_where_its_words_are(searcher: Searcher) -> None:
    asked = searcher.find(SearchRequest(q="еж* улиц*")).engine_request
    assert {start for _, start in asked.highlight_prefixes} == {"улиц"}


def test_every_word_that_starts_so_is_marked_in_a_passage(searcher: Searcher) -> None:
    hit = hits(searcher, "еж*")["capital"]
    assert "<mark>Ёж</mark> и <mark>ежата</mark> спали, а кот ел." in hit.snippets[0]


def test_in_a_long_text_the_word_is_sought_as_far_as_it_is_read(searcher: Searcher) -> None:
    found = hits(searcher, "еж*")
    assert "<mark>Ежи</mark> спали" in found["late"].snippets[0]
    assert found["too late"].snippets[0].startswith(FILLER.strip())
    assert "<mark>" not in found["too late"].snippets[0]


def test_words_of_a_prefix_are_no_part_of_a_phrase_that_they_stand_in(searcher: Searcher) -> None:
    hit = hits(searcher, '"кот ел" еж*')["phrase"]
    assert "<mark>Кот</mark> <mark>ел</mark>. Кот спал" in hit.snippets[0]
    assert any("<mark>ёж</mark> не ел, кот. <mark>Ёж</mark> кот." in one for one in hit.snippets)


def test_a_title_is_marked_whole(searcher: Searcher) -> None:
    hit = hits(searcher, "новос* еж*")["late"]
    assert hit.highlight.title == "<mark>Новость</mark> late"
