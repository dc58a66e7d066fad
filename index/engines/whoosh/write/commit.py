"""One commit: new segments, deletions and merges enter the commit point together.

The order is that of a database: the segments' files are on the disk, and the folder that
names them, before the commit point names them; and the commit point is on the disk before
the commit returns. Until then the index is as it was.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.index import TOC, clean_files

from index.analysed import AnalysedArticle
from index.engines.whoosh.codec import ColumnarSegment
from index.engines.whoosh.segment import commit_point
from index.engines.whoosh.segment.arrays import Flags
from index.engines.whoosh.segment.commit_point import INDEX_NAME, SafeStorage, sync
from index.engines.whoosh.write.build import Batch
from index.engines.whoosh.write.bulk import BuiltSegment, another_core
from index.engines.whoosh.write.merge import INCOMING, LiveSegment, merge
from index.engines.whoosh.write.merge_policy import to_merge
from index.engines.whoosh.write.open_segments import Segments
from index.errors import IndexBusy
from index.results import Checkpoint

_LARGE = 10_000
"""From so many articles on, a merge is worth a second process."""
_MOST = 64
"""Segments that may wait to be merged while many articles are loaded."""


class Commit:
    """A commit that is not finished yet, in a generation's folder whose lock is held."""

    def __init__(self, folder: Path, segments: Segments, cores: Executor | None = None) -> None:
        self._folder = folder
        self._segments = segments
        self._cores = cores
        self._storage = SafeStorage(str(folder))
        self._toc = commit_point.read(folder)
        self._number: int = self._toc.generation + 1
        self._had: Checkpoint | None = getattr(self._toc.schema, "checkpoint", None)
        self._named: list[ColumnarSegment] = self._toc.segments
        self._new: list[Path] = []
        self._batch = Batch()

    def delete(self, ids: Iterable[str]) -> None:
        """Deletes the articles with these ids, of the commits before and of this one."""
        wanted = {article_id.encode() for article_id in ids}
        for named in self._named:
            segment = self._segments.open(self._folder, named)
            if deleted := segment.find_all(wanted):
                live_docs = _live_docs(named, segment.size)
                live_docs[deleted] = False
                named.set_live(live_docs)

    def put(self, article: AnalysedArticle) -> None:
        """Adds or replaces an article."""
        self._batch.add(article)
        if self._batch.full:
            self._flush()

    def follow(self, after: Checkpoint) -> None:
        """Raises IndexBusy if the index has another checkpoint than this one.

        It may have a later one, or be another generation that a rebuild has swapped in since.
        """
        if self._had != after:
            raise IndexBusy("index", "another process has changed the index meanwhile", "try again")

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Sets the checkpoint that the index has after this commit. Raises IndexBusy."""
        had = self._had
        if had and had.store == checkpoint.store and had.change > checkpoint.change:
            raise IndexBusy(
                "index", "another process has indexed newer changes", "stop this process"
            )
        self._toc.schema.checkpoint = checkpoint

    def finish(self, merging: bool = True) -> None:
        """Makes the commit visible and durable; if more commits follow, the last may merge."""
        self._flush()
        self._named = [named for named in self._named if named.doc_count()]
        while groups := self._due() if merging or len(self._named) > _MOST else []:
            for group in groups:
                self._merge(group)
            self._named = [named for named in self._named if named.doc_count()]
        sync(self._folder)
        TOC(self._toc.schema, self._named, self._number).write(self._storage, INDEX_NAME)
        clean_files(self._storage, INDEX_NAME, self._number, self._named)
        # files that processes left that were killed before a rename or in a merge
        for pattern in (f"_{INDEX_NAME}_*.toc.*", f"{INCOMING}{INDEX_NAME}_*"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Removes the new segments' files, unless the commit point is there and names them.

        When the commit point has its name, the disk may still fail to keep the name.
        """
        if commit_point.path_of(self._folder, self._number).exists():
            return
        for path in self._new:
            path.unlink(missing_ok=True)

    def _due(self) -> list[list[ColumnarSegment]]:
        sizes = [named.doc_count_all() for named in self._named]
        groups = to_merge(sizes, [named.doc_count() for named in self._named])
        return [[self._named[index] for index in group] for group in groups]

    def adopt(self, built: BuiltSegment) -> None:
        """Adds a segment that another process built."""
        self._flush()
        self.delete(built.ids)
        named = self._created(built.size)
        built.path.rename(named.path(self._folder))
        self._enter(named, built.replaced)

    def _flush(self) -> None:
        batch, self._batch = self._batch, Batch()
        if len(batch):
            self.delete(batch.ids)
            named = self._created(len(batch))
            batch.write(named.path(self._folder))
            self._enter(named, batch.replaced)

    def _enter(self, named: ColumnarSegment, replaced: Sequence[int]) -> None:
        if replaced:
            live_docs = np.ones(named.doc_count_all(), dtype=np.bool_)
            live_docs[list(replaced)] = False
            named.set_live(live_docs)
        self._named.append(named)

    def _merge(self, group: list[ColumnarSegment]) -> None:
        segments = [
            LiveSegment(segment, _live_docs(named, segment.size))
            for named in group
            if (segment := self._segments.open(self._folder, named))
        ]
        size = sum(named.doc_count() for named in group)
        merged = self._created(size)
        with self._helping(size) as cores:
            merge(segments, merged.path(self._folder), cores)
        for named in group:
            self._named.remove(named)
        self._named.append(merged)

    def _helping(self, size: int) -> AbstractContextManager[Executor | None]:
        """A process that helps to merge so many articles; for few, starting one costs more."""
        return another_core() if size > _LARGE and not self._cores else nullcontext(self._cores)

    def _created(self, size: int) -> ColumnarSegment:
        named = ColumnarSegment(INDEX_NAME, size)
        self._new.append(named.path(self._folder))
        return named


def _live_docs(named: ColumnarSegment, size: int) -> Flags:
    live_docs = named.live_docs()
    return np.ones(size, dtype=np.bool_) if live_docs is None else live_docs


@contextmanager
def commit_of(
    folder: Path, segments: Segments, merging: bool = True, cores: Executor | None = None
) -> Iterator[Commit]:
    """A commit that is finished at the end, and abandoned after any error.

    The caller holds the generation's lock; `cores` may help it to merge.
    """
    commit = Commit(folder, segments, cores)
    try:
        yield commit
        commit.finish(merging)
    except BaseException:
        commit.abandon()
        raise


def _acquired(lock: Any) -> bool:
    try:
        return bool(lock.acquire())
    except FileNotFoundError as error:
        raise IndexBusy("index", "a rebuild has just replaced the index", "try again") from error


@contextmanager
def locked(folder: Path, name: str = INDEX_NAME, wait: float = 0.0) -> Iterator[None]:
    """Nobody else writes to the folder meanwhile; waits so many seconds. Raises IndexBusy."""
    lock = SafeStorage(str(folder)).lock(f"{name}_WRITELOCK")
    deadline = time.monotonic() + wait
    while not _acquired(lock):
        if time.monotonic() >= deadline:
            raise IndexBusy(
                "index", "another process is writing to the index", "try again when it has finished"
            )
        time.sleep(0.005)
    try:
        yield
    finally:
        lock.release()
