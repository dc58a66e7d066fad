"""The scores of words: all words in one call of a kernel, or each with numpy."""

from collections.abc import Sequence
from math import log1p

import numpy as np

from index import query as q
from index.engines.whoosh import kernels
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.sums import has_one_group, rows_of
from index.engines.whoosh.segment.arrays import Numbers, Reals
from index.engines.whoosh.segment.field_groups import Rows, by_group
from index.engines.whoosh.segment.sets import DocSet, Indices

_Fields = tuple[q.In, ...]


class WordScores:
    """Scores the words of one evaluation."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._snapshot = evaluation.snapshot
        self._compiled: dict[int, tuple[q.Terms, kernels.words.Word | None]] = {}

    def scores(self, words: Sequence[tuple[q.Terms, float]], among: DocSet) -> Reals:
        """The sum of the words' scores for each of these articles, each times its factor."""
        total: Reals = np.zeros(len(among), dtype=np.float32)
        self.add(words, among, total)
        return total

    def add(self, words: Sequence[tuple[q.Terms, float]], among: DocSet, total: Reals) -> None:
        """Adds the words' scores for each of these articles to the total."""
        if kernels.COMPILED:
            compiled = [(word, factor) for one, factor in words if (word := self._kernel_word(one))]
            if len(compiled) == len(words):
                doc_ids = None if among is self._snapshot.everyone else among.doc_ids
                kernels.words.add_words(total, doc_ids, compiled)
                return
        for one, factor in words:
            where, scores = self._word(one, among)
            add(total, where, scores if factor == 1 else scores * factor, among)

    def _kernel_word(self, word: q.Terms) -> "kernels.words.Word | None":
        """The word for the kernel; None: its fields are not of one group."""
        known = self._compiled.get(id(word))
        if known is None:  # the word is held too: another one may not take its id
            compiled = self._compile(word) if has_one_group(word) else None
            known = self._compiled[id(word)] = word, compiled
        return known[1]

    def _compile(self, word: q.Terms) -> "kernels.words.Word":
        term, group = self._evaluation.term, rows_of(word).group
        variants = [
            (found.compiled, weight)
            for variant, weight in word.weighted_variants()
            if (found := term(group, variant)).entries
        ]
        if not variants:
            return kernels.words.NO_WORD
        gain = self._idf_of(word) * (word.k1 + 1 if word.k1 else 1)
        return kernels.words.Word(self._snapshot.compiled(word.fields), word.k1, gain, variants)

    def idf(self, articles: int) -> float:
        """The idf of what stands in so many articles."""
        return log1p((self._snapshot.count - articles + 0.5) / (articles + 0.5))

    def weights(self, fields: _Fields, rows: Rows, doc_ids: Numbers) -> Reals:
        """What frequencies in these of the fields are multiplied by: a column a field."""
        return self.all_weights(fields, rows).take(doc_ids, axis=0, mode="clip")

    def all_weights(self, fields: _Fields, rows: Rows) -> Reals:
        """The same for all articles of the snapshot, a row each."""
        return self._snapshot.weights(tuple([fields[index] for index in rows.indices]))

    def _idf_of(self, word: q.Terms) -> float:
        return self.idf(self._evaluation.count(word.variants, word.fields))

    def _word(self, word: q.Terms, among: DocSet) -> tuple[Indices | slice, Reals]:
        """Where a word stands among the articles, and its scores there."""
        best: tuple[Indices | slice, Reals] | None = None
        for variant, weight in word.weighted_variants():
            found = self._frequencies(variant, word.fields, among)
            if found is None:
                continue
            where, frequencies = found
            if weight != 1:
                frequencies *= weight
            if best is None and len(word.variants) == 1:
                best = where, frequencies
            else:
                frequencies = _spread(where, frequencies, among)
                if best is not None:
                    np.maximum(best[1], frequencies, out=frequencies)
                best = slice(None), frequencies
        if best is None:
            return slice(None), np.zeros(len(among), dtype=np.float32)
        return best[0], saturated(best[1], word.k1, self._idf_of(word))

    def _frequencies(
        self, variant: str, fields: _Fields, among: DocSet
    ) -> tuple[Indices | slice, Reals] | None:
        """Where a variant stands, and its BM25F frequencies: the sum over the fields."""
        by_rows = [
            (rows, found)
            for rows in by_group(fields)
            if (found := self._evaluation.term(rows.group, variant).among(among)) is not None
        ]
        if not by_rows:
            return None
        if len(by_rows) == 1:
            ((rows, found),) = by_rows
            return found.where, self._summed(fields, rows, found.combinations, found.doc_ids)
        total: Reals | None = None
        for rows, found in by_rows:
            summed = self._summed(fields, rows, found.combinations, found.doc_ids)
            total = add(total, found.where, summed, among)
        assert total is not None  # there are several
        return slice(None), total

    def _summed(
        self, fields: _Fields, rows: Rows, combinations: Numbers, doc_ids: Numbers
    ) -> Reals:
        """BM25F's frequency of each posting: the sum over the fields of a group, weighted."""
        by_field = self._snapshot.table(rows.group).reals(rows.rows).take(combinations, axis=0)
        by_field *= self.weights(fields, rows, doc_ids)
        summed = by_field[:, 0]
        for column in by_field.T[1:]:
            summed = summed + column
        return summed


def saturated(frequencies: Reals, k1: float, idf: float) -> Reals:
    """Frequencies, in place, as scores."""
    if k1 == 0:
        return (frequencies > 0).astype(np.float32) * np.float32(idf)
    below = frequencies + np.float32(k1)
    frequencies *= np.float32((k1 + 1) * idf)
    frequencies /= below
    return frequencies


def add(total: Reals | None, where: Indices | slice, values: Reals, among: DocSet) -> Reals:
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
    spread = np.zeros(len(among), dtype=np.float32)
    spread[where] = scores
    return spread
