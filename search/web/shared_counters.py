"""Counts of requests: a small file that the workers of one machine share.

It is a table of fixed size. The hash of a name says in which bucket its count is, and there it may
be in any slot. Whatever bytes the file has, they are a table: a damaged count is one that has
ended. Not kept for long and not worth an fsync: a lost count lets somebody ask once more.
"""

import os
import struct
import time
import weakref
from collections.abc import Callable
from fcntl import LOCK_EX, LOCK_UN, lockf
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from index.private import make_folder

_SLOT = struct.Struct("=Qdq")
"""The hash of a name, the end of its window in unix seconds, its requests in this window."""
_SLOTS = 8
_BUCKET_BYTES = _SLOTS * _SLOT.size
_BUCKETS = 1 << 13
"""65,536 counts: if all slots of a bucket are in use, the count that ends first is lost."""
_LONGEST = 400 * 24 * 3600.0
"""Seconds: no limit has a longer window than a year."""


class Count(NamedTuple):
    """The requests of a window so far, and when it ends, in unix seconds."""

    requests: int
    until: float


class SharedCounters:
    """Counts by name, each with a time when it begins again. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "limits.bin"
        self._lock = Lock()  # between threads; the lock of the file is one of processes
        self._file = -1
        self._close: Callable[[], object] = int

    def add(self, name: str, seconds: float) -> Count:
        """Counts one request; a window lasts so many seconds from its first request.

        Raises OSError.
        """
        key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")
        bucket = key % _BUCKETS * _BUCKET_BYTES
        with self._lock:
            file = self._opened()
            lockf(file, LOCK_EX, _BUCKET_BYTES, bucket)
            try:
                return _add(file, bucket, key, seconds)
            finally:
                lockf(file, LOCK_UN, _BUCKET_BYTES, bucket)

    def _opened(self) -> int:
        """The file that is there, opened."""
        if self._file >= 0 and os.fstat(self._file).st_nlink:
            return self._file
        self._close()  # it has been removed
        self._file = -1
        make_folder(self._path.parent)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file, self._close = file, weakref.finalize(self, os.close, file)
        return file


def _add(file: int, bucket: int, key: int, seconds: float) -> Count:
    """Counts a request in a bucket that is locked."""
    now = time.time()
    slots = os.pread(file, _BUCKET_BYTES, bucket).ljust(_BUCKET_BYTES, b"\0")
    count, slot, earliest = Count(1, now + seconds), 0, float("inf")
    for number, (name, until, requests) in enumerate(_SLOT.iter_unpack(slots)):
        ends = until if now < until < now + _LONGEST else 0.0
        if name == key:
            slot = number
            if ends:
                count = Count(requests + 1, until)
            break
        if ends < earliest:
            slot, earliest = number, ends
    written = _SLOT.pack(key, count.until, count.requests)
    os.pwrite(file, written, bucket + slot * _SLOT.size)
    return count
