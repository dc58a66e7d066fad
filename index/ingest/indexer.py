"""The one writer: takes changes from the store in order and commits them to the engine.

The number of a batch's last change is committed with the batch, by the engine, so
that after any death the next indexer goes on exactly there: nothing twice, nothing
left out. What an article becomes is read from the store when its turn comes, so
taking a change again would do no harm either.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from index.analysed import AnalyseArticle, whole
from index.article import Article
from index.engines.base import Engine, Reader
from index.errors import (
    IndexBusy,
    IndexUnavailable,
    PoiskError,
    RebuildRunning,
    StoreFull,
    StoreUnavailable,
)
from index.results import Checkpoint, LoadProgress
from index.store.articles import ArticleStore, Pending, StoreResult
from index.store.failures import Failures
from index.store.jobs import Job, Jobs, JobState
from index.store.lease import Lease
from index.store.wake_signal import WakeSignal

BATCH = 500
"""Changes of a commit at most; its articles' text is bounded too."""
MANY = 3_000
"""From so many waiting changes on, articles are loaded in bulk, on all cores."""
GATHER = 0.03
"""Seconds that a change waits for others that come right after it."""
IDLE = 0.5
"""Seconds after which the indexer looks by itself: nobody of another machine can wake it."""
SHORT = 0.05
"""Seconds that an index is waited for which another process writes to."""
AGAIN = 10.0
"""Seconds between two looks at every file, where searches meet damage."""
STARTING = 30.0
"""Seconds that the process of a rebuild may take to come up."""

_log = logging.getLogger("poisk.indexer")


@dataclass
class Stop:
    """Set, the indexer stops after the commit at hand."""

    asked: bool = False


@dataclass(slots=True)
class _Reached:
    """How far a stream of articles is: its last change, what was deleted since the last commit."""

    last: int
    deleted: dict[str, None] = field(default_factory=dict)


def last_indexed(store: ArticleStore, engine: Engine) -> int:
    """The number of the last change of the store that the index holds; 0 where it has none."""
    try:
        return last_change(store, engine.reader())
    except IndexUnavailable:
        return 0


def last_change(store: ArticleStore, reader: Reader) -> int:
    """The number of the last change of the store that the reader sees; 0 where it sees none."""
    checkpoint = reader.checkpoint()
    return checkpoint.change if checkpoint and checkpoint.store == store.identity else 0


