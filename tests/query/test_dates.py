"""Periods as people write them: a year, a month, a day, from one to another."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.query import Range
from search.query.dates import date_range, day_of, period


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2017", day(2017, 1, 1), day(2018, 1, 1)),
        ("2017-03", day(2017, 3, 1), day(2017, 4, 1)),
        ("2017-3", day(2017, 3, 1), day(2017, 4, 1)),
        ("2017-12", day(2017, 12, 1), day(2018, 1, 1)),
        ("2016-02", day(2016, 2, 1), day(2016, 3, 1)),
        ("2017-03-09", day(2017, 3, 9), day(2017, 3, 10)),
        ("2017-12-31", day(2017, 12, 31), day(2018, 1, 1)),
        ("2016-2-29", day(2016, 2, 29), day(2016, 3, 1)),
        (" 2017 ", day(2017, 1, 1), day(2018, 1, 1)),
        ("0001", day(1, 1, 1), day(2, 1, 1)),
    ],
)
def test_a_period_goes_from_its_first_moment_to_the_next_periods(
    text: str, start: datetime, end: datetime
) -> None:
    assert period(text) == (start, end)


@pytest.mark.parametrize("text", ["9999", "9999-12", "9999-12-31"])
def test_the_last_period_there_is_ends_with_time_itself(text: str) -> None:
    start, end = period(text)
    assert start < end
    assert end.year == 9999


@pytest.mark.parametrize(
    "text",
    ["", "вчера", "17", "20170309", "2017-13", "2017-00", "2017-03-00", "2017-02-29", "0000",
     "2017-", "2017-03-", "2017-03-09-01", "-2017", "2017/03", "2017-03-09T10:00", "12017"],
)  # fmt: skip
def test_what_is_no_year_month_or_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        period(text)


def test_a_range_goes_from_the_start_of_one_period_to_the_end_of_another() -> None:
    assert date_range("1970-01-02", "1970-01") == Range(86_400, 31 * 86_400)


def test_a_range_may_be_open() -> None:
    assert date_range("1970", "") == Range(0, None)
    assert date_range("", "1969") == Range(None, 0)
    assert date_range("", "") == Range()


def test_the_day_of_a_moment_is_that_of_utc() -> None:
    assert day_of(0) == "1970-01-01"
    assert day_of(-1) == "1969-12-31"
    assert day_of(None) == ""


@given(st.dates())
@example(date.min)
@example(date.max)
def test_a_day_is_read_back_as_it_is_written(one: date) -> None:
    start, end = period(one.isoformat())
    assert day_of(int(start.timestamp())) == one.isoformat()
    assert end - start <= timedelta(days=1)
    found = date_range(one.isoformat(), one.isoformat())
    assert found.since is not None
    assert found.until is not None
    assert day_of(found.until - 1) == one.isoformat()


@given(st.text(max_size=12) | st.text(st.sampled_from("0123456789-. ٣２"), max_size=12))
def test_any_text_is_a_period_or_is_refused(text: str) -> None:
    try:
        start, end = period(text)
    except ValueError:
        return
    assert start < end
