"""The postings of a field group in a segment: its terms, and where each stands."""

from functools import cached_property

import numpy as np

from index.engines.whoosh import kernels
from index.engines.whoosh.segment.arrays import Array, Numbers
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.segment.field_groups import GROUPS
from index.engines.whoosh.segment.term_dictionary import TermDictionary

BLOCK_BITS = 3
"""Postings of a block: two to this power."""


class FieldGroup:
    """A group's postings, deleted articles included. (Each section is looked up once.)

    The postings of a term are doc ids, ascending, and for each a number in `frequencies`, a
    table that has a column for each combination of frequencies in the group's columns. The
    term's positions stand posting after posting, in each field after field, ascending; twice a
    position, and 1 more where the word's form is the term.
    """

    def __init__(self, container: Container, name: str, terms: TermDictionary) -> None:
        self.terms = terms
        self.size: int = container.facts["articles"]
        self._container = container
        self._name = name
        self._starts = container.array(f"{name}.starts").data
        self._position_starts = container.array(f"{name}.position_starts").data
        self._doc_ids = container.section(f"{name}.doc_ids")
        self._combinations = container.section(f"{name}.combinations")
        self._positions = container.section(f"{name}.positions")
        self._blocks = container.section(f"{name}.blocks")
        self._offsets = container.section(f"{name}.offsets")
        self._counts: dict[tuple[int, ...], tuple[Numbers, Numbers]] = {}

    @cached_property
    def frequencies(self) -> Numbers:
        """How often a term stands in each column: a row a column, a column a combination."""
        flat = self._container.array(f"{self._name}.frequencies")
        return flat.reshape(-1, 2 * len(GROUPS[self._name])).T.astype(np.int64, order="C")

    @cached_property
    def compiled(self) -> "kernels.group.Group":
        """The same postings for the compiled kernels."""
        return kernels.group.Group(
            np.asarray(self._starts),
            np.asarray(self._position_starts),
            self._doc_ids,
            self._combinations,
            self._offsets,
            self._blocks,
            self._positions,
            self.frequencies,
        )

    @cached_property
    def spans(self) -> Numbers:
        """How many positions a posting of each combination has."""
        spans: Numbers = self.frequencies[: len(self.frequencies) // 2].sum(axis=0)
        return spans

    def counts(self, fields: tuple[int, ...]) -> tuple[Numbers, Numbers]:
        """For these fields, a row each: the positions there, and the posting's before them."""
        if (known := self._counts.get(fields)) is None:
            by_field = self.frequencies[: len(self.frequencies) // 2]
            before = by_field.cumsum(axis=0) - by_field
            known = by_field.take(fields, axis=0), before.take(fields, axis=0)
            self._counts[fields] = known
        return known

    def postings(self, ordinal: int) -> tuple[Array, Array]:
        """The doc ids of the term with this ordinal, and each one's combination."""
        start, end = self._starts[ordinal], self._starts[ordinal + 1]
        return self._doc_ids.part(start, end), self._combinations.part(start, end)

    def postings_of(self, ordinals: range) -> tuple[Array, Array]:
        """The postings of the terms with these ordinals, term after term."""
        start, end = self._starts[ordinals.start], self._starts[ordinals.stop]
        return self._doc_ids.part(start, end), self._combinations.part(start, end)

    def count(self, ordinal: int) -> int:
        """How many postings the term with this ordinal has."""
        return int(self._starts[ordinal + 1] - self._starts[ordinal])

    def positions_at(self, start: int, count: int) -> Array:
        """So many of the group's positions from one on."""
        return self._positions.part(start, start + count)

    def positions(self, ordinal: int) -> Array:
        """The positions of the term with this ordinal."""
        start, end = self._position_starts[ordinal], self._position_starts[ordinal + 1]
        return self._positions.part(start, end)

    def some_positions(self, indices: Numbers) -> Array:
        """Those at these indices among the group's positions."""
        return self._positions.take(indices)

    def first_posting(self, ordinal: int) -> int:
        """The index of the first posting of the term with this ordinal among all of the group."""
        return int(self._starts[ordinal])

    def combinations_of(self, postings: Numbers) -> Array:
        """The combinations of these postings, by their indices."""
        return self._combinations.take(postings)

    def begins(self, postings: Numbers) -> Numbers:
        """Where the positions of these postings, by their indices, begin among the group's."""
        begins = self._blocks.take(postings >> BLOCK_BITS).astype(np.int64)
        begins += self._offsets.take(postings)
        return begins
