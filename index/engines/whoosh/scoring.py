"""What each matching article scores: BM25F and the other rules of index.query."""

from typing import assert_never

import numpy as np

from index.engines.whoosh import sets
from index.engines.whoosh.evaluate import Evaluation
from index.engines.whoosh.segment import NOTHING, Numbers, Reals
from index.engines.whoosh.sets import Candidates
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

_MANY = 4
"""From a fourth of the index on."""


class Scoring:
    """Scores of one evaluation's matches."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._snapshot = evaluation.snapshot

    def scores(self, query: Query, numbers: Numbers) -> Reals:
        """The clause's score for each of these articles; 0 where it does not match.

        Where they are many, all articles are scored: then nobody must be looked up among them.
        """
        size = self._snapshot.size
        if isinstance(query, Terms) or len(numbers) * _MANY < size:
            return self._scores(query, Candidates(numbers, size))
        return self._scores(query, Candidates(self._snapshot.everyone, size)).take(numbers)

    def _scores(self, query: Query, among: Candidates) -> Reals:  # noqa: PLR0911
        match query:
            case Terms():
                return self._terms(query, among)
            case Phrase():
                return self._phrase(query, among)
            case Range() | Filter() | Not() | Everything():
                return np.zeros(len(among))
            case Prefix():
                return self._evaluation.passes(query, among.numbers).astype(np.float64)
            case Constant(clause, score):
                return np.where(self._evaluation.passes(clause, among.numbers), float(score), 0.0)
            case Boost(clause, factor):
                return self._scores(clause, among) * factor
            case And() | Or() | Prefer() | Fresh():
                return self._compound(query, among)
            case _:
                assert_never(query)

    def _compound(self, query: And | Or | Prefer | Fresh, among: Candidates) -> Reals:
        """Scored where the whole clause matches: `a AND b` gives nothing to `a` alone."""
        if isinstance(query, Or) and query.at_least <= 1:
            return self._parts(query, among)  # what matches no clause has no score
        matched = self._evaluation.match(query)
        if matched is among.numbers:
            return self._parts(query, among)
        size = self._snapshot.size
        shared = sets.intersection(matched, among.numbers, size)
        if len(shared) == len(among):
            return self._parts(query, among)
        scores = np.zeros(len(among))
        if len(shared):
            scores[among.align(shared)[0]] = self._parts(query, Candidates(shared, size))
        return scores

    def _parts(self, query: And | Or | Prefer | Fresh, among: Candidates) -> Reals:
        match query:
            case And(clauses) | Or(clauses):
                return self._sum(clauses, among)
            case Prefer(clause, bonuses):
                return self._sum((clause, *bonuses), among)
            case Fresh():
                return self._scores(query.clause, among) * self._lift(query, among.numbers)
            case _:
                assert_never(query)

    def _sum(self, clauses: tuple[Query, ...], among: Candidates) -> Reals:
        total: Reals | None = None
        for clause in clauses:
            match clause:
                case Range() | Filter() | Not() | Everything():
                    continue
                case Terms(variants, fields) if len(variants) == len(fields) == 1:
                    where, scores = self._term(clause, among)
                case _:
                    where, scores = slice(None), self._scores(clause, among)
            if total is None:
                total = _spread(where, scores, among)
            elif isinstance(where, slice):
                total += scores
            else:
                np.add.at(total, where, scores)
        return np.zeros(len(among)) if total is None else total

    def _terms(self, query: Terms, among: Candidates) -> Reals:
        fields = tuple(place.field for place in query.fields)
        if len(fields) == len(query.variants) == 1:
            return _spread(*self._term(query, among), among)
        idf = self._idf(len(self._evaluation.having(query.variants, fields)))
        best: Reals | None = None
        for variant in query.variants:
            frequencies = self._frequencies(variant, query.fields, among)
            if best is None:
                best = frequencies
            elif frequencies is not None:
                best = np.maximum(best, frequencies)
        if best is None:
            return np.zeros(len(among))
        return _saturated(best, query.k1, idf)

    def _term(self, query: Terms, among: Candidates) -> tuple[Numbers | slice, Reals]:
        """One variant in one field: where it stands among the articles, and its scores there.

        f (k1 + 1) / (f + k1 · norm), f weighed, in the fewest passes.
        """
        (place,), (variant,) = query.fields, query.variants
        numbers, frequencies = self._evaluation.postings(place.field, variant)
        idf = self._idf(len(numbers))
        if not len(numbers) or not place.weight:
            return NOTHING, np.zeros(0)
        where, kept = among.align(numbers)
        if not isinstance(kept, slice):
            numbers, frequencies = numbers.take(kept), frequencies.take(kept)
        below = self._snapshot.norms(place.field, place.b, query.k1 / place.weight).take(numbers)
        below += frequencies
        scores: Reals = np.divide(frequencies, below, out=below)
        scores *= idf * (query.k1 + 1)
        return where, scores

    def _frequencies(self, variant: str, fields: tuple[In, ...], among: Candidates) -> Reals | None:
        """A variant's BM25F frequency in each article: the sum over the fields; None: 0 in all."""
        total: Reals | None = None
        for place in fields:
            postings = self._evaluation.postings(place.field, variant)
            if len(postings.numbers):
                total = self._added(total, place, postings.numbers, postings.frequencies, among)
        return total

    def _phrase(self, query: Phrase, among: Candidates) -> Reals:
        total: Reals | None = None
        for place in query.fields:
            numbers, frequencies = self._evaluation.phrase(query, place.field, among.numbers)
            if len(numbers):
                total = self._added(total, place, numbers, frequencies, among)
        if total is None:
            return np.zeros(len(among))
        fields = tuple(place.field for place in query.fields)
        having = [len(self._evaluation.having(part, fields)) for part in query.parts]
        return _saturated(total, query.k1, sum(map(self._idf, having)))

    def _added(
        self,
        total: Reals | None,
        place: In,
        numbers: Numbers,
        frequencies: Numbers,
        among: Candidates,
    ) -> Reals:
        """The total and BM25F's frequency in one field: its weight, the article's length."""
        where, kept = among.align(numbers)
        norms = self._snapshot.norms(place.field, place.b)
        if isinstance(kept, slice):
            weighed = frequencies / norms.take(numbers)
        else:
            weighed = frequencies.take(kept) / norms.take(numbers.take(kept))
        if place.weight != 1:
            weighed *= place.weight
        if isinstance(where, slice):
            return weighed if total is None else total + weighed
        if total is None:
            total = np.zeros(len(among))
            total[where] = weighed
        else:
            total[where] += weighed
        return total

    def _idf(self, articles: int) -> float:
        return float(np.log1p((self._snapshot.count - articles + 0.5) / (articles + 0.5)))

    def _lift(self, query: Fresh, numbers: Numbers) -> Reals:
        decay = self._snapshot.decay(query.now, query.half_life)
        return 1 + query.weight * decay.take(numbers)


def _spread(where: Numbers | slice, scores: Reals, among: Candidates) -> Reals:
    """The scores at their places, 0 elsewhere."""
    if isinstance(where, slice):
        return scores
    spread = np.zeros(len(among))
    spread[where] = scores
    return spread


def _saturated(frequencies: Reals, k1: float, idf: float) -> Reals:
    """Frequencies, in place, as scores."""
    if k1 == 0:
        return np.where(frequencies > 0, idf, 0.0)
    below = frequencies + k1
    frequencies *= (k1 + 1) * idf
    frequencies /= below
    return frequencies
