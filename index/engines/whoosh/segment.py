"""One segment as mapped arrays: what the evaluator asks of it.

Sections of its file, N articles, T terms, P postings and Q positions of a field:

    FIELD.terms, FIELD.terms.ends   the field's T terms, sorted
    FIELD.starts                    T + 1: where each term's postings start
    FIELD.places                    T + 1: where each term's positions start
    FIELD.numbers, .frequencies     P: article numbers, ascending by term; how often in each
    FIELD.positions                 Q: ascending by term and article
    FIELD.lengths                   N: words in each article
    id.terms, id.terms.ends, id.numbers     ids, sorted, and whose they are
    dates                           N: unix seconds, or NO_DATE
    FACET.labels, FACET.labels.ends labels, sorted
    FACET.sets, FACET.codes         the distinct sets of labels: where each starts; label places
    FACET.of                        N: each article's set
    stored, stored.ends             N articles' JSON, each compressed alone
    stored.dictionary               what the compression starts from
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.arrays import NOTHING, Array, Numbers
from index.engines.whoosh.container import Container
from index.engines.whoosh.facets import FacetColumn
from index.engines.whoosh.stored import Unpacker
from index.engines.whoosh.terms import TermTable
from index.schema import Facet


class Postings(NamedTuple):
    """Where a term stands: article numbers, ascending; how often in each; positions in order.

    `positions[sum(frequencies[:i]):][:frequencies[i]]` are those in article `numbers[i]`.
    """

    numbers: Numbers
    frequencies: Array


NO_POSTINGS = Postings(NOTHING, NOTHING)


class Segment:
    """One segment, its deletions left aside: a segment's file never changes."""

    def __init__(self, path: Path) -> None:
        self.container = Container(path)
        self.size: int = self.container.facts["articles"]
        self._tables: dict[str, TermTable] = {}
        self._read: dict[str, _Field] = {}
        self._facets: dict[Facet, FacetColumn] = {}

    @cached_property
    def dates(self) -> Numbers:
        """When each article was published, unix seconds, or NO_DATE."""
        return self.container.array("dates")

    def lengths(self, field: str) -> Array:
        """Each article's length in the field, in words."""
        name = f"{field}.lengths"
        if name not in self.container:
            return np.zeros(self.size, dtype=np.uint8)
        return self.container.array(name)

    def table(self, field: str) -> TermTable | None:
        """The field's terms; None where the field is empty everywhere."""
        if (found := self._tables.get(field)) is None and f"{field}.terms" in self.container:
            found = self._tables[field] = TermTable(self.container, f"{field}.terms")
        return found

    def terms(self, field: str) -> list[bytes]:
        """All terms of the field, in order."""
        table = self.table(field)
        return [] if table is None else table.all()

    def place(self, field: str, term: str) -> int:
        """The term's place in the field's table; -1 where it is not there."""
        table = self.table(field)
        return -1 if table is None else table.find(term.encode())

    def starting(self, field: str, prefix: str) -> range:
        """The places of the field's terms that start so."""
        table = self.table(field)
        return range(0) if table is None else table.starting(prefix.encode())

    def postings(self, field: str, place: int) -> Postings:
        """Where the term at this place stands, deleted articles included; numbers as stored."""
        return self._field(field).postings(place)

    def numbers(self, field: str, places: range) -> Array:
        """The articles that have any of the terms at these places, some more than once."""
        return self._field(field).having(places)

    def positions(self, field: str, place: int) -> Array:
        """The positions of the term at this place, by article."""
        return self._field(field).positions(place)

    def _field(self, field: str) -> "_Field":
        if (found := self._read.get(field)) is None:
            found = self._read[field] = _Field(self.container, field)
        return found

    def facet(self, facet: Facet) -> FacetColumn:
        """The facet's labels and who has them."""
        if facet not in self._facets:
            labels = TermTable(self.container, f"{facet}.labels")
            self._facets[facet] = FacetColumn(
                tuple(labels[place].decode() for place in range(len(labels))),
                self.container.array(f"{facet}.sets").astype(np.int64),
                self.container.array(f"{facet}.codes").astype(np.int64),
                self.container.array(f"{facet}.of"),
            )
        return self._facets[facet]

    def find(self, article_id: str) -> int | None:
        """The number of the article with this id; each id stands once in a segment."""
        place = self.place("id", article_id)
        return None if place < 0 else int(self.container.array("id.numbers")[place])

    @cached_property
    def _unpacker(self) -> Unpacker:
        return Unpacker(self.container)

    def stored(self, number: int) -> bytes:
        """The stored article, as JSON."""
        return self._unpacker.article(number)

    def all_stored(self) -> Iterator[bytes]:
        """Every stored article, deleted ones included."""
        return map(self.stored, range(self.size))


class _Field:
    """The postings of a segment's field. (The sections are kept: each is found once by name.)"""

    def __init__(self, container: Container, field: str) -> None:
        self._starts = container.array(f"{field}.starts").data
        self._places = container.array(f"{field}.places").data
        self._numbers = container.section(f"{field}.numbers")
        self._frequencies = container.section(f"{field}.frequencies")
        self._positions = container.section(f"{field}.positions")

    def postings(self, place: int) -> Postings:
        start, end = self._starts[place], self._starts[place + 1]
        return Postings(self._numbers.part(start, end), self._frequencies.part(start, end))

    def having(self, places: range) -> Array:
        return self._numbers.part(self._starts[places.start], self._starts[places.stop])

    def positions(self, place: int) -> Array:
        return self._positions.part(self._places[place], self._places[place + 1])
