"""What an article is, and how a bad one is refused: with the field and the cure."""

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from index import article as article_module
from index.article import (
    MAX_LABELS,
    MAX_LINE,
    Article,
    check_article,
    clean,
    detect_language,
    dumped,
    undumped,
)
from index.errors import ArticleRefused
from index.moments import read_moment

MOSCOW = timezone(timedelta(hours=3))
LINES = ["title", "rubric", "source", "image_credit"]
TEXTS = ["lead", "body"]
LABELS = ["subjects", "authors"]
MOMENTS = ["published_at", "updated_at"]


def article(**fields: Any) -> Article:
    return check_article({"id": "1", "title": "Заголовок", **fields})


def refused(**fields: Any) -> ArticleRefused:
    with pytest.raises(ArticleRefused) as caught:
        check_article({"id": "1", "title": "Заголовок", **fields})
    assert caught.value.cause
    assert caught.value.cure
    return caught.value


# --- every field -----------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "id": "230396",
    "url": "https://example.org/news/230396/",
    "title": "Выставка открылась в Калуге",
    "lead": "В Калуге открыли выставку.",
    "body": "Выставку открыл губернатор.\nОна продлится до мая.",
    "language": "ru",
    "subjects": ["Культура", "Регионы"],
    "rubric": "Новости",
    "source": "ТАСС",
    "authors": ["Анна Иванова", "John Smith"],
    "image_credit": "Фото: Пётр Петров",
    "published_at": "2024-05-09T10:00:00+03:00",
    "updated_at": "2024-05-10T00:00:00Z",
}


def test_every_field_is_kept_as_it_was_sent() -> None:
    kept = json.loads(check_article(FULL).model_dump_json())
    assert set(FULL) == set(Article.model_fields)
    assert kept == FULL


@pytest.mark.parametrize("name", sorted(set(FULL) - {"id", "title", "language"}))
def test_what_is_left_out_or_null_is_empty(name: str) -> None:
    empty: object = None if name in MOMENTS else () if name in LABELS else ""
    assert getattr(article(), name) == empty
    assert getattr(article(**{name: None}), name) == empty


def test_a_number_is_an_id() -> None:
    assert article(id=230396).id == "230396"


@pytest.mark.parametrize("value", [1.5, True, None, ["1"], {}])
def test_an_id_of_another_type_is_refused(value: object) -> None:
    assert refused(id=value).field == "id"


@pytest.mark.parametrize("name", [*LINES, *TEXTS])
@pytest.mark.parametrize("value", [1, True, ["a"], {"a": "b"}, b"bytes"])
def test_text_of_another_type_is_refused_by_its_field(name: str, value: object) -> None:
    assert refused(**{name: value}).field == name


@pytest.mark.parametrize("name", LINES)
def test_a_line_has_no_breaks_and_no_double_spaces(name: str) -> None:
    assert getattr(article(**{name: " a\r\n b \u00a0\tc "}), name) == "a b c"


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_keeps_its_lines_and_loses_the_space_around_it(name: str) -> None:
    assert getattr(article(**{name: "\n a\r\nb\rc\u2028d  e \n"}), name) == "a\nb\nc\nd  e"


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_several_and_each_once_in_the_order_given(name: str) -> None:
    given_labels = ["Спорт", " Наука ", "Спорт", "", "спорт"]
    assert getattr(article(**{name: given_labels}), name) == ("Спорт", "Наука", "спорт")


@pytest.mark.parametrize("name", LABELS)
def test_one_label_as_a_string_is_a_label(name: str) -> None:
    assert getattr(article(**{name: "Русский язык"}), name) == ("Русский язык",)


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("value", [1, [1], [["a"]], (["a"],), (b"a",), {"a": "b"}, [None]])
def test_labels_of_another_type_are_refused(name: str, value: object) -> None:
    assert refused(**{name: value}).field == name


def test_an_article_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        article().title = "другой"  # type: ignore[misc]


