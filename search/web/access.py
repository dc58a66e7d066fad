"""Who may do what: keys, the pages that may use them (CORS), how often.

Flask-Limiter (MIT) counts; its storage is ours, so that the workers of one machine
count together without another service.
"""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from index.errors import KeyForbidden, KeyRefused, PoiskError
from index.store.keys import Key, Scope
from search.parts import Parts
from search.web.shared_counters import SharedStorage

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_HEADERS = "Authorization, X-API-Key, Content-Type, Content-Encoding, Idempotency-Key"


def register_access(app: Flask, parts: Parts) -> Limiter:
    """Keys before every request of the API, CORS after it; the limiter, for the routes."""

    @app.before_request
    def look_at_the_key() -> Response | None:
        if not request.path.startswith("/v1/"):
            return None
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204)
        secret = _secret()
        g.key = None
        if secret:
            g.key = parts.keys.check(secret)
            if g.key is not None:
                _from_its_pages(g.key)
        return None

    @app.after_request
    def allow_pages(response: Response) -> Response:
        if request.path.startswith("/v1/"):
            response.vary.add("Origin")  # a cache may not give one page another's answer
            if origin := request.headers.get("Origin"):
                _allow(response, origin.lower(), parts)
        return response

    folder = parts.settings.data_dir.absolute()
    return Limiter(
        key_func=_whose,
        app=app,
        storage_uri=f"{SharedStorage.STORAGE_SCHEME[0]}://{quote(str(folder))}",
        headers_enabled=True,
        strategy="fixed-window",
        swallow_errors=True,  # a full disk keeps nobody from searching
    )


def check_metrics_access(parts: Parts) -> None:
    """Lets in a program on this machine, a key for metrics, or anybody where that is set.

    Raises KeyRefused, KeyForbidden. Who comes from this machine needs no store for it.
    """
    if parts.settings.metrics_open or _from_here(parts.settings.proxies):
        return
    secret = _secret()
    g.key = parts.keys.check(secret) if secret else None
    _check_scope(Scope.METRICS)


def _from_here(proxies: int) -> bool:
    """Whether the request comes from this machine, and not through a proxy for another one.

    Behind a proxy on this machine every peer is 127.0.0.1: then all the addresses that were
    forwarded count, and none is believed where POISK_PROXIES says that there is no proxy.
    """
    original = request.environ.get("werkzeug.proxy_fix.orig", {})
    peer = original.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For")
    if "Forwarded" in request.headers or (forwarded is not None and not proxies):
        return False
    return all(map(_is_loopback, [peer, *(forwarded.split(",") if forwarded is not None else ())]))


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address.strip())
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _check_scope(scope: Scope, required: bool = True) -> None:
    """Raises KeyRefused, KeyForbidden where the request's key does not open this scope."""
    key: Key | None = g.get("key")
    if key is None and _secret():  # after the limiter has counted its address
        raise KeyRefused(
            "Authorization", "the key is unknown, expired or revoked", "create a new one"
        )
    if key is None and required:
        cure = f"send Authorization: Bearer KEY (`poisk keys create --scope {scope}` creates a key)"
        raise KeyRefused("Authorization", "the key is missing", cure, sent=False)
    if key is not None and not key.scope.allows(scope):
        cause = f"the scope of this key is {key.scope}"
        raise KeyForbidden("Authorization", cause, f"use a key of scope {scope}", scope)


def needs(parts: Parts, scope: Scope) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view that a key of this scope opens. Searching is open where no key is required."""

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            is_open = scope is Scope.SEARCH and not parts.settings.search_key_required
            _check_scope(scope, required=not is_open)
            return view(*arguments, **named)

        return guarded

    return guard


def _secret() -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return secret.strip()
    return request.headers.get("X-API-Key", "").strip()


def _from_its_pages(key: Key) -> None:
    origin = request.headers.get("Origin", "").lower()
    if origin and key.origins and "*" not in key.origins and origin not in key.origins:
        raise KeyForbidden(
            "Origin",
            "pages of this site may not use this key",
            "create a key with --origins that names the site",
        )


def _allow(response: Response, origin: str, parts: Parts) -> None:
    """A page may read the answer: with the key that names its origin, or asking about one."""
    key: Key | None = g.get("key")
    try:
        allowed = frozenset(key.origins) if key else parts.keys.origins()
    except PoiskError:  # searching goes on without the store
        return
    if origin not in allowed and "*" not in allowed:
        return
    response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _HEADERS
        response.headers["Access-Control-Max-Age"] = "600"


def _whose() -> str:
    """Who is counted: a key, or else an address, which is not kept as it is."""
    key: Key | None = g.get("key")
    return f"key:{key.id}" if key else f"address:{hash(get_remote_address())}"
