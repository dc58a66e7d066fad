"""GET /v1/search without Flask, for the requests that most sites send.

Flask and its hooks take longer than reading a request for a search, counting it and writing its
answer together. What a hook looks at (a key, a page of another site) goes Flask's way, and so do
invalid requests and all errors. The answers are the same, with the same headers in the same order.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, g

from index.errors import RequestRefused
from index.stages import Stopwatch
from search.answer import encoded
from search.parts import Parts
from search.request import SearchRequest, from_arguments
from search.web.access import address_name
from search.web.addresses import path_of
from search.web.api import reading
from search.web.api.route import Limit
from search.web.headers import STRICT, security_headers
from search.web.metrics import Requests
from search.web.rate_limits import Counted, LimitReached, RateLimits, rate_limit_headers

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_PATH = "/v1/search"
_ENDPOINT = "api.search"
_HEADERS_OF_HOOKS = frozenset({"HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_ORIGIN"})
"""The headers of a request for a search that hooks look at."""
_ENDING = [("Vary", "Origin"), *security_headers(str(STRICT))]


class DirectSearch:
    """A WSGI app: searches are answered here, all other requests by Flask."""

    def __init__(self, app: Flask, parts: Parts, limits: RateLimits, requests: Requests) -> None:
        """`app` has all its own hooks. It needs no key for searching, and knows no log-in."""
        self._app = app
        self._flask: Callable[[Environ, StartResponse], Iterable[bytes]] = app.wsgi_app
        self._parts = parts
        limit = Limit.SEARCH
        self._counter = limits.counter(limit.value, limit.rate(parts.settings))
        self._requests = requests
        self._hooks = _hooks(app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The answer to a request."""
        started = perf_counter()
        if not self._is_usual(environ):
            return self._flask(environ, start_response)
        stopwatch = Stopwatch()
        try:
            asked = from_arguments(SearchRequest, _arguments(environ))
        except RequestRefused:  # Flask counts the request, and answers
            return self._flask(environ, start_response)
        stopwatch.end("validate")
        counted = None
        try:
            counted = self._counter.count(address_name(environ.get("REMOTE_ADDR")))
            body = self._answer(asked, stopwatch)
        except Exception as error:
            counted = error.counted if isinstance(error, LimitReached) else counted
            return self._error(error, counted, started, environ)(environ, start_response)
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            *rate_limit_headers(counted),
            *_ENDING,
        ]
        self._requests.add(_ENDPOINT, 200, perf_counter() - started)
        start_response("200 OK", headers)
        return [body]

    def _is_usual(self, environ: Environ) -> bool:
        """Whether no hook has anything to do for this request but what is done here."""
        return (
            environ.get("PATH_INFO") == _PATH
            and environ["REQUEST_METHOD"] == "GET"
            and _HEADERS_OF_HOOKS.isdisjoint(environ)
            and path_of(environ) == _PATH  # not /v1%2Fsearch
            and environ.get("QUERY_STRING", "").isascii()
            and self._has_own_hooks_only
        )

    @cached_property
    def _has_own_hooks_only(self) -> bool:
        """Whether nobody has added a hook to the app: none can be added after the first request."""
        return _hooks(self._app) == self._hooks

    def _answer(self, asked: SearchRequest, stopwatch: Stopwatch) -> bytes:
        stopwatch.restart()
        answer = reading.search(self._parts, asked, {})
        stopwatch.restart()
        body = encoded(answer)
        stopwatch.end("json")
        self._parts.stages.add(stopwatch.times)
        return body

    def _error(
        self, error: Exception, counted: Counted | None, started: float, environ: Environ
    ) -> Response:
        """Flask's response to an error: its handler makes it, and all hooks add to it."""
        with self._app.request_context(environ):
            g.started, g.rate_limit = started, counted
            return self._app.finalize_request(self._app.handle_user_exception(error))


def _arguments(environ: Environ) -> dict[str, list[str]]:
    """The arguments of an address, as `request.args` of Flask reads them."""
    query = environ.get("QUERY_STRING", "")
    return parse_qs(query, keep_blank_values=True, errors="werkzeug.url_quote")


def _hooks(app: Flask) -> int:
    kinds = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    return sum(len(some) for kind in kinds for some in kind.values())
