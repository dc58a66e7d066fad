"""Which snapshot a search reads: opened new when a commit is seen.

A snapshot maps its files, and a mapped file is there until the last snapshot
that maps it is gone, even when its name is not: nobody must count readers.
"""

import threading
import time
from pathlib import Path

from index.engines.whoosh.codec import ColumnarSegment
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.segment import commit_point
from index.engines.whoosh.write.generations import Generations, check_versions
from index.engines.whoosh.write.open_segments import Segments
from index.errors import IndexUnavailable

_TRIES = 10
_TICK = 50_000_000
"""Nanoseconds: the times of files move in ticks, and no file system's are longer.

Of a folder that changed so lately, a commit may still come without its time moving.
"""


class Snapshots:
    """Hands out the newest snapshot of the live generation. Safe for threads."""

    def __init__(self, generations: Generations, segments: Segments) -> None:
        self._generations = generations
        self._segments = segments
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._stamp: tuple[str, int] | None = None
        self._commit: commit_point.CommitPoint | None = None

    def newest(self) -> Snapshot:
        """The newest snapshot: good for as long as it is held. Raises IndexUnavailable."""
        for _ in range(_TRIES):  # a swap or a merge may remove files between two looks
            try:
                with self._lock:
                    return self._look()
            except (FileNotFoundError, IndexUnavailable) as error:
                failed = error
        if isinstance(failed, IndexUnavailable):
            raise failed
        raise IndexUnavailable(
            str(failed.filename), "the file cannot be opened", "run `poisk rebuild`"
        ) from failed

    def close(self) -> None:
        """Lets go of the newest snapshot."""
        with self._lock:
            self._newest = self._stamp = self._commit = None

    def _look(self) -> Snapshot:
        folder = self._generations.existing()
        now = time.time_ns()
        # The TOC is renamed into the folder at every commit: its time moves.
        stamp = (folder.name, folder.stat().st_mtime_ns)
        if self._newest is not None and stamp == self._stamp:
            return self._newest
        commit = commit_point.newest(folder)
        if self._newest is None or commit != self._commit:
            self._newest, self._commit = self._open(folder), commit
        self._stamp = stamp if now - stamp[1] > _TICK else None
        return self._newest

    def _open(self, folder: Path) -> Snapshot:
        versions = check_versions(folder)
        contents = commit_point.read(folder)
        named: list[ColumnarSegment] = contents.segments
        opened = [self._segments.open(folder, segment) for segment in named]
        checkpoint = getattr(contents.schema, "checkpoint", None)
        live_docs = [segment.live_docs() for segment in named]
        return Snapshot(opened, live_docs, checkpoint, folder.name, versions.analysis)
