"""Many articles at once: every core analyses articles and writes segments of its own.

The parent hands out articles and collects finished segments; what it does itself is
merging them and committing. Processes are forked, so that they share the
dictionaries' pages and whatever the analysis holds.
"""

import gc
import multiprocessing
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from index.analysed import AnalyseArticle, values, whole
from index.article import Article
from index.engines.whoosh.write.build import Batch
from index.engines.whoosh.write.merge import INCOMING
from index.processes import end_with_parent
from index.results import LoadProgress
from index.schema import TEXTS

CHUNK = 4_000
"""Articles of a segment that a core writes alone."""
_FIRST = 1_000
"""Articles of the first chunk, each after it having twice as many: no core waits long for work."""
_CHUNK_CHARACTERS = 6_000_000
_FEW_CHARACTERS = 8_000_000
"""Up to so many characters one process loads articles: all of them are analysed at once then."""


class BuiltSegment(NamedTuple):
    """A segment that a process built: its file, its size, the ids of its articles.

    `replaced` are the doc ids of those that a later one replaces, `failed` the errors of
    articles that broke, by id.
    """

    path: Path
    size: int
    ids: tuple[str, ...]
    replaced: tuple[int, ...]
    failed: Mapping[str, str]


@contextmanager
def working_cores(analyse: AnalyseArticle) -> Iterator[ProcessPoolExecutor]:
    """Processes that analyse and write, one a core, until the end."""
    with _pool(_cores(), partial(_start, analyse, os.getpid())) as pool:
        yield pool


def _cores() -> int:
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(usable) or os.cpu_count() or 1


@contextmanager
def another_core() -> Iterator[ProcessPoolExecutor]:
    """A process that helps this one, until the end."""
    with _pool(1, partial(_alone, os.getpid())) as pool:
        yield pool


@contextmanager
def _pool(cores: int, start: Callable[[], None]) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(cores, multiprocessing.get_context("fork"), start)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Ready(NamedTuple):
    """A built segment, and the progress up to its last article."""

    built: BuiltSegment
    progress: LoadProgress


@contextmanager
def built_segments(
    folder: Path,
    chunks: Iterable[list[Article]],
    cores: ProcessPoolExecutor,
    progress: Callable[[], LoadProgress],
) -> Iterator[Iterator[Ready]]:
    """A segment for each chunk, in their order, as files that the caller moves away.

    Files that the caller leaves are removed at the end, also after an error.
    """
    _sweep(folder)
    with (
        TemporaryDirectory(prefix=INCOMING, dir=folder) as incoming,
        closing(_in_order(cores, chunks, Path(incoming), progress)) as segments,
    ):
        yield segments


def _in_order(
    pool: ProcessPoolExecutor,
    chunks: Iterable[list[Article]],
    incoming: Path,
    progress: Callable[[], LoadProgress],
) -> Generator[Ready]:
    """Hands out some chunks before it waits for the first; at the end no process writes any."""
    waiting: deque[tuple[Future[BuiltSegment], LoadProgress]] = deque()
    try:
        for number, chunk in enumerate(chunks):
            waiting.append((pool.submit(_write, chunk, incoming / f"{number}.poisk"), progress()))
            if len(waiting) > _cores() + 1:
                yield _ready(*waiting[0])
                waiting.popleft()
        while waiting:
            yield _ready(*waiting[0])
            waiting.popleft()
    finally:
        for future, _ in waiting:
            future.cancel()
        wait([future for future, _ in waiting])


def _ready(future: Future[BuiltSegment], progress: LoadProgress) -> Ready:
    return Ready(future.result(), progress)


def in_chunks(first: list[Article], others: Iterable[Article]) -> Iterator[list[Article]]:
    """The articles in chunks, each of which one core analyses; only whole chunks are read.

    The first chunk has all the articles of `first`, which were read before.
    """
    chunk, size = first, min(_FIRST, CHUNK)
    characters = sum(map(_characters, first))
    for article in others:
        chunk.append(article)
        characters += _characters(article)
        if len(chunk) >= size or characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters, size = [], 0, min(2 * size, CHUNK)
    if chunk:
        yield chunk


def few(articles: Iterable[Article], count: int) -> tuple[list[Article], Iterator[Article] | None]:
    """All articles and None if they are at most `count`; else the first ones, and the others.

    Long articles count by their characters: fewer of them are many.
    """
    running = iter(articles)
    first: list[Article] = []
    characters = 0
    for article in running:
        first.append(article)
        characters += _characters(article)
        if len(first) > count or characters > _FEW_CHARACTERS:
            return first, running
    return first, None


def _characters(article: Article) -> int:
    """The article's length; a short word, such as a number in a table, counts as a usual one."""
    characters = sum(len(text) for field in TEXTS for text in values(article, field))
    return max(characters, 5 * article.body.count(" "))


class _Core:
    """What a forked process was started with: a task's arguments would be pickled each time."""

    analyse: AnalyseArticle


def _start(analyse: AnalyseArticle, parent: int) -> None:
    _Core.analyse = staticmethod(analyse)
    _alone(parent)


def _alone(parent: int) -> None:
    gc.disable()  # nothing here is cyclic, and a collection visits all data of the analysis
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    end_with_parent(parent, signal.SIGKILL)


def _write(articles: Sequence[Article], path: Path) -> BuiltSegment:
    batch = Batch()
    failed: dict[str, str] = {}
    for article in whole(articles, _Core.analyse, failed):
        batch.add(article)
    batch.write(path, _dictionary(path.parent, batch))
    return BuiltSegment(path, len(batch), tuple(batch.ids), tuple(batch.replaced), failed)


def _dictionary(folder: Path, batch: Batch) -> bytes:
    """The dictionary of all segments of a load: it is learnt once, and a merge copies records."""
    path = folder / "dictionary"
    with suppress(FileNotFoundError):
        return path.read_bytes()
    dictionary = batch.learn_dictionary()
    if dictionary:
        own = folder / f"dictionary.{os.getpid()}"
        own.write_bytes(dictionary)
        own.rename(path)
    return dictionary


def _sweep(folder: Path) -> None:
    """Removes the files that a killed process left."""
    for path in folder.glob(f"{INCOMING}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
