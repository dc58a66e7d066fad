"""Headers of every answer. By default a page fetches nothing from elsewhere and runs nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request

_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"))
_POLICY = "Content-Security-Policy"
_SELF = "'self'"


@dataclass(frozen=True, slots=True)
class ContentPolicy:
    """What a page may load, where its forms go, who may embed it: Content-Security-Policy.

    Each is a list of sources as the header has them: "'self'", "https://news.example".
    """

    scripts: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    forms: tuple[str, ...] = (_SELF,)
    embedded_by: tuple[str, ...] = (_SELF,)

    def __str__(self) -> str:
        sources = {
            "default-src": ("'none'",),
            "script-src": self.scripts,
            "connect-src": self.connections,
            "style-src": (_SELF,),
            "img-src": (_SELF, "data:"),
            "form-action": self.forms or ("'none'",),
            "base-uri": ("'none'",),
            "frame-ancestors": self.embedded_by or ("'none'",),
        }
        return "; ".join(f"{name} {' '.join(some)}" for name, some in sources.items() if some)


STRICT = ContentPolicy()
"""That of every answer whose route or page states no other."""

_STRICT_HEADER = str(STRICT)


def with_policy(policy: ContentPolicy) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view whose answers have this policy, all errors included.

    The view carries it as an attribute, so that an error before the view runs has it, too.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        vars(view)["content_policy"] = str(policy)
        return view

    return decorate


def security_headers(policy: str) -> tuple[tuple[str, str], ...]:
    """The headers of an answer with this policy."""
    return (*_HEADERS, (_POLICY, policy))


def register_headers(app: Flask) -> None:
    """Adds the headers to every answer."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        known = {name.lower() for name, _ in headers}
        view = app.view_functions.get(request.endpoint or "")
        policy = getattr(view, "content_policy", _STRICT_HEADER)
        for name, value in security_headers(policy):
            if name.lower() not in known:
                headers.add(name, value)
        if response.mimetype == "text/html":
            headers.setdefault("Vary", "Accept-Language")
        return response
