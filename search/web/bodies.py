"""Bodies of articles, read as they come: a JSON list or NDJSON, packed or not.

ijson (BSD; yajl in C) reads a list item by item, so that a body of any size is
held one article at a time.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

import ijson
from flask import Request
from ijson.common import ObjectBuilder
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from index.article import Article
from index.errors import RequestRefused
from index.sources.jsonlines import (
    MAX_LINE_BYTES,
    Refused,
    article_fields,
    checked,
    read_articles,
)

_LINES = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
_JSON = ("application/json", "")
_DEEPEST = 20
_READ = 1 << 20
"""Bytes that a list is parsed by: of a long text the parser goes over all of it at each of them."""
_WHITE = b" \t\r\n\xef\xbb\xbf"


class Body(io.RawIOBase):
    """A request's body, unpacked, bounded, its digest taken as it is read."""

    def __init__(self, request: Request, most: int) -> None:
        super().__init__()
        request.max_content_length = most  # packed; unpacked it is bounded here, as it comes
        match request.headers.get("Content-Encoding", "identity").lower():
            case "gzip" | "x-gzip":
                self._file: IO[bytes] = gzip.GzipFile(fileobj=request.stream)  # type: ignore[assignment]
            case "identity" | "":
                self._file = request.stream
            case other:
                raise UnsupportedMediaType(f"The body is packed as {other[:40]!r}; send gzip.")
        self._left = most
        self._digest = hashlib.sha256()
        self.item = 0
        """Bytes since the last item."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        self.item += len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        self._digest.update(data)
        buffer[: len(data)] = data
        return len(data)

    def digest(self) -> str | None:
        """The SHA-256 of the whole body: what is left of it is read. None: it is cut or damaged."""
        try:
            while self.read(1 << 16):
                pass
        except (OSError, EOFError, zlib.error):
            return None
        return self._digest.hexdigest()


def articles_of(body: Body, mimetype: str) -> Iterator[Article | Refused]:
    """The articles of a body, or why one is refused, by its line or its place in the list."""
    buffered: io.BufferedReader[Any] = io.BufferedReader(body, 1 << 16)
    if mimetype in _LINES:
        yield from read_articles(buffered)
    elif mimetype in _JSON:
        yield from _listed(buffered, body)
    else:
        raise UnsupportedMediaType(f"{mimetype[:80]} holds no articles.")


def _listed(buffered: "io.BufferedReader[Any]", body: Body) -> Iterator[Article | Refused]:
    """A JSON list of articles; one article, or several after each other, do as well."""
    number = 0
    try:
        listed = _first(buffered) == b"["
        events = ijson.basic_parse(
            _Bounded(buffered, body), use_float=True, multiple_values=not listed, buf_size=_READ
        )
        for number, item in enumerate(_items(events, int(listed)), 1):
            body.item = 0
            yield _article(number, item)
    except (ijson.JSONError, UnicodeDecodeError, _ItemTooLong) as error:
        cause = str(error) if isinstance(error, _ItemTooLong) else "is no JSON"
        if not number and not isinstance(error, _ItemTooLong):  # nothing of it was understood
            raise RequestRefused("body", cause, "send a JSON list of articles, in UTF-8") from error
        if "overflow" in str(error):  # without use_float a longer number yet breaks the process
            cause = "has a number that is too long: send that as a string"
        cure = "those before it were taken; mend it, and send it and the rest again"
        yield Refused(number + 1, "", "", cause, cure)
    except (OSError, EOFError, zlib.error) as error:
        if not number:
            raise RequestRefused("body", "is cut or damaged", "send it again") from error
        yield Refused(number + 1, "", "", "is cut or damaged", "send it and the rest again")


def _first(buffered: "io.BufferedReader[Any]") -> bytes:
    """The first byte that is no white space. Raises RequestRefused where there is none."""
    while ahead := buffered.peek(1):
        begun = ahead.lstrip(_WHITE)
        buffered.read(len(ahead) - len(begun))
        if begun:
            return begun[:1]
    raise RequestRefused("body", "is empty", "send a JSON list of articles")


def _items(events: Iterable[tuple[str, Any]], base: int) -> Iterator[object]:
    """The values at this depth; a value that is nested deeper than articles are ends all."""
    depth, builder = 0, ObjectBuilder()
    for event, value in events:
        if event in {"end_map", "end_array"}:
            depth -= 1
            if depth < base:
                continue
        elif depth < base:
            depth += 1
            continue
        builder.event(event, value)
        if event in {"start_map", "start_array"}:
            depth += 1
            if depth > _DEEPEST:
                raise _ItemTooLong("is nested too deeply")
        elif depth == base:
            yield builder.value
            builder = ObjectBuilder()


class _ItemTooLong(Exception):
    """One item is longer than an article may be."""


class _Bounded:
    """Reads on until an item is too long to be an article."""

    def __init__(self, buffered: "io.BufferedReader[Any]", body: Body) -> None:
        self._buffered = buffered
        self._body = body

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # ijson asks what it will be given
            return b""
        if self._body.item > MAX_LINE_BYTES + 2 * _READ:
            raise _ItemTooLong("is too long")
        pieces: list[bytes] = []
        left = size if size > 0 else _READ
        while left > 0:
            try:
                piece = self._buffered.read1(left)
            except (OSError, EOFError, zlib.error):
                if not pieces:
                    raise
                break  # what came before the end that is missing goes first
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)


def _article(number: int, item: object) -> Article | Refused:
    if not isinstance(item, dict):
        return Refused(number, "", "", "is no JSON object", "send an object with title, body, …")
    return checked(number, dict(article_fields(item)))
