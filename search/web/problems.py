"""Errors as HTTP says them: one table of statuses, application/problem+json (RFC 9457)."""

import logging

from flask import Flask, Response, current_app, render_template, request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException, InternalServerError

from index.errors import (
    ArticleRefused,
    ArticleUnknown,
    ChangeUnknown,
    IndexBusy,
    IndexUnavailable,
    KeyForbidden,
    KeyRefused,
    PoiskError,
    RebuildRunning,
    RequestRefused,
    SettingRefused,
    StoreFull,
    StoreUnavailable,
)
from search.answer import Problem, RebuildProblem
from search.web.pages.arguments import Arguments
from search.web.pages.interface import Interface, common
from search.web.request_body import BodyBroken, BodyTooSlow

_log = logging.getLogger("poisk.web")

STATUSES: dict[type[PoiskError], tuple[int, str, str]] = {
    RequestRefused: (400, "request-refused", "The request is invalid"),
    ArticleRefused: (422, "article-refused", "The article is invalid"),
    ArticleUnknown: (404, "article-unknown", "No article has this id"),
    ChangeUnknown: (404, "change-unknown", "No change has this number"),
    RebuildRunning: (409, "rebuild-running", "A rebuild is already running"),
    IndexBusy: (409, "index-busy", "The index is busy"),
    KeyRefused: (401, "key-refused", "Missing or invalid key"),
    KeyForbidden: (403, "key-forbidden", "The key does not allow this"),
    StoreFull: (507, "store-full", "The disk is almost full"),
    StoreUnavailable: (503, "store-unavailable", "The store is unavailable"),
    IndexUnavailable: (503, "index-unavailable", "The index is unavailable"),
    SettingRefused: (500, "setting-refused", "A setting of Poisk is wrong"),
}
"""Status, code and title of every error. The codes are stable: programs rely on them."""

HTTP_CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    408: "too-slow",
    409: "not-answered-yet",
    413: "body-too-large",
    414: "address-too-long",
    415: "not-json",
    417: "unknown-expectation",
    422: "same-key-other-body",
    429: "too-many-requests",
    431: "header-too-large",
    500: "internal-error",
    501: "unknown-transfer-coding",
    503: "busy",
}

_FIELDS = {404: "path", 413: "body", 414: "path"}
_DETAILS = {
    400: "This is not a valid HTTP request.",
    404: "This path does not exist.",
    405: "This path does not accept this method.",
    408: "The request arrived too slowly or not completely.",
    413: "The body is too large.",
    414: "The address is longer than 32 KiB.",
    417: "The header Expect is not 100-continue.",
    431: "There are too many headers, or they are too large.",
    500: "Poisk failed to answer this request. The error is in its log.",
    501: "The header Transfer-Encoding is not chunked.",
    503: "Poisk is already reading as many large bodies as it can.",
}
"""What is wrong, where the error has no sentence of its own: Werkzeug's speak of browsers."""
_CURES = {
    400: "percent-encode letters in the address, for example with "
    "curl -G --data-urlencode 'q=лицей'",
    404: "check the address; /docs lists the paths",
    405: "use one of the methods in Allow",
    408: "send the request faster, or split it",
    409: "send the request again in a few seconds",
    413: "split the request into smaller ones",
    414: "shorten the query, or send it with POST /v1/search",
    415: "send application/json or application/x-ndjson, compressed with gzip or not at all",
    417: "remove the Expect header, or send Expect: 100-continue",
    422: "use a new Idempotency-Key for every new request",
    429: "wait for the number of seconds in Retry-After",
    431: "send fewer or shorter headers",
    500: "report this to the operator of this service: the log has the cause",
    501: "remove Transfer-Encoding, or send Transfer-Encoding: chunked",
    503: "send the request again in a few seconds",
}

_FOR_PROGRAMS = ("/v1/", "/healthz", "/readyz", "/openapi.json", "/metrics")


def json_response(answer: BaseModel, status: int = 200) -> Response:
    """The model as JSON, under its aliases."""
    return Response(
        answer.model_dump_json(by_alias=True), status=status, mimetype="application/json"
    )


def told(error: PoiskError) -> str:
    """The error for whoever asks: what fails here has a path of this machine for its field."""
    here = _known(error)[0] >= 500
    return f"{error.cause}; {error.cure}" if here else str(error)


def problem_of(error: PoiskError) -> Problem:
    """The problem that an error is told as."""
    status, code, title = _known(error)
    problem = Problem(
        type=f"/docs#{code}",
        title=title,
        status=status,
        detail=told(error),
        field=error.field if status < 500 else "",
        cure=error.cure,
    )
    if isinstance(error, RebuildRunning):
        return RebuildProblem(**problem.model_dump(), number=error.number)
    return problem