class Indexer:
    """Brings an engine up to date with a store. One at a time: by a lease."""

    def __init__(self, store: ArticleStore, engine: Engine, analyse: AnalyseArticle) -> None:
        self._store = store
        self._engine = engine
        self._analyse = analyse
        self.failures = Failures(store.database)
        self._jobs = Jobs(store.database)
        self._wake = WakeSignal(store.identity)
        self._stop = Stop()
        self.lease = Lease(store.database, "indexer", seconds=60)
        self._rebuilding = Lease(store.database, "rebuild", seconds=600)

    def run(self, stop: Stop, rebuild_elsewhere: Callable[[int], object]) -> None:
        """Indexes until it is asked to stop; sleeps while there is nothing to do.

        A rebuild that was asked for is given to `rebuild_elsewhere`: changes go on meanwhile.
        """
        self._stop = stop
        checked, looked = False, 0.0
        while not stop.asked:
            try:
                if not self.lease.take():
                    checked = False
                    self._wake.close()  # who has the lease is the one to be woken
                    time.sleep(IDLE)
                    continue
                if not checked:
                    self.repair()
                    checked, looked = True, time.monotonic()
                    continue
                self._ensure_rebuild(rebuild_elsewhere)
                if not self.step() and self._wake.wait(IDLE):
                    checked = time.monotonic() - looked < AGAIN
            except IndexUnavailable as error:
                _log.warning("the index is unusable: %s", error)
                checked = False
            except IndexBusy:  # a rebuild swaps or mends, or a loading command is at it
                time.sleep(SHORT if checked else IDLE)
            except (StoreFull, StoreUnavailable, OSError) as error:
                _log.warning("indexing is paused: %s", error)
                self._wake.wait(2.0)
        self.lease.release()
        self._wake.close()

    def step(self) -> bool:
        """Takes the next changes, if there are any; whether there were."""
        checkpoint = self._checkpoint()
        waiting = self._store.last() - checkpoint.change
        if waiting <= 0:
            return False
        if waiting < BATCH:
            time.sleep(GATHER)
        if waiting >= MANY:
            self._finish(self.load())
            return True
        pending = self._store.pending(checkpoint.change, BATCH)
        if pending is not None:
            self._write(self._engine, pending, checkpoint)
        return True

    def load(self, batches: Iterable[StoreResult] = ()) -> Iterator[int]:
        """Indexes all changes that wait, in bulk; yields how many articles each commit held.

        Each of the batches puts more articles into the store, and those are indexed too.
        """
        checkpoint = self._checkpoint()
        reached = _Reached(checkpoint.change)

        def since_last_commit() -> LoadProgress:
            deleted, reached.deleted = reached.deleted, {}
            return LoadProgress(deleted, Checkpoint(self._store.identity, reached.last))

        stream = self._stream(reached, batches)
        for loaded in self._engine.load(stream, self._analyse, since_last_commit, checkpoint):
            self._set_aside(loaded.failed, self._store.change_numbers(loaded.failed))
            yield loaded.count

    def repair(self) -> None:
        """Rebuilds the index where it is missing, damaged, or of another store.

        Raises StoreUnavailable where that would throw the only copy away.
        """
        if (why := self.rebuild_reason()) is None:
            return
        self.check_store()
        _log.info("building the index from the store: %s", why)
        self._finish(self.rebuild())

    def check_store(self) -> None:
        """Raises StoreUnavailable where nothing was ever sent to it, but the index has articles.

        The store is another file than it was, or lost: then the index is the only copy.
        """
        if self._store.last():
            return
        with suppress(IndexUnavailable):
            if self._engine.reader().count():
                raise StoreUnavailable(
                    "store",
                    "the store is empty, so the index may be the only copy of its articles",
                    "check POISK_DATABASE, restore a backup with `poisk restore FILE`, or empty "
                    "the index with `poisk rebuild`",
                )

    def rebuild_reason(self) -> str | None:
        """Why the index must be rebuilt; None if it need not be."""
        try:
            checkpoint = self._engine.reader().checkpoint()
            broken = next(self._engine.check(), None)
        except IndexUnavailable as error:
            return str(error)
        if broken:
            return broken
        if checkpoint is None or checkpoint.store != self._store.identity:
            return "the index was built from another store"
        if checkpoint.change > self._store.last():
            return "the index has changes that the store does not have"
        return None

    def rebuild(self, job: int | None = None) -> Iterator[tuple[int, int]]:
        """Builds the next generation from the store, catches up, swaps.

        Yields how many articles of how many are done. `job` is the number of its job.
        """
        if job is None:
            yield from self._rebuild(lambda **_: None)
            return
        try:
            yield from self._rebuild(self._progress_saver(job))
        finally:
            with suppress(PoiskError):  # without it the lease ends with the process
                self._rebuilding.release()

    def begin_rebuild(self) -> int:
        """The number for a rebuild that this process does now. Raises RebuildRunning."""
        newest = self._jobs.newest()
        running = newest if newest and newest.state is JobState.RUNNING else None
        if not self._rebuilding.take():
            raise RebuildRunning(newest.number if newest else 0, _progress_of(running))
        if running and not self._fail_if_dead(running):
            self._rebuilding.release()
            raise RebuildRunning(running.number, _progress_of(running))
        return self._jobs.begin(self._store.count())

    def _rebuild(self, tell: Callable[..., None]) -> Iterator[tuple[int, int]]:
        start, total, done = self._store.last(), self._store.count(), 0
        broken: set[str] = set()
        tell(state=JobState.RUNNING, total=total)

        def later(new: Engine) -> bool:
            had = new.reader().checkpoint()
            pending = self._store.pending(had.change if had else start, BATCH)
            if pending is not None:
                broken.update(self._write(new, pending, had))
            elif had is None:
                new.write((), (), Checkpoint(self._store.identity, start))
            return pending is not None

        try:
            for loaded in self._engine.rebuild(self._store.scan(), self._analyse, later):
                done += loaded.count
                broken.update(loaded.failed)
                self._set_aside(loaded.failed, self._store.change_numbers(loaded.failed))
                tell(done=done)
                yield done, total
            self.failures.clear(broken, until=start)  # the others are in, or were deleted
        except BaseException as error:
            tell(state=JobState.FAILED, message=str(error) or type(error).__name__)
            raise
        tell(state=JobState.DONE, done=done)

    def reached(self) -> int:
        """The number of the last change that the index holds."""
        return last_indexed(self._store, self._engine)

    def wake(self) -> None:
        """Ends the sleep of an indexer that waits."""
        self._wake.send()

    def close(self) -> None:
        """Gives the lease back."""
        with suppress(PoiskError):  # without it the lease ends with the process
            self.lease.release()
        self._wake.close()

    def _finish(self, commits: Iterator[object]) -> None:
        """Makes all commits of something long; asked to stop, it ends with the commit at hand."""
        for _ in commits:
            self.lease.renew()
            if self._stop.asked:
                return

    def _checkpoint(self) -> Checkpoint:
        checkpoint = self._engine.reader().checkpoint()
        if checkpoint is None or checkpoint.store != self._store.identity:
            raise IndexUnavailable(
                "index", "it was built from another store", "run `poisk rebuild`"
            )
        return checkpoint

    def _write(self, engine: Engine, pending: Pending, after: Checkpoint | None) -> Collection[str]:
        """Commits what is pending; the ids of articles that broke."""
        failed: dict[str, str] = {}
        there = [article for article in pending.articles.values() if article is not None]
        put = list(whole(there, self._analyse, failed))
        gone = [one for one, article in pending.articles.items() if article is None]
        self._set_aside(failed, pending.changes, resolved=pending.articles.keys() - failed.keys())
        engine.write(put, gone, Checkpoint(self._store.identity, pending.last), after)
        return failed.keys()

    def _stream(self, reached: _Reached, batches: Iterable[StoreResult]) -> Iterator[Article]:
        """The articles of all changes that wait, and of those that each of the batches makes."""
        yield from self._waiting(reached)
        for batch in batches:
            if batch.written and batch.written.after == reached.last:
                yield from self._changed(reached, batch.written)
            else:  # others write to the store too
                yield from self._waiting(reached)
        yield from self._waiting(reached)

    def _waiting(self, reached: _Reached) -> Iterator[Article]:
        """The articles of all changes that wait now.

        What comes meanwhile is the next one's, or this one would never end.
        """
        until = self._store.last()
        while reached.last < until and (pending := self._store.pending(reached.last, BATCH)):
            yield from self._changed(reached, pending)

    def _changed(self, reached: _Reached, pending: Pending) -> Iterator[Article]:
        """The articles of these changes, which come right after those that were reached."""
        self.failures.record({}, resolved=pending.articles)  # they are tried again
        for article_id, article in pending.articles.items():
            if article is None:
                reached.deleted[article_id] = None
            else:
                reached.deleted.pop(article_id, None)
                yield article
        reached.last = pending.last  # all of them were read

    def _set_aside(
        self, failed: Mapping[str, str], numbers: Mapping[str, int], resolved: Iterable[str] = ()
    ) -> None:
        if failed:
            _log.warning("articles that could not be analysed: %s", ", ".join(sorted(failed)))
        kept = {one: (numbers.get(one, 0), error) for one, error in failed.items()}
        self.failures.record(kept, resolved)

    def _ensure_rebuild(self, elsewhere: Callable[[int], object]) -> None:
        """Starts a rebuild that was asked for; says that one failed whose process is gone."""
        newest = self._jobs.newest()
        if newest is None:
            return
        if newest.state is JobState.WAITING:
            if self._jobs.claim(newest.number):  # a command may have begun it
                elsewhere(newest.number)
        elif newest.state is JobState.RUNNING and self._rebuilding.holder() is None:
            self._fail_if_dead(newest)

    def _fail_if_dead(self, job: Job) -> bool:
        """Says that a rebuild without a process has failed; False where that may still come up."""
        quiet = (datetime.now(UTC) - job.at).total_seconds()
        if not job.total and quiet <= STARTING:
            return False
        self._jobs.update(
            job.number,
            state=JobState.FAILED,
            message="its process was killed; start another rebuild",
        )
        return True

    def _progress_saver(self, job: int) -> Callable[..., None]:
        def tell(**how: object) -> None:
            try:
                self._rebuilding.take()  # it says that we live
                self._jobs.update(job, **how)
            except PoiskError as error:  # progress may be lost, the work may not
                _log.warning("the progress of the rebuild was not saved: %s", error)

        return tell


def _progress_of(job: Job | None) -> str:
    if job is None or not job.total:
        return "is already running"
    return f"is already running ({job.done} of {job.total} articles are done)"
