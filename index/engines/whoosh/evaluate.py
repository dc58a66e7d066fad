"""The Query tree on whole arrays: which articles of a snapshot match, with what scores."""

from typing import assert_never

import numpy as np

from index.engines.whoosh import matches as m
from index.engines.whoosh.matches import Matches
from index.engines.whoosh.segment import NO_DATE, NOTHING, Numbers, Postings, Reals
from index.engines.whoosh.snapshot import Snapshot
from index.query import (
    And,
    Boost,
    Constant,
    Everything,
    Filter,
    Fresh,
    In,
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

_POSITION_BITS = 21
"""A body holds 2 MiB, so fewer than 2^21 words: article and position fit one integer."""


class Evaluation:
    """One query on one snapshot; postings read once serve every clause."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._read: dict[tuple[str, str], Postings] = {}

    def matches(self, query: Query) -> Matches:  # noqa: PLR0911, PLR0912  # one case a clause
        """The articles that match the clause, and their scores (see index.query)."""
        match query:
            case Terms():
                return self._terms(query)
            case Phrase():
                return self._phrase(query)
            case Prefix():
                return self._prefix(query)
            case Range():
                return self._range(query)
            case Filter():
                return self._filter(query)
            case And():
                return self._and(query)
            case Or(clauses, at_least):
                return m.union([self.matches(clause) for clause in clauses], at_least=at_least)
            case Not(clause):
                return m.without(self._everything(), self.matches(clause))
            case Everything():
                return self._everything()
            case Boost(clause, factor):
                found = self.matches(clause)
                return Matches(found.numbers, found.scores * factor)
            case Constant(clause, score):
                numbers = self.matches(clause).numbers
                return Matches(numbers, np.full(len(numbers), score))
            case Prefer(clause, bonuses):
                found = self.matches(clause)
                for bonus in bonuses:
                    found = m.raised(found, self.matches(bonus))
                return found
            case Fresh():
                return self._fresh(query)
            case _:
                assert_never(query)

    def _postings(self, field: str, term: str) -> Postings:
        key = (field, term)
        if key not in self._read:
            self._read[key] = self._snapshot.postings(field, term)
        return self._read[key]

    def _everything(self) -> Matches:
        return m.unscored(np.flatnonzero(self._snapshot.live))

    def _terms(self, query: Terms) -> Matches:
        found = m.union(
            [self._frequencies(variant, query) for variant in query.variants], combine=np.maximum
        )
        idf = self._idf(len(found.numbers))
        return Matches(found.numbers, idf * _saturated(found.scores, query.k1))

    def _frequencies(self, variant: str, query: Terms) -> Matches:
        """A variant's BM25F frequency in each article that has it: the sum over the fields."""
        per_field = []
        for place in query.fields:
            postings = self._postings(place.field, variant)
            if len(postings.numbers):
                weighed = self._weighed(place, postings.numbers, postings.frequencies)
                per_field.append(Matches(postings.numbers, weighed))
        return m.union(per_field)

    def _weighed(self, place: In, numbers: Numbers, frequencies: Numbers) -> Reals:
        """BM25F's frequency: the field's weight, the article's length against the average."""
        relative = self._snapshot.lengths(place.field)[numbers] / self._snapshot.average(
            place.field
        )
        weighed: Reals = place.weight * frequencies / (1 - place.b + place.b * relative)
        return weighed

    def _idf(self, articles: int) -> float:
        return float(np.log1p((self._snapshot.count - articles + 0.5) / (articles + 0.5)))

    def _phrase(self, query: Phrase) -> Matches:
        per_field = []
        for place in query.fields:
            ends = self._ends(place.field, query)
            if len(ends):
                numbers, frequencies = np.unique(ends >> _POSITION_BITS, return_counts=True)
                per_field.append(Matches(numbers, self._weighed(place, numbers, frequencies)))
        found = m.union(per_field)
        if not len(found.numbers):
            return m.NONE
        idf = sum(self._idf(self._part_articles(part, query)) for part in query.parts)
        return Matches(found.numbers, idf * _saturated(found.scores, query.k1))

    def _part_articles(self, part: tuple[str, ...], query: Phrase) -> int:
        """In how many articles a part of the phrase stands."""
        found = [
            self._postings(place.field, variant).numbers
            for place in query.fields
            for variant in part
        ]
        return len(np.unique(np.concatenate(found)))

    def _ends(self, field: str, query: Phrase) -> Numbers:
        """The places (article and position in one integer) where the phrase can end."""
        ends: Numbers | None = None
        for part in query.parts:
            places = self._places(field, part)
            if ends is not None and len(places) and len(ends):
                before = np.searchsorted(ends, places) - 1  # the last end left of each place
                gaps = places - ends[before] - 1
                places = places[(before >= 0) & (gaps <= query.slop)]
            elif ends is not None:
                places = places[:0]
            ends = places
        return ends if ends is not None else NOTHING

    def _places(self, field: str, variants: tuple[str, ...]) -> Numbers:
        places = []
        for variant in variants:
            postings = self._postings(field, variant)
            owners = np.repeat(postings.numbers, postings.frequencies)
            places.append((owners << _POSITION_BITS) | postings.positions)
        return np.unique(np.concatenate(places)) if places else NOTHING

    def _prefix(self, query: Prefix) -> Matches:
        found = [
            self._snapshot.postings(field, term).numbers
            for field in query.fields
            for term in self._snapshot.terms(field, query.start)
        ]
        if not found:
            return m.NONE
        numbers = np.unique(np.concatenate(found))
        return Matches(numbers, np.ones(len(numbers)))

    def _range(self, query: Range) -> Matches:
        dates = self._snapshot.dates
        inside = self._snapshot.live & (dates != NO_DATE)
        if query.since is not None:
            inside &= dates >= query.since
        if query.until is not None:
            inside &= dates < query.until
        return m.unscored(np.flatnonzero(inside))

    def _filter(self, query: Filter) -> Matches:
        facet = next(facet for facet in FACETS if facet == query.facet)
        column = self._snapshot.facet(facet)
        wanted = [code for code, label in enumerate(column.labels) if label in query.values]
        return m.unscored(np.unique(column.numbers[np.isin(column.codes, wanted)]))

    def _and(self, query: And) -> Matches:
        wanted = [self.matches(clause) for clause in query.clauses if not isinstance(clause, Not)]
        unwanted = [clause.clause for clause in query.clauses if isinstance(clause, Not)]
        if not wanted:
            wanted = [self._everything()] if unwanted else [m.NONE]
        wanted.sort(key=lambda one: len(one.numbers))
        found = wanted[0]
        for other in wanted[1:]:
            found = m.intersection(found, other)
        for clause in unwanted:
            found = m.without(found, self.matches(clause))
        return found

    def _fresh(self, query: Fresh) -> Matches:
        found = self.matches(query.clause)
        dates = self._snapshot.dates[found.numbers]
        age = np.maximum(query.now - dates.astype(np.float64), 0.0)
        lift = 1 + query.weight * np.exp2(-age / query.half_life)
        return Matches(found.numbers, found.scores * np.where(dates == NO_DATE, 1.0, lift))


def _saturated(frequencies: Reals, k1: float) -> Reals:
    saturated: Reals = frequencies * (k1 + 1) / (k1 + frequencies)
    return saturated
