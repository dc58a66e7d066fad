"""One field of a segment: its terms and their postings."""

from index.engines.whoosh.segment.arrays import NOTHING, Array, Numbers
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.segment.term_dictionary import TermDictionary

Postings = tuple[Array, Array]
"""The postings of a term: doc ids, ascending; how often it occurs in each article.

Its positions come in the order of the articles: `positions[sum(frequencies[:i]):][:frequencies[i]]`
are those in the article `doc_ids[i]`.
"""
NO_POSTINGS: Postings = (NOTHING, NOTHING)


class Field:
    """A field's postings, deleted articles included. (Each section is looked up once.)"""

    def __init__(self, container: Container, field: str, terms: TermDictionary) -> None:
        self.terms = terms
        self.size: int = container.facts["articles"]
        self._starts = container.array(f"{field}.starts").data
        self._position_starts = container.array(f"{field}.places").data
        self._doc_ids = container.section(f"{field}.doc_ids")
        self._frequencies = container.section(f"{field}.frequencies")
        self._positions = container.section(f"{field}.positions")

    def postings(self, ordinal: int) -> Postings:
        """The postings of the term with this ordinal."""
        start, end = self._starts[ordinal], self._starts[ordinal + 1]
        return self._doc_ids.part(start, end), self._frequencies.part(start, end)

    def frequency(self, ordinal: int) -> int:
        """In how many articles the term with this ordinal occurs."""
        return int(self._starts[ordinal + 1] - self._starts[ordinal])

    def postings_of(self, ordinals: range) -> Postings:
        """The postings of the terms with these ordinals, term after term."""
        start, end = self._starts[ordinals.start], self._starts[ordinals.stop]
        return self._doc_ids.part(start, end), self._frequencies.part(start, end)

    def positions_from(self, ordinal: int) -> int:
        """Where the positions of the term with this ordinal begin among all of the field."""
        return int(self._position_starts[ordinal])

    def positions_at(self, start: int, count: int) -> Array:
        """So many of the field's positions from one on."""
        return self._positions.part(start, start + count)

    def some_positions(self, indices: Numbers) -> Array:
        """Those at these ascending indices among the field's positions."""
        return self._positions.take(indices)

    def positions(self, ordinal: int) -> Array:
        """The positions of the term with this ordinal, by article."""
        start, end = self._position_starts[ordinal], self._position_starts[ordinal + 1]
        return self._positions.part(start, end)

    def doc_ids(self, ordinals: range) -> Array:
        """The articles that have any of the terms with these ordinals, some more than once."""
        return self._doc_ids.part(self._starts[ordinals.start], self._starts[ordinals.stop])
