"""What answers the routes that take articles in, say what became of them, and rebuild."""

import re
from collections.abc import Mapping
from typing import Any

from index.article import as_id
from index.errors import ChangeUnknown, RequestRefused
from index.ingest.intake import IntakeReport
from index.sources.markup import Markup
from index.store.articles import StoreResult
from index.store.jobs import Job, JobState
from search.answer import (
    ChangeAnswer,
    ChangesAnswer,
    DeleteAnswer,
    RebuildAnswer,
    RefusedAnswer,
    WriteAnswer,
)
from search.parts import Parts
from search.request import ChangeRequest, DeleteRequest
from search.web.api.idempotency import renew
from search.web.api.inputs import NoParameters, SentArticles, SentFields
from search.web.api.route import PathValues, Reply
from search.web.article_bodies import articles_of


def put_articles(parts: Parts, sent: SentArticles, _path: PathValues) -> WriteAnswer:
    """Adds or replaces the articles of a body, in batches as it arrives."""
    report = IntakeReport(markup=sent.markup)
    articles = articles_of(sent.body, sent.mimetype, parts.zone, sent.markup)
    for _ in parts.intake.take(articles, report):
        renew(parts)
    if not report.change:  # nothing was accepted: the last change is the state it leaves
        report.change = parts.store.last()
    return _answer_to(report)


def put_article(parts: Parts, sent: SentFields, path: PathValues) -> WriteAnswer:
    """Adds or replaces one article."""
    if _has_other_id(sent.values, path["id"]):
        cure = "send the same id twice, or only in the address"
        raise RequestRefused("id", "not the id in the address", cure)
    return _accepted(parts.intake.put(path["id"], sent.values), sent.markup)


def patch_article(parts: Parts, sent: SentFields, path: PathValues) -> WriteAnswer:
    """Changes some fields of an article. Raises ArticleUnknown."""
    if _has_other_id(sent.values, path["id"]):
        cure = "send the article under its new id and delete this one"
        raise RequestRefused("id", "an id cannot be changed", cure)
    values = {**sent.values, "id": path["id"]}
    return _accepted(parts.intake.patch(path["id"], values), sent.markup)


def delete_article(parts: Parts, _asked: NoParameters, path: PathValues) -> WriteAnswer:
    """Deletes one article. Raises ArticleUnknown."""
    return _accepted(parts.intake.delete(path["id"]))


def delete_articles(parts: Parts, asked: DeleteRequest, _path: PathValues) -> DeleteAnswer | Reply:
    """Deletes the articles that pass a filter; a dry run only counts them."""
    matched, written = parts.writing.delete_matching(asked)
    answer = DeleteAnswer(matched=matched, change=written.change if written else None)
    return answer if written else Reply(answer, 200)


def changes(parts: Parts, _asked: NoParameters, _path: PathValues) -> ChangesAnswer:
    """Progress of the index."""
    return progress(parts)


def change(parts: Parts, asked: ChangeRequest, path: PathValues) -> ChangeAnswer:
    """State of a change, after waiting for it if that was asked. Raises ChangeUnknown."""
    number = _change_number(path["number"])
    state, error = parts.writing.state(number, asked.wait)
    return ChangeAnswer(change=number, state=state, error=error)


def rebuild(parts: Parts, _asked: NoParameters, _path: PathValues) -> RebuildAnswer:
    """Asks for a rebuild. Raises RebuildRunning."""
    return RebuildAnswer(number=parts.writing.rebuild(), state=JobState.WAITING)


def progress(parts: Parts) -> ChangesAnswer:
    """Progress of the index, as the API and /metrics tell it."""
    reached = parts.writing.progress(parts.indexer.lease.holder() is not None)
    job = reached.rebuild
    return ChangesAnswer(
        last=reached.last,
        searchable=reached.searchable,
        waiting=max(0, reached.last - reached.searchable),
        failed=reached.failed,
        indexer=reached.indexer,
        rebuild=_rebuild(job) if job else None,
    )


def _rebuild(job: Job) -> RebuildAnswer:
    return RebuildAnswer(
        number=job.number, state=job.state, done=job.done, total=job.total, error=job.message
    )


def _change_number(text: str) -> int:
    """The number in an address. Raises ChangeUnknown for what can be none: null, -1, 10³⁰."""
    if not re.fullmatch("[0-9]{1,18}", text):
        cause = f"there is no change {text[:80]!r}"
        raise ChangeUnknown("number", cause, "use the number in the answer to a writing request")
    return int(text)


def _has_other_id(values: Mapping[str, Any], article_id: str) -> bool:
    """Whether the body has another id than the address."""
    sent = values.get("id")
    return sent is not None and as_id(str(sent)) != article_id


def _answer_to(report: IntakeReport) -> WriteAnswer:
    return WriteAnswer(
        change=report.change,
        accepted=report.accepted,
        stale=report.stale,
        refused=tuple(
            RefusedAnswer(
                line=one.line,
                id=one.id,
                field=one.field,
                error=f"{one.cause}; {one.cure}",
                cause=one.cause,
                cure=one.cure,
            )
            for one in report.rejected
        ),
        refusals=report.rejected_count,
        html=report.markup.count,
    )


def _accepted(written: StoreResult, markup: Markup | None = None) -> WriteAnswer:
    return WriteAnswer(
        change=written.change,
        accepted=written.accepted,
        stale=written.stale,
        html=markup.count if markup else 0,
    )
