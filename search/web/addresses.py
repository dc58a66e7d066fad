"""The paths of addresses: any article's id can stand in one, whatever characters it has.

WSGI gives the path decoded, in which p/related and p%2Frelated are the same. gunicorn and
Flask's test client give the address as it was sent, too: routes are looked for in that, with
everything decoded but the slash and the percent sign.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

from flask import Flask, Request
from werkzeug.routing import MapAdapter, PathConverter

from index.article import as_id

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_REST = re.compile("[?#].*", re.DOTALL)
_BARE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SPECIAL = re.compile("[%#]|//")
_KEPT = re.compile(rb"%(2[Ff]|25)")


class App(Flask):
    """A Flask app that looks for routes in the path as it was sent. No view or hook is async."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: Flask would look at each hook of each request."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Flask's own, with the path of `path_of`."""
        adapter = super().create_url_adapter(request)
        if adapter is not None and request is not None:
            adapter.path_info = path_of(request.environ)
        return adapter


class ArticleId(PathConverter):
    """An article's id in a path: /news/12 starts with a slash, p%2Frelated has one inside."""

    regex = "(?s:.+?)"
    part_isolating = False

    def to_python(self, value: str) -> str:
        """The id as an article has it."""
        return as_id(re.sub("%(2[Ff]|25)", lambda one: "%" if one[1] == "25" else "/", value))


def path_of(environ: Mapping[str, Any]) -> str:
    """The path, decoded but for %2F and %25: a/b%252F is the text "b%2F" below a."""
    decoded = str(environ.get("PATH_INFO", ""))
    sent = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    if sent.partition("?")[0] == decoded and decoded.isascii() and not _SPECIAL.search(decoded):
        return decoded  # most requests
    sent = _REST.sub("", _ORIGIN.sub("", sent, count=1))
    for prefix in (str(environ.get("SCRIPT_NAME", "")), ""):
        path = sent.removeprefix(prefix).encode("latin-1")
        if unquote_to_bytes(path) == decoded.encode("latin-1"):
            return _partly(path)
    return _partly(decoded.encode("latin-1").replace(b"%", b"%25"))  # whoever serves tells no more


def _partly(path: bytes) -> str:
    kept = _KEPT.sub(rb"%25\1", _BARE_PERCENT.sub(b"%25", path))
    return unquote_to_bytes(kept).decode("utf-8", "replace")


def article_path(article_id: str, **arguments: str) -> str:
    """The address of an article's page, below the app's root.

    Slashes stay as they are where everybody leaves them alone: proxies merge two of them, and
    browsers take away "." and "..", even escaped, so that an id which is only that is an argument.
    """
    if article_id in {".", ".."}:
        return f"/articles/?{urlencode({'id': article_id, **arguments})}"
    is_plain = not {"", ".", ".."} & set(article_id.split("/"))
    path = quote(article_id, safe="/" if is_plain else "")
    return f"/articles/{path}?{urlencode(arguments)}"
