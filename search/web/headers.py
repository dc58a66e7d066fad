"""Headers that every answer has: nothing may be fetched from elsewhere, nothing runs."""

from flask import Flask, Response

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


_LATER = {429, 503}


def register_headers(app: Flask) -> None:
    """Adds the headers to every answer."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if response.status_code not in _LATER:  # the limiter says it with every answer
            response.headers.pop("Retry-After", None)
        if response.mimetype == "text/html":
            response.headers.setdefault("Vary", "Accept-Language")
        return response
