"""Who may do what: keys, the pages that may use them (CORS), how often."""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any

from flask import Flask, Response, current_app, g, request

from index.errors import KeyForbidden, KeyRefused, PoiskError
from index.store.keys import Scope
from search.parts import Parts
from search.web.authentication import Authenticator, Principal, first_principal
from search.web.rate_limits import RateLimits, add_rate_limit

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = "Authorization, X-API-Key, Content-Type, Content-Encoding, Idempotency-Key"
_AUTHENTICATORS = "poisk_authenticators"


def register_access(
    app: Flask, parts: Parts, authenticators: tuple[Authenticator, ...]
) -> RateLimits:
    """Who asks, before every request of the API, and CORS after it; the limits, for the routes.

    The first authenticator that knows who asks decides.
    """
    app.extensions[_AUTHENTICATORS] = authenticators

    @app.before_request
    def identify() -> Response | None:
        if not request.path.startswith("/v1/"):
            return None
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204)
        if principal := _principal():
            _check_origin(principal)
        return None

    @app.after_request
    def allow_pages(response: Response) -> Response:
        if request.path.startswith("/v1/"):
            add_rate_limit(response)
            # a cache may not give one page another's answer
            if "Vary" in response.headers:
                response.vary.add("Origin")
            else:
                response.headers.add("Vary", "Origin")
            if origin := request.headers.get("Origin"):
                _allow(response, origin.lower(), parts)
        return response

    return RateLimits(parts.settings.data_dir.absolute(), _whose)


def check_metrics_access(parts: Parts) -> None:
    """Lets in a program on this machine, a key for metrics, or anybody where that is set.

    Raises KeyRefused, KeyForbidden. Who comes from this machine needs no store for it.
    """
    if parts.settings.metrics_open or _from_here(parts.settings.proxies):
        return
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


def _principal() -> Principal | None:
    """Who asks: looked up once a request. An error about it is kept for _check_scope."""
    if "principal" not in g:
        g.principal, g.key_error = None, None  # also where the store cannot be read
        found = first_principal(current_app.extensions[_AUTHENTICATORS], request)
        g.principal, g.key_error = found
    principal: Principal | None = g.principal
    return principal


def _check_scope(scope: Scope, required: bool = True) -> None:
    """Raises KeyRefused, KeyForbidden where whoever asks may not do this."""
    principal = _principal()
    if g.key_error:  # only now: the request has been counted
        raise g.key_error
    if principal is None and required:
        cure = f"send Authorization: Bearer KEY (`poisk keys create --scope {scope}` creates a key)"
        raise KeyRefused("Authorization", "the key is missing", cure, sent=False)
    if principal is not None and not principal.allows(scope):
        cause = f"the scope of this key is {', '.join(sorted(principal.scopes))}"
        raise KeyForbidden("Authorization", cause, f"use a key of scope {scope}", scope)


def needs(parts: Parts, scope: Scope) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view for those that this scope is given to. Searching is open where no key is required."""

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            is_open = scope is Scope.SEARCH and not parts.settings.search_key_required
            _check_scope(scope, required=not is_open)
            return view(*arguments, **named)

        return guarded

    return guard


def _check_origin(principal: Principal) -> None:
    """Raises KeyForbidden where a page of another site acts for it."""
    origin, own = request.headers.get("Origin", "").lower(), principal.origins
    if origin and own and "*" not in own and origin not in own:
        raise KeyForbidden(
            "Origin",
            "pages of this site may not use this key",
            "create a key with --origins that names the site",
        )


def _allow(response: Response, origin: str, parts: Parts) -> None:
    """A page may read the answer: with the key that names its origin, or asking about one."""
    principal: Principal | None = g.get("principal")
    try:
        allowed = frozenset(principal.origins) if principal else parts.keys.origins()
    except PoiskError:  # searching goes on without the store
        return
    if origin not in allowed and "*" not in allowed:
        return
    response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = "600"


def _whose() -> str:
    """Who is counted: a principal, or else an address, which is not kept as it is."""
    principal = _principal()
    return f"key:{principal.id}" if principal else address_name(request.remote_addr)


def address_name(address: str | None) -> str:
    """Under what name the requests of an address are counted."""
    return f"address:{hash(address)}"