# --- dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2024-05-09", datetime(2024, 5, 9, tzinfo=UTC)),
        (date(2024, 5, 9), datetime(2024, 5, 9, tzinfo=UTC)),
        ("20240509", datetime(2024, 5, 9, tzinfo=UTC)),
        ("2024-05-09T10:00:00Z", datetime(2024, 5, 9, 10, tzinfo=UTC)),
        ("2024-05-09T10:00:00+03:00", datetime(2024, 5, 9, 10, tzinfo=MOSCOW)),
        ("2024-05-09T10:00:00.250+0300", datetime(2024, 5, 9, 10, 0, 0, 250_000, tzinfo=MOSCOW)),
        ("2024-05-09 10:00", datetime(2024, 5, 9, 10, tzinfo=UTC)),
        (datetime(2024, 5, 9, 10), datetime(2024, 5, 9, 10, tzinfo=UTC)),
        (datetime(2024, 5, 9, 10, tzinfo=MOSCOW), datetime(2024, 5, 9, 10, tzinfo=MOSCOW)),
        ("Thu, 09 May 2024 10:00:00 +0300", datetime(2024, 5, 9, 10, tzinfo=MOSCOW)),
        ("Thu, 09 May 2024 10:00:00 GMT", datetime(2024, 5, 9, 10, tzinfo=UTC)),
        ("09.05.2024", datetime(2024, 5, 9, tzinfo=UTC)),
        ("9.5.2024 10:30", datetime(2024, 5, 9, 10, 30, tzinfo=UTC)),
        ("09.05.2024, 10:30", datetime(2024, 5, 9, 10, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_date_is_read_with_its_zone_and_a_bare_one_is_midnight_utc(
    name: str, sent: object, meant: datetime
) -> None:
    moment = getattr(article(**{name: sent}), name)
    assert moment == meant
    assert moment.utcoffset() == meant.utcoffset()


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize(
    "sent",
    ["вчера", "2024-13-01", "2024-02-30", "31.02.2024", "99999999999999999999", "2024", "10:30",
     "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00", 1715245200, 1.5, True, [], {},
     "Thu, 09 May 2024 99:00:00 +0300", "Thu, 09 May 2024 10:00:00 +9999", "\ud800 2024"],
)  # fmt: skip
def test_a_date_that_is_none_is_refused_with_the_field(name: str, sent: object) -> None:
    error = refused(**{name: sent})
    assert error.field == name
    assert "ISO 8601" in error.cure


@pytest.mark.parametrize("sent", ["", None, " \n", "\u0000"])
def test_an_empty_date_is_no_date(sent: str | None) -> None:
    assert article(published_at=sent).published_at is None


@given(st.text(max_size=40) | st.text(st.sampled_from("0123456789-:+.,TZ ٣"), max_size=30))
@example("Mon, 01 Jan 0000 00:00:00 +0000")
@example("1.1.0000")
@example("99.99.9999 99:99")
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    try:
        moment = read_moment(text)
    except ValueError:
        return
    assert moment.utcoffset() is not None


# --- bounds ----------------------------------------------------------------------------------


def test_an_article_without_title_lead_and_body_is_refused() -> None:
    error = refused(title="", body="")
    assert error.field == "title"
    assert "no text" in error.cause


@pytest.mark.parametrize("name", ["title", "lead", "body"])
def test_one_text_is_enough(name: str) -> None:
    assert getattr(article(**{"title": "", name: "слово"}), name) == "слово"


def test_an_article_of_spaces_and_control_characters_is_refused() -> None:
    assert refused(title=" \u0000\u0007\ufeff ", body="\t\n\u200a").field == "title"


@pytest.mark.parametrize("sent", ["", " ", "\u0000"])
def test_an_empty_id_is_refused(sent: str) -> None:
    assert refused(id=sent).field == "id"


def test_an_article_without_an_id_is_refused() -> None:
    with pytest.raises(ArticleRefused) as caught:
        check_article({"title": "x"})
    assert caught.value.field == "id"
    assert "missing" in caught.value.cause


@pytest.mark.parametrize(
    ("name", "most"), [("id", 512), *((name, MAX_LINE) for name in LINES)], ids=str
)
def test_an_id_and_a_line_have_a_greatest_length(name: str, most: int) -> None:
    assert len(getattr(article(**{name: "я" * most}), name)) == most
    error = refused(**{name: "я" * (most + 1)})
    assert error.field == name
    assert str(most) in error.cure


@pytest.mark.parametrize("name", LABELS)
def test_labels_have_a_greatest_number_and_length(name: str) -> None:
    many = [f"тема {number}" for number in range(MAX_LABELS + 1)]
    assert len(getattr(article(**{name: many[:-1]}), name)) == MAX_LABELS
    assert refused(**{name: many}).field == name
    assert refused(**{name: ["я" * (MAX_LINE + 1)]}).field == name


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_at_most_two_mebibytes_of_utf_8(name: str) -> None:
    text = "я" * 2**20  # two bytes a letter
    assert getattr(article(**{name: text}), name) == text
    error = refused(**{name: text + "a"})
    assert error.field == name
    assert "2 MiB" in error.cause


def test_a_field_that_no_article_has_is_refused_by_name() -> None:
    error = refused(colour="red")
    assert error.field == "colour"
    assert "rename" in error.cure


@pytest.mark.parametrize("sent", ["fr", "RU", "русский", 1, ["ru"]])
def test_a_language_that_is_not_kept_is_refused(sent: object) -> None:
    assert refused(language=sent).field == "language"


# --- the language ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Президент посетил форум", "ru"),
        ("The president visited a forum", "en"),
        ("Новый iPhone представила компания Apple сегодня утром", "ru"),
        ("Putin, or Путин, said on Monday that talks go on", "en"),
        ("ЦСКА", "ru"),
        ("Я", "ru"),
        ("OK", "en"),
        ("42", "en"),
        ("中国新闻", "en"),
        ("اخبار", "en"),
        ("Українські новини", "ru"),  # found by script: the nearest of two
        ("Café Müller à Genève", "en"),
    ],
)
def test_the_language_is_found_from_the_text(text: str, language: str) -> None:
    assert detect_language(text) == language
    assert article(title=text).language == language
    assert article(title="", body=text, language=None).language == language


