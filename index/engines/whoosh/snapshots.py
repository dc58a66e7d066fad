"""Which snapshot a search reads: opened new when a commit is seen.

A snapshot maps its files, and a mapped file is there until the last snapshot
that maps it is gone, even when its name is not: nobody must count readers.
"""

import threading
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from index.engines.whoosh.codec import ColumnarSegment
from index.engines.whoosh.commit import INDEX_NAME
from index.engines.whoosh.generations import Generations, check_versions
from index.engines.whoosh.segments import Segments
from index.engines.whoosh.snapshot import Snapshot
from index.errors import IndexUnavailable

_Stamp = tuple[str, int]


class Snapshots:
    """Hands out the newest snapshot of the live generation. Safe for threads."""

    def __init__(self, generations: Generations, segments: Segments) -> None:
        self._generations = generations
        self._segments = segments
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._stamp: _Stamp | None = None
        self._commit: _Stamp | None = None

    def newest(self) -> Snapshot:
        """The newest snapshot: good for as long as it is held. Raises IndexUnavailable."""
        for _ in range(10):  # a swap or a merge may remove files between two looks
            folder = self._generations.current()
            if folder is None:
                raise IndexUnavailable("", "no index has been made yet", "run `poisk load`")
            try:
                # The TOC is renamed into the folder at every commit: its time moves.
                stamp = (folder.name, folder.stat().st_mtime_ns)
                with self._lock:
                    if self._newest is None or stamp != self._stamp:
                        check_versions(folder)
                        self._newest = self._open(folder)
                        self._stamp = stamp
                    return self._newest
            except FileNotFoundError:
                continue
        raise IndexUnavailable(str(folder), "cannot be opened", "run `poisk rebuild`")

    def close(self) -> None:
        """Lets go of the newest snapshot."""
        with self._lock:
            self._newest = self._stamp = self._commit = None

    def _open(self, folder: Path) -> Snapshot:
        toc = TOC.read(FileStorage(str(folder)), INDEX_NAME)
        commit = (folder.name, toc.generation)
        if self._newest is not None and commit == self._commit:
            return self._newest  # the folder's time moved for something else
        named: list[ColumnarSegment] = toc.segments
        opened = [self._segments.open(folder, one) for one in named]
        self._commit = commit
        mark = getattr(toc.schema, "mark", None)
        return Snapshot(opened, [one.live() for one in named], mark)
