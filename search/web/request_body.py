"""A request's body, as the app reads it: an invalid body is answered with an HTTP error."""

from collections.abc import Callable, Iterator
from typing import Any

from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest, RequestTimeout


class BodyBroken(BadRequest):
    """The body ends early, or is no body by the rules of HTTP."""


class BodyTooSlow(RequestTimeout):
    """The body came too slowly."""


class Incoming:
    """gunicorn's body, whose errors are HTTP errors (a chunk size of 0x9: 400)."""

    def __init__(self, body: Any, length: int | None = None) -> None:
        """`length`: Content-Length; gunicorn reads a body that is cut as if it were whole."""
        self._body = body
        self._left = length

    @property
    def failed(self) -> bool:
        """Whether reading it went wrong: nothing behind it can be read either."""
        return bool(self._body.failed)

    def read(self, size: int | None = None) -> bytes:
        """Up to so many bytes; all of them without a number."""
        return self._checked(self._body.read, size)

    def readline(self, size: int | None = None) -> bytes:
        """A line, with its end."""
        return self._checked(self._body.readline, size)

    def readlines(self, _hint: int | None = None) -> list[bytes]:
        """All lines."""
        return [*self]

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _checked(self, read: Callable[[int | None], bytes], size: int | None) -> bytes:
        try:
            data = read(size)
        except TimeoutError as error:
            raise BodyTooSlow("the body arrived too slowly") from error
        except ParseException as error:
            raise BodyBroken("the chunks or the length of the body are not valid HTTP") from error
        except OSError as error:  # NoMoreData is one
            raise BodyBroken("the connection ended before the end of the body") from error
        if self._left is not None:
            self._left -= len(data)
            ended = not data and size != 0
            if self._left > 0 and (ended or size is None or size < 0):
                raise BodyBroken("the connection ended before the end of the body")
        return data
