"""What was typed with a sign is never loosened without asking: a looser query is offered."""

from typing import Any
from urllib.parse import urlencode

import pytest

from index.article import check_article
from search.answer import SearchAnswer
from search.cli.printing import search_text
from search.parts import Parts
from search.request import SearchRequest, check_request
from search.web.app import create_app
from tests.support.demo import parts_in

ARTICLES: list[dict[str, Any]] = [
    *({"id": f"s{n}", "title": f"Школа номер {n}", "body": "Урок."} for n in range(5)),
    *({"id": f"l{n}", "title": f"Лицей номер {n}", "body": "Москва."} for n in range(3)),
    {"id": "t", "title": "Форум", "body": "Слово министра и его заместителя в Москве."},
    {"id": "w", "title": "Война", "body": "Школы закрыты."},
    {"id": "e", "title": "Deputy minister resigns", "body": "A quiet day.", "language": "en"},
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """A dozen articles: none has both a school and a lyceum."""
    parts = parts_in(tmp_path_factory.mktemp("suggestions"))
    articles = [check_article({"language": "ru", **fields}) for fields in ARTICLES]
    parts.engine.write(map(parts.analyse, articles))
    return parts


def answer(parts: Parts, text: str, **asked: Any) -> SearchAnswer:
    return parts.searcher.search(check_request(SearchRequest, {"q": text, "facets": "", **asked}))


@pytest.mark.parametrize(
    ("typed", "kind", "offered", "total"),
    [
        ("школы И лицеи", "any", "школы OR лицеи", 9),
        ("школы AND лицеи", "any", "школы OR лицеи", 9),
        ("+школы +лицеи", "any", "школы OR лицеи", 9),
        ("+школы лицеи", "any", "школы OR лицеи", 9),
        ("школы И лицеи И форум", "any", "школы OR лицеи OR форум", 10),
        ("школы И лицеи -война", "any", "(школы OR лицеи) -война", 8),
        ("школы И лицеи москва", "any", "(школы OR лицеи) москва", 3),
        ("школы И (лицеи OR форум)", "any", "школы OR лицеи OR форум", 10),
        ("title:форум title:война", "any", "title:форум OR title:война", 2),
        ("title:форум война", "any", "title:форум OR война", 2),
        ("(школы OR урок) лицеи", "any", "школы OR урок OR лицеи", 9),
        ('"deputy ministers"', "unquoted", "deputy ministers", 1),
        ('"министры"', "unquoted", "министры", 1),
        ("«слово заместителя»", "unquoted", "слово заместителя", 1),
        ('"слово заместителя" министра', "unquoted", "слово заместителя министра", 1),
        ('"слово заместителя" школы', "any", '"слово заместителя" OR школы', 6),
    ],
)
def test_a_looser_query_is_offered_with_its_count(
    parts: Parts, typed: str, kind: str, offered: str, total: int
) -> None:
    found = answer(parts, typed)
    assert (found.total, found.query.notes) == (0, ())
    (one,) = found.query.suggestions
    assert (one.kind, one.text, one.total) == (kind, offered, total)
    assert answer(parts, one.text).total == total, "the link gives as many as it says"


@pytest.mark.parametrize(
    "typed",
    ["школы лицеи", "школы", "школы И урок", "динозавр И птеродактиль", '"динозавр"', "-школы", ""],
)
def test_nothing_is_offered_where_something_was_found_or_nothing_would_be(
    parts: Parts, typed: str
) -> None:
    assert answer(parts, typed).query.suggestions == ()


def test_plain_words_are_loosened_with_their_note_and_signs_stay(parts: Parts) -> None:
    plain = answer(parts, "школы лицеи")
    assert (plain.total, plain.query.notes) == (9, ("relaxed",))
    mixed = answer(parts, "школы И урок лицеи динозавр")
    assert mixed.total == 0, "neither plain word is there beside both"
    mixed = answer(parts, "школы И урок номер динозавр")
    assert (mixed.total, mixed.query.notes) == (5, ("relaxed",))
    assert answer(parts, '"Школа номер" 3 динозавр').total == 1


def test_a_headline_is_read_without_its_quotes_where_nothing_has_them(parts: Parts) -> None:
    found = answer(parts, 'Форум: "слово заместителя" министра в Москве вчера утром')
    assert [hit.id for hit in found.hits][:1] == ["t"]
    assert found.query.notes == ("as_words", "relaxed")
    assert found.query.as_words == ('"слово заместителя"',)


@pytest.mark.parametrize(
    "typed",
    ['Министр и его "слово заместителя"', "Министр и его “слово заместителя”"],
)
def test_the_quoted_words_of_a_headline_count_as_its_words(parts: Parts, typed: str) -> None:
    found = answer(parts, f"{typed} вчера")
    assert [hit.id for hit in found.hits] == ["t"]
    assert found.query.notes == ("as_words", "relaxed")
    assert answer(parts, typed).total == 0, "three words are keywords, and their quotes are meant"


def test_a_headline_that_is_a_quotation_is_read_as_words_where_nothing_has_it(
    parts: Parts,
) -> None:
    found = answer(parts, "«Министр и его заместитель в Москве вчера»")
    assert [hit.id for hit in found.hits][:1] == ["t"]
    assert found.query.notes == ("as_words", "relaxed")
    assert answer(parts, '"Министр и его заместитель в Москве вчера"').total == 0
    assert answer(parts, "«Слово министра и его заместителя в Москве»").query.notes == ()


def test_phrases_without_a_word_beside_them_are_no_headline(parts: Parts) -> None:
    found = answer(parts, '"слово заместителя" "Москве министра"')
    assert (found.total, found.query.notes) == (0, ())


def test_guillemets_of_a_headline_are_words_and_of_a_short_query_a_phrase(parts: Parts) -> None:
    found = answer(parts, "«Слово заместителя» и министр на форуме")
    assert [hit.id for hit in found.hits][:1] == ["t"]
    assert found.query.as_words == ("«Слово заместителя»",)
    assert answer(parts, "«Слово заместителя» министра").total == 0
    assert answer(parts, "«Слово министра» Москва").total == 1


def test_an_offer_is_counted_under_the_same_filters(parts: Parts) -> None:
    (one,) = answer(parts, "школы И minister", lang="en").query.suggestions
    assert (one.text, one.total) == ("школы OR minister", 1)


@pytest.mark.parametrize(
    ("typed", "ui", "said"),
    [
        ("школы И лицеи", "ru", "нет всего этого сразу. Частично подходят 9 статей:"),
        ("лицеи И форум", "en", "No article matches the whole query. 4 articles match part of it"),
        ("форум И динозавр", "ru", "Частично подходит 1 статья:"),
        ('"deputy ministers"', "en", "Without quotes, 1 article matches"),
    ],
)
def test_a_page_says_so_in_its_language_with_a_link(
    parts: Parts, typed: str, ui: str, said: str
) -> None:
    client = create_app(parts.settings, parts).test_client()
    html = client.get("/", query_string={"q": typed, "ui": ui, "lang": ["ru", "en"]}).text
    assert said in html
    (one,) = answer(parts, typed).query.suggestions
    text = one.text.replace(" OR ", " ИЛИ ") if ui == "ru" else one.text
    html = html.replace("&#34;", '"')
    assert f">{text}</a>" in html
    assert urlencode({"q": text}) in html
    assert answer(parts, text, lang=["ru", "en"]).total == one.total


@pytest.mark.parametrize(
    ("typed", "pieces"),
    [("школа *", ["Не учтено:", "<code>*</code>"]),
     ("lang:de школа", ["Искали как обычные слова:", "<code>lang:de</code>"]),
     ("школа <b>&&</b> ||", ["<code>||</code>"])],
)  # fmt: skip
def test_a_page_says_what_was_not_read(parts: Parts, typed: str, pieces: list[str]) -> None:
    html = (
        create_app(parts.settings, parts)
        .test_client()
        .get("/", query_string={"q": typed, "ui": "ru"})
        .text
    )
    assert all(piece in html for piece in pieces)


def test_the_terminal_says_both(parts: Parts) -> None:
    text = "\n".join(search_text(answer(parts, "школы И лицеи *")))
    assert "note: ignored: *" in text
    assert "no article has all of this; 9 articles with part of it: школы OR лицеи" in text


def test_a_single_letter_begins_words(parts: Parts) -> None:
    assert answer(parts, "ф*").total == 1
    assert answer(parts, "d*").total == 1
