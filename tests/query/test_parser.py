"""How a query text is read; golden cases in tests/golden/parser/queries.yaml."""

from typing import Any

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index import query as q
from index.analysis.analyzer import Analyzer
from index.schema import DEFAULT_FIELDS
from search.query.building import Quotes
from search.query.notes import Note
from search.query.parser import MAX_BRACKETS, QueryText, parse
from search.query.syntax import MAX_WORDS
from search.query.wording import wording
from tests.support.golden import GOLDEN

CASES: list[dict[str, Any]] = yaml.safe_load(
    (GOLDEN / "parser" / "queries.yaml").read_text(encoding="utf-8")
)
ANALYZER = Analyzer(20_000)


def read(text: str, quotes: Quotes = Quotes.LITERAL) -> q.Query:
    return parse(text, ANALYZER, quotes).query


def words(query: q.Query) -> list[q.Query]:
    """The clauses that cost an engine a look-up."""
    kinds = q.Terms | q.Phrase | q.Prefix | q.Range | q.Filter
    return [clause for clause in q.walk(query) if isinstance(clause, kinds)]


def depth(query: q.Query) -> int:
    return 1 + max(map(depth, q.children(query)), default=0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_a_query_text_is_read_as_its_case_says(case: dict[str, Any]) -> None:
    parsed = parse(case["query"], ANALYZER)
    assert wording(parsed.query) == case["parsed"]
    notes = {"ignored": list(parsed.ignored), "as_words": list(parsed.as_words)}
    assert {name: pieces for name, pieces in notes.items() if pieces} == {
        name: case[name] for name in notes if name in case
    }
    assert [*parsed.notes] == [*case.get("notes", []), *(Note(one) for one in notes if notes[one])]


# --- the tree --------------------------------------------------------------------------------


def test_a_word_is_asked_for_with_all_its_lemmas_in_all_fields() -> None:
    query = read("стали")
    assert isinstance(query, q.Terms)
    assert {"стали", "сталь", "стать"} <= set(query.variants)
    assert query.fields == tuple(q.In(name) for name in DEFAULT_FIELDS)
    assert query.surface == "стали"


def test_all_words_must_match() -> None:
    query = read("школа выпускник")
    assert isinstance(query, q.And)
    assert [type(clause) for clause in query.clauses] == [q.Terms, q.Terms]


def test_or_binds_closer_than_a_space() -> None:
    query = read("выборы Москва OR Казань итоги")
    assert isinstance(query, q.And)
    assert [type(clause) for clause in query.clauses] == [q.Terms, q.Or, q.Terms]


def test_a_quoted_word_is_asked_for_in_the_form_that_was_typed() -> None:
    query = read('"школы"')
    assert isinstance(query, q.Terms)
    assert query.variants == ("школы",)
    assert {place.field for place in query.fields} == {f"{name}_exact" for name in DEFAULT_FIELDS}


def test_a_phrase_asks_for_forms_in_their_order_and_keeps_its_stop_words() -> None:
    query = read('"быть или не быть"')
    assert isinstance(query, q.Phrase)
    assert query.parts == (("быть",), ("или",), ("не",), ("быть",))
    assert query.slop == 0


def test_a_code_is_asked_for_whole_or_as_its_parts_in_a_row() -> None:
    query = read("Ту-154")
    assert isinstance(query, q.Or)
    whole, row = query.clauses
    assert isinstance(whole, q.Terms)
    assert isinstance(row, q.Phrase)
    assert "ту-154" in whole.variants
    assert [part[0] for part in row.parts] == ["ту", "154"]


def test_of_a_word_made_of_words_the_parts_are_asked_for_and_the_whole_is_better() -> None:
    query = read("интернет-магазин")
    assert isinstance(query, q.Prefer)
    assert isinstance(query.clause, q.And)
    assert [one.surface for one in words(query.clause) if isinstance(one, q.Terms)] == [
        "интернет", "магазин",
    ]  # fmt: skip


def test_a_beginning_is_asked_for_among_the_forms_as_typed() -> None:
    assert read("title:Школ*") == q.Prefix("школ", ("title_exact",))


def test_a_field_holds_for_its_brackets_and_no_further() -> None:
    query = read("title:(школа OR война) мир")
    fields = [
        [place.field for place in one.fields] for one in q.walk(query) if isinstance(one, q.Terms)
    ]
    assert fields == [["title"], ["title"], list(DEFAULT_FIELDS)]


def test_a_language_and_a_date_are_filters() -> None:
    query = read("lang:ru date:1970-01-02")
    assert query == q.And((q.Filter("language", ("ru",)), q.Range(86_400, 172_800)))


def test_a_minus_takes_the_next_clause_away() -> None:
    query = read("мир -(школа OR война)")
    assert isinstance(query, q.And)
    assert isinstance(query.clauses[1], q.Not)
    assert isinstance(query.clauses[1].clause, q.Or)


def test_an_empty_text_asks_for_everything() -> None:
    assert read(" \n") == q.Everything()


@pytest.mark.parametrize("text", ['"', ":", ")(", "🙂", "\0", "*", '"" ""'])
def test_a_text_without_words_asks_for_nothing(text: str) -> None:
    assert read(text) == q.And(())


def test_quotes_can_be_read_as_words() -> None:
    query = read('"холодная война"', Quotes.WORDS)
    assert query == read("холодная война")


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ('"школа лицей" дом', "школа лицей дом"),
        ('title:"школа лицей" дом', "title:школа title:лицей дом"),
        ('и И "школа лицей" дом', "школа лицей дом"),
        ('("школа лицей") дом', "(школа лицей) дом"),
        ('+"школа лицей" дом', "+(школа лицей) дом"),
        ('-"школа лицей" дом', "-(школа лицей) дом"),
        ('"школа лицей" И дом', "(школа лицей) AND дом"),
        ('"школа лицей" OR дом', "(школа лицей) OR дом"),
        ('+("и" -дом) лицей', "-дом лицей"),
    ],
)
def test_quotes_that_are_read_as_words_are_a_group_only_under_a_sign(
    text: str, parsed: str
) -> None:
    assert wording(read(text, Quotes.WORDS)) == parsed


