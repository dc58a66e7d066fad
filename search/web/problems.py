"""Errors as answers: application/problem+json (RFC 9457), or a page for a reader."""

import logging

from flask import Flask, Response, current_app, render_template, request
from msgspec.structs import asdict
from werkzeug.exceptions import HTTPException, InternalServerError

from index.errors import (
    ArticleUnknown,
    IndexUnavailable,
    KeyForbidden,
    KeyRefused,
    PoiskError,
    RebuildRunning,
    RequestRefused,
)
from search.answer import Answer, Problem, RebuildProblem, encoded
from search.web.pages.arguments import Arguments
from search.web.pages.interface import Interface, common
from search.web.problem_kinds import PROBLEMS, ProblemKind
from search.web.request_body import BodyBroken, BodyTooSlow

_log = logging.getLogger("poisk.web")


_BY_STATUS = {
    kind.status: kind for error, kind in PROBLEMS.items() if issubclass(error, HTTPException)
}

_FOR_PROGRAMS = ("/v1/", "/healthz", "/readyz", "/openapi.json", "/metrics")


def json_response(answer: Answer, status: int = 200) -> Response:
    """The answer as JSON."""
    return Response(encoded(answer), status=status, content_type="application/json")


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
        cause=error.cause,
        cure=error.cure,
    )
    if isinstance(error, RebuildRunning):
        return RebuildProblem(**asdict(problem), number=error.number)
    return problem


def _kind_of(error: PoiskError) -> ProblemKind:
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
        encoded(problem), status=problem.status, content_type="application/problem+json"
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
    kind = _BY_STATUS.get(status) or ProblemKind(status, _BY_STATUS[400].code)
    if status in {301, 302, 303, 307, 308}:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, BodyBroken | BodyTooSlow):
        _log.warning("a request was refused: %d, %s", status, error.description)
    if _for_reader():
        response = Response(problem_page(status), status=status, mimetype="text/html")
    else:
        detail = _detail(error, kind)
        response = problem_response(
            Problem(
                type=f"/docs#{kind.code}",
                title=error.name,
                status=status,
                detail=detail,
                field=kind.field,
                cause=detail,
                cure=_cure(error, kind),
            )
        )
    if status == 415:
        response.headers["Accept-Encoding"] = "gzip"
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _detail(error: HTTPException, kind: ProblemKind) -> str:
    """The sentence that the error was raised with, else that of its status."""
    own = vars(error).get("description")
    if kind.status == 429:  # "100 per 1 minute"
        return f"The limit of requests is reached: {own}."
    return str(own or kind.detail or error.description or error.name)


def _cure(error: HTTPException, kind: ProblemKind) -> str:
    if isinstance(error, BodyBroken):  # the address was read
        return "send the whole request again"
    return kind.cure


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected error while answering %s", request.path, exc_info=error)
    return _http_error(InternalServerError())


def register_problems(app: Flask) -> None:
    """Every error of the app answers as a problem."""
    app.register_error_handler(PoiskError, _poisk_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def error_codes() -> list[tuple[str, int, str]]:
    """(code, status, meaning) of every error, for the docs."""
    return [(kind.code, kind.status, kind.meaning) for kind in PROBLEMS.values()]
