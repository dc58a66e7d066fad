"""Articles into the store and the index by this process: what `poisk load` does here."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from index.article import Article
from index.errors import IndexBusy
from index.sources.source import Rejected
from index.store.articles import Written
from search.parts import Parts
from search.writing import Intake

_PATIENCE = 10.0
"""Seconds that an index which another process writes to is waited for."""
_LOOK = 0.05


def load(  # noqa: PLR0913, PLR0917
    parts: Parts,
    sent: Iterable[Article | Rejected],
    intake: Intake,
    told: Callable[[Rejected], object] = lambda _: None,
    step: Callable[[int], object] = lambda _: None,
    at_once: bool = False,
) -> None:
    """Takes articles in, and sees to it that they can be found; `intake` is always true.

    `at_once`: all of them are there already, and are indexed in bulk, on all cores;
    else each batch as it comes. Where an indexer runs, it is left to that.
    Whatever is raised, what was taken in stays.
    """

    def taken() -> Iterator[Written]:
        for written in parts.writing.take(sent, intake, told):
            step(written.accepted)
            yield written

    with _leased(parts) as ours:
        if not ours:
            for _ in taken():
                pass
            _wait(parts, intake.change)
        elif at_once:
            parts.read_dictionaries()
            parts.indexer.mend()
            coming = taken()
            try:
                for _ in parts.indexer.load(coming):
                    parts.indexer.lease.renew()
            except IndexBusy:  # a rebuild swaps: what came is in the store
                for _ in coming:
                    pass
                _catch_up(parts)
        else:
            parts.indexer.mend()
            for _ in taken():
                _catch_up(parts)
            _catch_up(parts)


@contextmanager
def _leased(parts: Parts) -> Iterator[bool]:
    """Whether this process is the indexer meanwhile."""
    ours = parts.indexer.lease.take()
    try:
        yield ours
    finally:
        if ours:
            parts.indexer.lease.release()


def _catch_up(parts: Parts) -> None:
    """Indexes what waits. Raises IndexBusy where another process holds the index for long."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            if not parts.indexer.step():
                return
            parts.indexer.lease.renew()
        except IndexBusy:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK)


def _wait(parts: Parts, change: int) -> None:
    """Until the indexer that runs has come so far, or is gone."""
    while parts.writing.searchable() < change:
        if parts.indexer.lease.holder() is None:
            with _leased(parts) as ours:
                if ours:
                    _catch_up(parts)
        time.sleep(_LOOK)
