"""A request's body, as the app reads it: what is wrong with it is a refusal, not a failure."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest, RequestTimeout

T = TypeVar("T")


class BodyBroken(BadRequest):
    """The body ends early, or is no body by the rules of HTTP."""


class BodyTooSlow(RequestTimeout):
    """The body came too slowly."""


class Incoming:
    """gunicorn's body, whose errors are refusals (a chunk size of 0x9: 400)."""

    def __init__(self, body: Any) -> None:
        self._body = body

    @property
    def failed(self) -> bool:
        """Whether reading it went wrong: nothing behind it can be read either."""
        return bool(self._body.failed)

    def read(self, size: int | None = None) -> bytes:
        """Up to so many bytes; all of them without a number."""
        return _refusing(lambda: bytes(self._body.read(size)))

    def readline(self, size: int | None = None) -> bytes:
        """A line, with its end."""
        return _refusing(lambda: bytes(self._body.readline(size)))

    def readlines(self, _hint: int | None = None) -> list[bytes]:
        """All lines."""
        return [*self]

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


def _refusing(read: Callable[[], T]) -> T:
    try:
        return read()
    except TimeoutError as error:
        raise BodyTooSlow("The body came too slowly.") from error
    except ParseException as error:
        raise BodyBroken("The body is not what HTTP says a body is.") from error
    except OSError as error:  # NoMoreData is one
        raise BodyBroken("The body ends before its end.") from error
