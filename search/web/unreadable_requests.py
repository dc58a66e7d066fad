"""The answer to what cannot be read as a request: the app makes it, in the form of all errors."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, abort, request
from gunicorn.http import errors  # type: ignore[import-untyped]
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import create_environ, run_wsgi_app

ERROR_STATUS = "poisk.error_status"
"""The status in the environment of a request that stands for one that could not be read."""

_STATUSES = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
    errors.ExpectationFailed: 417,
    errors.InvalidResponseHeader: 500,
    errors.ConfigurationProblem: 500,
    errors.ParseException: 400,
}
"""Of kinds of errors, the narrower first."""
_UI = re.compile(rb"[?&]ui=(ru|en)\b")
_FIELD = re.compile(rb"\r\n(accept(?:-language)?)[ \t]*:([ -~]{0,300})", re.IGNORECASE)

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


def status_of(error: BaseException) -> int:
    """The status of what gunicorn could not read, or of what broke."""
    return next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 500)


def error_response(app: WsgiApp, head: bytes, status: int) -> bytes:
    """The whole answer: a problem, or a page in the reader's language where a browser asked.

    `head` is the request's, as far as it came and as wrong as it may be.
    """
    line = head.split(b"\n", 1)[0]
    _, _, address = line.partition(b" ")
    ui = _UI.search(address)
    fields = {name.decode(): value.decode().strip() for name, value in _FIELD.findall(head)}
    environ = create_environ(
        path="/v1/unreadable" if address.startswith(b"/v1/") else "/",
        query_string={"ui": ui[1].decode()} if ui else None,
        headers=fields,
    )
    environ[ERROR_STATUS] = status
    body, status_text, headers = run_wsgi_app(app, environ, buffered=True)
    lines = [f"HTTP/1.1 {status_text}", "Connection: close", *(f"{k}: {v}" for k, v in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + b"".join(body)


def register_error_responses(app: Flask) -> None:
    """Answers the requests that stand for what could not be read."""

    @app.before_request
    def answer() -> None:
        if status := request.environ.get(ERROR_STATUS):
            abort(status if status in HTTP_STATUS_CODES else 400)
