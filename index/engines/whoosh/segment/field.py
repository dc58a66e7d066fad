"""One field of a segment: its terms, and where they stand."""

from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.segment.term_dictionary import TermDictionary

Postings = tuple[Array, Array]
"""Where a term stands: article doc ids, ascending; how often in each.

Its positions come in the order of the articles: `positions[sum(frequencies[:i]):][:frequencies[i]]`
are those in the article `doc_ids[i]`.
"""
NO_POSTINGS: Postings = (NOTHING, NOTHING)


class Field:
    """A field's postings, deleted articles included. (Each section is found once by its name.)"""

    def __init__(self, container: Container, field: str, terms: TermDictionary) -> None:
        self.terms = terms
        self.size: int = container.facts["articles"]
        self._starts = container.array(f"{field}.starts").data
        self._places = container.array(f"{field}.places").data
        self._numbers = container.section(f"{field}.doc_ids")
        self._frequencies = container.section(f"{field}.frequencies")
        self._positions = container.section(f"{field}.positions")

    def postings(self, place: int) -> Postings:
        """Where the term at this place of the table stands."""
        start, end = self._starts[place], self._starts[place + 1]
        return self._numbers.part(start, end), self._frequencies.part(start, end)

    def frequency(self, place: int) -> int:
        """In how many articles the term at this place stands."""
        return int(self._starts[place + 1] - self._starts[place])

    def postings_of(self, places: range) -> Postings:
        """Where the terms at these places stand, term after term."""
        start, end = self._starts[places.start], self._starts[places.stop]
        return self._numbers.part(start, end), self._frequencies.part(start, end)

    def positions_from(self, place: int) -> int:
        """Where the positions of the term at this place begin among all of the field."""
        return int(self._places[place])

    def positions_at(self, start: int, count: int) -> Array:
        """So many of the field's positions from one on."""
        return self._positions.part(start, start + count)

    def some_positions(self, places: Numbers) -> Array:
        """Those at these ascending places among the field's positions."""
        return self._positions.take(places)

    def positions(self, place: int) -> Array:
        """The positions of the term at this place, by article."""
        return self._positions.part(self._places[place], self._places[place + 1])

    def doc_ids(self, places: range) -> Array:
        """The articles that have any of the terms at these places, some more than once."""
        return self._numbers.part(self._starts[places.start], self._starts[places.stop])
