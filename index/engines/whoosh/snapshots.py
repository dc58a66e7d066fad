"""Which snapshot a search reads: opened new when a commit is seen, closed after its last reader."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC
from whoosh.reading import SegmentReader

from index.engines.whoosh.generations import Generations, check_versions
from index.engines.whoosh.segment import Segment
from index.engines.whoosh.snapshot import Snapshot
from index.errors import IndexUnavailable

_Stamp = tuple[str, int]


class _Open:
    """A segment with its reader, open while any snapshot uses it."""

    def __init__(self, reader: SegmentReader) -> None:
        self.reader = reader
        self.segment = Segment(reader)
        self.users = 0

    def release(self) -> None:
        self.users -= 1
        if not self.users:
            self.reader.close()


class _State:
    """A snapshot, the segments it holds open, and how many read it now."""

    def __init__(self, stamp: _Stamp, opened: dict[str, _Open], snapshot: Snapshot) -> None:
        self.stamp = stamp
        self.opened = opened
        self.snapshot = snapshot
        self.users = 1
        for part in opened.values():
            part.users += 1

    def release(self) -> None:
        self.users -= 1
        if not self.users:
            for part in self.opened.values():
                part.release()


class Snapshots:
    """Hands out the newest snapshot of the live generation."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._lock = threading.Lock()
        self._state: _State | None = None

    @contextmanager
    def lease(self) -> Iterator[Snapshot]:
        """The newest snapshot, its files open for as long as the lease lasts."""
        with self._lock:
            state = self._newest()
            state.users += 1
        try:
            yield state.snapshot
        finally:
            with self._lock:
                state.release()

    def close(self) -> None:
        """Lets go of the newest snapshot."""
        with self._lock:
            if self._state:
                self._state.release()
            self._state = None

    def _newest(self) -> _State:
        for _ in range(10):  # a swap may remove the folder between two looks
            folder = self._generations.current()
            if folder is None:
                raise IndexUnavailable("", "no index has been made yet", "run `poisk load`")
            try:
                # The TOC is renamed into the folder at every commit: its time moves.
                stamp = (folder.name, folder.stat().st_mtime_ns)
                if self._state is None or self._state.stamp != stamp:
                    self._replace(self._open(folder, stamp))
            except FileNotFoundError:
                continue
            if self._state is not None:
                return self._state
        raise IndexUnavailable(str(folder), "cannot be opened", "run `poisk rebuild`")

    def _replace(self, state: _State) -> None:
        if self._state:
            self._state.release()
        self._state = state

    def _open(self, folder: Path, stamp: _Stamp) -> _State:
        check_versions(folder)
        storage = FileStorage(str(folder))
        toc = TOC.read(storage, "MAIN")
        known = self._state.opened if self._state and self._state.stamp[0] == folder.name else {}
        opened = {}
        for part in toc.segments:
            name = part.segment_id()
            opened[name] = known.get(name) or _Open(SegmentReader(storage, toc.schema, part))
        snapshot = Snapshot(
            [one.segment for one in opened.values()],
            [sorted(part.deleted_docs()) for part in toc.segments],
        )
        return _State(stamp, opened, snapshot)
