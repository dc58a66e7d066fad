"""Articles into the store and the index by this process: what `poisk load` does here."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from index.article import Article
from index.errors import IndexBusy
from index.ingest.indexer import Indexer
from index.ingest.intake import Intake, IntakeReport
from index.sources.source import Rejected
from index.store.articles import StoreResult

_PATIENCE = 10.0
"""Seconds that an index which another process writes to is waited for."""
_LOOK = 0.05

OnBatch = Callable[[StoreResult], object]
"""Called for each batch that is in the store."""


def _ignore(_batch: StoreResult) -> None:
    pass


class Loader:
    """Puts articles into the store and makes them searchable.

    Where another process is the indexer, indexing is left to it. Whatever is raised, what was
    taken into the store stays there. Reports are true at every moment of a load.
    """

    def __init__(self, intake: Intake, indexer: Indexer, prepare: Callable[[], object]) -> None:
        """`prepare` is called before processes are forked: what it reads, they share."""
        self._intake = intake
        self._indexer = indexer
        self._prepare = prepare

    def load(
        self,
        articles: Iterable[Article | Rejected],
        report: IntakeReport | None = None,
        on_batch: OnBatch = _ignore,
    ) -> IntakeReport:
        """Indexes each batch as it comes: who writes to a pipe may be slow."""
        return self._load(articles, report or IntakeReport(), on_batch, self._index_each)

    def load_in_bulk(
        self,
        articles: Iterable[Article | Rejected],
        report: IntakeReport | None = None,
        on_batch: OnBatch = _ignore,
    ) -> IntakeReport:
        """Indexes on all cores, in large segments: all of the articles are there already."""
        return self._load(articles, report or IntakeReport(), on_batch, self._index_in_bulk)

    def _load(
        self,
        articles: Iterable[Article | Rejected],
        report: IntakeReport,
        on_batch: OnBatch,
        index: Callable[[Iterator[StoreResult]], None],
    ) -> IntakeReport:
        batches = self._batches(articles, report, on_batch)
        with self._leased() as is_indexer:
            if is_indexer:
                index(batches)
            else:
                self._leave_to_indexer(batches, report)
        return report

    def _index_each(self, batches: Iterator[StoreResult]) -> None:
        self._indexer.repair()
        for _ in batches:
            self._catch_up()
        self._catch_up()

    def _index_in_bulk(self, batches: Iterator[StoreResult]) -> None:
        self._prepare()
        self._indexer.repair()
        try:
            for _ in self._indexer.load(batches):
                self._indexer.lease.renew()
        except IndexBusy:  # a rebuild swaps: the rest goes into the store meanwhile
            for _ in batches:
                pass
            self._catch_up()

    def _batches(
        self,
        articles: Iterable[Article | Rejected],
        report: IntakeReport,
        on_batch: OnBatch,
    ) -> Iterator[StoreResult]:
        for batch in self._intake.take(articles, report):
            on_batch(batch)
            yield batch

    @contextmanager
    def _leased(self) -> Iterator[bool]:
        """Whether this process is the indexer meanwhile."""
        is_indexer = self._indexer.lease.take()
        try:
            yield is_indexer
        finally:
            if is_indexer:
                self._indexer.lease.release()

    def _catch_up(self) -> None:
        """Indexes what waits. Raises IndexBusy where another process has the index for long."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                if not self._indexer.step():
                    return
                self._indexer.lease.renew()
            except IndexBusy:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK)

    def _leave_to_indexer(self, batches: Iterator[StoreResult], report: IntakeReport) -> None:
        """Waits until the indexer has reached the last change; is the indexer where that dies."""
        for _ in batches:
            pass
        while self._indexer.reached() < report.change:
            if self._indexer.lease.holder() is None:
                with self._leased() as is_indexer:
                    if is_indexer:
                        self._catch_up()
            time.sleep(_LOOK)
