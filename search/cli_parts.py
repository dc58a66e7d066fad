"""The parts for a command, closed at its end. Imports stand inside: `poisk --help` is quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.parts import Parts


@contextmanager
def opened_parts() -> "Iterator[Parts]":
    """The parts for this process's settings."""
    from search.parts import join_parts
    from search.settings import read_settings

    parts = join_parts(read_settings())
    try:
        yield parts
    finally:
        parts.close()
