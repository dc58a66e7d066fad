"""The values of a JSON list, or of JSON objects one after another, cut out of a stream as they are.

A JSON parser gives up at the first fault, and all that follows it would be lost. So the stream is
only cut here, where brackets and quotes say, and each piece is parsed by itself
(`json_article.py`). What is held is one value, and of one that is too long its beginning.
"""

import re
from collections.abc import Iterator
from typing import Final

from index.errors import ArticleRefused
from index.sources.json_article import MAX_ARTICLE_BYTES
from index.sources.streams import Stream

_PIECE = 1 << 16
_DEEP = 1_000
"""Brackets that are told apart; those inside are counted. The parser refuses such a value."""

_WHITE: Final = re.compile(rb"[ \t\r\n]*+")
# All before the next bracket, or comma, or long string; short strings are passed at once.
_TO_BRACKET: Final = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]{0,200}+")*+')
_TO_COMMA: Final = re.compile(rb'(?:[^",\]]++|"[^"\\]{0,200}+")*+')
_IN_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BACKSLASH, _QUOTE = b'\\"'
_FEW = 100
"""Escaped quotes that are stepped over one by one: that is quicker than the expression."""


class JsonValues:
    """Iterates over the values. Raises ArticleRefused where the stream can be cut no further."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0

    def __iter__(self) -> Iterator[bytes]:
        listed, wanted = False, True
        while first := self._next():
            if first == b"," and listed:
                self._at += 1
                if wanted:
                    yield b""  # [,: nothing where a value should be
                wanted = True
            elif first == b"[" and not listed:
                self._at += 1
                listed = wanted = True
            elif first == b"]" and listed:
                self._at += 1
                listed = False
            elif listed or first == b"{":
                yield self._value(first in b"{[")
                wanted = False
            else:
                cure = "send a JSON list of articles, or JSON objects one after another"
                raise ArticleRefused("", "neither a JSON list nor a JSON object", cure)
        if listed:
            raise ArticleRefused("", "not JSON: the list is not closed", _AGAIN)

    def _next(self) -> bytes:
        """The next byte that is no white space; b"" at the end."""
        while True:
            found = _WHITE.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._more():
                return b""

    def _more(self) -> bool:
        self._data, self._at = self._stream.read1(_PIECE), 0
        return bool(self._data)

    def _value(self, bracketed: bool) -> bytes:
        """The value that begins here; of one that is too long, one byte over the bound."""
        end, kept, size = _End(bracketed), [], 0
        while True:
            start = self._at
            self._at, found = end.find(self._data, start)
            if size <= MAX_ARTICLE_BYTES:
                kept.append(self._data[start : self._at])
                size += self._at - start
            if found or (size > MAX_ARTICLE_BYTES and not self._more()):
                return b"".join(kept)[: MAX_ARTICLE_BYTES + 1]
            if size <= MAX_ARTICLE_BYTES and not self._more():
                cause = "not JSON: a quote or a bracket is not closed"
                raise ArticleRefused("", cause, _AGAIN)


_AGAIN = "correct it and send it again, with everything after it"


class _End:
    """Looks for the end of one value, piece by piece of the stream."""

    def __init__(self, bracketed: bool) -> None:
        self._run = _TO_BRACKET if bracketed else _TO_COMMA
        self._bracketed = bracketed
        self._open = bytearray()
        self._deeper = 0
        self._in_string = False
        self._escaped = False

    def find(self, data: bytes, at: int) -> tuple[int, bool]:
        """Where the value ends in this piece, or the piece's end; and whether the value does."""
        whole, ended = len(data), False
        while at < whole and not ended:
            if self._in_string:
                at = self._string(data, at)
                if at < whole:
                    self._in_string = False
                    at += 1
                continue
            found = self._run.match(data, at)
            at = found.end() if found else at
            if at == whole:
                break
            if data[at] == _QUOTE:
                self._in_string = True
                at += 1
            elif self._bracketed:
                at, ended = self._bracket(data[at : at + 1], at)
            else:
                ended = True
        return at, ended

    def _string(self, data: bytes, at: int) -> int:
        """The place of the quote that closes the string, or the piece's end."""
        start, end = at, -1 if self._escaped else data.find(b'"', at)
        for _ in range(_FEW):
            if end < 0:
                break
            before = end
            while before > start and data[before - 1] == _BACKSLASH:
                before -= 1
            if (end - before) % 2 == 0:
                return end
            start, end = end + 1, data.find(b'"', end + 1)
        found = _IN_STRING.match(data, start + self._escaped)
        at = found.end() if found else start
        self._escaped = data[at : at + 1] == b"\\"  # the letter that it escapes comes next
        return at + self._escaped

    def _bracket(self, sign: bytes, at: int) -> tuple[int, bool]:
        """One bracket more; a closing one closes what was left open within, as in {"a": [}."""
        if sign in b"{[":
            if len(self._open) < _DEEP:
                self._open += sign
            else:
                self._deeper += 1
        elif self._deeper:
            self._deeper -= 1
        else:
            place = self._open.rfind(b"{" if sign == b"}" else b"[")
            if place >= 0:  # what nothing opened closes nothing
                del self._open[place:]
        return at + 1, not self._open
