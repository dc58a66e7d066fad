"""What each matching article scores: BM25F and the other rules of index.query."""

from math import log1p
from typing import assert_never

import numpy as np

from index import query as q
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.segment.arrays import NOTHING, Flags, Numbers, Reals
from index.engines.whoosh.segment.sets import DocSet, Indices

_MANY = 4
"""From a fourth of the index on."""
_OF_WORDS = 500
"""Where any of some words does, adding up is all: from a five hundredth on."""
NO_SCORES = np.zeros(0, dtype=np.float32)


class Scoring:
    """Scores of one evaluation's matches, with or without the bonuses of `Prefer`."""

    def __init__(self, evaluation: Evaluation, bonuses: bool = True) -> None:
        self.evaluation = evaluation
        self.bonuses = bonuses
        self._snapshot = evaluation.snapshot
        self._shared: dict[tuple[q.In, float, int], tuple[DocSet, Reals]] = {}

    def candidates(self, query: q.Query, matches: DocSet) -> DocSet:
        """Whom to score so that these articles are.

        Where they are many, everyone: then nobody must be looked up among them.
        """
        many = len(matches) * (_OF_WORDS if _only_words(query) else _MANY) >= self._snapshot.size
        return self._snapshot.everyone if many and not isinstance(query, q.Terms) else matches

    def scores(self, query: q.Query, among: DocSet) -> Reals:  # noqa: PLR0911
        """The clause's score for each of these articles; 0 where it does not match."""
        match query:
            case q.Terms():
                return self._terms(query, among)
            case q.Phrase():
                return self._phrase(query, among)
            case q.Range() | q.Filter() | q.Not() | q.Everything():
                return _zeros(among)
            case q.Prefix():
                return self._flags(query, among).astype(np.float32)
            case q.Constant(clause, score):
                return self._flags(clause, among).astype(np.float32) * np.float32(score)
            case q.Boost(clause, factor):
                return self.scores(clause, among) * factor
            case q.Prefer(clause) if not self.bonuses:
                return self.scores(clause, among)
            case q.And() | q.Or() | q.Prefer() | q.Fresh():
                return self._compound(query, among)
            case _:
                assert_never(query)

    def _compound(self, query: q.And | q.Or | q.Prefer | q.Fresh, among: DocSet) -> Reals:
        """Scored where the whole clause matches: `a AND b` gives nothing to `a` alone."""
        if isinstance(query, q.Or) and query.at_least <= 1:
            return self._combined(query, among)  # what matches no clause has no score
        matched = self.evaluation.match(query)
        shared = matched if among is self._snapshot.everyone else matched & among
        if len(shared) == len(among):
            return self._combined(query, among)
        scores = _zeros(among)
        if len(shared):
            scores[among.align(shared.doc_ids).in_set] = self._combined(query, shared)
        return scores

    def _flags(self, query: q.Query, among: DocSet) -> Flags:
        """Which of these articles match the clause."""
        if among is self._snapshot.everyone:
            return self.evaluation.match(query).flags
        return self.evaluation.passes(query, among)

    def _combined(self, query: q.And | q.Or | q.Prefer | q.Fresh, among: DocSet) -> Reals:
        match query:
            case q.And(clauses) | q.Or(clauses):
                return self._sum(clauses, among)
            case q.Prefer(clause, bonuses):
                return self._sum((clause, *bonuses), among)
            case q.Fresh():
                return self.scores(query.clause, among) * self._lift(query, among)
            case _:
                assert_never(query)

    def _sum(self, clauses: tuple[q.Query, ...], among: DocSet) -> Reals:
        """The sum of the clauses' scores; a single term is scored only where it stands."""
        total: Reals | None = None
        for clause in clauses:
            match clause:
                case q.Range() | q.Filter() | q.Not() | q.Everything():
                    continue
                case q.Terms() if _is_single_term(clause):
                    where, scores = self._term(clause, among)
                case _:
                    where, scores = slice(None), self.scores(clause, among)
            total = _add(total, where, scores, among)
        return _zeros(among) if total is None else total

    def _terms(self, query: q.Terms, among: DocSet) -> Reals:
        if _is_single_term(query):
            return _spread(*self._term(query, among), among)
        fields = tuple(in_field.field for in_field in query.fields)
        idf = self._idf(len(self.evaluation.having(query.variants, fields)))
        best: Reals | None = None
        for variant, weight in query.weighted_variants():
            frequencies = self._frequencies(variant, query.fields, among)
            if frequencies is None:
                continue
            if weight != 1:
                frequencies *= weight
            best = frequencies if best is None else np.maximum(best, frequencies)
        if best is None:
            return _zeros(among)
        return _saturated(best, query.k1, idf)

    def _term(self, query: q.Terms, among: DocSet) -> tuple[Indices | slice, Reals]:
        """One variant in one field: where it stands among the articles, and its scores there.

        (k1 + 1) / (1 + k1 · norm / f), f weighted, in the fewest passes.
        """
        (in_field,), (variant,) = query.fields, query.variants
        articles, frequencies, _ = self.evaluation.term(in_field.field, variant)
        doc_ids = articles.doc_ids
        idf = self._idf(articles.count)
        if not articles.count or not in_field.weight:
            return NOTHING, NO_SCORES
        where, shared = among.align(doc_ids)
        if not isinstance(shared, slice):
            frequencies = frequencies.take(shared)
        if isinstance(where, slice):
            norms = self._norms(in_field, query.k1, among)
        else:
            stand = doc_ids if isinstance(shared, slice) else doc_ids.take(shared)
            norms = self._norms_of(in_field, query.k1, stand)
        scores = frequencies.astype(np.float32)
        np.divide(norms, scores, out=scores)
        scores += 1
        np.divide(np.float32(idf * (query.k1 + 1)), scores, out=scores)
        return where, scores

    def _norms(self, in_field: q.In, k1: float, among: DocSet) -> Reals:
        """k1 · norm of each of the articles: the words of one field share them."""
        key = (in_field, k1, id(among))
        if (known := self._shared.get(key)) is None:  # the articles are held: ids are not reused
            known = self._shared[key] = (among, self._norms_of(in_field, k1, among.doc_ids))
        return known[1]

    def _norms_of(self, in_field: q.In, k1: float, doc_ids: Numbers) -> Reals:
        norms = self._snapshot.norms(in_field.field, in_field.b, k1 / in_field.weight)
        return norms.take(doc_ids, mode="clip")

    def _frequencies(self, variant: str, fields: tuple[q.In, ...], among: DocSet) -> Reals | None:
        """A variant's BM25F frequency in each article: the sum over the fields; None: 0 in all."""
        total: Reals | None = None
        for in_field in fields:
            articles, frequencies, _ = self.evaluation.term(in_field.field, variant)
            if articles.count:
                where, weighted = self._weighted(in_field, articles.doc_ids, frequencies, among)
                total = _add(total, where, weighted, among)
        return total

    def _phrase(self, query: q.Phrase, among: DocSet) -> Reals:
        total: Reals | None = None
        for in_field in query.fields:
            within = None if among is self._snapshot.everyone else among
            having_it, frequencies = self.evaluation.phrase(query, in_field.field, within)
            if len(having_it):
                where, weighted = self._weighted(in_field, having_it.doc_ids, frequencies, among)
                total = _add(total, where, weighted, among)
        if total is None:
            return _zeros(among)
        fields = tuple(in_field.field for in_field in query.fields)
        having = [len(self.evaluation.having(part, fields)) for part in query.parts]
        return _saturated(total, query.k1, sum(map(self._idf, having)))

    def _weighted(
        self, in_field: q.In, doc_ids: Numbers, frequencies: Numbers, among: DocSet
    ) -> tuple[Indices | slice, Reals]:
        """Which of the articles have a frequency in the field, and BM25F's frequencies there.

        A frequency counts by the field's weight and the article's length.
        """
        where, shared = among.align(doc_ids)
        if not isinstance(shared, slice):
            doc_ids, frequencies = doc_ids.take(shared), frequencies.take(shared)
        weighted: Reals = frequencies.astype(np.float32)
        weighted /= self._snapshot.norms(in_field.field, in_field.b).take(doc_ids, mode="clip")
        if in_field.weight != 1:
            weighted *= in_field.weight
        return where, weighted

    def _idf(self, articles: int) -> float:
        return log1p((self._snapshot.count - articles + 0.5) / (articles + 0.5))

    def _lift(self, query: q.Fresh, among: DocSet) -> Reals:
        decay = self._snapshot.decay(query.now, query.half_life)
        if among is not self._snapshot.everyone:
            decay = decay.take(among.doc_ids, mode="clip")
        lift: Reals = 1 + query.weight * decay
        return lift


