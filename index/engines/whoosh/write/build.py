"""Analysed articles → the file of a new segment, in bulk: term ids and one sort a group."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from index.analysed import AnalysedArticle, FieldTerms
from index.analysis.token import Word
from index.engines.whoosh import kernels
from index.engines.whoosh.segment.arrays import NO_DATE, Flags, Numbers
from index.engines.whoosh.segment.combinations import Combinations
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.doc_values_writer import column_of, write_column
from index.engines.whoosh.segment.field_groups import GROUPS
from index.engines.whoosh.segment.postings import (
    Occurrences,
    places,
    smallest,
    write_counted,
    write_postings,
)
from index.engines.whoosh.segment.record import record
from index.engines.whoosh.segment.stored_fields import dictionary_of, write_stored
from index.engines.whoosh.segment.term_dictionary import write_joined_terms, write_terms
from index.schema import FACETS, Facet

BATCH_OCCURRENCES = 4_000_000
BATCH_BYTES = 64 * 1024 * 1024
"""Where a batch is cut: it holds some 400 MB then."""

_NEXT = 32
"""A sort key is a term's ordinal, then the occurrence's index in the batch, in 32 bits."""


class Numbering(Protocol):
    """The words of a batch by identity, each with its number: they are numbered as they appear.

    A text has half as many words as terms; the terms are spread out when the segment is written.
    """

    @property
    def words(self) -> list[Word]:
        """The words in the order of their numbers."""

    def add(self, words: Sequence[Word], numbers: "array[int]") -> None:
        """Adds the number of each of the words to the numbers."""


class _PlainNumbering:
    """Numbering where there is no kernel."""

    def __init__(self) -> None:
        self.words: list[Word] = []  # they live as long as their identity is used
        self._numbers: dict[int, int] = {}

    def add(self, words: Sequence[Word], numbers: "array[int]") -> None:
        known = self._numbers
        for word in words:
            number = known.setdefault(id(word), len(known))
            if number == len(self.words):
                self.words.append(word)
            numbers.append(number)


def _numbering() -> Numbering:
    return kernels.numbering.Numbering() if kernels.COMPILED else _PlainNumbering()


@dataclass(slots=True)
class _GroupBatch:
    """The words of a group's fields, article after article, in each field after field.

    A run is a field of an article: `fields` has its number in the group, `counts` its words.
    """

    words: "array[int]" = field(default_factory=partial(array, "I"))
    positions: "array[int]" = field(default_factory=partial(array, "I"))
    doc_ids: list[int] = field(default_factory=list)
    fields: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, doc_id: int, number: int, terms: FieldTerms, numbering: Numbering) -> None:
        numbering.add(terms.words, self.words)
        self.positions.extend(terms.positions)
        self.doc_ids.append(doc_id)
        self.fields.append(number)
        self.counts.append(len(terms.words))
        self.lengths.append(terms.length)

    def all_lengths(self, number: int, articles: int) -> Numbers:
        """The length of the field with this number in each of so many articles."""
        lengths = np.zeros(articles, dtype=np.int64)
        runs = np.array(self.fields) == number
        lengths[np.array(self.doc_ids)[runs]] = np.array(self.lengths)[runs]
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
        self._numbering = _numbering()
        self._groups = {name: _GroupBatch() for name in GROUPS}
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
        for group, fields in GROUPS.items():
            for number, name in enumerate(fields):  # an exact field has its field's words
                if (terms := analysed.fields.get(name)) and terms.words:
                    self._occurrences += len(terms.words)
                    self._groups[group].add(doc_id, number, terms, self._numbering)
        for facet, batch in self._facets.items():
            batch.add(analysed.facets.get(facet, ()))

    @property
    def ids(self) -> Iterable[str]:
        """The ids of the articles, each once."""
        return self._doc_ids

    def learn_dictionary(self) -> bytes:
        """What the stored records have in common; empty where they are too few to tell."""
        return dictionary_of(self._stored)

    def write(self, path: Path, dictionary: bytes | None = None) -> None:
        """Writes the segment's file (its sections: see segment.py), and has it on the disk.

        Stored records are compressed with the dictionary; None: with one learnt from them.
        """
        with ContainerWriter(path) as writer:
            self._write(writer, path.parent)
            learnt = self.learn_dictionary() if dictionary is None else dictionary
            write_stored(writer, self._stored, learnt)
            writer.finish({"articles": len(self)})

    def _write(self, writer: ContainerWriter, folder: Path) -> None:
        ids = sorted((article_id.encode(), doc_id) for article_id, doc_id in self._doc_ids.items())
        write_terms(writer, "id.terms", [[article_id for article_id, _ in ids]])
        writer.add("id.doc_ids", smallest(np.array([doc_id for _, doc_id in ids], dtype=np.int64)))
        writer.add("dates", np.array(self._dates, dtype=np.int64))
        for facet, labels in self._facets.items():
            write_column(writer, facet, column_of(labels.sets, labels.of))
        terms = _Terms(self._numbering.words)
        for group, batch in self._groups.items():
            if batch.words:
                _write_group(writer, group, batch, terms, folder)
                for number, name in enumerate(GROUPS[group]):
                    if number in batch.fields:
                        lengths = batch.all_lengths(number, len(self))
                        writer.add(f"{name}.lengths", smallest(lengths))


class _Spread(NamedTuple):
    """Terms, for each the index of its word among the words, and whether it is the word's form."""

    terms: Numbers
    indices: Numbers
    forms: Flags


