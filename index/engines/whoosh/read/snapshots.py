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
from index.engines.whoosh.write.generations import Generations, Stamp, check_versions, stamp_of
from index.engines.whoosh.write.open_segments import Segments
from index.errors import IndexUnavailable

_TRIES = 10
_TICK = 50_000_000
"""Nanoseconds: the times of files move in ticks, and no file system's are longer.

Of what changed so lately, a commit or a swap may still come without its time moving.
"""


class Snapshots:
    """Hands out the newest snapshot of the live generation. Safe for threads."""

    def __init__(self, generations: Generations, segments: Segments) -> None:
        self._generations = generations
        self._segments = segments
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._folder = ""
        self._stamp: tuple[Stamp, Stamp] | None = None
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
        if self._newest is not None and self._stamp is not None and self._stamp == self._stamps():
            return self._newest
        now = time.time_ns()
        named = self._generations.stamp()  # before the name is read: a later swap moves it
        folder = self._generations.existing()
        # The TOC is renamed into the folder at every commit: its time moves.
        committed = stamp_of(folder)
        commit = commit_point.newest(folder)
        if self._newest is None or commit != self._commit:
            self._newest, self._commit = self._open(folder), commit
        self._folder = str(folder)
        settled = now - max(named.changed, committed.changed) > _TICK
        self._stamp = (named, committed) if settled else None
        return self._newest

    def _stamps(self) -> tuple[Stamp, Stamp]:
        """Those of CURRENT and of the folder that was read last."""
        return self._generations.stamp(), stamp_of(self._folder)

    def _open(self, folder: Path) -> Snapshot:
        versions = check_versions(folder)
        contents = commit_point.read(folder)
        named: list[ColumnarSegment] = contents.segments
        opened = [self._segments.open(folder, segment) for segment in named]
        checkpoint = getattr(contents.schema, "checkpoint", None)
        live_docs = [segment.live_docs() for segment in named]
        return Snapshot(opened, live_docs, checkpoint, folder.name, versions.analysis)
