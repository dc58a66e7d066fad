"""Deletion by filter, what became of a change, and rebuilds that are asked for."""

import time
from dataclasses import dataclass
from datetime import UTC, tzinfo
from threading import BoundedSemaphore

from index.engines.base import Engine, Reader
from index.errors import (
    ChangeUnknown,
    IndexBusy,
    RequestRefused,
)
from index.ingest.indexer import last_change, last_indexed
from index.ingest.intake import BATCH_ARTICLES
from index.query import Everything
from index.results import EngineRequest, Page, Sort
from index.store.articles import ArticleStore, StoreResult
from index.store.failures import Failures
from index.store.jobs import Job, Jobs
from index.store.wake_signal import WakeSignal
from search.answer import ChangeState
from search.plurals import counted
from search.query.filters import conditions
from search.request import DeleteRequest, Narrowing

_PAGE = 2_000
_LOOK = 0.02
"""Seconds between two looks at how far the index has come."""
_PATIENCE = 5.0
"""Seconds that deleting by filter waits for the index: it would go by what was."""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How far the index has come: the store's last change, the index's, what was set aside."""

    last: int
    searchable: int
    failed: int
    indexer: bool
    rebuild: Job | None


class Writing:
    """Changes many articles, and tells how far the index has come. Safe for threads."""

    def __init__(
        self, store: ArticleStore, engine: Engine, zone: tzinfo = UTC, waiting: int = 2
    ) -> None:
        """The days of filters are in `zone`; so many threads may wait for changes at once."""
        self._store = store
        self._engine = engine
        self._zone = zone
        self._failures = Failures(store.database)
        self._jobs = Jobs(store.database)
        self._wake = WakeSignal(store.identity)
        self._waiting = BoundedSemaphore(waiting)

    def _matching(self, reader: Reader, narrowing: Narrowing) -> list[str]:
        """The ids of all articles that pass, in their order."""
        filters, dates = conditions(narrowing, self._zone)
        if not filters and dates is None:
            raise RequestRefused("subject", "no filter is set", "send at least one filter")
        ids: list[str] = []
        page = Page(limit=_PAGE)
        while True:
            asked = EngineRequest(Everything(), filters, dates, sort=Sort.ID, page=page)
            found = reader.search(asked)
            ids += [hit.fields.id for hit in found.hits]
            if found.next is None:
                return ids
            page = Page(limit=_PAGE, after=found.next)

    def delete_matching(self, asked: DeleteRequest) -> tuple[int, StoreResult | None]:
        """Deletes what passes the filters; a dry run only counts.

        What changes meanwhile stays: it may pass no more. Raises RequestRefused where
        another number passes than `expect` says, IndexBusy where changes wait too long.
        """
        reader = self._caught_up()
        last = last_change(self._store, reader)
        ids = self._matching(reader, asked)
        if asked.dry_run:
            return len(ids), None
        if asked.expect != len(ids):
            raise RequestRefused(
                "expect",
                f"the filters match {counted(len(ids), 'article')}",
                f'check them and send "expect": {len(ids)}',
            )
        written = StoreResult(self._store.last())
        for start in range(0, len(ids), BATCH_ARTICLES):
            written = self._woken(self._store.delete(ids[start : start + BATCH_ARTICLES], last))
        return len(ids), written

    def _caught_up(self) -> Reader:
        """A reader that sees the store's last change of now. Raises IndexBusy after a while."""
        last, until = self._store.last(), time.monotonic() + _PATIENCE
        while (number := self.searchable()) < last:
            if time.monotonic() > until:
                cause = f"only {number} of {last} changes are indexed so far"
                raise IndexBusy("index", cause, "send the request again in a few seconds")
            time.sleep(_LOOK)
        return self._engine.reader()

    def state(self, number: int, wait: float = 0.0) -> tuple[ChangeState, str]:
        """The state of a change, and why; waits so many seconds for the last two.

        If too many threads wait already, it answers at once.
        Raises ChangeUnknown at once for a number that no change has.
        """
        if number > (last := self._store.last()):
            cause = f"there is no change {number}; the last one is {last}"
            raise ChangeUnknown(
                "number", cause, "use the number in the answer to a writing request"
            )
        if number > self.searchable() and not (wait and self._becomes_searchable(number, wait)):
            return "queued", ""
        failure = self._failures.of(number)
        return ("failed", failure.error) if failure else ("searchable", "")

    def _becomes_searchable(self, number: int, seconds: float) -> bool:
        """Whether the index holds the change within this time."""
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            until = time.monotonic() + seconds
            while number > self.searchable():
                if time.monotonic() >= until:
                    return False
                time.sleep(_LOOK)
            return True
        finally:
            self._waiting.release()

    def searchable(self) -> int:
        """The number of the last change that the index holds."""
        return last_indexed(self._store, self._engine)

    def progress(self, indexer: bool) -> IndexProgress:
        """How far the index has come; `indexer` says whether one works."""
        return IndexProgress(
            self._store.last(),
            self.searchable(),
            self._failures.count(),
            indexer,
            self._jobs.newest(),
        )

    def rebuild(self) -> int:
        """Asks for a rebuild; its number. Raises RebuildRunning where one runs or waits."""
        number = self._jobs.request()
        self._wake.send()
        return number

    def met_damage(self) -> None:
        """Tells the indexer that the index could not be read."""
        self._wake.send(damage=True)

    def _woken(self, written: StoreResult) -> StoreResult:
        if written.changed:
            self._wake.send()
        return written
