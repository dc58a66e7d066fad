"""The scores of words: of many articles each word where it stands, of few all words at once.

Numpy's calls cost more than what they do for some hundred articles, so that there are as many
for six words as for one: the postings of all words are joined, and each word has a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import log1p
from typing import NamedTuple

import numpy as np

from index import query as q
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.terms import Among
from index.engines.whoosh.segment.arrays import Numbers, Reals
from index.engines.whoosh.segment.field_groups import Rows, by_group
from index.engines.whoosh.segment.sets import DocSet, Indices

_FEW = 4_000
"""Articles up to which words are scored together."""
_Fields = tuple[q.In, ...]


class _Variant(NamedTuple):
    """A variant of a word: the word's row, its rank and weight there, its postings."""

    rank: int
    row: int
    weight: float
    found: Among


class WordScores:
    """Scores the words of one evaluation."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._snapshot = evaluation.snapshot

    def scores(self, words: Sequence[tuple[q.Terms, float]], among: DocSet) -> Reals:
        """The sum of the words' scores for each of these articles, each times its factor."""
        together = len(words) > 1 and len(among) <= _FEW
        if together and all(word.k1 > 0 and has_one_group(word) for word, _ in words):
            return self._together(words, among)
        total: Reals | None = None
        for word, factor in words:
            where, scores = self._word(word, among)
            total = add(total, where, scores if factor == 1 else scores * factor, among)
        return np.zeros(len(among), dtype=np.float32) if total is None else total

    def idf(self, articles: int) -> float:
        """The idf of what stands in so many articles."""
        return log1p((self._snapshot.count - articles + 0.5) / (articles + 0.5))

    def weights(self, fields: _Fields, rows: Rows, doc_ids: Numbers) -> Reals:
        """What frequencies in these of the fields are multiplied by: a row a field."""
        some = tuple([fields[index] for index in rows.indices])
        return self._snapshot.weights(some).take(doc_ids, axis=1, mode="clip")

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
        by_field = self._snapshot.table(rows.group).reals(rows.rows).take(combinations, axis=1)
        by_field *= self.weights(fields, rows, doc_ids)
        summed: Reals = by_field[0] if len(by_field) == 1 else np.add.reduce(by_field, axis=0)
        return summed

    def _together(self, words: Sequence[tuple[q.Terms, float]], among: DocSet) -> Reals:
        table = np.zeros((len(words), len(among)), dtype=np.float32)
        by_fields: dict[_Fields, list[tuple[int, q.Terms]]] = {}
        for row, (word, _) in enumerate(words):
            by_fields.setdefault(word.fields, []).append((row, word))
        for fields, some in by_fields.items():
            (rows,) = by_group(fields)
            variants = sorted(self._variants(rows.group, some, among), key=_by_rank)
            if variants:
                combinations = _joined([one.found.combinations for one in variants])
                doc_ids = _joined([one.found.doc_ids for one in variants])
                frequencies = self._summed(fields, rows, combinations, doc_ids)
                _keep_best(table, variants, frequencies)
        below = table + _column(word.k1 for word, _ in words)
        table *= _column((word.k1 + 1) * self._idf_of(word) for word, _ in words)
        table /= below
        if any(factor != 1 for _, factor in words):
            table *= _column(factor for _, factor in words)
        summed: Reals = table[0] if len(table) == 1 else np.add.reduce(table, axis=0)
        return summed

    def _variants(
        self, group: str, words: Sequence[tuple[int, q.Terms]], among: DocSet
    ) -> Iterator[_Variant]:
        for row, word in words:
            for rank, (variant, weight) in enumerate(word.weighted_variants()):
                found = self._evaluation.term(group, variant).among(among)
                if found is not None:
                    yield _Variant(rank, row, weight, found)


def has_one_group(word: q.Terms) -> bool:
    """Whether the word's fields are of one group."""
    return len(by_group(word.fields)) == 1


def rows_of(word: q.Terms) -> Rows:
    """The rows of the word's fields, which are of one group."""
    (rows,) = by_group(word.fields)
    return rows


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


def _keep_best(table: Reals, variants: Sequence[_Variant], frequencies: Reals) -> None:
    """Each word's row gets the best of its variants' frequencies, which come by rank."""
    cells, articles, start = table.reshape(-1), table.shape[1], 0
    for _, group in groupby(variants, _by_rank):
        some = [*group]
        counts = [len(one.found.doc_ids) for one in some]
        here = frequencies[start : start + sum(counts)]
        if any(one.weight != 1 for one in some):
            here *= np.array([one.weight for one in some], dtype=np.float32).repeat(counts)
        indices = _joined([_cells(one, articles) for one in some])
        cells[indices] = here if not start else np.maximum(cells.take(indices), here)
        start += sum(counts)


def _cells(variant: _Variant, articles: int) -> Numbers:
    """Where the variant's postings are in a table of words' rows."""
    first, where = variant.row * articles, variant.found.where
    if isinstance(where, slice):
        return np.arange(first, first + articles)
    cells: Numbers = where + np.int64(first)
    return cells


def _by_rank(variant: _Variant) -> int:
    return variant.rank


def _joined(arrays: Sequence[Numbers]) -> Numbers:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _column(numbers: Iterable[float]) -> Reals:
    return np.array([[number] for number in numbers], dtype=np.float32)
