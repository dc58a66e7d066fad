"""Articles in: checked, into the store in batches, refusals told; and what became of a change."""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from index.article import Article, check_article
from index.engines.base import Engine
from index.errors import (
    ArticleUnknown,
    ChangeUnknown,
    IndexBusy,
    IndexUnavailable,
    RequestRefused,
    StoreFull,
)
from index.query import Everything
from index.results import EngineRequest, Page, Sort
from index.sources.markup import Markup
from index.sources.source import Rejected
from index.store.articles import ArticleStore, Written
from index.store.failures import Failures
from index.store.jobs import Job, Jobs
from index.store.wake import Wake
from search.plurals import counted
from search.query.filters import conditions
from search.request import DeleteRequest, Narrowing
from search.settings import Settings

BATCH_ARTICLES = 500
BATCH_BYTES = 32 * 1024 * 1024
"""Of text, in UTF-8: one transaction of the store."""
TOLD = 1_000
"""So many refusals are told one by one; the others are counted."""
_PAGE = 2_000
_LOOK = 0.02
"""Seconds between two looks at how far the index has come."""
_PATIENCE = 5.0
"""Seconds that deleting by filter waits for the index: it would go by what was."""


@dataclass(slots=True)
class Intake:
    """What became of what was sent: the last change, how many were taken, which refused."""

    change: int = 0
    accepted: int = 0
    stale: int = 0
    refused: list[Rejected] = field(default_factory=list)
    refusals: int = 0
    markup: Markup = field(default_factory=Markup)
    """What reads HTML; it counts the articles that had some."""
    started: float = field(default_factory=time.perf_counter)

    def count(self, written: Written) -> None:
        """A batch more is in the store."""
        self.change = max(self.change, written.change)
        self.accepted += written.accepted
        self.stale += written.stale

    def __str__(self) -> str:
        seconds = time.perf_counter() - self.started
        rate = self.accepted / max(seconds, 0.001)
        older = f"{self.stale} older than in the store, " if self.stale else ""
        older += f"{self.markup.count} with HTML read as text, " if self.markup.count else ""
        return (
            f"{self.accepted} loaded, {self.refusals} refused, {older}"
            f"{seconds:.1f} s, {rate:.0f} articles/s"
        )

    def refuse(self, refused: Rejected) -> None:
        """An article more cannot be taken."""
        self.refusals += 1
        if len(self.refused) < TOLD:
            self.refused.append(refused)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the index has come: the store's last change, the index's, what was set aside."""

    last: int
    searchable: int
    failed: int
    indexer: bool
    rebuild: Job | None


class Writing:
    """Takes articles in. Safe for threads."""

    def __init__(
        self, store: ArticleStore, engine: Engine, settings: Settings, zone: tzinfo = UTC
    ) -> None:
        """Dates without a zone, and the days of filters, are in `zone`."""
        self._store = store
        self._engine = engine
        self._settings = settings
        self._zone = zone
        self._failures = Failures(store.database)
        self._jobs = Jobs(store.database)
        self._wake = Wake(store.identity)

    def take(
        self,
        sent: Iterable[Article | Rejected],
        intake: Intake,
        told: Callable[[Rejected], object] = lambda _: None,
    ) -> Iterator[Written]:
        """Puts articles into the store, batch by batch; `intake` is true at every moment.

        What was yielded is on the disk; whatever is raised, it stays.
        """
        for batch in _batches(_accepted(sent, intake, told)):
            self._room()
            written = self._store.put(batch)
            intake.count(written)
            self._wake.send()
            yield written

    def put(self, article_id: str, values: Mapping[str, Any]) -> Written:
        """One article, whole. Raises ArticleRefused."""
        article = check_article({**values, "id": article_id}, self._zone)
        self._room()
        return self._woken(self._store.put([article]))

    def patch(self, article_id: str, values: Mapping[str, Any]) -> Written:
        """Some fields of one article; null empties one. Raises ArticleUnknown, ArticleRefused."""

        def changed(article: Article) -> Article:
            new = {**article.model_dump(exclude_defaults=True), **values}
            kept = {name: value for name, value in new.items() if value is not None}
            return check_article(kept, self._zone)

        self._room()
        return self._woken(self._store.change(article_id, changed))

    def delete(self, article_id: str) -> Written:
        """Deletes one article. Raises ArticleUnknown."""
        written = self._store.delete([article_id])
        if not written.changed:
            raise ArticleUnknown("id", f"there is no article {article_id!r}", "check the id")
        return self._woken(written)

    def matching(self, narrowing: Narrowing) -> list[str]:
        """The ids of all articles that pass: those that are searchable."""
        filters, dates = conditions(narrowing, self._zone)
        if not filters and dates is None:
            raise RequestRefused("subject", "no filter is set", "send at least one filter")
        ids: list[str] = []
        page = Page(limit=_PAGE)
        while True:  # by id: what is written between two pages moves nothing
            asked = EngineRequest(Everything(), filters, dates, sort=Sort.ID, page=page)
            found = self._engine.search(asked)
            ids += [hit.article.id for hit in found.hits]
            if found.next is None:
                return ids
            page = Page(limit=_PAGE, after=found.next)

    def delete_matching(self, asked: DeleteRequest) -> tuple[int, Written | None]:
        """Deletes what passes the filters; a dry run only counts.

        What changes meanwhile stays: it may pass no more. Raises RequestRefused where
        another number passes than the dry run told, IndexBusy where changes wait too long.
        """
        last = self._caught_up()
        ids = self.matching(asked)
        if asked.dry_run:
            return len(ids), None
        if asked.expect != len(ids):
            raise RequestRefused(
                "expect",
                f"the filters match {counted(len(ids), 'article')}",
                f'check them and send "expect": {len(ids)}',
            )
        written = Written(self._store.last())
        for start in range(0, len(ids), BATCH_ARTICLES):
            written = self._woken(self._store.delete(ids[start : start + BATCH_ARTICLES], last))
        return len(ids), written

    def _caught_up(self) -> int:
        """The index's last change, once that is no earlier than the store's last one of now."""
        last, until = self._store.last(), time.monotonic() + _PATIENCE
        while (number := self.searchable()) < last:
            if time.monotonic() > until:
                cause = f"the index has only {number} of {last} changes yet"
                raise IndexBusy("index", cause, "send the request again in a few seconds")
            time.sleep(_LOOK)
        return number

    def state(self, number: int, wait: float = 0.0) -> tuple[str, str]:
        """`queued`, `searchable` or `failed`, and why; waits so many seconds for the last two.

        Raises ChangeUnknown at once for a number that no change has.
        """
        if number > (last := self._store.last()):
            cause = f"there is no change {number}; the last one is {last}"
            raise ChangeUnknown(
                "number", cause, "use the number in the answer to a writing request"
            )
        until = time.monotonic() + wait
        while number > self.searchable():
            if time.monotonic() >= until:
                return "queued", ""
            time.sleep(_LOOK)
        failure = self._failures.of(number)
        return ("failed", failure.error) if failure else ("searchable", "")

    def searchable(self) -> int:
        """The number of the last change that the index holds."""
        try:
            checkpoint = self._engine.checkpoint()
        except IndexUnavailable:
            return 0
        return checkpoint.change if checkpoint and checkpoint.store == self._store.identity else 0

    def progress(self, indexer: bool) -> Progress:
        """How far the index has come; `indexer` says whether one works."""
        return Progress(
            self._store.last(),
            self.searchable(),
            self._failures.count(),
            indexer,
            self._jobs.newest(),
        )

    def rebuild(self) -> int:
        """Asks for a rebuild; its number. Raises RebuildRunning where one runs or waits."""
        number = self._jobs.ask()
        self._wake.send()
        return number

    def met_damage(self) -> None:
        """Tells the indexer that the index could not be read."""
        self._wake.send(damage=True)

    def _woken(self, written: Written) -> Written:
        if written.changed:
            self._wake.send()
        return written

    def _room(self) -> None:
        """Refuses early while there is room for what was taken in. Raises StoreFull."""
        path = self._store.database.path  # on a disk of its own, where POISK_DATABASE says so
        folders = {_existing(one) for one in (self._settings.data_dir, path) if one}
        if min(shutil.disk_usage(one).free for one in folders) < self._settings.min_free_bytes:
            raise StoreFull(
                "store",
                "the disk is almost full",
                "free some space, or lower POISK_MIN_FREE_BYTES",
            )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return Path(os.fspath(folder))


def _accepted(
    sent: Iterable[Article | Rejected], intake: Intake, told: Callable[[Rejected], object]
) -> Iterator[Article]:
    for one in sent:
        if isinstance(one, Rejected):
            intake.refuse(one)
            told(one)
        else:
            yield one


def _batches(articles: Iterable[Article]) -> Iterator[list[Article]]:
    batch: list[Article] = []
    size = 0
    for article in articles:
        more = len(article.title.encode()) + len(article.lead.encode()) + len(article.body.encode())
        if batch and size + more > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(article)
        size += more
        if len(batch) == BATCH_ARTICLES:  # at once: what comes next may be long in coming
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