def test_the_language_is_found_from_title_lead_and_body_together() -> None:
    assert (
        article(title="BBC News", lead="", body="Сегодня в Москве открылся форум").language == "ru"
    )


def test_a_language_that_was_sent_is_kept() -> None:
    assert article(title="Заголовок", language="en").language == "en"


# --- characters ------------------------------------------------------------------------------


def test_control_characters_are_stripped() -> None:
    assert article(body="a\u0000b\u0007\x1b\x7f\x9c\ufeffc\td").body == "abc\td"


@pytest.mark.parametrize("name", ["id", "title", "body", "subjects", "authors", "url"])
@pytest.mark.parametrize("half", ["\ud83d", "слово \udc00", "\ude00\ud83d"])
def test_half_a_character_is_refused_with_its_field(name: str, half: str) -> None:
    error = refused(**{name: [half] if name in {"subjects", "authors"} else half})
    assert error.field == name
    assert "half a character" in error.cause


def test_text_is_kept_in_normal_form_c() -> None:
    assert article(title="И\u0306од е\u0308лка").title == "Йод ёлка"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(one) in {"Cc", "Cs"} and one not in "\t\n" for one in once)


# --- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["https://site.ru/news/1?x=1#y", "HTTP://SITE.RU", "https://президент.рф/новости/1", "",
     "http://127.0.0.1:8000/a b", " https://site.ru ", "https://[::1]/"],
)  # fmt: skip
def test_an_http_address_is_a_url(url: str) -> None:
    assert article(url=url).url == url.strip()


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "/news/1",
     "//site.ru/1", "site.ru/1", "www.site.ru", "http:/site.ru", "https://", "http:///x",
     "https://?", "ftp://site.ru/1", "mailto:a@site.ru", "file:///etc/passwd", "x https://site.ru",
     "tag:site.ru,1", "java\nscript:alert(1)", "https:site.ru"],
)  # fmt: skip
def test_any_other_url_is_refused_with_the_cure(url: str) -> None:
    error = refused(url=url)
    assert (error.field, error.cause) == ("url", "not an http or https address")
    assert "https://" in error.cure
    assert "or no url" in error.cure


