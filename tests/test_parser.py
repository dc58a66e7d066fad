"""How a query text is read; golden cases in tests/golden/parser/queries.yaml."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from index.analysis.analyzer import Analyzer
from index.query import Everything, Phrase, Prefix, Terms, walk
from search.parser import MAX_WORDS, Note, Quotes, parse
from search.wording import wording

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "golden" / "parser" / "queries.yaml").read_text(encoding="utf-8")
)
ANALYZER = Analyzer(20_000)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_a_query_text_is_read_as_its_case_says(case: dict[str, Any]) -> None:
    parsed = parse(case["query"], ANALYZER)
    assert wording(parsed.query) == case["parsed"]
    assert list(parsed.notes) == case.get("notes", [])


_TOLD = [case for case in CASES if not re.search(r"date:|\d-\d|-\d|\ba$", case["parsed"])]
"""Without those where days stand for a month, or a compound is read anew."""


@pytest.mark.parametrize("case", _TOLD, ids=lambda case: case["query"])
def test_what_a_reader_is_told_is_read_the_same(case: dict[str, Any]) -> None:
    again = parse(case["parsed"], ANALYZER)
    assert wording(again.query) == case["parsed"]


def test_ten_thousand_words_are_cut_and_it_is_said() -> None:
    parsed = parse("слово " * 10_000, ANALYZER)
    words = [one for one in walk(parsed.query) if isinstance(one, Terms)]
    assert len(words) == MAX_WORDS
    assert parsed.notes == (Note.CUT,)


def test_a_word_is_asked_for_with_all_its_lemmas() -> None:
    query = parse("стали", ANALYZER).query
    assert isinstance(query, Terms)
    assert {"стали", "сталь", "стать"} <= set(query.variants)


def test_quotes_can_be_read_as_words() -> None:
    query = parse('"холодная война"', ANALYZER, Quotes.WORDS).query
    assert not any(isinstance(one, Phrase) for one in walk(query))


def test_an_empty_text_asks_for_everything() -> None:
    assert parse(" \n", ANALYZER).query == Everything()


@given(st.text(max_size=300) | st.text(st.sampled_from('аб -"():*«»\n\0.ORИЛ'), max_size=300))
def test_any_text_is_read_into_a_bounded_query(text: str) -> None:
    clauses = list(walk(parse(text, ANALYZER).query))
    words = [one for one in clauses if isinstance(one, Terms | Phrase | Prefix)]
    assert len(words) <= 3 * MAX_WORDS
    assert len(clauses) <= 10 * MAX_WORDS
    assert isinstance(wording(clauses[0]), str)
