"""Files and streams as bytes: plain or packed, a pipe too, with a look at their beginning."""

import errno
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from index.errors import ArticleRefused

HEAD_BYTES = 1 << 16
_WHITE: Final = b" \t\r\n\xef\xbb\xbf"
"""White space, and the byte order mark of UTF-8."""
DAMAGED: Final = (OSError, EOFError, zlib.error)
"""What is raised where a file cannot be read on."""


class Stream(Protocol):
    """Bytes as they come: a file, a pipe, the body of a request."""

    def read1(self, size: int, /) -> bytes:
        """At most so many bytes, those that are there first; b"" at the end."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many bytes of a place are read, and of how many; of a .gz file those of the file.

    `total` is None where nobody knows it, as of a pipe; `read` is 0 then.
    """

    read: int = 0
    total: int | None = None


@contextmanager
def open_file(path: str) -> Iterator[tuple[Stream, Callable[[], Progress]]]:
    """The file as bytes: plain, gzip (by its first bytes), `-` for standard input."""
    if path != "-":
        with Path(path).open("rb") as plain, _unpacked(plain) as stream:
            yield stream, _progress_of(plain)
    elif sys.stdin is None:  # closed, and its number may be another file's by now
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard input")
    else:
        with open(0, "rb", closefd=False) as plain, _unpacked(plain) as stream:
            yield stream, _progress_of(plain)


def _unpacked(file: io.BufferedReader) -> gzip.GzipFile | io.BufferedReader:
    packed = file.peek(2)[:2] == b"\x1f\x8b"
    return gzip.GzipFile(fileobj=file) if packed else file


def _progress_of(file: io.BufferedReader) -> Callable[[], Progress]:
    """Asks the file only when somebody wants to know."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return Progress
    return lambda: Progress(file.tell(), status.st_size)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a stream, which cannot be read twice, and the stream from there."""

    head: bytes
    """At least the first line or 64 KiB, without white space and a byte order mark before it."""
    lines_before: int
    """Empty lines before it."""
    rest: "io.BufferedReader[Any]"
    """The head and all that follows."""

    def is_all(self) -> bool:
        """Whether nothing follows the head; waits for what may come."""
        rest = self.rest.peek(1)
        return rest[: len(self.head)] == self.head and not rest[len(self.head) :]


def beginning(stream: Stream) -> Beginning:
    """Reads no more than it takes to know the first line: who writes a pipe may be slow."""
    head, before, error = b"", 0, None
    while len(head) < HEAD_BYTES and b"\n" not in head:
        try:
            piece = stream.read1(HEAD_BYTES)
        except DAMAGED as met:
            if not head:
                raise
            error = met  # what came before it goes first
            break
        if not piece:
            break
        head += piece
        begun = head.lstrip(_WHITE)
        before += head[: len(head) - len(begun)].count(b"\n")
        head = begun
    return Beginning(head, before, io.BufferedReader(_Rest(head, stream, error), HEAD_BYTES))


class _Rest(io.RawIOBase):
    """A stream, after what was read ahead of it; `error` is what ended that."""

    def __init__(self, head: bytes, stream: Stream, error: Exception | None) -> None:
        super().__init__()
        self._head = head
        self._stream = stream
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        if not data:
            if self._error:
                raise self._error
            data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def damage(error: Exception) -> ArticleRefused:
    """One of DAMAGED, for who sent the file."""
    why = getattr(error, "strerror", None) or "the file is cut or damaged"
    return ArticleRefused(
        "", f"reading stopped: {why}", "send it again; everything before it was read"
    )
