"""The OpenAPI document: valid, whole, and true of every answer and every refusal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from search.parts import Parts
from search.settings import Settings
from search.web.api.routes import READING, ROUTES, WRITING
from search.web.app import create_app
from tests.support.asking import answer, posted, problem
from tests.support.demo import parts_in
from tests.support.writing import desk_in

STORY = "ru-story01-forum-strasbourg"
OPERATIONS = {(route.method.lower(), route.path) for route in ROUTES}
BOUNDS = {"page": (1, 10_000), "per_page": (1, 100), "snippet_length": (40, 2_000)}


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    return answer(client, "/openapi.json")


def fits(document: dict[str, Any], path: str, method: str, status: int, body: Any) -> None:
    """Checks a body against what the document says of this answer."""
    (media,) = document["paths"][path][method]["responses"][str(status)]["content"].values()
    whole = {**media["schema"], "components": document["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_document_has_every_route(document: dict[str, Any]) -> None:
    described = {(method, path) for path, some in document["paths"].items() for method in some}
    assert described == OPERATIONS


def test_a_body_of_articles_is_described_with_every_type_that_is_read(
    document: dict[str, Any], tmp_path: Path
) -> None:
    described = document["paths"]["/v1/articles"]["post"]["requestBody"]["content"]
    assert {"application/json", "application/x-ndjson", "application/jsonl"} <= described.keys()
    with desk_in(tmp_path) as desk:
        for media_type in described:
            headers = {"Content-Type": media_type}
            sent = desk.send(
                "POST", "/v1/articles", data=b'{"id": "1", "title": "a"}', headers=headers
            )
            assert sent.status_code == 202


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [one["operationId"] for some in document["paths"].values() for one in some.values()]
    assert len(set(names)) == len(names) == len(OPERATIONS)


def test_what_needs_a_key_says_which_and_what_writes_takes_an_idempotency_key(
    document: dict[str, Any],
) -> None:
    needed, once = {}, set()
    for path, some in document["paths"].items():
        for method, one in some.items():
            needed[method, path] = [] if {} in one["security"] else one["security"][0]["key"]
            if any(name["name"] == "Idempotency-Key" for name in one["parameters"]):
                once.add((method, path))
                assert {"409", "422"} <= one["responses"].keys()
    assert needed["get", "/v1/search"] == []
    assert needed["put", "/v1/articles/{id}"] == ["write"]
    assert needed["post", "/v1/rebuild"] == ["admin"]
    assert once == {one for one, scope in needed.items() if scope and one[0] != "get"}


def test_every_parameter_of_a_search_is_described_in_words(document: dict[str, Any]) -> None:
    described = {one["name"]: one for one in document["paths"]["/v1/search"]["get"]["parameters"]}
    assert set(described) == {
        "q", "subject", "lang", "rubric", "source", "author", "from", "to", "sort", "page",
        "per_page", "after", "facets", "histogram", "snippet_length", "explain",
        "timings",
    }  # fmt: skip
    assert all(one["description"] for one in described.values())
    for name, (least, most) in BOUNDS.items():
        assert described[name]["schema"].get("minimum") == least
        assert described[name]["schema"].get("maximum") == most


def test_the_defaults_in_the_document_are_those_that_hold(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    parameters = document["paths"]["/v1/search"]["get"]["parameters"]
    defaults = {
        one["name"]: one["schema"]["default"]
        for one in parameters
        if one["schema"].get("default") is not None
    }
    assert {"sort", "page", "per_page", "facets"} <= set(defaults)
    said = posted(client, "/v1/search", **{**defaults, "q": "школа"})
    assert {**said, "took_ms": 0} == {**answer(client, "/v1/search", q="школа"), "took_ms": 0}


def test_every_answer_is_as_the_document_says(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    checked = set()
    for method, path, response in _answers(client):
        fits(document, path, method, 200, response)
        checked.add((method, path))
    assert checked == {(route.method.lower(), route.path) for route in READING}


def test_every_answer_to_writing_is_as_the_document_says(
    document: dict[str, Any], tmp_path: Path
) -> None:
    bodies: dict[str, Any] = {
        "putArticles": [{"id": "1", "title": "a"}, {"id": "2"}],
        "putArticle": {"title": "b"},
        "patchArticle": {"lead": "c"},
        "deleteArticles": {"subject": ["Спорт"], "dry_run": False, "expect": 0},
    }
    with desk_in(tmp_path) as desk:
        for route in WRITING:
            path = route.path.replace("{id}", "1").replace("{number}", "1")
            desk.index_all()  # deleting by filter waits for it
            response = desk.send(route.method, path, "admin", json=bodies.get(route.name))
            assert response.status_code == route.status, route.name
            fits(document, route.path, route.method.lower(), route.status, response.get_json())


def test_a_dry_run_of_deleting_is_described_with_its_own_status(
    document: dict[str, Any], tmp_path: Path
) -> None:
    with desk_in(tmp_path) as desk:
        response = desk.send("POST", "/v1/articles/delete", json={"subject": ["Спорт"]})
        assert response.status_code == 200
        fits(document, "/v1/articles/delete", "post", 200, response.get_json())


NOT_AS_DESCRIBED: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/search", {"explain": 0}, "explain"),
    ("/v1/search", {"explain": "true"}, "explain"),
    ("/v1/search", {"timings": 1}, "timings"),
    ("/v1/search", {"page": "1"}, "page"),
    ("/v1/search", {"page": True}, "page"),
    ("/v1/search", {"subject": "Спорт"}, "subject"),
    ("/v1/search", {"subject": ["x"] * 101}, "subject"),
    ("/v1/search", {"subject": [""] * 101}, "subject"),
    ("/v1/search", {"lang": "ru"}, "lang"),
    ("/v1/search", {"facets": "subject,source"}, "facets"),
    ("/v1/search", {"facets": ["subject,source"]}, "facets"),
    ("/v1/search", {"histogram": ""}, "histogram"),
    ("/v1/multi-search", {"searches": [{}, {"explain": 0}]}, "searches.1.explain"),
    ("/v1/related", {"text": "школа", "exclude": "AAA"}, "exclude"),
    ("/v1/related", {"text": "школа", "limit": "3"}, "limit"),
]


@pytest.mark.parametrize(("path", "body", "field"), NOT_AS_DESCRIBED, ids=ascii)
def test_json_of_another_type_than_described_is_refused(
    client: FlaskClient, path: str, body: dict[str, Any], field: str
) -> None:
    assert problem(client, path, 400, "POST", json=body)["field"] == field


def test_too_many_empty_values_in_an_address_are_too_many(client: FlaskClient) -> None:
    too_many = {"subject": [""] * 101}
    assert problem(client, "/v1/search", 400, query_string=too_many)["field"] == "subject"


def _answers(client: FlaskClient) -> Iterator[tuple[str, str, Any]]:
    asked = {"q": "школа", "explain": True, "histogram": "month"}
    one = f"/v1/articles/{STORY}"
    yield "get", "/v1/search", answer(client, "/v1/search", **asked)
    yield "get", "/v1/search", answer(client, "/v1/search", q="щщщ", facets="")
    yield "get", "/v1/search", answer(client, "/v1/search", q="школа", timings="true")
    yield "post", "/v1/search", posted(client, "/v1/search", **asked)
    several = posted(client, "/v1/multi-search", searches=[asked, {}])
    yield "post", "/v1/multi-search", several
    yield "get", "/v1/articles/{id}", answer(client, one)
    yield "get", "/v1/articles/{id}/related", answer(client, one + "/related")
    twin = answer(client, "/v1/articles/ru-0107-noch-bibliotek/related")
    assert twin["duplicates"]
    yield "get", "/v1/articles/{id}/related", twin
    related = posted(client, "/v1/related", text="Форум русских школ")
    yield "post", "/v1/related", related
    yield "get", "/v1/analyze", answer(client, "/v1/analyze", text="школа")


def test_an_unknown_change_is_as_the_document_says(
    document: dict[str, Any], tmp_path: Path
) -> None:
    with desk_in(tmp_path) as desk:
        refused = desk.send("GET", "/v1/changes/99999999?wait=5")
        fits(document, "/v1/changes/{number}", "get", 404, refused.get_json())


def test_a_second_rebuild_is_refused_as_the_document_says(
    document: dict[str, Any], tmp_path: Path
) -> None:
    with desk_in(tmp_path) as desk:
        desk.send("POST", "/v1/rebuild", "admin")
        refused = desk.send("POST", "/v1/rebuild", "admin")
        fits(document, "/v1/rebuild", "post", 409, refused.get_json())
        schema = {"$ref": "#/components/schemas/RebuildProblem"}
        whole = {**schema, "components": document["components"]}
        Draft202012Validator(whole).validate(refused.get_json())


def test_no_schema_lets_a_forgotten_name_through(document: dict[str, Any]) -> None:
    requests = {one for one in document["components"]["schemas"] if one.endswith("Request")}
    assert len(requests) >= 3
    for name in requests:
        assert document["components"]["schemas"][name]["additionalProperties"] is False


@pytest.mark.parametrize("route", READING, ids=lambda route: route.name)
def test_a_refusal_is_as_the_document_says(
    client: FlaskClient, document: dict[str, Any], route: Any
) -> None:
    path = route.path.replace("{id}", STORY)
    refused = client.open(f"{path}?unheard_of=1", method=route.method, data=b"{}")
    fits(document, route.path, route.method.lower(), refused.status_code, refused.get_json())
    if "{id}" in route.path:
        unknown = client.get(route.path.replace("{id}", "none"))
        assert unknown.status_code == 404
        fits(document, route.path, "get", 404, unknown.get_json())
    if route.method == "POST":
        large = client.post(route.path, data=b"x" * 5_000_000)
        assert large.status_code == 413
        fits(document, route.path, "post", 413, large.get_json())


def test_without_an_index_every_route_that_needs_one_says_so(
    document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    parts: Parts = parts_in(tmp_path_factory.mktemp("empty"))
    settings: Settings = parts.settings
    empty = create_app(settings, parts).test_client()
    asked = {"/v1/multi-search": {"searches": [{}]}, "/v1/related": {"text": "школа"}}
    for route in READING:
        if route.name != "analyze":
            path = route.path.replace("{id}", STORY)
            body = asked.get(route.path, {}) if route.method == "POST" else None
            response = empty.open(path, method=route.method, json=body)
            assert response.status_code == 503, route.name
            fits(document, route.path, route.method.lower(), 503, response.get_json())
