"""A text is parsed once; rewriters make its readings, until one of them matches enough."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from index.analysis.analyzer import Analyzer
from index.analysis.token import Token
from index.article import check_article
from index.engines.base import Reader
from search.answer import SearchAnswer
from search.parts import Parts, join_parts
from search.query.building import Quotes
from search.query.notes import Note
from search.query.parser import QueryText, parse
from search.query.readings import Reading
from search.query.rewriters import REWRITERS, AsTyped, Relaxed, Unquoted
from search.query.wording import wording
from search.request import SearchRequest, check_request
from tests.support.demo import parts_in
from tests.support.oracle import OracleReader

ANALYZER = Analyzer(20_000)
EMPTY = OracleReader({}, None)
SENTENCE = "«Новые вызовы» глазами школьных учителей и «их» учеников"


@dataclass(eq=False)
class Counted:
    """The analyzer, and how often it was asked for each text."""

    times: Counter[str] = field(default_factory=Counter)

    def __call__(self, text: str) -> Sequence[Token]:
        self.times[text] += 1
        return ANALYZER(text)


@dataclass
class Synonym:
    """A rewriter that reads one word as another, and how often it was asked."""

    typed: str
    meant: str
    number: int = 7
    times: int = 0

    def __call__(self, text: QueryText, reader: Reader, /) -> Reading | None:
        self.times += 1
        if self.typed not in text.text or not reader.count():
            return None
        return AsTyped()(text.other(text.text.replace(self.typed, self.meant)), reader)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Five schools and three lyceums."""
    parts = parts_in(tmp_path_factory.mktemp("readings"))
    titles = [*(f"Школа номер {n}" for n in range(5)), *(f"Лицей номер {n}" for n in range(3))]
    fields = [{"id": title, "title": title, "language": "ru"} for title in titles]
    parts.engine.write(map(parts.analyse, map(check_article, fields)))
    return parts


def asked(q: str, **more: Any) -> SearchRequest:
    return check_request(SearchRequest, {"q": q, "facets": "", **more})


@pytest.mark.parametrize("text", ["школа лицей гимназия", SENTENCE, '"новые вызовы" года', "", "("])
def test_every_word_of_a_text_is_analysed_once_however_often_it_is_read(text: str) -> None:
    counted = Counted()
    typed = QueryText(text, counted)
    for rewriter in REWRITERS * 2:
        rewriter(typed, EMPTY)
    for quotes in Quotes:
        typed.parsed(quotes)
    assert set(counted.times.values()) <= {1}


@pytest.mark.parametrize("text", ["школа лицей", SENTENCE, '"новые вызовы" года', "", '"', "«и»"])
@pytest.mark.parametrize("quotes", Quotes)
def test_a_text_that_was_read_in_other_ways_is_read_as_if_it_was_not(
    text: str, quotes: Quotes
) -> None:
    typed = QueryText(text, ANALYZER)
    for other in Quotes:
        typed.parsed(other)
    assert typed.parsed(quotes) == parse(text, ANALYZER, quotes)


def test_keywords_are_read_as_typed_then_with_most_of_them() -> None:
    typed = QueryText("школа лицей гимназия", ANALYZER)
    as_typed, relaxed = AsTyped()(typed, EMPTY), Relaxed()(typed, EMPTY)
    assert wording(as_typed.query) == "школа лицей гимназия"
    assert as_typed.notes == ()
    assert relaxed is not None
    assert wording(relaxed.query) == "2 of (школа OR лицей OR гимназия)"
    assert relaxed.notes == (Note.RELAXED,)


@pytest.mark.parametrize("text", ["школа", "+школа +лицей", "школа OR лицей", '"новая школа"', ""])
def test_there_is_nothing_to_relax_in_one_word_or_where_all_have_signs(text: str) -> None:
    assert Relaxed()(QueryText(text, ANALYZER), EMPTY) is None