def _known(error: PoiskError) -> tuple[int, str, str]:
    """What the table has of the error, or of the kind of errors it is one of."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def problem_page(status: int, error: PoiskError | None = None) -> str:
    """The error as a page in the reader's language, with the search box and a way back."""
    shared, arguments = common(), Arguments.of_request()
    refused = isinstance(error, RequestRefused)
    field = error.field if error is not None and refused else ""
    kept = request.path == "/" and field in arguments.all
    start = f"{shared['root']}/?ui={shared['ui'].language}"
    return render_template(
        "problem.html", **shared,
        heading=_HEADINGS.get(status, "refused" if status < 500 else "broken"),
        sentence=_sentence(shared["ui"], status, error),
        back=arguments.link(**{field: None}) if kept else start,
        back_says="without_it" if kept else "back",
    )  # fmt: skip


_HEADINGS = {404: "missing", 503: "unavailable"}
"""The phrase at the top of a problem's page, by its status; there are two for all others."""


def _sentence(ui: Interface, status: int, error: PoiskError | None) -> str:
    """What is wrong and what to do, in the phrases of the page's language."""
    match error:
        case RequestRefused(kind=kind, field=field, bound=bound) if kind:
            return ui.say(f"refused_{kind}", field=field, bound=bound)
        case RequestRefused(field=field) if field:
            return ui.say("refused_field", field=field)
        case ArticleUnknown():
            return ui.say("missing_article")
        case _:
            known = {
                404: "missing_page",
                405: "refused_method",
                408: "refused_slow",
                414: "refused_long",
                431: "refused_header",
                503: "unavailable_now",
            }
            general = "refused_request" if status < 500 else "broken_here"
            return ui.say(known.get(status, general))


def problem_response(problem: Problem) -> Response:
    """The problem as its media type."""
    return Response(
        problem.model_dump_json(), status=problem.status, mimetype="application/problem+json"
    )


def _for_reader() -> bool:
    """Whether a person in a browser asked, and not a program."""
    machine = request.path.startswith(_FOR_PROGRAMS)
    kinds = ["application/problem+json", "text/html"]  # who takes anything is a program
    return not machine and request.accept_mimetypes.best_match(kinds) == "text/html"


def _poisk_error(error: PoiskError) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        _log.warning("%s", error)  # with the path that the answer leaves out
    if isinstance(error, IndexUnavailable):
        current_app.extensions["poisk"].tell_damage()
    if _for_reader():
        page = problem_page(problem.status, error)
        return Response(page, status=problem.status, mimetype="text/html")
    response = problem_response(problem)
    if challenge := _challenge(error):
        response.headers["WWW-Authenticate"] = challenge
    return response


def _challenge(error: PoiskError) -> str:
    """What kind of key is wanted, and what is wrong with the one that was sent (RFC 6750)."""
    match error:
        case KeyRefused(sent=False):
            return _BEARER
        case KeyRefused():
            return f'{_BEARER}, error="invalid_token"'
        case KeyForbidden(scope=scope) if scope:
            return f'{_BEARER}, error="insufficient_scope", scope="{scope}"'
        case _:
            return ""


_BEARER = 'Bearer realm="Poisk"'


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status in {301, 302, 303, 307, 308}:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, BodyBroken | BodyTooSlow):
        current_app.logger.warning("a request was refused: %d, %s", status, error.description)
    if _for_reader():
        response = Response(problem_page(status), status=status, mimetype="text/html")
    else:
        response = problem_response(
            Problem(
                type=f"/docs#{HTTP_CODES.get(status, 'bad-request')}",
                title=error.name,
                status=status,
                detail=_detail(error, status),
                field=_FIELDS.get(status, ""),
                cure=_cure(error, status),
            )
        )
    if status == 415:
        response.headers["Accept-Encoding"] = "gzip"
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _detail(error: HTTPException, status: int) -> str:
    """The sentence that the error was raised with, else that of its status."""
    own = vars(error).get("description")
    if status == 429:  # "100 per 1 minute"
        return f"The limit of requests is reached: {own}."
    return str(own or _DETAILS.get(status) or error.description or error.name)


def _cure(error: HTTPException, status: int) -> str:
    if isinstance(error, BodyBroken):  # the address was read
        return "send the whole request again"
    return _CURES.get(status, "see /docs")


def _unexpected(error: Exception) -> Response:
    current_app.logger.error("unexpected error while answering %s", request.path, exc_info=error)
    return _http_error(InternalServerError())


def register_problems(app: Flask) -> None:
    """Every error of the app answers as a problem."""
    app.register_error_handler(PoiskError, _poisk_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def error_codes() -> list[tuple[str, int, str]]:
    """(code, status, title) of every error, for the docs."""
    own = [(code, status, title) for status, code, title in STATUSES.values()]
    return own + [(code, status, "") for status, code in HTTP_CODES.items()]
