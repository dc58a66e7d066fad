"""Searches that Flask does not see: the answers are those that it would give."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from flask import Flask, Response
from werkzeug.test import create_environ, run_wsgi_app

from index.errors import IndexUnavailable
from search.parts import Parts
from search.searcher import Searcher
from search.web.app import create_app
from tests.support.demo import demo_in

_CHANGES = re.compile(rb'"took_ms":[\d.]+')
_LIMIT = "1000 per hour; 50 per minute"
Answer = tuple[str, list[tuple[str, str]], bytes]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = demo_in(tmp_path_factory.mktemp("direct"))
    yield parts
    parts.close()


def limited(parts: Parts, folder: Path, limit: str) -> Parts:
    """The same parts with limits that are counted in this folder."""
    settings = parts.settings.model_copy(update={"search_limit": limit, "data_dir": folder})
    return replace(parts, settings=settings)


def direct(parts: Parts) -> Flask:
    return create_app(parts.settings, parts)


def through_flask(parts: Parts) -> Flask:
    """An app that knows a log-in, so that Flask answers each search."""
    return create_app(parts.settings, parts, (lambda _request: None,))


def asked(app: Flask, path: str, **environ: Any) -> Answer:
    given = create_environ(path) | {"RAW_URI": path, "REMOTE_ADDR": "192.0.2.1"} | environ
    body, status, headers = run_wsgi_app(app, given, buffered=True)
    data = _CHANGES.sub(b"", b"".join(body))
    shown = [(name, value if name != "Content-Length" else "") for name, value in headers]
    return status, shown, data


ODD = [
    "/v1/search",
    "/v1/search?",
    "/v1/search?q=" + quote("школа"),
    "/v1/search?q=" + quote("школа") + "&facets=subject,rubric&lang=ru&lang=en&explain=true",
    "/v1/search?q=a+b&q=c",
    "/v1/search?q=%FF%D1&from=&page=2&per_page=1",
    "/v1/search?q=a;b=c&&=",
    "/v1/search?qq=x",
    "/v1/search?page=none",
    "/v1/search?after=x",
    "/v1/search?q=ни-чего-нет-такого&snippet_length=40",
    "/v1%2Fsearch?q=a",
    "/v1/%73earch?q=a",
    "/v1/search/",
    "/v1/search?q=" + quote('"старая школа" лицей'),
]


@pytest.mark.parametrize("path", ODD)
def test_an_answer_is_that_of_flask(parts: Parts, tmp_path: Path, path: str) -> None:
    path = quote(path, safe="/?&=%;+,-")
    apps = (
        direct(limited(parts, tmp_path / "a", _LIMIT)),
        through_flask(limited(parts, tmp_path / "b", _LIMIT)),
    )
    with patch("time.time", lambda: 1_800_000_000.0):
        for environ in ({}, {"REQUEST_METHOD": "HEAD"}, {"HTTP_ORIGIN": "https://a.example"}):
            answers = [asked(app, path, **environ) for app in apps]
            assert answers[0] == answers[1]


def test_errors_are_those_of_flask(parts: Parts, tmp_path: Path) -> None:
    apps = (
        direct(limited(parts, tmp_path / "a", "2 per minute")),
        through_flask(limited(parts, tmp_path / "b", "2 per minute")),
    )
    broken: tuple[Exception, ...] = (
        IndexUnavailable("index", "the index is damaged", "rebuild it"),
        RuntimeError("broken"),
    )
    for error in (*broken, RuntimeError("not asked for: the limit is reached")):
        with (
            patch("time.time", lambda: 1_800_000_000.0),
            patch.object(Searcher, "search", side_effect=error),
        ):
            answers = [asked(app, "/v1/search?q=a") for app in apps]
        assert answers[0] == answers[1]
    assert answers[0][0].startswith("429")
    assert json.loads(answers[0][2])["status"] == 429


def test_a_hook_that_somebody_adds_is_called(parts: Parts) -> None:
    app = direct(parts)
    app.before_request(lambda: Response("closed", status=503))
    assert app.test_client().get("/v1/search?q=a").status_code == 503


def test_most_searches_do_not_come_to_flask(parts: Parts) -> None:
    app = direct(parts)
    with patch.object(Flask, "full_dispatch_request", side_effect=AssertionError):
        assert asked(app, "/v1/search?q=a")[0] == "200 OK"
