"""The part of /v1 that takes articles in, tells what became of them, and rebuilds."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from threading import BoundedSemaphore
from typing import Any, get_args

from flask import Blueprint, Response, g, request
from flask_limiter import Limiter
from pydantic import RootModel
from werkzeug.exceptions import Conflict, UnprocessableEntity

from index.article import Article, as_id
from index.errors import ChangeUnknown, PoiskError, RequestRefused
from index.ingest.intake import IntakeReport
from index.sources.markup import Markup, Reading
from index.store.articles import Written
from index.store.keys import Scope
from index.store.remembered import Answers, Remembered
from search.answer import (
    ChangeAnswer,
    ChangesAnswer,
    DeleteAnswer,
    RebuildAnswer,
    RefusedAnswer,
    WriteAnswer,
)
from search.parts import Parts
from search.request import ChangeRequest, DeleteRequest, check_json, from_arguments
from search.web.access import needs
from search.web.api.route import NoParameters, Operation
from search.web.article_bodies import Body, articles_of
from search.web.json_bodies import json_body, refuse_arguments
from search.web.problems import json_response

View = Callable[..., Response]


class Articles(RootModel[tuple[Article, ...]]):
    """Articles: a JSON list, or as application/x-ndjson one a line."""


class Fields(RootModel[dict[str, Any]]):
    """Some fields of an article; null empties one."""


WRITING = (
    Operation("POST", "/v1/articles", "putArticles", "Add or replace articles.", Articles,
              WriteAnswer, 202, Scope.WRITE),
    Operation("POST", "/v1/articles/delete", "deleteArticles", "Delete articles by filter.",
              DeleteRequest, DeleteAnswer, 202, Scope.WRITE, dry_status=(200,)),
    Operation("PUT", "/v1/articles/{id}", "putArticle", "Add or replace one article.", Article,
              WriteAnswer, 202, Scope.WRITE),
    Operation("PATCH", "/v1/articles/{id}", "patchArticle", "Change some fields of an article.",
              Fields, WriteAnswer, 202, Scope.WRITE),
    Operation("DELETE", "/v1/articles/{id}", "deleteArticle", "Delete an article.", NoParameters,
              WriteAnswer, 202, Scope.WRITE),
    Operation("GET", "/v1/changes", "changes", "Progress of the index.", NoParameters,
              ChangesAnswer, 200, Scope.WRITE),
    Operation("GET", "/v1/changes/{number}", "change", "State of a change.", ChangeRequest,
              ChangeAnswer, 200, Scope.WRITE),
    Operation("POST", "/v1/rebuild", "rebuild", "Rebuild the index.", NoParameters,
              RebuildAnswer, 202, Scope.ADMIN),
)  # fmt: skip
"""The operations of this blueprint, for the API's description."""


