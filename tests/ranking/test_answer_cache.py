"""Answers that are kept: given again only while they would be made again just so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from index.article import check_article
from search.answer import SearchAnswer
from search.answer_cache import AnswerCache
from search.parts import Parts
from search.request import SearchRequest
from search.searcher import Searcher
from tests.support.demo import parts_in

ROOM = 1_000_000


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = parts_in(tmp_path)
    _write(made, "1", "школа")
    yield made
    made.close()


@pytest.fixture
def searcher(parts: Parts) -> Searcher:
    return replace(parts.searcher, answers=AnswerCache(ROOM))


def _write(parts: Parts, article_id: str, title: str) -> None:
    parts.engine.write([parts.analyse(check_article({"id": article_id, "title": title}))])


def _ask(searcher: Searcher, q: str = "школа", **more: Any) -> SearchAnswer:
    return searcher.search(SearchRequest.model_validate({"q": q, **more}))


def _but_time(answer: SearchAnswer) -> SearchAnswer:
    return msgspec.structs.replace(answer, took_ms=0.0)


def test_a_question_that_came_twice_is_answered_the_same_without_searching(
    searcher: Searcher,
) -> None:
    first, *others = [_ask(searcher) for _ in range(4)]
    assert [_but_time(one) for one in others] == [_but_time(first)] * 3
    assert searcher.answers.use()[:2] == (2, 2)
    assert "match" in searcher.stages.totals()
    assert searcher.stages.totals()["match"][1] == 2


@pytest.mark.parametrize(
    "other",
    [{"q": "Школа"}, {"page": 2}, {"lang": ["en"]}, {"facets": ()}, {"snippet_length": 100}],
    ids=str,
)
def test_another_request_is_another_question(searcher: Searcher, other: dict[str, Any]) -> None:
    for _ in range(2):
        _ask(searcher)
    _ask(searcher, **other)
    assert searcher.answers.use().hits == 0


def test_the_language_of_suggestions_belongs_to_the_question(searcher: Searcher) -> None:
    request = SearchRequest(q="школа И лицей")
    texts = {
        language: [searcher.search(request, language).query.suggestions[0].text for _ in range(3)]
        for language in ("en", "ru")
    }
    assert texts == {"en": ["школа OR лицей"] * 3, "ru": ["школа ИЛИ лицей"] * 3}


def test_what_is_written_is_found_at_once(searcher: Searcher, parts: Parts) -> None:
    for number in range(2, 5):
        for _ in range(3):
            assert _ask(searcher).total == number - 1
        _write(parts, str(number), "школа")
    assert searcher.answers.use().hits == 3


def test_freshness_is_counted_again_when_the_hour_is_over(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.searcher.time.time", lambda: 1_000_000_000.0)
    for _ in range(3):
        _ask(searcher)
    monkeypatch.setattr("search.searcher.time.time", lambda: 1_000_003_600.0)
    _ask(searcher)
    assert searcher.answers.use()[:2] == (1, 3)


@pytest.mark.parametrize("name", ["explain", "timings"])
def test_explanations_and_times_are_never_kept(searcher: Searcher, name: str) -> None:
    for _ in range(3):
        searcher.search(SearchRequest.model_validate({"q": "школа", name: True}))
    assert searcher.answers.use() == (0, 0, 0, ROOM)


def test_an_answer_with_openings_for_want_of_time_is_not_kept(searcher: Searcher) -> None:
    hasty = replace(searcher, snippet_seconds=0.0)
    for _ in range(3):
        assert _ask(hasty).query.notes == ("openings",)
    assert hasty.answers.use().hits == 0


def test_the_bytes_are_bounded_and_what_was_asked_last_stays(parts: Parts) -> None:
    cache = AnswerCache(3_000)
    searcher = replace(parts.searcher, answers=cache)
    for number in range(30):
        for _ in range(3):
            _ask(searcher, f"школа {number}")
            assert cache.use().size <= 3_000
    assert cache.use().hits == 30
    _ask(searcher, "школа 29")
    assert cache.use().hits == 31
    _ask(searcher, "школа 0")
    assert cache.use().hits == 31


def test_an_answer_that_takes_most_of_the_room_pushes_out_no_other(parts: Parts) -> None:
    for number in range(10):
        _write(parts, f"long-{number}", "лицей " * 70)
    searcher = replace(parts.searcher, answers=AnswerCache(6_000))
    for text in ("школа", "школа", "лицей", "лицей", "школа"):
        _ask(searcher, text)
    assert searcher.answers.use().hits == 1


def test_without_room_nothing_is_kept(parts: Parts) -> None:
    searcher = replace(parts.searcher, answers=AnswerCache(0))
    for _ in range(3):
        _ask(searcher)
    assert searcher.answers.use() == (0, 0, 0, 0)


def test_the_observer_sees_every_answer_with_its_own_time(parts: Parts) -> None:
    seen: list[tuple[int, float]] = []
    searcher = replace(
        parts.searcher,
        answers=AnswerCache(ROOM),
        observer=lambda _, answer, took: seen.append((answer.total, took)),
    )
    answers = [_ask(searcher) for _ in range(3)]
    assert [total for total, _ in seen] == [1, 1, 1]
    assert [one.took_ms for one in answers] == [round(took * 1000, 2) for _, took in seen]