def _only_words(query: q.Query) -> bool:
    """Whether each clause is one term in one field, any of which does."""
    return (
        isinstance(query, q.Or)
        and query.at_least <= 1
        and all(isinstance(clause, q.Terms) and _is_single_term(clause) for clause in query.clauses)
    )


def _is_single_term(query: q.Terms) -> bool:
    """Whether the word has one variant, of weight 1, in one field."""
    return len(query.variants) == len(query.fields) == 1 and not query.weights


def _add(total: Reals | None, where: Indices | slice, values: Reals, among: DocSet) -> Reals:
    """The total, in place, with the values added at their indices; None: nothing was added yet."""
    if total is None:
        return _spread(where, values, among)
    if isinstance(where, slice):
        total += values
    else:
        np.add.at(total, where, values)
    return total


def _spread(where: Indices | slice, scores: Reals, among: DocSet) -> Reals:
    """The scores at their indices, 0 elsewhere."""
    if isinstance(where, slice):
        return scores
    spread = _zeros(among)
    spread[where] = scores
    return spread


def _zeros(among: DocSet) -> Reals:
    return np.zeros(len(among), dtype=np.float32)


def _saturated(frequencies: Reals, k1: float, idf: float) -> Reals:
    """Frequencies, in place, as scores."""
    if k1 == 0:
        return (frequencies > 0).astype(np.float32) * np.float32(idf)
    below = frequencies + k1
    frequencies *= (k1 + 1) * idf
    frequencies /= below
    return frequencies
