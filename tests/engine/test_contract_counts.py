"""What every engine does: filters, facets and histograms."""

from typing import Unpack

import pytest

from index import query as q
from index.engines.base import Engine
from index.results import Bucket, FacetValue, Page
from index.schema import Facet, Interval
from tests.support.contract import Asked, ask, ids, scored, subject, word
from tests.support.plain import made, seconds


def facet(engine: Engine, name: Facet, query: q.Query, **rest: Unpack[Asked]) -> list[FacetValue]:
    asked: Asked = {**rest, "facets": (name,)}
    return list(ask(engine, query, **asked).facets[name])


def test_facets_count_the_matches_most_frequent_first_then_by_letter(labelled: Engine) -> None:
    assert facet(labelled, "subject", word("snow")) == [
        FacetValue("Sports", 2),
        FacetValue("Travel", 2),
        FacetValue("Наука", 1),
    ]
    assert facet(labelled, "source", word("snow")) == [FacetValue("RIA", 2), FacetValue("TASS", 1)]
    assert facet(labelled, "language", word("snow")) == [FacetValue("en", 3), FacetValue("ru", 1)]
    assert facet(labelled, "author", word("snow")) == []


def test_only_the_facets_that_are_asked_for_are_counted(labelled: Engine) -> None:
    assert ask(labelled, q.Everything()).facets == {}
    asked = ask(labelled, q.Everything(), facets=("source", "rubric")).facets
    assert set(asked) == {"source", "rubric"}


def test_facets_count_all_matches_and_not_only_the_page(labelled: Engine) -> None:
    counted = facet(labelled, "source", word("snow"), page=Page(limit=0))
    assert counted == [FacetValue("RIA", 2), FacetValue("TASS", 1)]


def test_filters_narrow_the_hits_and_the_total(labelled: Engine) -> None:
    filters = (subject("Sports", "Travel"), q.Filter("source", ("RIA",)))
    results = ask(labelled, word("snow"), filters=filters)
    assert (results.total, {hit.fields.id for hit in results.hits}) == (2, {"2", "3"})


def test_filters_do_not_change_scores(labelled: Engine) -> None:
    narrowed = ask(labelled, word("snow"), filters=(subject("Sports"),))
    assert {hit.fields.id: hit.score for hit in narrowed.hits} == {
        one: score for one, score in scored(labelled, word("snow")).items() if one in {"1", "2"}
    }


def test_a_facet_is_counted_without_its_own_filter(labelled: Engine) -> None:
    counted = facet(labelled, "subject", word("snow"), filters=(subject("Sports"),))
    assert counted == [
        FacetValue("Sports", 2, selected=True),
        FacetValue("Travel", 2),
        FacetValue("Наука", 1),
    ]


def test_a_facet_is_counted_with_the_filters_of_other_facets(labelled: Engine) -> None:
    filters = (subject("Sports"), q.Filter("source", ("RIA",)))
    assert facet(labelled, "subject", word("snow"), filters=filters) == [
        FacetValue("Travel", 2),
        FacetValue("Sports", 1, selected=True),
    ]
    assert facet(labelled, "source", word("snow"), filters=filters) == [
        FacetValue("RIA", 1, selected=True),
        FacetValue("TASS", 1),
    ]


def test_a_selected_value_is_listed_even_where_it_counts_zero(labelled: Engine) -> None:
    filters = (subject("Rain", "Nowhere"),)
    assert facet(labelled, "subject", word("snow"), filters=filters) == [
        FacetValue("Sports", 2),
        FacetValue("Travel", 2),
        FacetValue("Наука", 1),
        FacetValue("Rain", 0, selected=True),
        FacetValue("Nowhere", 0, selected=True),
    ]


def test_a_selected_value_is_listed_once(labelled: Engine) -> None:
    filters = (subject("Nowhere", "Nowhere"),)
    counted = facet(labelled, "subject", word("rain"), filters=filters)
    assert [value.value for value in counted] == ["Rain", "Travel", "Nowhere"]


def test_a_selected_value_is_listed_with_its_count_beyond_the_limit(labelled: Engine) -> None:
    filters = (subject("Наука"),)
    assert facet(labelled, "subject", word("snow"), filters=filters, facet_limit=1) == [
        FacetValue("Sports", 2),
        FacetValue("Наука", 1, selected=True),
    ]


def test_two_filters_of_one_facet_both_hold(labelled: Engine) -> None:
    filters = (subject("Sports"), subject("Travel"))
    assert ids(labelled, word("snow"), filters=filters) == ["2"]
    counted = facet(labelled, "subject", word("snow"), filters=filters)
    assert counted == [
        FacetValue("Sports", 2, selected=True),
        FacetValue("Travel", 2, selected=True),
        FacetValue("Наука", 1),
    ]


def test_dates_narrow_the_hits_and_the_total(dated: Engine) -> None:
    may = q.Range(seconds("2020-05-01"), seconds("2020-06-01"))
    results = ask(dated, q.Everything(), dates=may)
    assert results.total == 3
    assert {hit.fields.id for hit in results.hits} == {"2020-05-01", "2020-05-09", "evening"}


