"""The Query tree on whole arrays: which articles of a snapshot match.

Matching comes first and scoring after (scoring.py), so that a bonus, a phrase
or a common word is scored only where the whole query matched.
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

import numpy as np

from index.engines.whoosh import sets
from index.engines.whoosh.counts import having
from index.engines.whoosh.marks import positions_in
from index.engines.whoosh.phrases import Reader, phrase
from index.engines.whoosh.segment import NO_DATE, NOTHING, Flags, Numbers, Postings
from index.engines.whoosh.snapshot import Snapshot
from index.query import (
    And,
    Boost,
    Constant,
    Everything,
    Filter,
    Fresh,
    Not,
    Or,
    Phrase,
    Prefer,
    Prefix,
    Query,
    Range,
    Terms,
)
from index.schema import FACETS

_CHECKS = Range | Filter | Not | Everything


class Evaluation:
    """One query on one snapshot; postings read once serve every clause."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._reader = Reader(snapshot)
        self._having: dict[tuple[tuple[str, ...], tuple[str, ...]], Numbers] = {}
        self._phrases: dict[tuple[int, str], tuple[Numbers, Numbers]] = {}
        self._matched: dict[int, tuple[Query, Numbers]] = {}

    def postings(self, field: str, term: str) -> Postings:
        """Where the term stands in the field."""
        return self._reader.postings(field, term)

    def positions(
        self, terms: Sequence[tuple[str, str]], numbers: Numbers
    ) -> list[Mapping[str, Sequence[int]]]:
        """Where the (field, term)s stand in each of these articles, by field."""
        return positions_in(self._reader, terms, numbers)

    def match(self, query: Query) -> Numbers:
        """The articles that match the clause (see index.query), ascending."""
        known = self._matched.get(id(query))
        if known is None:  # the query is kept too: another one may not take its id
            known = self._matched[id(query)] = (query, self._match(query))
        return known[1]

    def having(self, variants: tuple[str, ...], fields: tuple[str, ...]) -> Numbers:
        """The articles where any of the variants stands in any of the fields."""
        key = (variants, fields)
        if key not in self._having:
            found = [self.postings(f, v).numbers for f in fields for v in variants]
            self._having[key] = sets.union(found, self.snapshot.size)
        return self._having[key]

    def phrase(
        self, query: Phrase, field: str, among: Numbers | None = None
    ) -> tuple[Numbers, Numbers]:
        """The articles with the phrase in the field, how often in each; `among` is enough."""
        key = (id(query), field)
        if key in self._phrases:
            return self._phrases[key]
        found = phrase(self._reader, query, field, among)
        if among is None:
            self._phrases[key] = found
        return found

    def _match(self, query: Query) -> Numbers:  # noqa: PLR0911  # one case a clause
        size = self.snapshot.size
        match query:
            case Terms(variants, fields):
                return self.having(variants, tuple(place.field for place in fields))
            case Phrase(fields=fields):
                return sets.union([self.phrase(query, one.field)[0] for one in fields], size)
            case Prefix(start, fields):
                return self._prefix(start, fields)
            case And():
                return self._and(query)
            case Or(clauses, at_least):
                return sets.in_many([self.match(clause) for clause in clauses], at_least, size)
            case Everything():
                return self.snapshot.numbers
            case Range() | Filter() | Not():
                every = self.snapshot.numbers
                return every.compress(self.passes(query, every))
            case Boost(clause) | Constant(clause) | Prefer(clause) | Fresh(clause):
                return self.match(clause)
            case _:
                assert_never(query)

    def passes(self, query: Query, numbers: Numbers) -> Flags:
        """Which of these articles match the clause; dates and labels are read for them alone."""
        match query:
            case Range(since, until):
                dates = self.snapshot.dates.take(numbers)
                inside: Flags = dates != NO_DATE
                if since is not None:
                    inside &= dates >= since
                if until is not None:
                    inside &= dates < until
                return inside
            case Filter(name, values):
                facet = next(facet for facet in FACETS if facet == name)
                column = self.snapshot.facet(facet)
                return having(column, values).take(column.of.take(numbers))
            case Not(clause):
                return ~self.passes(clause, numbers)
            case Everything():
                return np.ones(len(numbers), dtype=np.bool_)
            case _:
                matched = self.match(query)
                if matched is numbers:
                    return np.ones(len(numbers), dtype=np.bool_)
                return sets.contains(matched, numbers, self.snapshot.size)

    def _and(self, query: And) -> Numbers:
        """The rarest words first; dates, labels and exclusions only for what is left."""
        if not query.clauses:
            return NOTHING
        checks = [one for one in query.clauses if isinstance(one, _CHECKS)]
        words = [self.match(one) for one in query.clauses if not isinstance(one, _CHECKS)]
        words.sort(key=len)
        found = words[0] if words else self.snapshot.numbers
        for other in words[1:]:
            found = sets.intersection(found, other, self.snapshot.size)
        for check in checks:
            found = found.compress(self.passes(check, found))
        return found

    def _prefix(self, start: str, fields: Sequence[str]) -> Numbers:
        found = [self.snapshot.starting(field, start) for field in fields]
        return sets.distinct(np.concatenate(found), self.snapshot.size) if found else NOTHING