class _Terms:
    """The terms of a batch in order, and which of them each word becomes."""

    def __init__(self, words: list[Word]) -> None:
        numbered, self._counts, flat, self._forms = _lemmas(words)
        self._ordered = sorted(numbered)  # code points order as their UTF-8 bytes do
        ordinals = np.empty(len(numbered), dtype=np.int64)
        ordinals[[*map(numbered.__getitem__, self._ordered)]] = np.arange(len(numbered))
        self._starts = np.concatenate(([0], self._counts.cumsum()))
        self._lemmas: Numbers = ordinals.take(flat)
        self._lengths = _lengths(self._ordered)

    def __len__(self) -> int:
        return len(self._ordered)

    def write(self, writer: ContainerWriter, name: str, used: Numbers) -> None:
        """Writes the terms with these ordinals as a table of this name."""
        text = "".join(map(self._ordered.__getitem__, used.tolist())).encode()
        write_joined_terms(writer, name, text, self._lengths.take(used))

    def spread(self, batch: _GroupBatch) -> _Spread:
        """The terms of the group's words, one word's after another's."""
        words = np.array(batch.words, dtype=np.int64)
        counts = self._counts[words]
        indices = np.repeat(np.arange(len(words)), counts)
        shifts = (self._starts[words] - np.cumsum(counts) + counts).take(indices)
        shifts += np.arange(len(shifts))
        return _Spread(self._lemmas.take(shifts), indices, self._forms.take(shifts))

    def sort(self, batch: _GroupBatch, digits: Numbers) -> "kernels.building.Sorted":
        """The postings of all terms in the group, sorted by a kernel."""
        runs = tuple(
            np.array(some, np.uint32) for some in (batch.doc_ids, batch.fields, batch.counts)
        )
        words, positions = (
            np.frombuffer(batch.words, np.uint32),
            np.frombuffer(batch.positions, np.uint32),
        )
        terms = self._starts, self._lemmas, self._forms
        return kernels.building.sort(words, positions, runs, terms, len(self), digits)


def _lemmas(words: list[Word]) -> tuple[dict[str, int], Numbers, Numbers, Flags]:
    """See the kernel of this name."""
    if kernels.COMPILED:
        return kernels.building.lemmas(words)
    flat = list(chain.from_iterable(word.lemmas for word in words))
    numbers = {term: number for number, term in enumerate(dict.fromkeys(flat))}
    counts = np.array([len(word.lemmas) for word in words], dtype=np.int64)
    numbered = np.array(list(map(numbers.__getitem__, flat)), dtype=np.int64)
    forms = np.array([numbers[word.form] for word in words], dtype=np.int64)
    return numbers, counts, numbered, numbered == np.repeat(forms, counts)


def _lengths(terms: Sequence[str]) -> Numbers:
    """The bytes of each term."""
    if kernels.COMPILED:
        return kernels.building.lengths(terms)
    return np.array([len(term.encode()) for term in terms], dtype=np.int64)


def _write_group(
    writer: ContainerWriter, name: str, batch: _GroupBatch, terms: _Terms, folder: Path
) -> None:
    """Writes the group's terms and postings."""
    if kernels.COMPILED:
        combinations = Combinations(GROUPS[name])
        postings = terms.sort(batch, combinations.digits)
        terms.write(writer, f"{name}.terms", postings.terms)
        write_counted(writer, name, postings, combinations)
        return
    spread = terms.spread(batch)
    used = np.flatnonzero(np.bincount(spread.terms, minlength=len(terms)))
    terms.write(writer, f"{name}.terms", used)
    ordinals = np.zeros(len(terms), dtype=np.int64)
    ordinals[used] = np.arange(len(used))

    order = np.sort((ordinals[spread.terms] << _NEXT) | np.arange(len(spread.terms)))
    sorted_terms, order = order >> _NEXT, order & ((1 << _NEXT) - 1)
    word = spread.indices[order]
    run = np.repeat(np.arange(len(batch.counts)), batch.counts)[word]
    found = places(
        np.array(batch.fields)[run], np.array(batch.positions)[word], spread.forms[order]
    )
    occurrences = Occurrences(sorted_terms, np.array(batch.doc_ids)[run], found)
    write_postings(writer, name, len(used), (occurrences,), folder)