def test_dates_narrow_what_facets_count(dated: Engine) -> None:
    since_2021 = q.Range(since=seconds("2021-01-01"))
    assert facet(dated, "language", q.Everything(), dates=since_2021) == [FacetValue("en", 1)]


def test_a_histogram_by_year_counts_in_utc(dated: Engine) -> None:
    assert ask(dated, q.Everything(), histogram="year").histogram == (
        Bucket("1969-01-01", 1),
        Bucket("2020-01-01", 4),
        Bucket("2021-01-01", 1),
    )


def test_a_histogram_by_month_leaves_empty_months_out(dated: Engine) -> None:
    assert ask(dated, q.Everything(), histogram="month").histogram == (
        Bucket("1969-12-01", 1),
        Bucket("2020-05-01", 3),
        Bucket("2020-12-01", 1),
        Bucket("2021-01-01", 1),
    )


def test_a_histogram_by_day_counts_a_day_from_midnight_to_midnight(dated: Engine) -> None:
    assert ask(dated, word("rain"), histogram="day").histogram == (
        Bucket("2020-05-09", 1),
        Bucket("2020-12-31", 1),
    )


@pytest.mark.parametrize(
    ("zone", "interval", "moments", "buckets"),
    [
        ("Europe/Moscow", "day", ["2024-05-09T20:59:59Z", "2024-05-09T21:00:00Z"],
         [("2024-05-09", 1), ("2024-05-10", 1)]),
        ("Europe/Moscow", "month", ["2024-04-30T20:59:59Z", "2024-04-30T22:30:00Z"],
         [("2024-04-01", 1), ("2024-05-01", 1)]),
        ("Europe/Moscow", "year", ["2023-12-31T20:59:59Z", "2023-12-31T21:00:00Z"],
         [("2023-01-01", 1), ("2024-01-01", 1)]),
        ("Asia/Kathmandu", "day", ["2024-05-09T18:14:59Z", "2024-05-09T18:15:00Z"],
         [("2024-05-09", 1), ("2024-05-10", 1)]),
        # 10 March has 23 hours in New York, 3 November 25.
        ("America/New_York", "day",
         ["2024-03-10T04:59:59Z", "2024-03-10T05:00:00Z", "2024-03-11T03:59:59Z",
          "2024-03-11T04:00:00Z"],
         [("2024-03-09", 1), ("2024-03-10", 2), ("2024-03-11", 1)]),
        ("America/New_York", "day",
         ["2024-11-03T03:59:59Z", "2024-11-03T04:00:00Z", "2024-11-04T04:59:59Z",
          "2024-11-04T05:00:00Z"],
         [("2024-11-02", 1), ("2024-11-03", 2), ("2024-11-04", 1)]),
        # Samoa had no 30 December 2011.
        ("Pacific/Apia", "day", ["2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"],
         [("2011-12-29", 1), ("2011-12-31", 1)]),
        ("America/New_York", "day", ["0001-01-01T01:00:00Z", "2024-05-09T12:00:00Z"],
         [("0001-01-01", 1), ("2024-05-09", 1)]),
        ("Europe/Moscow", "year", ["9999-12-31T23:00:00Z"], [("9999-01-01", 1)]),
        ("UTC", "day", ["2024-05-09T23:59:59Z", "2024-05-10T00:00:00Z"],
         [("2024-05-09", 1), ("2024-05-10", 1)]),
    ],
)  # fmt: skip
def test_a_histogram_counts_by_the_days_of_the_zone_asked_for(
    engine: Engine,
    zone: str,
    interval: Interval,
    moments: list[str],
    buckets: list[tuple[str, int]],
) -> None:
    engine.write([made(one, published_at=one) for one in moments])
    found = ask(engine, q.Everything(), histogram=interval, zone=zone).histogram
    assert [(one.start, one.count) for one in found] == buckets


def test_one_index_answers_in_every_zone(engine: Engine) -> None:
    engine.write([made("1", published_at="2024-05-09T22:30:00Z")])
    starts = [
        ask(engine, q.Everything(), histogram="day", zone=zone).histogram[0].start
        for zone in ("UTC", "Europe/Moscow", "America/New_York", "UTC")
    ]
    assert starts == ["2024-05-09", "2024-05-10", "2024-05-09", "2024-05-09"]


def test_half_a_second_before_1970_is_in_1969(engine: Engine) -> None:
    engine.write([made("1", published_at="1969-12-31T23:59:59.5Z")])
    assert ask(engine, q.Everything(), histogram="day").histogram == (Bucket("1969-12-31", 1),)


def test_a_histogram_counts_what_the_filters_let_through(dated: Engine) -> None:
    dated.write([made("2022", "snow", published_at="2022-01-01", subjects=["S"])])
    results = ask(dated, word("snow"), histogram="year", filters=(subject("S"),))
    assert results.histogram == (Bucket("2022-01-01", 1),)


def test_without_an_interval_there_is_no_histogram(dated: Engine) -> None:
    assert ask(dated, q.Everything()).histogram == ()
