"""Bodies of articles, read as they come, compressed or not."""

import errno
import gzip
import hashlib
import io
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import IO, Any, Final

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from index.article import Article
from index.errors import RequestRefused
from index.sources.markup import Markup
from index.sources.open import read_stream, source_for
from index.sources.source import Place, ReadOptions, Rejected
from search.web.request_body import BodyBroken, BodyTooSlow

_DEFAULT_TYPE: Final = "application/json"
"""The type of a body without a Content-Type."""

FRUITLESS_SECONDS = 5.0
"""After so much time of a core without an article, a body is read no further: 300 kB of gzip may
hold 300 MB of empty lines."""


def is_compressed(request: Request) -> bool:
    """Whether the body is compressed with gzip. Raises UnsupportedMediaType for anything else."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise UnsupportedMediaType(f"The Content-Encoding {coding[:40]!r} is not supported.")
    return "gzip" in coding


class Body(io.RawIOBase):
    """A request's body, decompressed, its digest taken as it is read.

    Bounded in bytes (RequestEntityTooLarge), and in the time that a core works on it without
    an article (TimeoutError); waiting for the client does not count.
    """

    def __init__(self, request: Request, most: int) -> None:
        super().__init__()
        request.max_content_length = most  # as sent; decompressed it is bounded below
        self._file: IO[bytes] = request.stream
        if is_compressed(request):
            self._file = gzip.GzipFile(fileobj=request.stream)  # type: ignore[assignment]
        self._left = most
        self._digest = hashlib.sha256()
        self.renew()

    def renew(self) -> None:
        """An article was found: the time begins again."""
        self._until = time.thread_time() + FRUITLESS_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if time.thread_time() > self._until:
            cause = f"no article was found in {FRUITLESS_SECONDS:g} s"
            raise TimeoutError(errno.ETIMEDOUT, cause)
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        self._digest.update(data)
        buffer[: len(data)] = data
        return len(data)

    def digest(self) -> str | None:
        """The SHA-256 of the whole body: what is left of it is read. None if that fails."""
        self.renew()
        try:
            while self.read(1 << 16):
                pass
        except (OSError, EOFError, zlib.error):
            return None
        return self._digest.hexdigest()


def articles_of(
    body: Body, mimetype: str, zone: tzinfo = UTC, markup: Markup | None = None
) -> Iterator[Article | Rejected]:
    """The articles of a body, or why one is rejected, by its line or its place in the list.

    Raises RequestRefused where nothing in the body can be read.
    """
    place = Place(media_type=mimetype or _DEFAULT_TYPE)
    if source_for(place) is None:
        raise UnsupportedMediaType(f"The Content-Type {mimetype[:80]!r} is not a type of articles.")
    stream: io.BufferedReader[Any] = io.BufferedReader(body, 1 << 16)
    options = ReadOptions(
        advice=lambda field, theirs: f"send {theirs} as {field}",
        zone=zone,
        markup=markup,
    )
    some = False
    try:
        with read_stream(stream, options, place) as opened:
            for number, one in enumerate(opened):
                if not number and isinstance(one, Rejected) and not one.line:
                    raise RequestRefused("body", one.cause, one.cure)
                if isinstance(one, Article):
                    some = True
                    body.renew()
                yield one
    except (BodyBroken, BodyTooSlow) as error:
        if not some:
            raise
        cause = f"the rest cannot be read: {error.description}"
        yield Rejected(0, "", "", cause, "send it again; everything before it was read")
