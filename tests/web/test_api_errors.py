"""What the API rejects: each error is a problem that names the parameter and the cure."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from search.request import SearchRequest
from search.searcher import Searcher
from search.web.app import create_app
from search.web.unreadable_requests import error_response
from tests.support.asking import PROBLEM, problem
from tests.support.demo import parts_in

STORY = "ru-story01-forum-strasbourg"
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"qq": "x"}, "qq", "'q'"),
    ({"Q": "x"}, "Q", "'q'"),
    ({"query": "x"}, "query", "'q'"),
    ({"langs": "ru"}, "langs", "'lang'"),
    ({"language": "ru"}, "language", "'lang'"),
    ({"perpage": "3"}, "perpage", "'per_page'"),
    ({"limit": "3"}, "limit", "'per_page'"),
    ({"since": "2024"}, "since", "'from'"),
    ({"until": "2024"}, "until", "'to'"),
    ({"authors": "x"}, "authors", "'author'"),
    ({"snippets": "5"}, "snippets", "'snippet_length'"),
    ({"zzz": "5"}, "zzz", "send one of after, author, explain"),
    ({"": "x"}, "", "send one of"),
    ({"sort": "newst"}, "sort", "newest"),
    ({"sort": ""}, "sort", "relevance"),
    ({"lang": "fr"}, "lang", "ru"),
    ({"lang": "RU"}, "lang", "'ru'"),
    ({"lang": ["ru", "de"]}, "lang", "ru"),
    ({"per_page": "101"}, "per_page", "100 or less"),
    ({"per_page": "0"}, "per_page", "1 or more"),
    ({"per_page": "many"}, "per_page", "whole number"),
    ({"per_page": "2.5"}, "per_page", "whole number"),
    ({"per_page": "9" * 5_000}, "per_page", "whole number"),
    ({"page": "0"}, "page", "1 or more"),
    ({"page": "-1"}, "page", "1 or more"),
    ({"page": ""}, "page", "whole number"),
    ({"page": "1001"}, "page", "10000"),
    ({"page": "101", "per_page": "100"}, "page", "10000"),
    ({"page": ["1", "2"]}, "page", "once"),
    ({"from": "вчера"}, "from", "2026-05-09"),
    ({"from": "2024-02-30"}, "from", "2026-05-09"),
    ({"from": "0000"}, "from", "2026-05-09"),
    ({"to": "2024-13"}, "to", "2026-05-09"),
    ({"to": "2024-01-01T00:00"}, "to", "2026-05-09"),
    ({"facets": "subjects"}, "facets", "'subject'"),
    ({"facets": "subject,topic"}, "facets", "send one of author"),
    ({"histogram": "week"}, "histogram", "year"),
    ({"snippet_length": "39"}, "snippet_length", "40 or more"),
    ({"snippet_length": "2001"}, "snippet_length", "2000 or less"),
    ({"q": ["a", "b"]}, "q", "once"),
    ({"q": "a" * 200_001}, "q", "200000 characters"),
    ({"subject": ["a"] * 101}, "subject", "100"),
    ({"subject": "a" * 4_097}, "subject", "4096 characters"),
    ({"explain": "perhaps"}, "explain", "true or false"),
]
BODIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("/v1/search", {"q": 1}, "q", "string"),
    ("/v1/search", {"q": None}, "q", "string"),
    ("/v1/search", {"q": "\ud800"}, "q", "Unicode"),
    ("/v1/search", {"\ud800": 1}, "", "Unicode"),
    ("/v1/search", {"since": "2024"}, "since", "'from'"),
    ("/v1/search", {"from": 2024}, "from", "string"),
    ("/v1/search", {"page": 2.5}, "page", "whole number"),
    ("/v1/search", {"page": float("nan")}, "body", "send null"),
    ("/v1/search", {"subject": [1]}, "subject", "string"),
    ("/v1/search", {"subject": None}, "subject", "list"),
    ("/v1/search", {"lang": {}}, "lang", "list"),
    ("/v1/search", {"facets": 5}, "facets", "list"),
    ("/v1/search", {"facets": ["subject", 5]}, "facets", "send one of"),
    ("/v1/search", {"sort": {"a": 1}}, "sort", "newest"),
    ("/v1/multi-search", {}, "searches", "send it"),
    ("/v1/multi-search", {"search": []}, "search", "'searches'"),
    ("/v1/multi-search", {"searches": []}, "searches", "at least 1"),
    ("/v1/multi-search", {"searches": [{}] * 7}, "searches", "at most 6"),
    ("/v1/multi-search", {"searches": {}}, "searches", "list"),
    ("/v1/multi-search", {"searches": [{"per_page": 41}] * 2}, "searches", "at most 60 hits"),
    ("/v1/multi-search", {"searches": [{}, 1]}, "searches.1", "object"),
    ("/v1/multi-search", {"searches": [{}, {"qq": 1}]}, "searches.1.qq", "'q'"),
    ("/v1/multi-search", {"searches": [{}, {"since": ""}]}, "searches.1.since", "'from'"),
    ("/v1/multi-search", {"searches": [{}, {"page": 0}]}, "searches.1.page", "1 or more"),
    ("/v1/multi-search", {"searches": [{"page": 1001}]}, "searches.0.page", "10000"),
    ("/v1/multi-search", {"searches": [{"lang": ["fr"]}]}, "searches.0.lang", "ru"),
    ("/v1/related", {}, "text", "send it"),
    ("/v1/related", {"title": "x"}, "text", "send it"),
    ("/v1/related", {"text": ""}, "text", "at least 1"),
    ("/v1/related", {"text": "x" * 400_001}, "text", "400000 characters"),
    ("/v1/related", {"text": "x", "limit": 51}, "limit", "50 or less"),
    ("/v1/related", {"text": "x", "lang": "ru"}, "lang", "same"),
    ("/v1/related", {"text": "x", "time": "later"}, "time", "'latest'"),
    ("/v1/related", {"text": "x", "id": "a"}, "id", "send one of"),
]
ADDRESSES = [
    ("/v1/analyze", "text", "send it"),
    ("/v1/analyze?txt=a", "txt", "'text'"),
    ("/v1/analyze?text=a&text=b", "text", "once"),
    (f"/v1/analyze?text={'a' * 20_001}", "text", "20000 characters"),
    (f"/v1/articles/{STORY}?q=1", "q", "remove it"),
    (f"/v1/articles/{STORY}/related?limit=0", "limit", "1 or more"),
    (f"/v1/articles/{STORY}/related?language=ru", "language", "'lang'"),
    (f"/v1/articles/{STORY}/related?time=late", "time", "'latest'"),
]


def short(value: object) -> str:
    return ascii(value)[:60]


@pytest.mark.parametrize(("arguments", "field", "cure"), WRONG, ids=short)
def test_a_wrong_parameter_is_refused_with_its_name_and_the_cure(
    client: FlaskClient, arguments: dict[str, Any], field: str, cure: str
) -> None:
    found = problem(client, "/v1/search", 400, query_string=arguments)
    assert found["field"] == field
    assert cure in found["cure"]
    assert found["type"] == "/docs#request-refused"


@pytest.mark.parametrize(("path", "body", "field", "cure"), BODIES, ids=short)
def test_a_wrong_body_is_refused_with_the_place_and_the_cure(
    client: FlaskClient, path: str, body: dict[str, Any], field: str, cure: str
) -> None:
    found = problem(client, path, 400, method="POST", data=json.dumps(body))
    assert found["field"] == field
    assert cure in found["cure"]


@pytest.mark.parametrize(("address", "field", "cure"), ADDRESSES, ids=short)
def test_a_wrong_address_of_another_route_is_refused_too(
    client: FlaskClient, address: str, field: str, cure: str
) -> None:
    found = problem(client, address, 400)
    assert found["field"] == field
    assert cure in found["cure"]


@pytest.mark.parametrize("path", ["/v1/search", "/v1/multi-search", "/v1/related"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"q"', b"\xff", b'{"q": "a"} x', b"null", b"q=a", b'{"a":' * 100_000,
     b"[" * 100_000, b'{"page":' + b"9" * 5_000 + b"}"],
    ids=["nothing", "cut", "list", "string", "no UTF-8", "tail", "null", "form", "depth of objects",
         "depth of lists", "long number"],
)  # fmt: skip
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, path: str, body: bytes) -> None:
    found = problem(client, path, 400, method="POST", data=body, content_type="application/json")
    assert found["field"] == "body"


def test_a_deep_value_within_the_bound_is_refused_as_any_wrong_value(client: FlaskClient) -> None:
    body = b'{"q":' + b"[" * 499 + b"]" * 499 + b"}"
    assert problem(client, "/v1/search", 400, method="POST", data=body)["field"] == "q"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "This is not a valid HTTP request."),
        (408, "The request arrived too slowly or not completely."),
        (414, "The address is longer than 32 KiB."),
        (417, "The header Expect is not 100-continue."),
        (431, "There are too many headers, or they are too large."),
        (500, "Poisk failed to answer this request. The error is in its log."),
        (501, "The header Transfer-Encoding is not chunked."),
        (503, "Poisk is already reading as many large bodies as it can."),
    ],
)
def test_what_never_became_a_request_is_refused_in_a_plain_sentence(
    client: FlaskClient, status: int, said: str
) -> None:
    answered = error_response(client.application.wsgi_app, b"GET /v1/search HTTP/1.1\r\n", status)
    found = json.loads(answered.partition(b"\r\n\r\n")[2])
    assert (found["status"], found["detail"]) == (status, said)
    assert found["cure"] != "see /docs"


@pytest.mark.parametrize(
    ("head", "language"),
    [
        (b"GET /?ui=en HTTP/1.1\r\n", "en"),
        (b"GET /?q=a b&ui=ru HTTP/1.1\r\nAccept-Language: en\r\n", "ru"),
        (b"GET / HTTP/1.1\r\nReferer: http://a.example/?ui=ru\r\nAccept-Language: en\r\n", "en"),
        (b"GET / HTTP/1.1\nReferer: http://a.example/?ui=ru\n\r\nAccept-Language: en\r\n", "en"),
    ],
)
def test_the_address_and_no_header_but_accept_language_chooses_the_language_of_an_error_page(
    client: FlaskClient, head: bytes, language: str
) -> None:
    page = error_response(client.application.wsgi_app, head + b"Accept: text/html\r\n", 400)
    assert page.count(b"<html") == page.count(f'<html lang="{language}"'.encode()) == 1


def test_a_wrong_path_and_a_wrong_method_are_reported_in_plain_sentences(
    client: FlaskClient,
) -> None:
    assert problem(client, "/v1/none", 404)["detail"] == "This path does not exist."
    refused = problem(client, "/v1/analyze", 405, method="POST")
    assert refused["detail"] == "This path does not accept this method."


@pytest.mark.parametrize("path", ["/v1/search", "/v1/multi-search", "/v1/related"])
def test_a_body_over_the_bound_is_refused(client: FlaskClient, path: str) -> None:
    found = problem(client, path, 413, method="POST", data=b"x" * 5_000_000)
    assert found["type"] == "/docs#body-too-large"
    assert found["field"] == "body"


def test_parameters_in_the_address_of_a_post_are_refused(client: FlaskClient) -> None:
    found = problem(client, "/v1/search?q=a", 400, method="POST", json={})
    assert found["field"] == "q"
    assert "JSON body" in found["cure"]


@pytest.mark.parametrize("path", ["/v1/search", "/v1/multi-search", "/v1/related"])
def test_a_body_packed_otherwise_than_with_gzip_is_a_415_with_the_cure(
    client: FlaskClient, path: str
) -> None:
    for coding in ("br", "deflate", "zstd", "gzip, gzip", "x"):
        headers = {"Content-Encoding": coding}
        found = problem(client, path, 415, method="POST", data=b"{}", headers=headers)
        assert "gzip" in found["cure"]
        response = client.post(path, data=b"{}", headers=headers)
        assert response.headers["Accept-Encoding"] == "gzip"


def test_a_packed_search_is_unpacked_and_bounded(client: FlaskClient) -> None:
    def post(data: bytes, coding: str = "gzip") -> TestResponse:
        return client.post("/v1/search", data=data, headers={"Content-Encoding": coding})

    body = json.dumps({"q": "школам"}).encode()
    for coding in ("gzip", "GZIP", "x-gzip"):
        assert post(gzip.compress(body), coding).get_json()["total"] == 8
    assert post(body, "identity").get_json()["total"] == 8
    for broken in (body, gzip.compress(body)[:-6], b"", gzip.compress(body)[:-2] + b"xx"):
        found = post(broken)
        assert (found.status_code, found.get_json()["field"]) == (400, "body")
    assert post(body).get_json()["detail"] == (
        "body: not valid gzip, or incomplete; compress it again"
    )
    assert post(gzip.compress(b" " * 300_000_000, 1)).status_code == 413


def test_an_unknown_article_and_an_unknown_path_are_problems(client: FlaskClient) -> None:
    for path in ("/v1/articles/none", "/v1/articles/none/related"):
        found = problem(client, path, 404)
        assert found["field"] == "id"
        assert found["type"] == "/docs#article-unknown"
    for path in ("/v1/none", "/v1", "/v1/articles/", "/v1/search/", "/none"):
        found = problem(client, path, 404)
        assert found["field"] == "path"
        assert found["type"] == "/docs#not-found"


def test_an_error_of_our_own_is_a_problem_that_tells_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    parts = parts_in(tmp_path)

    def broken(_searcher: Searcher, _request: SearchRequest) -> None:
        raise RuntimeError("the secret")

    monkeypatch.setattr(Searcher, "search", broken)
    client = create_app(parts.settings, parts).test_client()
    found = problem(client, "/v1/search", 500)
    assert "secret" not in json.dumps(found)
    assert "the secret" in caplog.text
    assert {record.name for record in caplog.records} == {"poisk.web"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
NAMES = st.sampled_from([*SearchRequest.model_fields, "from", "to", "searches", "text", "limit"])


@settings(max_examples=1_500, deadline=None, database=None)
@given(
    st.sampled_from(["/v1/search", "/v1/multi-search", "/v1/related"]),
    st.dictionaries(NAMES | st.text(max_size=8), JSON, max_size=4) | JSON,
)
def test_any_json_is_answered_or_refused_with_the_cure(
    client: FlaskClient, path: str, body: object
) -> None:
    response = client.post(path, data=json.dumps(body))
    if response.status_code != 200:
        assert response.status_code == 400, response.text
        found = response.get_json()
        assert set(found) == PROBLEM
        assert found["cure"]
        assert found["title"]
