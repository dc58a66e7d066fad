"""Many articles at once: every core analyses articles and writes segments of its own.

The parent hands out articles and takes finished segments; what it does itself is
merging them and committing. Processes are forked, so that they share the
dictionaries' pages and whatever the analysis holds.
"""

import ctypes
import gc
import multiprocessing
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from index.analysed import AnalysedArticle, whole
from index.article import Article
from index.engines.whoosh.build import Batch
from index.engines.whoosh.merge import INCOMING
from index.results import Mark

CHUNK = 8_000
"""Articles of a segment that a core writes alone."""
_CHUNK_CHARACTERS = 32_000_000
_AHEAD = (os.cpu_count() or 1) + 1
"""Chunks that are handed out before the first is waited for."""
_PR_SET_PDEATHSIG = 1

Analyse = Callable[[Article], AnalysedArticle]
SoFar = Callable[[], tuple[Iterable[str], Mark | None]]
"""What the articles that were read come to: ids to delete after them, how far it has come."""


class Written(NamedTuple):
    """A segment that was written: its file, its size, its ids, the numbers of replaced articles.

    `failed` are the errors of articles that broke, by id.
    """

    path: Path
    size: int
    ids: tuple[str, ...]
    replaced: tuple[int, ...]
    failed: Mapping[str, str]


@contextmanager
def working_cores(analyse: Analyse) -> Iterator[ProcessPoolExecutor]:
    """Processes that analyse and write, one a core, until the end."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    with _pool(len(usable) or os.cpu_count() or 1, partial(_start, analyse)) as pool:
        yield pool


@contextmanager
def another_core() -> Iterator[ProcessPoolExecutor]:
    """A process that helps this one, until the end."""
    with _pool(1, _alone) as pool:
        yield pool


@contextmanager
def _pool(cores: int, start: Callable[[], None]) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(cores, multiprocessing.get_context("fork"), start)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


Segment = tuple[Written, Iterable[str], Mark | None]
"""A segment, and what all articles up to its last one came to."""


@contextmanager
def written_segments(
    folder: Path, parts: Iterable[list[Article]], cores: ProcessPoolExecutor, so_far: SoFar
) -> Iterator[Iterator[Segment]]:
    """Segments of parts of articles, in their order, as files that the caller takes.

    What is not taken is removed at the end, whatever is raised.
    """
    _sweep(folder)
    with TemporaryDirectory(prefix=INCOMING, dir=folder) as incoming:
        yield _in_order(cores, parts, Path(incoming), so_far)


def _in_order(
    pool: ProcessPoolExecutor, parts: Iterable[list[Article]], incoming: Path, so_far: SoFar
) -> Iterator[Segment]:
    """Hands out parts, some of them before the first is waited for."""
    waiting: deque[tuple[Future[Written], tuple[Iterable[str], Mark | None]]] = deque()
    for number, part in enumerate(parts):
        waiting.append((pool.submit(_write, part, incoming / f"{number}.poisk"), so_far()))
        if len(waiting) > _AHEAD:
            yield _taken(*waiting.popleft())
    while waiting:
        yield _taken(*waiting.popleft())


def _taken(future: Future[Written], told: tuple[Iterable[str], Mark | None]) -> Segment:
    return (future.result(), *told)


def chunks(first: list[Article], others: Iterable[Article]) -> Iterator[list[Article]]:
    """The articles, so many at a time as one core takes; what was read is whole chunks.

    So the first chunk has all of those that were read `first`.
    """
    chunk = first
    characters = sum(len(article.body) for article in first)
    for article in others:
        chunk.append(article)
        characters += len(article.body)
        if len(chunk) >= CHUNK or characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def few(articles: Iterable[Article], count: int) -> tuple[list[Article], Iterator[Article] | None]:
    """The articles where they are at most so many, and None; else the first, and the others."""
    running = iter(articles)
    first = list(islice(running, count + 1))
    return first, running if len(first) > count else None


class _Core:
    """What a forked process was started with: arguments of tasks would be pickled each time."""

    analyse: Analyse


def _start(analyse: Analyse) -> None:
    _Core.analyse = staticmethod(analyse)
    _alone()


def _alone() -> None:
    gc.disable()  # nothing here is cyclic, and all that the analysis keeps would be gone over
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # nobody outlives the parent
    except (AttributeError, OSError, TypeError):
        return


def _write(articles: Sequence[Article], path: Path) -> Written:
    batch = Batch()
    failed: dict[str, str] = {}
    for article in whole(articles, _Core.analyse, failed):
        batch.add(article)
    batch.write(path)
    return Written(path, len(batch), tuple(batch.ids), tuple(batch.replaced), failed)


def _sweep(folder: Path) -> None:
    """Removes what a killed process left."""
    for left in folder.glob(f"{INCOMING}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
