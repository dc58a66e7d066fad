"""Facets and the histogram over the API, against counts made by hand over the demo articles."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from flask.testing import FlaskClient

from index.article import Article
from tests.support.asking import answer, posted, problem
from tests.support.demo import demo_articles

ARTICLES = demo_articles()
LABELS: dict[str, Callable[[Article], tuple[str, ...]]] = {
    "subject": lambda one: one.subjects,
    "language": lambda one: (one.language,),
    "rubric": lambda one: (one.rubric,),
    "source": lambda one: (one.source,),
    "author": lambda one: one.authors,
}
PARAMETER = {"language": "lang"}


def counted(articles: list[Article], facet: str) -> dict[str, int]:
    return dict(Counter(label for one in articles for label in LABELS[facet](one) if label))


def shown(found: dict[str, Any], facet: str) -> dict[str, int]:
    return {one["value"]: one["count"] for one in found["facets"][facet]}


def chosen(found: dict[str, Any], facet: str) -> set[str]:
    return {one["value"] for one in found["facets"][facet] if one["selected"]}


def day(article: Article) -> str:
    assert article.published_at
    return article.published_at.astimezone(UTC).date().isoformat()


@pytest.mark.parametrize("facet", LABELS)
def test_each_facet_counts_every_label_as_by_hand(client: FlaskClient, facet: str) -> None:
    assert shown(answer(client, "/v1/search"), facet) == counted(ARTICLES, facet)


@pytest.mark.parametrize("facet", LABELS)
def test_the_commonest_label_stands_first(client: FlaskClient, facet: str) -> None:
    counts = list(shown(answer(client, "/v1/search"), facet).values())
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("facet", LABELS)
def test_a_facet_is_counted_without_its_own_filter_and_the_others_with_it(
    client: FlaskClient, facet: str
) -> None:
    labels = list(counted(ARTICLES, facet))[:2]
    found = answer(client, "/v1/search", **{PARAMETER.get(facet, facet): labels})
    fitting = [one for one in ARTICLES if set(labels) & set(LABELS[facet](one))]
    assert found["total"] == len(fitting)
    for other in LABELS:
        expected = counted(ARTICLES if other == facet else fitting, other)
        assert {label: count for label, count in shown(found, other).items() if count} == expected
        assert chosen(found, other) == (set(labels) if other == facet else set())


def test_two_facets_chosen_at_once_each_leave_out_themselves_only(client: FlaskClient) -> None:
    subjects = {"Культура", "Образование", "Culture"}
    found = answer(client, "/v1/search", subject=sorted(subjects), lang="ru")
    russian = [one for one in ARTICLES if one.language == "ru"]
    of_subject = [one for one in ARTICLES if subjects & set(one.subjects)]
    both = [one for one in russian if subjects & set(one.subjects)]
    assert found["total"] == len(both)
    assert shown(found, "language") == counted(of_subject, "language")
    seen = {label: count for label, count in shown(found, "subject").items() if count}
    assert seen == counted(russian, "subject")
    assert shown(found, "source") == counted(both, "source")


def test_facets_count_what_the_query_finds(client: FlaskClient) -> None:
    found = answer(client, "/v1/search", q="школа", per_page=100)
    ids = {hit["id"] for hit in found["hits"]}
    fitting = [one for one in ARTICLES if one.id in ids]
    assert len(fitting) == found["total"] > 1
    for facet in LABELS:
        assert shown(found, facet) == counted(fitting, facet)


def test_a_label_that_is_chosen_is_shown_even_where_nothing_has_it(client: FlaskClient) -> None:
    found = answer(client, "/v1/search", q="школам", subject="Нет такой темы")
    assert found["total"] == 0
    assert {"value": "Нет такой темы", "count": 0, "selected": True} in found["facets"]["subject"]


def test_a_label_is_identified_by_its_exact_letters(client: FlaskClient) -> None:
    assert answer(client, "/v1/search", subject="Культура")["total"] > 0
    assert answer(client, "/v1/search", subject="культура")["total"] == 0


def test_an_empty_label_is_none_chosen(client: FlaskClient) -> None:
    assert answer(client, "/v1/search?subject=&rubric=")["total"] == len(ARTICLES)
    assert posted(client, "/v1/search", subject=["", "Культура"])["total"] < len(ARTICLES)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("?facets=", set()),
        ("?facets=subject", {"subject"}),
        ("?facets=subject,author", {"subject", "author"}),
        ("?facets=subject&facets=author", {"subject", "author"}),
        ("?facets=subject,subject,", {"subject"}),
    ],
)
def test_only_facets_that_are_asked_for_are_counted(
    client: FlaskClient, asked: str, expected: set[str]
) -> None:
    assert set(answer(client, "/v1/search" + asked)["facets"]) == expected


@pytest.mark.parametrize(("interval", "width"), [("year", 4), ("month", 7), ("day", 10)])
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_histogram_counts_by_the_day_in_utc_as_by_hand(
    client: FlaskClient, interval: str, width: int, lang: str
) -> None:
    found = answer(client, "/v1/search", histogram=interval, lang=lang)["histogram"]
    expected = Counter(day(one)[:width] for one in ARTICLES if one.language == lang)
    got = [(one["from"], one["count"]) for one in found if one["count"]]
    first_day = "0000-01-01"
    assert got == sorted((start + first_day[width:], count) for start, count in expected.items())


@pytest.mark.parametrize("period", ["2024", "2024-11", "2025-02"])
def test_a_period_has_its_first_day_and_its_last(client: FlaskClient, period: str) -> None:
    found = answer(client, "/v1/search", **{"from": period, "to": period, "per_page": 100})
    expected = {one.id for one in ARTICLES if day(one).startswith(period)}
    assert {hit["id"] for hit in found["hits"]} == expected


def test_a_single_day_is_a_period(client: FlaskClient) -> None:
    for start in map(day, ARTICLES[:10]):
        found = answer(client, "/v1/search", **{"from": start, "to": start, "per_page": 100})
        expected = {one.id for one in ARTICLES if day(one) == start}
        assert {hit["id"] for hit in found["hits"]} == expected


def test_a_period_that_ends_before_it_starts_has_no_articles(client: FlaskClient) -> None:
    assert answer(client, "/v1/search", **{"from": "2025", "to": "2024"})["total"] == 0


def test_the_histogram_and_facets_are_counted_within_the_period(client: FlaskClient) -> None:
    found = answer(client, "/v1/search", **{"from": "2024", "to": "2024", "histogram": "year"})
    assert [one["from"] for one in found["histogram"] if one["count"]] == ["2024-01-01"]
    fitting = [one for one in ARTICLES if day(one).startswith("2024")]
    assert shown(found, "subject") == counted(fitting, "subject")


def test_a_facet_that_is_none_is_refused_with_the_names_there_are(client: FlaskClient) -> None:
    found = problem(client, "/v1/search?facets=topic", 400)
    assert found["field"] == "facets"
    assert "subject" in found["cure"]
