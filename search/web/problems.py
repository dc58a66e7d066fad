"""Errors as HTTP says them: one table of statuses, application/problem+json (RFC 9457)."""

import logging
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is always the same in the problems of one kind."""

    status: int
    code: str
    """Stable: programs rely on it."""
    title: str = ""
    """Empty: HTTP's own name of the status."""
    detail: str = ""
    """What is wrong, where an error has no sentence of its own: Werkzeug's speak of browsers."""
    cure: str = "see /docs"
    field: str = ""


PROBLEMS: dict[type[PoiskError], _Kind] = {
    RequestRefused: _Kind(400, "request-refused", "The request is invalid"),
    ArticleRefused: _Kind(422, "article-refused", "The article is invalid"),
    ArticleUnknown: _Kind(404, "article-unknown", "No article has this id"),
    ChangeUnknown: _Kind(404, "change-unknown", "No change has this number"),
    RebuildRunning: _Kind(409, "rebuild-running", "A rebuild is already running"),
    IndexBusy: _Kind(409, "index-busy", "The index is busy"),
    KeyRefused: _Kind(401, "key-refused", "Missing or invalid key"),
    KeyForbidden: _Kind(403, "key-forbidden", "The key does not allow this"),
    StoreFull: _Kind(507, "store-full", "The disk is almost full"),
    StoreUnavailable: _Kind(503, "store-unavailable", "The store is unavailable"),
    IndexUnavailable: _Kind(503, "index-unavailable", "The index is unavailable"),
    SettingRefused: _Kind(500, "setting-refused", "A setting of Poisk is wrong"),
}
"""Errors of our own, which bring their sentences and their fields with them."""

HTTP_PROBLEMS = (
    _Kind(
        400, "bad-request",
        detail="This is not a valid HTTP request.",
        cure="percent-encode letters in the address, for example with "
        "curl -G --data-urlencode 'q=лицей'",
    ),
    _Kind(
        404, "not-found",
        detail="This path does not exist.",
        cure="check the address; /docs lists the paths",
        field="path",
    ),
    _Kind(
        405, "method-not-allowed",
        detail="This path does not accept this method.",
        cure="use one of the methods in Allow",
    ),
    _Kind(
        408, "too-slow",
        detail="The request arrived too slowly or not completely.",
        cure="send the request faster, or split it",
    ),
    _Kind(
        409, "not-answered-yet",
        cure="send the request again in a few seconds",
    ),
    _Kind(
        413, "body-too-large",
        detail="The body is too large.",
        cure="split the request into smaller ones",
        field="body",
    ),
    _Kind(
        414, "address-too-long",
        detail="The address is longer than 32 KiB.",
        cure="shorten the query, or send it with POST /v1/search",
        field="path",
    ),
    _Kind(
        415, "not-json",
        cure="send application/json or application/x-ndjson, "
        "compressed with gzip or not at all",
    ),
    _Kind(
        417, "unknown-expectation",
        detail="The header Expect is not 100-continue.",
        cure="remove the Expect header, or send Expect: 100-continue",
    ),
    _Kind(
        422, "same-key-other-body",
        cure="use a new Idempotency-Key for every new request",
    ),
    _Kind(
        429, "too-many-requests",
        cure="wait for the number of seconds in Retry-After",
    ),
    _Kind(
        431, "header-too-large",
        detail="There are too many headers, or they are too large.",
        cure="send fewer or shorter headers",
    ),
    _Kind(
        500, "internal-error",
        detail="Poisk failed to answer this request. The error is in its log.",
        cure="report this to the operator of this service: the log has the cause",
    ),
    _Kind(
        501, "unknown-transfer-coding",
        detail="The header Transfer-Encoding is not chunked.",
        cure="remove Transfer-Encoding, or send Transfer-Encoding: chunked",
    ),
    _Kind(
        503, "busy",
        detail="Poisk is already reading as many large bodies as it can.",
        cure="send the request again in a few seconds",
    ),
)  # fmt: skip
"""Errors of HTTP, by their statuses."""

_BY_STATUS = {kind.status: kind for kind in HTTP_PROBLEMS}

_FOR_PROGRAMS = ("/v1/", "/healthz", "/readyz", "/openapi.json", "/metrics")


def json_response(answer: BaseModel, status: int = 200) -> Response:
    """The model as JSON, under its aliases."""
    return Response(
        answer.model_dump_json(by_alias=True), status=status, mimetype="application/json"
    )


def detail_of(error: PoiskError) -> str:
    """The error in words, without the field where that is a path of this machine."""
    here = _kind_of(error).status >= 500
    return f"{error.cause}; {error.cure}" if here else str(error)


def problem_of(error: PoiskError) -> Problem:
    """The problem that an error becomes."""
    kind = _kind_of(error)
    problem = Problem(
        type=f"/docs#{kind.code}",
        title=kind.title,
        status=kind.status,
        detail=detail_of(error),
        field=error.field if kind.status < 500 else "",
        cure=error.cure,
    )
    if isinstance(error, RebuildRunning):
        return RebuildProblem(**problem.model_dump(), number=error.number)
    return problem


def _kind_of(error: PoiskError) -> _Kind:
    """The kind of the error, or of the errors that it is one of."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


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
    kind = _BY_STATUS.get(status) or _Kind(status, _BY_STATUS[400].code)
    if status in {301, 302, 303, 307, 308}:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, BodyBroken | BodyTooSlow):
        current_app.logger.warning("a request was refused: %d, %s", status, error.description)
    if _for_reader():
        response = Response(problem_page(status), status=status, mimetype="text/html")
    else:
        response = problem_response(
            Problem(
                type=f"/docs#{kind.code}",
                title=error.name,
                status=status,
                detail=_detail(error, kind),
                field=kind.field,
                cure=_cure(error, kind),
            )
        )
    if status == 415:
        response.headers["Accept-Encoding"] = "gzip"
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _detail(error: HTTPException, kind: _Kind) -> str:
    """The sentence that the error was raised with, else that of its status."""
    own = vars(error).get("description")
    if kind.status == 429:  # "100 per 1 minute"
        return f"The limit of requests is reached: {own}."
    return str(own or kind.detail or error.description or error.name)


def _cure(error: HTTPException, kind: _Kind) -> str:
    if isinstance(error, BodyBroken):  # the address was read
        return "send the whole request again"
    return kind.cure


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
    return [(kind.code, kind.status, kind.title) for kind in (*PROBLEMS.values(), *HTTP_PROBLEMS)]
