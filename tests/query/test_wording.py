"""A query in words: what a reader sees is read as the same query."""

from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from index import query as q
from index.analysis.analyzer import Analyzer
from search.query.parser import parse
from search.query.wording import wording
from search.relevance import relaxed
from tests.support.golden import GOLDEN
from tests.support.strategies import queries

CASES: list[dict[str, Any]] = yaml.safe_load(
    (GOLDEN / "parser" / "queries.yaml").read_text(encoding="utf-8")
)
ANALYZER = Analyzer(20_000)
NOTHING = q.And(())
"""What a text without words asks for; its wording is "", which asks for everything."""


def read(text: str) -> q.Query:
    return parse(text, ANALYZER).query


_AGAIN = [case for case in CASES if not case.get("once") and read(case["query"]) != NOTHING]


@pytest.mark.parametrize("case", _AGAIN, ids=lambda case: case["query"])
def test_what_a_reader_sees_is_read_as_the_same_query(case: dict[str, Any]) -> None:
    assert read(case["parsed"]) == read(case["query"])


# Queries that mean something, to three levels of brackets. Left out, since a wording cannot
# keep them: ё (a form has е), more than MAX_WORDS words, brackets as deep as MAX_BRACKETS.
_WORDS = st.sampled_from(
    ["школа", "Школы", "война", "Рябковым", "и", "the", "С-400", "тест-кейс", "из-за", "U.S.",
     "O’Neill’s", "3,5", "№5", "10:30", "http://x.y/z", "user@example.org", "при\u0301нцип",
     "пре\u00adзидент", "Cовет", "и/или", "C++", "слово,", "🙂", "США", "OR", "AND", "-", "«мир»"]
)  # fmt: skip
_LEAVES = st.one_of(
    _WORDS,
    _WORDS,
    st.lists(_WORDS, min_size=1, max_size=4).map(lambda some: '"' + " ".join(some) + '"'),
    st.lists(_WORDS, min_size=1, max_size=3).map(lambda some: "“" + ' "'.join(some) + "”"),
    st.sampled_from(["школ*", "С-40*", "о'н*", "lang:ru", "LANG:xx", "date:2017", "date:2017-02..",
                     "date:..2016-02-29", "date:2017-13", "date:", "title:", '"', "()"]),
)  # fmt: skip


def _combined(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    fields = st.sampled_from(["title", "lead", "body", "subject", "rubric", "source", "author"])
    some = st.lists(below, min_size=1, max_size=4)
    return st.one_of(
        some.map(" ".join),
        some.map(" OR ".join),
        some.map(" И ".join),
        below.map(lambda text: f"({text})"),
        below.map(lambda text: f"-({text})"),
        below.map(lambda text: f"-{text}"),
        st.tuples(fields, below).map(lambda both: f"{both[0]}:{both[1]}"),
        st.tuples(fields, below).map(lambda both: f"{both[0]}:({both[1]})"),
    )


_TYPED = st.recursive(_LEAVES, _combined, max_leaves=12)


@given(_TYPED)
def test_the_wording_of_a_query_is_read_as_the_same_query(text: str) -> None:
    first = parse(text, ANALYZER)
    assume(not first.notes and first.query not in (NOTHING, q.Everything()))
    assert parse(wording(first.query), ANALYZER) == first


@given(_TYPED)
def test_the_wording_of_a_wording_is_itself(text: str) -> None:
    first = parse(text, ANALYZER)
    assume(not first.notes)
    words = wording(first.query)
    assert wording(read(words)) == words


@given(_TYPED)
def test_operators_in_russian_ask_for_the_same_as_in_english(text: str) -> None:
    first = parse(text, ANALYZER)
    assume(not first.notes and first.query not in (NOTHING, q.Everything()))
    assert parse(wording(first.query, language="ru"), ANALYZER) == first


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("школы OR лицеи", "школы ИЛИ лицеи"),
        ("schools AND colleges", "schools И colleges"),
        ('(школы OR "war OR peace") -война', '(школы ИЛИ "war OR peace") -война'),
        ("школы AND (лицеи OR форум)", "школы И (лицеи ИЛИ форум)"),
    ],
)
def test_a_russian_page_writes_russian_operators(typed: str, words: str) -> None:
    assert wording(read(typed), language="ru") == words


@given(queries)
def test_every_query_has_a_wording(query: q.Query) -> None:
    assert wording(query) == wording(query).replace("\n", " ")


def test_what_only_ranks_is_left_out() -> None:
    word = q.Terms(("школа",), (q.In("title"), q.In("body")), "школа")
    for ranked in (
        q.Boost(word, 2.0),
        q.Constant(word, 1.0),
        q.Fresh(word, 0.1, 100, 0),
        q.Prefer(word, (q.Boost(word, 0.2),)),
    ):
        assert wording(ranked) == "школа"


def test_a_relaxed_query_says_how_many_of_its_words_must_match() -> None:
    query = relaxed(read("Рябков Страсбург динозавр"))
    assert query is not None
    assert wording(query) == "2 of (рябков OR страсбург OR динозавр)"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (q.Everything(), ""),
        (q.Filter("subject", ("Спорт", "Наука")), "subject:Спорт OR subject:Наука"),
        (q.Range(0, 86_400), "date:1970-01-01..1970-01-01"),
        (q.Range(None, None), "date:.."),
        (q.Not(q.Not(q.Prefix("а", ("body_exact",)))), "-(-body:а*)"),
        (q.Phrase((("a",), ("b",)), (q.In("title_exact"),), surface="A b"), 'title:"A b"'),
        (q.Or((q.And((q.Everything(),)),)), ""),
    ],
    ids=str,
)
def test_a_clause_is_worded_in_the_language_of_queries(query: q.Query, words: str) -> None:
    assert wording(query) == words
