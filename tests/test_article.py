"""What an article is, and how a bad one is refused: with the field and the cure."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.article import Article, check_article
from index.errors import ArticleRefused

MOSCOW = timezone(timedelta(hours=3))


def article(**fields: Any) -> Article:
    return check_article({"id": "1", "title": "Заголовок", **fields})


def refused(**fields: Any) -> ArticleRefused:
    with pytest.raises(ArticleRefused) as caught:
        check_article({"id": "1", "title": "Заголовок", **fields})
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2024-05-09", datetime(2024, 5, 9, tzinfo=UTC)),
        ("2024-05-09T10:00:00Z", datetime(2024, 5, 9, 10, tzinfo=UTC)),
        ("2024-05-09T10:00:00+03:00", datetime(2024, 5, 9, 10, tzinfo=MOSCOW)),
        ("2024-05-09 10:00", datetime(2024, 5, 9, 10, tzinfo=UTC)),
        ("Thu, 09 May 2024 10:00:00 +0300", datetime(2024, 5, 9, 10, tzinfo=MOSCOW)),
    ],
)
def test_a_date_is_read_with_its_zone_and_a_bare_one_is_midnight_utc(
    given: str, meant: datetime
) -> None:
    assert article(published_at=given).published_at == meant


@pytest.mark.parametrize("given", ["вчера", "2024-13-01", "2024-02-30", "", "99999999999999999999"])
def test_a_date_that_is_none_is_refused_with_the_field(given: str) -> None:
    if given:
        assert refused(published_at=given).field == "published_at"
    else:
        assert article(published_at=given or None).published_at is None


def test_an_article_without_title_and_body_is_refused() -> None:
    error = refused(title="", body="")
    assert error.field == "title"
    assert "empty" in error.cause


def test_an_article_of_spaces_and_control_characters_is_refused() -> None:
    refused(title=" \u0000\u0007 ", body="\t\n")


def test_an_article_without_an_id_is_refused() -> None:
    with pytest.raises(ArticleRefused) as caught:
        check_article({"title": "x"})
    assert caught.value.field == "id"


@pytest.mark.parametrize(("length", "taken"), [(512, True), (513, False)])
def test_an_id_has_at_most_512_characters(length: int, taken: bool) -> None:
    if taken:
        assert article(id="я" * length).id == "я" * length
    else:
        assert refused(id="я" * length).field == "id"


@pytest.mark.parametrize(("extra", "taken"), [(0, True), (1, False)])
def test_a_body_has_at_most_two_mebibytes(extra: int, taken: bool) -> None:
    body = "я" * 2**20 + "a" * extra
    if taken:
        assert article(body=body).body == body
    else:
        assert refused(body=body).field == "body"


def test_a_field_that_no_article_has_is_refused_by_name() -> None:
    assert refused(colour="red").field == "colour"


def test_a_language_that_is_not_kept_is_refused() -> None:
    assert refused(language="fr").field == "language"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Президент посетил форум", "ru"),
        ("The president visited a forum", "en"),
        ("Новый iPhone представила компания Apple сегодня утром", "ru"),
        ("Putin, or Путин, said on Monday that talks go on", "en"),
    ],
)
def test_the_language_is_told_from_the_text(text: str, language: str) -> None:
    assert article(title=text).language == language


def test_control_characters_are_stripped_and_line_ends_kept() -> None:
    assert article(body="a\u0000b\u0007\r\nc\td").body in {"ab\nc\td", "ab\r\nc\td"}


def test_text_is_kept_in_normal_form_c() -> None:
    assert article(title="Йод").title == "Йод"


def test_subjects_are_several_and_each_once() -> None:
    assert article(subjects=["Спорт", "Наука", "Спорт"]).subjects == ("Спорт", "Наука")


def test_one_subject_as_a_string_is_a_subject() -> None:
    assert article(subjects="Спорт").subjects == ("Спорт",)


def test_an_article_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        article().title = "другой"  # type: ignore[misc]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from([*Article.model_fields, "other"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_NAMES, _VALUES, max_size=8))
def test_anything_is_an_article_or_is_refused(values: dict[str, Any]) -> None:
    try:
        made = check_article(values)
    except ArticleRefused:
        return
    assert made.title or made.lead or made.body


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.datetimes(
        min_value=datetime(1900, 1, 1),
        timezones=st.just(UTC) | st.just(MOSCOW),
    ),
)
def test_an_article_is_the_same_after_json(title: str, body: str, moment: datetime) -> None:
    try:
        made = check_article({"id": "1", "title": title, "body": body, "published_at": moment})
    except ArticleRefused:
        return
    stored = made.model_dump_json(exclude_defaults=True)
    assert Article.model_validate_json(stored) == made
    assert check_article(json.loads(stored)) == made
