"""Where a request ends: whether all of it has arrived, found from its bytes alone.

This only decides when a request is given to a thread. What the request says is decided by
gunicorn's parser there: whatever looks wrong here counts as whole, so that the parser
refuses it. Framing by Content-Length and by chunks: RFC 9112, sections 6 and 7.
"""

import re
from enum import IntEnum, auto

MAX_LINE = 32 * 1024
"""Bytes of a request line: an address with some 5,000 Russian letters, percent-encoded."""
MAX_HEAD = 64 * 1024
"""Bytes of a request line and its header fields."""
_MAX_SIZE_LINE = 8 * 1024
"""Bytes of a line that says how long a chunk is."""

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;|$)")


class Came(IntEnum):
    """How much of a request has come."""

    HEAD = auto()  # its header fields have not ended yet
    BODY = auto()  # they have; some of the body is due
    WHOLE = auto()  # all of it
    LARGE = auto()  # its body is longer than what is waited for: it is read as it comes
    LINE_TOO_LONG = auto()
    HEAD_TOO_LONG = auto()


class Framing:
    """Follows the bytes of one request; each call looks only at what is new."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of a body that is waited for."""
        self._most = most
        self.head = 0
        """Where the head ends; 0: not known yet."""
        self.continues = False
        """Whether the client waits for "100 Continue" before it sends the body."""
        self._searched = 0
        self._end: int | None = None  # where the request ends, from Content-Length
        self._chunk = 0  # where the next chunk starts

    def look(self, came: bytearray) -> Came:
        """How much of the request these bytes are: all that came since it began."""
        if not self.head:
            start = 2 if came[:2] == b"\r\n" else 0  # one empty line may stand before a request
            found = came.find(_END, max(start, self._searched - 3))
            if found < 0:
                self._searched = len(came)
                return _too_long(came, start) or Came.HEAD
            self.head = found + len(_END)
            self._read_head(bytes(came[: self.head]))
            if too_long := _too_long(came[: self.head], start):
                return too_long
        if self._end is not None:
            if self._end - self.head > self._most:
                return Came.LARGE
            return Came.WHOLE if len(came) >= self._end else Came.BODY
        if self._follow_chunks(came):
            return Came.WHOLE
        return Came.LARGE if len(came) - self.head > self._most else Came.BODY

    def _read_head(self, head: bytes) -> None:
        self.continues = bool(_CONTINUE.search(head))
        if _CHUNKED.search(head):
            self._chunk = self.head
        else:
            length = _LENGTH.search(head)
            self._end = self.head + (int(length[1]) if length else 0)

    def _follow_chunks(self, came: bytearray) -> bool:
        """Whether the last chunk and its trailer have come, or something that is no chunk."""
        while self._chunk < len(came):
            end = came.find(b"\r\n", self._chunk, self._chunk + _MAX_SIZE_LINE)
            if end < 0:
                return len(came) - self._chunk >= _MAX_SIZE_LINE
            size = _CHUNK_SIZE.match(came[self._chunk : end])
            if not size:
                return True
            if not int(size[1], 16):
                return _trailer_ended(came, end + 2)
            self._chunk = end + 2 + int(size[1], 16) + 2
        return False


def _too_long(head: bytearray, start: int) -> Came | None:
    line = head.find(b"\r\n", start, start + MAX_LINE)
    if line < 0 and len(head) - start >= MAX_LINE:
        return Came.LINE_TOO_LONG
    return Came.HEAD_TOO_LONG if len(head) > MAX_HEAD else None


def _trailer_ended(came: bytearray, start: int) -> bool:
    if came[start : start + 2] == b"\r\n":
        return True
    return came.find(_END, start) >= 0 or len(came) - start > MAX_HEAD
