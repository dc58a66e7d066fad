"""Analysed articles → the file of a new segment, in bulk: term ids and one sort a field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.analysed import AnalysedArticle, FieldTerms
from index.engines.whoosh.container import Array, ContainerWriter
from index.engines.whoosh.postings import Occurrences, smallest, write_postings
from index.engines.whoosh.segment import NO_DATE
from index.engines.whoosh.stored import dictionary_of, write_stored
from index.engines.whoosh.terms import write_terms
from index.schema import FACETS, Facet

BATCH_OCCURRENCES = 4_000_000
BATCH_BYTES = 64 * 1024 * 1024
"""Where a batch is cut: it holds some 400 MB then."""

_NEXT = 32
"""A sort key is a term's rank, then the occurrence's place in the batch, in 32 bits."""


class _Vocabulary(dict[str, int]):
    """Numbers strings by their first appearance."""

    def __missing__(self, term: str) -> int:
        self[term] = number = len(self)
        return number


@dataclass(slots=True)
class _FieldBatch:
    """A field's occurrences, article after article."""

    vocabulary: _Vocabulary = field(default_factory=_Vocabulary)
    terms: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, number: int, given: FieldTerms) -> None:
        self.terms.extend(map(self.vocabulary.__getitem__, given.terms))
        self.positions.extend(given.positions)
        self.articles.append(number)
        self.counts.append(len(given.terms))
        self.lengths.append(given.length)


@dataclass(slots=True)
class _FacetBatch:
    """The distinct sets of labels, and each article's."""

    sets: dict[tuple[str, ...], int] = field(default_factory=dict)
    of: list[int] = field(default_factory=list)

    def add(self, labels: tuple[str, ...]) -> None:
        unique = tuple(dict.fromkeys(labels))
        self.of.append(self.sets.setdefault(unique, len(self.sets)))


class Batch:
    """Articles of one segment to be; of two with one id the later stays."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._stored: list[bytes] = []
        self._bytes = 0
        self._occurrences = 0
        self._dates: list[int] = []
        self._fields: dict[str, _FieldBatch] = {}
        self._facets: dict[Facet, _FacetBatch] = {facet: _FacetBatch() for facet in FACETS}
        self.replaced: list[int] = []
        """Numbers of articles that a later one of the same id replaced."""

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def full(self) -> bool:
        """Whether the batch is large enough to be written."""
        return self._occurrences >= BATCH_OCCURRENCES or self._bytes >= BATCH_BYTES

    def add(self, analysed: AnalysedArticle) -> None:
        """One article more. Whatever is raised, the batch must be thrown away."""
        number = len(self._stored)
        article_id = analysed.article.id
        if article_id in self._places:
            self.replaced.append(self._places[article_id])
        self._places[article_id] = number
        stored = analysed.article.model_dump_json(exclude_defaults=True).encode()
        self._stored.append(stored)
        self._bytes += len(stored)
        self._dates.append(NO_DATE if analysed.published is None else analysed.published)
        for name, terms in analysed.fields.items():
            if terms.terms:
                self._fields.setdefault(name, _FieldBatch()).add(number, terms)
                self._occurrences += len(terms.terms)
        for facet, batch in self._facets.items():
            batch.add(analysed.facets.get(facet, ()))

    @property
    def ids(self) -> Iterable[str]:
        """The ids of the articles, each once."""
        return self._places

    def write(self, path: Path) -> None:
        """Writes the segment's file (its sections: see segment.py), and has it on the disk."""
        with ContainerWriter(path) as writer:
            self._write(writer, path.parent)

    def _write(self, writer: ContainerWriter, folder: Path) -> None:
        ids = sorted((article_id.encode(), n) for article_id, n in self._places.items())
        write_terms(writer, "id.terms", [article_id for article_id, _ in ids])
        writer.add("id.numbers", smallest(np.array([n for _, n in ids], dtype=np.int64)))
        writer.add("dates", np.array(self._dates, dtype=np.int64))
        for facet, labels in self._facets.items():
            _write_facet(writer, facet, labels)
        for name, batch in self._fields.items():
            _write_field(writer, name, batch, len(self), folder)
        write_stored(writer, self._stored, dictionary_of(self._stored))
        writer.finish({"articles": len(self)})


def _write_field(
    writer: ContainerWriter, name: str, batch: _FieldBatch, articles: int, folder: Path
) -> None:
    vocabulary = sorted(batch.vocabulary)  # code points order as their UTF-8 bytes do
    write_terms(writer, f"{name}.terms", [term.encode() for term in vocabulary])
    ranks = np.empty(len(vocabulary), dtype=np.int64)
    ranks[[batch.vocabulary[term] for term in vocabulary]] = np.arange(len(vocabulary))
    lengths = np.zeros(articles, dtype=np.int64)
    lengths[batch.articles] = batch.lengths
    writer.add(f"{name}.lengths", smallest(lengths))

    terms = ranks[np.array(batch.terms, dtype=np.int64)]
    owners = np.repeat(np.array(batch.articles), batch.counts)
    order = np.sort((terms << _NEXT) | np.arange(len(terms))) & ((1 << _NEXT) - 1)
    positions = np.array(batch.positions, dtype=np.int64)
    occurrences = Occurrences(terms[order], owners[order], positions[order])
    write_postings(writer, name, len(vocabulary), (occurrences,), folder)


def _write_facet(writer: ContainerWriter, facet: Facet, batch: _FacetBatch) -> None:
    labels = sorted({label for labels in batch.sets for label in labels})
    codes = {label: code for code, label in enumerate(labels)}
    write_facet(
        writer, facet, labels, [[codes[one] for one in labels] for labels in batch.sets], batch.of
    )


def write_facet(
    writer: ContainerWriter,
    facet: str,
    labels: Sequence[str],
    sets: Sequence[Sequence[int]],
    of: Sequence[int] | Array,
) -> None:
    """Writes a facet: its labels, sorted; the sets of their places; each article's set."""
    write_terms(writer, f"{facet}.labels", [label.encode() for label in labels])
    ends = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    writer.add(f"{facet}.sets", smallest(ends))
    flat = np.array([code for codes in sets for code in codes], dtype=np.int64)
    writer.add(f"{facet}.codes", smallest(flat))
    writer.add(f"{facet}.of", smallest(np.array(of, dtype=np.int64)))