def writing_blueprint(parts: Parts, limiter: Limiter) -> Blueprint:
    """The routes that need a key for writing, or for administrating."""
    blueprint = Blueprint("writing", __name__)
    waiting = BoundedSemaphore(parts.settings.threads // 2)  # the others go on searching
    limit = parts.settings.write_limit

    def limited(method: str, view: View) -> View:
        """Writing requests count together; asking what became of them by itself."""
        scope = "changes" if method == "GET" else "write"
        return limiter.shared_limit(limit, scope=scope)(view) if limit else view

    def route(method: str, path: str, scope: Scope) -> Callable[[View], View]:
        def add(view: View) -> View:
            guarded = limited(method, needs(parts, scope)(_bare(view) if method != "GET" else view))
            blueprint.add_url_rule(
                path, view_func=guarded, methods=[method], endpoint=view.__name__
            )
            return view

        return add

    @route("POST", "/v1/articles", Scope.WRITE)
    def put_articles() -> Response:
        body = Body(request, parts.settings.max_load_bytes)

        def take() -> Response:
            report = IntakeReport(markup=_markup(parts))
            articles = articles_of(body, request.mimetype, parts.zone, report.markup)
            for _ in parts.intake.take(articles, report):
                _renew(parts)
            if not report.change:  # nothing was taken: all before it is the last change's
                report.change = parts.store.last()
            return json_response(_written(report), 202)

        return _once(parts, take, body.digest)

    @route("PUT", "/v1/articles/<article_id:id>", Scope.WRITE)
    def put_article(id: str) -> Response:
        markup = _markup(parts)
        values = markup.plain(json_body("html"))
        if _other_id(values, id):
            raise RequestRefused(
                "id", "not the id in the address", "send the same id twice, or only in the address"
            )
        return _once(parts, lambda: _accepted(parts.intake.put(id, values), markup))

    @route("PATCH", "/v1/articles/<article_id:id>", Scope.WRITE)
    def patch_article(id: str) -> Response:
        markup = _markup(parts)
        values = markup.plain(json_body("html"))
        if _other_id(values, id):
            raise RequestRefused(
                "id",
                "an id cannot be changed",
                "send the article under its new id and delete this one",
            )
        return _once(parts, lambda: _accepted(parts.intake.patch(id, {**values, "id": id}), markup))

    @route("DELETE", "/v1/articles/<article_id:id>", Scope.WRITE)
    def delete_article(id: str) -> Response:
        return _once(parts, lambda: _accepted(parts.intake.delete(id)))

    @route("POST", "/v1/articles/delete", Scope.WRITE)
    def delete_articles() -> Response:
        asked = check_json(DeleteRequest, json_body())

        def delete() -> Response:
            matched, written = parts.writing.delete_matching(asked)
            answer = DeleteAnswer(matched=matched, change=written and written.change)
            return json_response(answer, 202 if written else 200)

        return _once(parts, delete)

    @route("GET", "/v1/changes", Scope.WRITE)
    def changes() -> Response:
        from_arguments(NoParameters, request.args.to_dict(flat=False))
        return json_response(progress(parts))

    @route("GET", "/v1/changes/<number>", Scope.WRITE)
    def change(number: str) -> Response:
        asked = from_arguments(ChangeRequest, request.args.to_dict(flat=False))
        wanted = _change_number(number)
        may_wait = waiting.acquire(blocking=False)
        try:
            state, error = parts.writing.state(wanted, asked.wait if may_wait else 0.0)
        finally:
            if may_wait:
                waiting.release()
        return json_response(ChangeAnswer(change=wanted, state=state, error=error))

    @route("POST", "/v1/rebuild", Scope.ADMIN)
    def rebuild() -> Response:

        def ask() -> Response:
            number = parts.writing.rebuild()
            return json_response(RebuildAnswer(number=number, state="waiting"), 202)

        return _once(parts, ask)

    return blueprint


def _change_number(text: str) -> int:
    """The number in an address. Raises ChangeUnknown for what can be none: null, -1, 10³⁰."""
    if not re.fullmatch("[0-9]{1,18}", text):
        cause = f"there is no change {text[:80]!r}"
        raise ChangeUnknown("number", cause, "use the number in the answer to a writing request")
    return int(text)


def _bare(view: View) -> View:
    """A view whose address has no arguments, but for `html` where texts are sent."""
    takes_texts = view.__name__ in {"put_articles", "put_article", "patch_article"}

    @wraps(view)
    def bare(**path: Any) -> Response:
        refuse_arguments(*["html"] * takes_texts)
        return view(**path)

    return bare


def progress(parts: Parts) -> ChangesAnswer:
    """Progress of the index."""
    found = parts.writing.progress(parts.indexer.lease.holder() is not None)
    work = found.rebuild
    return ChangesAnswer(
        last=found.last,
        searchable=found.searchable,
        waiting=max(0, found.last - found.searchable),
        failed=found.failed,
        indexer=found.indexer,
        rebuild=work
        and RebuildAnswer(
            number=work.number, state=work.state, done=work.done, total=work.total, error=work.said
        ),
    )


def _other_id(values: Mapping[str, Any], article_id: str) -> bool:
    """Whether the body has another id than the address."""
    sent = values.get("id")
    return sent is not None and as_id(str(sent)) != article_id


def _digest() -> str:
    return hashlib.sha256(request.get_data()).hexdigest()


def _once(
    parts: Parts, take: Callable[[], Response], digest: Callable[[], str | None] = _digest
) -> Response:
    """Answers the request; with an Idempotency-Key, one that was sent before as before.

    `digest` is that of its body, None for one that is cut.
    """
    name = request.headers.get("Idempotency-Key", "")
    if not name:
        return take()
    if len(name) > 255:
        raise RequestRefused("Idempotency-Key", "too long", "send at most 255 characters")
    answers, key_id = Answers(parts.store.database), g.key.id
    if remembered := answers.begin(key_id, name):
        return _again(remembered, _of_all(digest()))
    with _forgotten_if_broken(answers, key_id, name):
        response = take()
        if whole := _of_all(digest()):
            text = response.get_data(as_text=True)
            answers.finish(key_id, name, Remembered(whole, response.status_code, text))
        else:  # it is sent again whole, and then is no other request
            answers.forget(key_id, name)
    return response


def _renew(parts: Parts) -> None:
    """A request that takes long is not taken for one whose server died."""
    if name := request.headers.get("Idempotency-Key", ""):
        Answers(parts.store.database).renew(g.key.id, name)


def _of_all(body: str | None) -> str | None:
    """The digest of the request: of what is done with which body."""
    told = f"{request.method} {request.path} {body}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest() if body else None


def _again(remembered: Remembered, digest: str | None) -> Response:
    if not remembered.status:
        raise Conflict("A request with this Idempotency-Key is still running.")
    if digest != remembered.digest:
        raise UnprocessableEntity("This Idempotency-Key was used for another request.")
    return Response(remembered.body, status=remembered.status, mimetype="application/json")


@contextmanager
def _forgotten_if_broken(answers: Answers, key_id: str, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(PoiskError):  # on a full disk, too, the first error is the one to tell
            answers.forget(key_id, name)
        raise


def _written(report: IntakeReport) -> WriteAnswer:
    return WriteAnswer(
        change=report.change,
        accepted=report.accepted,
        stale=report.stale,
        refused=tuple(
            RefusedAnswer(
                line=one.line, id=one.id, field=one.field, error=f"{one.cause}; {one.cure}"
            )
            for one in report.rejected
        ),
        refusals=report.rejected_count,
        html=report.markup.count,
    )


def _markup(parts: Parts) -> Markup:
    """How the request's texts are read: as its `html` says, or the setting."""
    asked = request.args.get("html", parts.settings.html)
    for reading in get_args(Reading):
        if asked == reading:
            return Markup(reading)
    raise RequestRefused("html", f"unknown value {asked[:80]!r}", "send auto, always or never")


def _accepted(written: Written, markup: Markup | None = None) -> Response:
    answer = WriteAnswer(
        change=written.change,
        accepted=written.accepted,
        stale=written.stale,
        html=markup.count if markup else 0,
    )
    return json_response(answer, 202)