def test_numbers_of_rewriters_are_those_that_cursors_have() -> None:
    numbers = {type(one): one.number for one in REWRITERS}
    assert numbers == {AsTyped: 0, Relaxed: 1, Unquoted: 2}


def test_a_rewriter_is_tried_where_those_before_it_matched_nothing(parts: Parts) -> None:
    synonym = Synonym("гимназия", "лицей")
    searcher = replace(parts.searcher, rewriters=(*REWRITERS, synonym))
    assert searcher.search(asked("школа")).total == 5
    assert searcher.search(asked("школа гимназия")).query.notes == ("relaxed",)
    assert synonym.times == 0
    answer = searcher.search(asked("гимназия"))
    assert (answer.total, answer.query.parsed, synonym.times) == (3, "лицей", 1)


def test_what_is_said_of_a_reading_is_of_the_text_that_was_read(parts: Parts) -> None:
    searcher = replace(parts.searcher, rewriters=(AsTyped(), Synonym("гимназия", "лицей")))
    answer = searcher.search(asked("гимназия номер 2 )"))
    assert answer.query.text == "гимназия номер 2 )"
    assert (answer.query.parsed, answer.query.ignored) == ("лицей номер 2", (")",))
    exact = parts.searcher.search(asked("лицей номер 2 )"))
    assert [(hit.id, hit.score) for hit in answer.hits] == [
        (hit.id, hit.score) for hit in exact.hits
    ]
    only = replace(searcher, rewriters=searcher.rewriters[1:])
    suggested = only.search(asked('"номер гимназия"')).query.suggestions
    assert [(one.kind, one.text) for one in suggested] == [("unquoted", "номер лицей")]


def test_another_text_shares_the_analysed_words_and_the_zone() -> None:
    counted = Counted()
    typed = QueryText("школа date:2024", counted, ZoneInfo("Asia/Tokyo"))
    other = typed.other("школа лицей date:2024")
    assert other.other("лицей школа").parsed().query == parse("лицей школа", ANALYZER).query
    tokyo = parse("школа лицей date:2024", ANALYZER, zone=ZoneInfo("Asia/Tokyo"))
    assert other.parsed() == tokyo
    typed.parsed()
    assert counted.times == Counter({"школа": 1, "лицей": 1})


def test_where_no_reading_matches_the_first_one_is_returned(parts: Parts) -> None:
    searcher = replace(parts.searcher, rewriters=(*REWRITERS, Synonym("гимназия", "дом")))
    answer = searcher.search(asked("гимназия"))
    assert (answer.total, answer.query.parsed) == (0, "гимназия")


def test_a_cursor_goes_on_with_the_reading_of_its_number_wherever_that_stands(
    parts: Parts,
) -> None:
    before, after = Synonym("гимназия", "лицей"), Synonym("школа", "дом", number=8)
    searcher = replace(parts.searcher, rewriters=(*REWRITERS, before))
    first = searcher.search(asked("гимназия", per_page=2, sort="id"))
    moved = replace(searcher, rewriters=(after, before, *REWRITERS))
    on = moved.search(asked("гимназия", per_page=2, sort="id", after=first.page.next))
    assert [hit.id for hit in (*first.hits, *on.hits)] == [f"Лицей номер {n}" for n in range(3)]
    assert after.times == 0


def test_an_observer_is_called_once_for_each_answer_and_for_nothing_else(parts: Parts) -> None:
    seen: list[tuple[SearchRequest, SearchAnswer, float]] = []

    def observe(request: SearchRequest, answer: SearchAnswer, took: float) -> None:
        seen.append((request, answer, took))

    requests = [asked("школа"), asked("динозавр лицей"), asked("птеродактиль")]
    with closing(join_parts(parts.settings, observe)) as observed:
        answers = [observed.searcher.search(request) for request in requests]
        observed.searcher.explain(requests[0], "Школа номер 1")
    assert [request for request, _, _ in seen] == requests
    assert [answer for _, answer, _ in seen] == answers
    assert all(round(took * 1000, 2) == answer.took_ms for _, answer, took in seen)