def test_a_url_that_was_kept_before_it_was_checked_is_handed_out_as_none() -> None:
    kept = {"id": "1", "title": "x", "language": "en"}
    assert undumped(json.dumps(kept | {"url": "javascript:alert(1)"})).url == ""
    assert undumped(json.dumps(kept | {"url": "https://site.ru/1"})).url == "https://site.ru/1"
    assert undumped(json.dumps(kept)).url == ""


# --- anything at all -------------------------------------------------------------------------

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
    | st.datetimes() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
_NAMES = st.sampled_from([*Article.model_fields, "other"])
_SENT = st.dictionaries(_NAMES, _VALUES, max_size=8)
_LIKELY = st.fixed_dictionaries(
    {"id": st.integers() | st.text(min_size=1), "title": st.text()},
    optional={
        **{name: st.text() | st.none() for name in [*TEXTS, "url", "rubric", "source"]},
        **{name: st.lists(st.text(), max_size=4) | st.text() for name in LABELS},
        **{
            name: st.datetimes(timezones=st.just(UTC) | st.just(MOSCOW) | st.none()) | st.dates()
            for name in MOMENTS
        },
        "language": st.sampled_from(["ru", "en", None, ""]),
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_SENT | _LIKELY)
@example({"id": "1", "title": "\ud800"})
@example({"id": "1", "title": "x", "\ud800": "y"})
@example({"id": "1", "title": "x", "language": "\ud800"})
@example({"id": "1", "title": "x", "subjects": ["\ud800"], "rubric": b"\xff"})
@example({"id": 10**5000, "title": "x"})
@example({"id": "1", "title": "x", "published_at": datetime.max})
def test_anything_is_an_article_or_is_refused_with_its_field(values: dict[str, Any]) -> None:
    made = error = None
    try:
        made = check_article(values)
    except ArticleRefused as refusal:
        error = refusal
    if made:
        assert made.title or made.lead or made.body
        assert made.id
        assert made.language in {"ru", "en"}
    else:
        assert error
        assert error.cause
        assert error.cure


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_SENT | _LIKELY)
@example({"id": "1", "title": "x", "language": " ru"})
@example({"id": "1", "title": "x", "rubric": "\u2028a\x85 \xa0b", "subjects": ["a", "a ", ""]})
@example({"id": None, "title": "x"})
@example({"id": " 1", "title": None, "lead": "e\u0301 \ufeff", "url": "ftp://x"})
@example({"id": "1", "title": "x", "url": "https://example.org/\n1"})
@example({"id": "1", "body": "x" * (1 << 21) + "y"})
def test_the_quick_check_makes_what_the_model_makes(values: dict[str, Any]) -> None:
    quick = article_module._usual(values, MOSCOW)
    try:
        made = Article.model_validate(values, context={"zone": MOSCOW})
    except ValidationError:
        assert quick is None
    else:
        assert quick is None or (quick == made and dumped(quick) == dumped(made))
        assert quick is None or list(quick.__dict__) == list(made.__dict__)


def test_a_usual_article_needs_no_model() -> None:
    assert article_module._usual(FULL, UTC) == check_article(FULL)
    assert article_module._usual({"id": 1, "body": "x"}, UTC) is not None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_LIKELY)
def test_an_article_is_the_same_after_json(values: dict[str, Any]) -> None:
    try:
        made = check_article(values)
    except ArticleRefused:
        return
    for stored in (made.model_dump_json(), made.model_dump_json(exclude_defaults=True)):
        again = Article.model_validate_json(stored)
        assert again == made
        assert check_article(json.loads(stored)) == made
        assert again.model_dump_json() == made.model_dump_json()


@given(_VALUES)
def test_what_is_no_mapping_of_fields_is_refused_too(value: Any) -> None:
    if isinstance(value, dict):
        return
    with pytest.raises(ArticleRefused):
        check_article(value)
