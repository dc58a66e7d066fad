"""Analysed articles → the file of a new segment, in bulk: term ids and one sort a field."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.analysed import AnalysedArticle, FieldTerms
from index.analysis.token import Word
from index.engines.whoosh.segment.arrays import NO_DATE, Numbers
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.doc_values_writer import column_of, write_column
from index.engines.whoosh.segment.postings import Occurrences, smallest, write_postings
from index.engines.whoosh.segment.record import record
from index.engines.whoosh.segment.stored_fields import dictionary_of, write_stored
from index.engines.whoosh.segment.term_dictionary import write_terms
from index.schema import EXACT, FACETS, Facet

BATCH_OCCURRENCES = 4_000_000
BATCH_BYTES = 64 * 1024 * 1024
"""Where a batch is cut: it holds some 400 MB then."""

_NEXT = 32
"""A sort key is a term's ordinal, then the occurrence's index in the batch, in 32 bits."""


class _Words(dict[Word, int]):
    """The words of a batch, each with its number: they are numbered as they appear.

    A text has half as many words as terms; the terms are spread out when the segment is written.
    """

    def __missing__(self, word: Word) -> int:
        self[word] = number = len(self)
        return number


@dataclass(slots=True)
class _FieldBatch:
    """A field's words, article after article."""

    words: "array[int]" = field(default_factory=partial(array, "I"))
    positions: "array[int]" = field(default_factory=partial(array, "I"))
    doc_ids: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, doc_id: int, terms: FieldTerms, numbered: _Words) -> None:
        self.words.extend(map(numbered.__getitem__, terms.words))
        self.positions.extend(terms.positions)
        self.doc_ids.append(doc_id)
        self.counts.append(len(terms.words))
        self.lengths.append(terms.length)

    def all_lengths(self, articles: int) -> Numbers:
        """The field's length in each of so many articles."""
        lengths = np.zeros(articles, dtype=np.int64)
        lengths[self.doc_ids] = self.lengths
        return lengths


@dataclass(slots=True)
class _FacetBatch:
    """The distinct sets of labels, and each article's."""

    sets: dict[tuple[str, ...], int] = field(default_factory=dict)
    of: list[int] = field(default_factory=list)

    def add(self, labels: tuple[str, ...]) -> None:
        unique = tuple(dict.fromkeys(labels))
        self.of.append(self.sets.setdefault(unique, len(self.sets)))


class Batch:
    """The articles of a new segment; of two articles with one id the later one stays."""

    def __init__(self) -> None:
        self._doc_ids: dict[str, int] = {}
        self._stored: list[bytes] = []
        self._bytes = 0
        self._occurrences = 0
        self._dates: list[int] = []
        self._words = _Words()
        self._fields: dict[str, _FieldBatch] = {}
        self._exact: set[str] = set()
        self._facets: dict[Facet, _FacetBatch] = {facet: _FacetBatch() for facet in FACETS}
        self.replaced: list[int] = []
        """Doc ids of articles that a later one with the same id replaced."""

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def full(self) -> bool:
        """Whether the batch is large enough to be written."""
        return self._occurrences >= BATCH_OCCURRENCES or self._bytes >= BATCH_BYTES

    def add(self, analysed: AnalysedArticle) -> None:
        """Adds an article. After any error the batch must be thrown away."""
        doc_id = len(self._stored)
        article_id = analysed.article.id
        if article_id in self._doc_ids:
            self.replaced.append(self._doc_ids[article_id])
        self._doc_ids[article_id] = doc_id
        stored = record(analysed)
        self._stored.append(stored)
        self._bytes += len(stored)
        self._dates.append(NO_DATE if analysed.published is None else analysed.published)
        for name, terms in analysed.fields.items():
            if terms.words:
                self._occurrences += len(terms.words)
                if terms.exact:  # an exact field has its field's words, where they stand
                    self._exact.add(name)
                else:
                    field_batch = self._fields.setdefault(name, _FieldBatch())
                    field_batch.add(doc_id, terms, self._words)
        for facet, batch in self._facets.items():
            batch.add(analysed.facets.get(facet, ()))

    @property
    def ids(self) -> Iterable[str]:
        """The ids of the articles, each once."""
        return self._doc_ids

    def write(self, path: Path) -> None:
        """Writes the segment's file (its sections: see segment.py), and has it on the disk."""
        with ContainerWriter(path) as writer:
            self._write(writer, path.parent)

    def _write(self, writer: ContainerWriter, folder: Path) -> None:
        ids = sorted((article_id.encode(), doc_id) for article_id, doc_id in self._doc_ids.items())
        write_terms(writer, "id.terms", [[article_id for article_id, _ in ids]])
        writer.add("id.doc_ids", smallest(np.array([doc_id for _, doc_id in ids], dtype=np.int64)))
        writer.add("dates", np.array(self._dates, dtype=np.int64))
        for facet, labels in self._facets.items():
            write_column(writer, facet, column_of(labels.sets, labels.of))
        terms = _Terms(list(self._words))
        for name, batch in self._fields.items():
            lengths = smallest(batch.all_lengths(len(self)))
            exact = EXACT.get(name, "")
            for field_name in (name, exact) if exact in self._exact else (name,):
                writer.add(f"{field_name}.lengths", lengths)
                spread = terms.forms(batch) if field_name == exact else terms.lemmas(batch)
                _write_postings(writer, field_name, batch, terms.encoded, spread, folder)
        write_stored(writer, self._stored, dictionary_of(self._stored))
        writer.finish({"articles": len(self)})