def test_one_text_may_be_read_in_every_way_in_any_order() -> None:
    text = '+("и" -"*дом*") "школа лицей" "*'
    for first in Quotes:
        typed = QueryText(text, ANALYZER)
        for quotes in (first, *Quotes):
            assert typed.parsed(quotes) == parse(text, ANALYZER, quotes)


def test_a_headlines_quoted_word_can_be_read_as_a_word_and_its_phrase_as_a_phrase() -> None:
    assert read('"вызовы"', Quotes.HEADLINE) == read("вызовы")
    assert read('"новые вызовы"', Quotes.HEADLINE) == read('"новые вызовы"')
    assert read("«Новые вызовы» года", Quotes.HEADLINE) == read("новые вызовы года")


# --- bounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["слово ", "слово OR ", '"слово" ', "сло* ", "title:слово ", "С-400 "]
)
def test_ten_thousand_words_are_cut_and_it_is_said(text: str) -> None:
    parsed = parse(text * 10_000, ANALYZER)
    assert len(words(parsed.query)) <= MAX_WORDS
    assert parsed.notes == (Note.CUT,)


@pytest.mark.parametrize("text", ["lang:ru ", "date:2017 ", "-date:2017 ", "lang:ru OR "])
def test_filters_count_as_words_do(text: str) -> None:
    parsed = parse(text * 1_000, ANALYZER)
    assert len(words(parsed.query)) == MAX_WORDS
    assert parsed.notes == (Note.CUT,)


def test_as_many_words_as_may_be_are_not_cut() -> None:
    text = " ".join(f"слово{number}" for number in range(MAX_WORDS))
    assert parse(text, ANALYZER).notes == ()
    assert len(words(read(text))) == MAX_WORDS
    assert parse(text + " и", ANALYZER).notes == (Note.CUT,)


def test_more_beginnings_than_may_be_are_words_and_it_is_said() -> None:
    letters = "абвгдежзикл"
    parsed = parse(" OR ".join(f"{letter}* OR {letter}*" for letter in letters), ANALYZER)
    prefixes = {clause for clause in q.walk(parsed.query) if isinstance(clause, q.Prefix)}
    assert len(prefixes) == len({id(one) for one in q.walk(parsed.query) if one in prefixes}) == 8
    assert parsed.as_words == tuple(f"{letter}*" for letter in letters[8:])


