"""Readings of a query text, and the rewriters that make them.

A search tries the rewriters of its tuple in their order, each only when those before it have
found too little. How to add one (another keyboard layout, spelling, synonyms): write a class with
a number and `__call__`, and put it into REWRITERS of rewriters.py where it is to be tried.
"""

from dataclasses import dataclass
from typing import Protocol

from index.engines.base import Reader
from index.query import Query
from search.query.notes import Note
from search.query.parser import Parsed, QueryText


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a query text: the query, and a note where it is not as typed.

    `text` is the text that was read: the typed one, or another one that a rewriter made of it.
    `parsed` says what the parser made of the signs in it.
    """

    text: QueryText
    query: Query
    parsed: Parsed
    note: Note | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes about how the text was read."""
        return self.parsed.notes if self.note is None else (*self.parsed.notes, self.note)


class Rewriter(Protocol):
    """Makes one reading of a query text."""

    @property
    def number(self) -> int:
        """What cursors call its reading, 0 to 99: another rewriter never has the same number."""
        ...

    def __call__(self, text: QueryText, reader: Reader, /) -> Reading | None:
        """The reading; None where this rewriter has none, or none that differs from the typed one.

        `reader` is what is searched: it knows which terms there are. A cursor asks again for each
        page, so that the reading of one text should be the same while the index is.
        """
        ...
