"""What each matching article scores: BM25F and the other rules of index.query."""

from copy import copy
from typing import assert_never

import numpy as np

from index import query as q
from index.engines.whoosh import kernels
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.sums import Sum, Sums, has_one_group
from index.engines.whoosh.read.word_scores import WordScores, add, saturated
from index.engines.whoosh.segment.arrays import Flags, Reals
from index.engines.whoosh.segment.field_groups import Rows, by_kind
from index.engines.whoosh.segment.sets import DocSet

_Compound = q.And | q.Or | q.Prefer | q.Fresh

_MANY = 4
"""From a fourth of the index on."""
_OF_WORDS = 500
"""Where any of some words does, adding up is all: from a five hundredth on."""
NO_SCORES = np.zeros(0, dtype=np.float32)


class Scoring:
    """Scores of one evaluation's matches, with or without the bonuses of `Prefer`."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.bonuses = True
        self._snapshot = evaluation.snapshot
        self._words = WordScores(evaluation)
        self._sums = Sums(evaluation)

    def without_bonuses(self) -> "Scoring":
        """The same without bonuses; what was found out for either serves both."""
        plain = copy(self)
        plain.bonuses = False
        return plain

    def candidates(self, query: q.Query, matches: DocSet) -> DocSet:
        """Whom to score so that these articles are.

        Where they are many, everyone: then nobody must be looked up among them.
        """
        many = len(matches) * (_OF_WORDS if _only_words(query) else _MANY) >= self._snapshot.size
        return self._snapshot.everyone if many and not isinstance(query, q.Terms) else matches

    def scores(  # noqa: PLR0911  # one case a clause
        self, query: q.Query, among: DocSet, whole: bool = False
    ) -> Reals:
        """The clause's score for each of these articles; 0 where it does not match.

        `whole` says that all of them match it.
        """
        match query:
            case q.Terms():
                return self._words.scores([(query, 1.0)], among)
            case q.Phrase():
                return self._phrase(query, among)
            case q.Range() | q.Filter() | q.Not() | q.Everything():
                return _zeros(among)
            case q.Prefix():
                return self._flags(query, among).astype(np.float32)
            case q.Constant(clause, score):
                return self._flags(clause, among).astype(np.float32) * np.float32(score)
            case q.Boost(clause, factor):
                return self.scores(clause, among, whole) * factor
            case q.Prefer(clause) if not self.bonuses:
                return self.scores(clause, among, whole)
            case q.And() | q.Or() | q.Prefer() | q.Fresh():
                return self._compound(query, among, whole)
            case _:
                assert_never(query)

    def _compound(self, query: _Compound, among: DocSet, whole: bool) -> Reals:
        """Scored where the whole clause matches: `a AND b` gives nothing to `a` alone."""
        if whole or (isinstance(query, q.Or) and query.at_least <= 1):
            return self._combined(query, among, whole)  # what matches no clause has no score
        matched = self.evaluation.match(query)
        shared = matched if among is self._snapshot.everyone else matched & among
        if len(shared) == len(among):
            return self._combined(query, among, True)
        scores = _zeros(among)
        if len(shared):
            scores[among.align(shared.doc_ids).in_set] = self._combined(query, shared, True)
        return scores

    def _flags(self, query: q.Query, among: DocSet) -> Flags:
        """Which of these articles match the clause."""
        if among is self._snapshot.everyone:
            return self.evaluation.match(query).flags
        return self.evaluation.passes(query, among)

    def _combined(self, query: _Compound, among: DocSet, whole: bool) -> Reals:
        """The clause's score for articles that all match it, if `whole`."""
        if isinstance(query, q.Fresh):
            scores = self.scores(query.clause, among, whole)
            scores *= self._lift(query, among)
            return scores
        base, bonuses = self._sums.of(query, whole)
        total = self._added(base, among, None)
        if self.bonuses:
            total = self._added(bonuses, among, total)
        return _zeros(among) if total is None else total

    def _added(self, parts: Sum, among: DocSet, total: Reals | None) -> Reals | None:
        """The total, in place, with these parts; None: nothing was added yet.

        Words come first, in their order, so that a score without bonuses is the same number
        whichever way it was made.
        """
        if parts.words:
            total = _zeros(among) if total is None else total
            self._words.add(parts.words, among, total)
        if among is not self._snapshot.everyone and not kernels.COMPILED:
            self._read_phrases(parts, among)
        for clause, factor, whole in parts.others:
            scores = self.scores(clause, among, whole)
            total = add(total, slice(None), scores if factor == 1 else scores * factor, among)
        return total

    def _read_phrases(self, parts: Sum, among: DocSet) -> None:
        """Reads at once what the phrases need."""
        by_rows: dict[Rows, list[q.Phrase]] = {}
        for clause, _, _ in parts.others:
            if isinstance(clause, q.Phrase):
                for rows in by_kind(clause.fields):
                    by_rows.setdefault(rows, []).append(clause)
        for rows, phrases in by_rows.items():
            self.evaluation.read_phrases(rows, phrases, among)

    def _phrase(self, query: q.Phrase, among: DocSet) -> Reals:
        sums = _zeros(among)
        for rows in by_kind(query.fields):
            self._add_frequencies(sums, query, rows, among)
        having = [self.evaluation.count(part, query.fields) for part in query.parts]
        return saturated(sums, query.k1, sum(map(self._words.idf, having)))

    def _add_frequencies(self, sums: Reals, query: q.Phrase, rows: Rows, among: DocSet) -> None:
        """Adds to each article's sum its weighted frequency of the phrase in some fields."""
        few = among is not self._snapshot.everyone
        if kernels.COMPILED and few and not self.evaluation.found_everywhere(query, rows):
            weights = self._words.all_weights(query.fields, rows)
            self.evaluation.add_frequencies(sums, query, rows, weights, among)
            return
        having_it, frequencies = self.evaluation.phrase(query, rows, among if few else None)
        if len(having_it):
            where, shared = among.align(having_it.doc_ids)
            doc_ids = having_it.doc_ids
            if not isinstance(shared, slice):
                doc_ids, frequencies = doc_ids.take(shared), frequencies.take(shared, axis=1)
            by_field = frequencies.astype(np.float32)
            by_field *= self._words.weights(query.fields, rows, doc_ids).T
            add(sums, where, np.add.reduce(by_field, axis=0), among)

    def _lift(self, query: q.Fresh, among: DocSet) -> Reals:
        lift = self._snapshot.lift(query.now, query.half_life, query.weight)
        if among is not self._snapshot.everyone:
            lift = lift.take(among.doc_ids, mode="clip")
        return lift


def _only_words(query: q.Query) -> bool:
    """Whether each clause is one term, any of which does."""
    return (
        isinstance(query, q.Or)
        and query.at_least <= 1
        and all(
            isinstance(word, q.Terms) and len(word.variants) == 1 and has_one_group(word)
            for word in query.clauses
        )
    )


def _zeros(among: DocSet) -> Reals:
    return np.zeros(len(among), dtype=np.float32)
