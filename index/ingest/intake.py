"""Articles into the store: checked, in batches, what is rejected counted."""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from index.article import Article, check_article
from index.errors import ArticleUnknown, StoreFull
from index.sources.markup import Markup
from index.sources.source import Rejected
from index.store.articles import ArticleStore, StoreResult
from index.store.wake_signal import WakeSignal

BATCH_ARTICLES = 500
BATCH_BYTES = 32 * 1024 * 1024
"""Of text, in UTF-8: one transaction of the store."""
MAX_LISTED = 1_000
"""A report lists so many rejected articles; the others are counted."""


@dataclass(slots=True)
class IntakeReport:
    """What became of the articles that were sent; it is true at every moment of a load.

    `change` is the last change, `accepted` counts articles that the store has as they were sent,
    `stale` those that are older than the store's own, `rejected_count` those that are none.
    """

    change: int = 0
    accepted: int = 0
    stale: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    rejected_count: int = 0
    markup: Markup = field(default_factory=Markup)
    """What reads HTML; it counts the articles that had some."""
    started: float = field(default_factory=time.perf_counter)

    def add(self, batch: StoreResult) -> None:
        """Counts a batch that is in the store."""
        self.change = max(self.change, batch.change)
        self.accepted += batch.accepted
        self.stale += batch.stale

    def reject(self, rejected: Rejected) -> None:
        """Counts an article that was rejected."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_LISTED:
            self.rejected.append(rejected)

    def accepted_of(self, articles: Iterable[Article | Rejected]) -> Iterator[Article]:
        """The articles; those that are rejected are counted."""
        for article in articles:
            if isinstance(article, Rejected):
                self.reject(article)
            else:
                yield article

    def __str__(self) -> str:
        seconds = time.perf_counter() - self.started
        rate = self.accepted / max(seconds, 0.001)
        older = f"{self.stale} older than in the store, " if self.stale else ""
        older += f"{self.markup.count} with HTML read as text, " if self.markup.count else ""
        return (
            f"{self.accepted} loaded, {self.rejected_count} refused, {older}"
            f"{seconds:.1f} s, {rate:.0f} articles/s"
        )


class Intake:
    """Takes articles into the store, and wakes the indexer. Safe for threads."""

    def __init__(
        self, store: ArticleStore, data_dir: Path, min_free_bytes: int, zone: tzinfo = UTC
    ) -> None:
        """Dates without a zone are in `zone`; `min_free_bytes` stay free on the disks used."""
        self._store = store
        self._data_dir = data_dir
        self._min_free_bytes = min_free_bytes
        self._zone = zone
        self._wake = WakeSignal(store.identity)

    def take(
        self, articles: Iterable[Article | Rejected], report: IntakeReport
    ) -> Iterator[StoreResult]:
        """Puts articles into the store, batch by batch.

        What was yielded is on the disk; whatever is raised, it stays. Raises StoreFull.
        """
        for batch in _batches(report.accepted_of(articles)):
            self._ensure_space()
            written = self._store.put(batch)
            report.add(written)
            self._wake.send()
            yield written

    def put(self, article_id: str, values: Mapping[str, Any]) -> StoreResult:
        """One article, whole. Raises ArticleRefused, StoreFull."""
        article = check_article({**values, "id": article_id}, self._zone)
        self._ensure_space()
        return self._woken(self._store.put([article]))

    def patch(self, article_id: str, values: Mapping[str, Any]) -> StoreResult:
        """Some fields of one article; null empties one.

        Raises ArticleUnknown, ArticleRefused, StoreFull.
        """

        def changed(article: Article) -> Article:
            new = {**article.model_dump(exclude_defaults=True), **values}
            filled = {name: value for name, value in new.items() if value is not None}
            return check_article(filled, self._zone)

        self._ensure_space()
        return self._woken(self._store.change(article_id, changed))

    def delete(self, article_id: str) -> StoreResult:
        """Deletes one article. Raises ArticleUnknown."""
        written = self._store.delete([article_id])
        if not written.changed:
            raise ArticleUnknown("id", f"there is no article {article_id!r}", "check the id")
        return self._woken(written)

    def _woken(self, written: StoreResult) -> StoreResult:
        if written.changed:
            self._wake.send()
        return written

    def _ensure_space(self) -> None:
        """Raises StoreFull early, while there is room to index what was taken in before."""
        path = self._store.database.path  # on a disk of its own, where POISK_DATABASE says so
        folders = {_existing(folder) for folder in (self._data_dir, path) if folder}
        if min(shutil.disk_usage(folder).free for folder in folders) < self._min_free_bytes:
            raise StoreFull(
                "store",
                "the disk is almost full",
                "free some space, or lower POISK_MIN_FREE_BYTES",
            )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


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