def test_a_long_phrase_is_cut_within() -> None:
    parsed = parse('"' + "слово " * 1_000 + '"', ANALYZER)
    assert isinstance(parsed.query, q.Phrase)
    assert len(parsed.query.parts) == MAX_WORDS
    assert parsed.notes == (Note.CUT,)


@pytest.mark.parametrize(
    "piece",
    ["(", "((", "-(", " -(", "title:", "lang:", "date:", "lead:body:", "title:(", "-lead:(",
     "(a OR ", "(a -(", ")", '"', "-", "a:", "“", "("" ", "a-", "a.", "1.", "\u00ad", "\u0301"],
)  # fmt: skip
def test_nothing_repeated_is_too_deep_or_too_much(piece: str) -> None:
    for text in (piece * 10_000, piece * 3_000 + "слово", piece * 2_000 + ")" * 2_000):
        query = read(text)
        assert depth(query) <= 4 * MAX_BRACKETS
        assert len(words(query)) <= 2 * MAX_WORDS
        assert depth(read(wording(query))) <= 4 * MAX_BRACKETS


_SIGNS = st.text(st.sampled_from("абш -\"“”„«»():*.,'\n\0ORИЛAND№+~\u00ad\u0301"), max_size=300)
_PIECES = st.sampled_from(
    ["школа", "Рябковым", "the", "и", "С-400", "тест-кейс", "U.S.", "10:30", "1 000", "🙂", "ё",
     '"', '"a b"', "«", "»", "(", ")", " ", " ", " -", "-", "*", "шк*", " OR ", " ИЛИ ", " AND ",
     "title:", "subject:", "lang:", "lang:ru", "date:", "date:2017", "date:2017-13", "..", ":"]
)  # fmt: skip
_TEXTS = st.text() | _SIGNS | st.lists(_PIECES, max_size=40).map("".join)


@given(_TEXTS, st.sampled_from(Quotes))
@example("date:9999-12-31..0001", Quotes.LITERAL)
@example("date:٢٠١٧", Quotes.LITERAL)
@example("\ud800", Quotes.LITERAL)
def test_any_text_is_read_into_a_bounded_query(text: str, quotes: Quotes) -> None:
    parsed = parse(text, ANALYZER, quotes)
    assert len(words(parsed.query)) <= 2 * MAX_WORDS
    assert sum(1 for _ in q.walk(parsed.query)) <= 2 * MAX_WORDS * MAX_BRACKETS
    assert depth(parsed.query) <= 4 * MAX_BRACKETS
    assert Note.RELAXED not in parsed.notes
    for note, pieces in ((Note.IGNORED, parsed.ignored), (Note.AS_WORDS, parsed.as_words)):
        assert (note in parsed.notes) == bool(pieces)
        assert len(pieces) <= 10
        assert all(len(piece) <= 60 for piece in pieces)


@given(st.lists(_PIECES, max_size=30).map("".join))
@example('"(школа"')
def test_whatever_is_typed_is_in_the_query_or_in_a_note(text: str) -> None:
    """Nothing that was typed on purpose vanishes: a star, a bracket, a quote."""
    parsed = parse(text, ANALYZER)
    assume(Note.CUT not in parsed.notes and len(parsed.ignored) < 10 and len(parsed.as_words) < 10)
    said = wording(parsed.query) + " ".join(parsed.ignored + parsed.as_words)
    assume("…" not in said)
    assert "*" not in text or "*" in said
    # «школа" is a phrase: any closing quote closes it
    # "(школа" has a bracket that is punctuation, as in the text that is quoted
    brackets = "" if set('"«»“”„’‘›‹') & set(text) else "("
    for opening, closing in ((brackets, ")"), ('"', "«»“”„’‘›‹"), ("«", '»"“”’›')):
        if opening and text.count(opening) == 1 and not set(closing) & set(text):
            assert opening in said, "it is alone"


@given(_TEXTS)
def test_the_same_text_is_read_the_same(text: str) -> None:
    assert parse(text, ANALYZER) == parse(text, ANALYZER)
