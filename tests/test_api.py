"""The JSON API: every route, its bounds, its problems, its OpenAPI document."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from search.web.api import ROUTES
from search.web.app import create_app
from tests.demo import demo_articles, parts_in

STORY = "ru-story01-forum-strasbourg"
PROBLEM = {"type", "title", "status", "detail", "field", "cure"}


def answer(client: FlaskClient, path: str, **arguments: Any) -> dict[str, Any]:
    response = client.get(path, query_string=arguments)
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    found: dict[str, Any] = response.get_json()
    return found


def problem(client: FlaskClient, path: str, status: int, **arguments: Any) -> dict[str, Any]:
    response = client.get(path, query_string=arguments)
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    found: dict[str, Any] = response.get_json()
    assert set(found) == PROBLEM
    assert found["status"] == status
    return found


def test_a_search_answers_under_the_names_that_programs_rely_on(client: FlaskClient) -> None:
    found = answer(client, "/v1/search", q="школам", histogram="year")
    assert set(found) == {
        "query", "total", "took_ms", "hits", "facets", "histogram", "interpretations", "page",
    }  # fmt: skip
    assert found["query"]["text"] == "школам"
    assert set(found["hits"][0]) >= {
        "id", "url", "title", "language", "subjects", "rubric", "source", "authors",
        "published_at", "score", "highlight", "snippets", "highlights",
    }  # fmt: skip
    assert set(found["facets"]) == {"subject", "language", "rubric", "source", "author"}
    assert set(found["facets"]["subject"][0]) == {"value", "count", "selected"}
    assert set(found["histogram"][0]) == {"from", "count"}
    assert found["page"] == {"number": 1, "per_page": 10, "pages": 1}
    assert found["interpretations"] == []


@pytest.mark.parametrize("form", ["школа", "школы", "школе", "школу", "школой", "школам", "ШКОЛАХ"])
def test_any_form_of_a_word_finds_the_same_articles(client: FlaskClient, form: str) -> None:
    base = {hit["id"] for hit in answer(client, "/v1/search", q="школа", per_page=100)["hits"]}
    assert {hit["id"] for hit in answer(client, "/v1/search", q=form, per_page=100)["hits"]} == base


def test_post_answers_as_get_does(client: FlaskClient) -> None:
    asked = {"q": "форум", "lang": ["ru"], "sort": "newest", "per_page": 3, "facets": ["subject"]}
    posted = client.post("/v1/search", json=asked).get_json()
    got = answer(client, "/v1/search", **{**asked, "facets": "subject"})
    assert {**posted, "took_ms": 0} == {**got, "took_ms": 0}


def test_several_searches_at_once_are_answered_in_their_order(client: FlaskClient) -> None:
    asked = {"searches": [{"q": "школа"}, {"q": "school", "per_page": 1}]}
    found = client.post("/v1/multi-search", json=asked).get_json()["answers"]
    assert [one["query"]["text"] for one in found] == ["школа", "school"]
    assert len(found[1]["hits"]) == 1


def test_facets_and_totals_are_exact(client: FlaskClient) -> None:
    articles = demo_articles()
    found = answer(client, "/v1/search")
    assert found["total"] == len(articles)
    for label in found["facets"]["subject"]:
        assert label["count"] == sum(label["value"] in one.subjects for one in articles)
    for label in found["facets"]["language"]:
        assert label["count"] == sum(label["value"] == one.language for one in articles)


@pytest.mark.parametrize(("interval", "width"), [("year", 4), ("month", 7), ("day", 10)])
def test_the_histogram_counts_every_article_once(
    client: FlaskClient, interval: str, width: int
) -> None:
    found = answer(client, "/v1/search", histogram=interval)["histogram"]
    days = [one.published_at for one in demo_articles() if one.published_at]
    assert sum(bucket["count"] for bucket in found) == len(days)
    assert [bucket["from"] for bucket in found] == sorted(bucket["from"] for bucket in found)
    for bucket in found:
        assert date.fromisoformat(bucket["from"])
        ask = bucket["from"][:width]
        assert answer(client, "/v1/search", **{"from": ask, "to": ask})["total"] == bucket["count"]


def test_several_values_of_one_facet_are_chosen_and_it_is_counted_without_them(
    client: FlaskClient,
) -> None:
    everything = answer(client, "/v1/search")["facets"]
    two = [label["value"] for label in everything["subject"][:2]]
    found = answer(client, "/v1/search", subject=two, per_page=100)
    assert all(set(two) & set(hit["subjects"]) for hit in found["hits"])
    counts = {label["value"]: label["count"] for label in found["facets"]["subject"]}
    assert counts == {label["value"]: label["count"] for label in everything["subject"]}
    chosen = [label["value"] for label in found["facets"]["subject"] if label["selected"]]
    assert sorted(chosen) == sorted(two)
    assert sum(label["count"] for label in found["facets"]["language"]) == found["total"]


def test_pages_follow_each_other_without_gap_or_repetition(client: FlaskClient) -> None:
    ids = []
    for page in range(1, 10):
        ids += [hit["id"] for hit in answer(client, "/v1/search", page=page)["hits"]]
    assert sorted(ids) == sorted(one.id for one in demo_articles())


def test_the_order_by_date_is_as_asked(client: FlaskClient) -> None:
    for sort, newest_first in (("newest", True), ("oldest", False)):
        hits = answer(client, "/v1/search", sort=sort, per_page=100)["hits"]
        moments = [hit["published_at"] for hit in hits if hit["published_at"]]
        days = [moment[:10] for moment in moments]
        assert days == sorted(days, reverse=newest_first)


def test_a_hit_says_how_its_score_came_about_when_asked(client: FlaskClient) -> None:
    (hit, *_) = answer(client, "/v1/search", q="школа", explain="true")["hits"]
    assert hit["explanation"]["score"] == pytest.approx(hit["score"], rel=1e-4)
    (plain, *_) = answer(client, "/v1/search", q="школа")["hits"]
    assert plain["explanation"] is None


@pytest.mark.parametrize(
    ("arguments", "field", "cure"),
    [
        ({"qq": "x"}, "qq", "'q'"),
        ({"langs": "ru"}, "langs", "'lang'"),
        ({"perpage": "3"}, "perpage", "'per_page'"),
        ({"sort": "newst"}, "sort", "newest"),
        ({"lang": "fr"}, "lang", "ru"),
        ({"per_page": "101"}, "per_page", "100"),
        ({"per_page": "many"}, "per_page", "integer"),
        ({"page": "0"}, "page", "1"),
        ({"page": "1001"}, "page", "10000"),
        ({"from": "вчера"}, "from", "2026-05-09"),
        ({"to": "2024-13"}, "to", "2026-05-09"),
        ({"facets": "subjects"}, "facets", "'subject'"),
        ({"histogram": "week"}, "histogram", "year"),
        ({"snippet_length": "5"}, "snippet_length", "40"),
        ({"q": ["a", "b"]}, "q", "once"),
        ({"explain": "perhaps"}, "explain", "boolean"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_name_and_the_cure(
    client: FlaskClient, arguments: dict[str, Any], field: str, cure: str
) -> None:
    found = problem(client, "/v1/search", 400, **arguments)
    assert found["field"] == field
    assert cure in found["cure"]
    assert found["type"] == "/docs#request-refused"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"q"', b"\xff", b'{"q": 1}', b'{"q": "a"} x', b'{"a":' * 100_000, b"null"],
    ids=["nothing", "cut", "list", "string", "no UTF-8", "number", "tail", "depth", "null"],
)
def test_a_body_that_is_no_request_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post("/v1/search", data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["cure"]


def test_a_body_over_the_bound_is_refused(client: FlaskClient) -> None:
    response = client.post("/v1/related", json={"text": "а" * 5_000_000})
    assert response.status_code == 413
    assert set(response.get_json()) == PROBLEM


def test_parameters_in_the_address_of_a_post_are_refused(client: FlaskClient) -> None:
    response = client.post("/v1/search?q=a", json={})
    assert response.status_code == 400
    assert response.get_json()["field"] == "q"


def test_an_unknown_article_and_an_unknown_path_are_problems(client: FlaskClient) -> None:
    assert problem(client, "/v1/articles/none", 404)["field"] == "id"
    assert problem(client, "/v1/articles/none/related", 404)["field"] == "id"
    assert problem(client, "/v1/none", 404)["field"] == "path"


def test_a_wrong_method_says_which_are_allowed(client: FlaskClient) -> None:
    response = client.delete("/v1/search")
    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))
    assert set(response.get_json()) == PROBLEM


@pytest.mark.parametrize("article_id", ["ид 1", "a/b", "https://e.org/x?y=1#z", "50%", "a+b", ".."])
def test_an_article_is_read_by_whatever_id_it_has(tmp_path: Path, article_id: str) -> None:
    parts = parts_in(tmp_path)
    first = demo_articles()[0].model_copy(update={"id": article_id})
    parts.engine.write([parts.analyse(first)])
    client = create_app(parts.settings, parts).test_client()
    path = quote(article_id, safe="/:")
    if article_id != "..":  # an address with .. is another address
        assert client.get(f"/v1/articles/{path}").get_json()["article"]["id"] == article_id
        assert client.get(f"/v1/articles/{path}/related").status_code == 200


def test_a_text_is_shown_as_tokens(client: FlaskClient) -> None:
    tokens = answer(client, "/v1/analyze", text="Рябковым и")["tokens"]
    assert tokens[0]["surface"] == "Рябковым"
    assert "рябков" in tokens[0]["lemmas"]
    assert tokens[1]["stopword"]
    assert problem(client, "/v1/analyze", 400)["field"] == "text"


def test_health_is_told(client: FlaskClient, tmp_path: Path) -> None:
    assert answer(client, "/healthz") == {"status": "ok", "detail": ""}
    assert answer(client, "/readyz")["status"] == "ok"
    empty = create_app(parts_in(tmp_path).settings).test_client()
    assert answer(empty, "/healthz")["status"] == "ok"
    response = empty.get("/readyz")
    assert response.status_code == 503
    assert "poisk load" in response.get_json()["detail"]
    assert problem(empty, "/v1/search", 503, q="x")["type"] == "/docs#index-unavailable"


def test_an_index_of_an_older_analysis_asks_for_a_rebuild_and_goes_on(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    parts.engine.write([parts.analyse(demo_articles()[0])])
    (meta,) = tmp_path.glob("index/g*/poisk.json")
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "analysis": "old"}))
    client = create_app(parts.settings).test_client()
    assert answer(client, "/readyz")["status"] == "rebuild needed"
    assert answer(client, "/v1/search")["total"] == 1


# The document


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    return answer(client, "/openapi.json")


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_document_has_every_route(document: dict[str, Any]) -> None:
    described = {(method, path) for path, some in document["paths"].items() for method in some}
    assert described == {(route.method.lower(), route.path) for route in ROUTES}


def test_every_answer_is_as_the_document_says(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    checked = set()
    for method, path, response in _answers(client):
        schema = document["paths"][path][method]["responses"]["200"]["content"]
        reference = schema["application/json"]["schema"]
        whole = {**reference, "components": document["components"]}
        Draft202012Validator(whole).validate(response)
        checked.add((method, path))
    assert checked == {(route.method.lower(), route.path) for route in ROUTES}


def _answers(client: FlaskClient) -> Iterator[tuple[str, str, Any]]:
    asked = {"q": "школа", "explain": True, "histogram": "month"}
    one = f"/v1/articles/{STORY}"
    yield "get", "/v1/search", answer(client, "/v1/search", **asked)
    yield "post", "/v1/search", client.post("/v1/search", json=asked).get_json()
    several = client.post("/v1/multi-search", json={"searches": [asked]}).get_json()
    yield "post", "/v1/multi-search", several
    yield "get", "/v1/articles/{id}", answer(client, one)
    yield "get", "/v1/articles/{id}/related", answer(client, one + "/related")
    related = client.post("/v1/related", json={"text": "Форум русских школ"}).get_json()
    yield "post", "/v1/related", related
    yield "get", "/v1/analyze", answer(client, "/v1/analyze", text="школа")