class _Spread(NamedTuple):
    """Terms, and for each the index of its word among the field's words."""

    terms: Numbers
    indices: Numbers


class _Terms:
    """The terms of a batch in order, and which of them each word becomes."""

    def __init__(self, words: Sequence[Word]) -> None:
        flat = list(chain.from_iterable(word.lemmas for word in words))
        forms = [word.form for word in words]
        ordered = sorted({*flat, *forms})  # code points order as their UTF-8 bytes do
        ordinals = dict(zip(ordered, range(len(ordered)), strict=True))
        self.encoded = [term.encode() for term in ordered]
        self._counts = np.array([len(word.lemmas) for word in words], dtype=np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._lemmas = np.array(list(map(ordinals.__getitem__, flat)), dtype=np.int64)
        self._forms = np.array(list(map(ordinals.__getitem__, forms)), dtype=np.int64)

    def lemmas(self, batch: _FieldBatch) -> _Spread:
        """The terms of the field's words, one word's after another's."""
        words = np.array(batch.words, dtype=np.int64)
        counts = self._counts[words]
        indices = np.repeat(np.arange(len(words)), counts)
        shifts = (self._starts[words] - np.cumsum(counts) + counts).take(indices)
        shifts += np.arange(len(shifts))
        return _Spread(self._lemmas.take(shifts), indices)

    def forms(self, batch: _FieldBatch) -> _Spread:
        """The forms of the field's words."""
        words = np.array(batch.words, dtype=np.int64)
        return _Spread(self._forms[words], np.arange(len(words)))


def _write_postings(  # noqa: PLR0913, PLR0917
    writer: ContainerWriter,
    name: str,
    batch: _FieldBatch,
    encoded: Sequence[bytes],
    spread: _Spread,
    folder: Path,
) -> None:
    used = np.flatnonzero(np.bincount(spread.terms, minlength=len(encoded)))
    write_terms(writer, f"{name}.terms", [[encoded[term] for term in used.tolist()]])
    ordinals = np.zeros(len(encoded), dtype=np.int64)
    ordinals[used] = np.arange(len(used))

    order = np.sort((ordinals[spread.terms] << _NEXT) | np.arange(len(spread.terms)))
    terms, order = order >> _NEXT, order & ((1 << _NEXT) - 1)
    word = spread.indices[order]
    doc_ids = np.repeat(np.array(batch.doc_ids), batch.counts)[word]
    positions = np.array(batch.positions, dtype=np.int64)[word]
    write_postings(writer, name, len(used), (Occurrences(terms, doc_ids, positions),), folder)
