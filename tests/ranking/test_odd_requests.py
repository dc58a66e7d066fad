"""Odd texts in bodies, filters, drafts and ids are answered or refused with a cure."""

from urllib.parse import quote

from flask.testing import FlaskClient
from hypothesis import given, settings

from tests.support.odd_queries import TYPED, check_answer


@settings(max_examples=1_000, deadline=None, database=None)
@given(TYPED)
def test_an_odd_query_in_a_body_is_answered_too(few: FlaskClient, typed: str) -> None:
    check_answer(few.post("/v1/search", json={"q": typed, "histogram": "day"}), typed)


@settings(max_examples=1_000, deadline=None, database=None)
@given(TYPED, TYPED, TYPED)
def test_an_odd_filter_is_answered_or_refused_with_the_cure(
    few: FlaskClient, subject: str, since: str, facets: str
) -> None:
    asked = {"subject": subject, "from": since, "facets": facets, "q": "школа"}
    check_answer(few.get("/v1/search", query_string=asked), "школа")
    check_answer(few.get("/v1/search", query_string={"q": "школа", "lang": since}), "школа")


@settings(max_examples=500, deadline=None, database=None)
@given(TYPED)
def test_an_odd_draft_and_an_odd_id_are_answered_or_refused_with_the_cure(
    few: FlaskClient, typed: str
) -> None:
    related = few.post("/v1/related", json={"text": typed, "title": typed, "exclude": [typed]})
    assert related.status_code == (200 if typed else 400)
    for path in ("/v1/articles/{}", "/v1/articles/{}/related"):
        assert few.get(path.format(quote(typed, safe=""))).status_code == 404
    tokens = few.get("/v1/analyze", query_string={"text": typed}).get_json()["tokens"]
    assert all(typed[one["start"] : one["end"]] == one["surface"] for one in tokens)


def test_a_query_that_was_cut_says_so(few: FlaskClient) -> None:
    answer = few.post("/v1/search", json={"q": "слово " * 10_000}).get_json()
    assert "cut" in answer["query"]["notes"]
