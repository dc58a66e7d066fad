"""Dates as they are written: which moment each is, and which are refused."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from index.article import check_article
from index.errors import ArticleRefused
from index.moments import read_moment
from tests.support.golden import GOLDEN

MOSCOW = ZoneInfo("Europe/Moscow")
GOLDEN = yaml.safe_load((GOLDEN / "dates" / "written.yaml").read_text())


@pytest.mark.parametrize(("written", "meant"), GOLDEN["read"])
def test_a_written_date_is_one_moment(written: str, meant: str) -> None:
    moment, expected = read_moment(written, MOSCOW), datetime.fromisoformat(meant)
    assert (moment, moment.utcoffset()) == (expected, expected.utcoffset())


@pytest.mark.parametrize("written", GOLDEN["refused"])
def test_what_is_no_whole_date_is_refused(written: str) -> None:
    with pytest.raises(ArticleRefused) as caught:
        check_article({"id": "1", "title": "a", "published_at": written}, MOSCOW)
    assert (caught.value.field, caught.value.cause) == ("published_at", "not a date")


@pytest.mark.parametrize("written", GOLDEN["ambiguous"])
def test_a_date_that_can_be_read_in_two_ways_is_refused_with_a_cure(written: str) -> None:
    with pytest.raises(ArticleRefused) as caught:
        check_article({"id": "1", "title": "a", "published_at": written})
    assert caught.value.field == "published_at"
    assert "ambiguous date" in caught.value.cause
    assert "year first" in caught.value.cure


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("UTC", "2024-05-09T00:00:00+00:00"),
        ("Europe/Moscow", "2024-05-09T00:00:00+03:00"),
        ("America/New_York", "2024-05-09T00:00:00-04:00"),
        ("Asia/Kathmandu", "2024-05-09T00:00:00+05:45"),
    ],
)
def test_an_article_s_bare_date_is_midnight_in_the_zone_and_stays_that_moment(
    zone: str, meant: str
) -> None:
    article = check_article({"id": "1", "title": "a", "published_at": "9 мая 2024"}, ZoneInfo(zone))
    assert article.published_at == datetime.fromisoformat(meant)
    again = article.model_validate_json(article.model_dump_json())
    assert again == article


def test_a_long_text_is_no_date() -> None:
    with pytest.raises(ValueError, match="too long"):
        read_moment("9 мая 2024 " + "г " * 10_000)
