"""One field group of several segments → one: its terms and postings, in bounded memory.

Some of the terms are held at once, and some millions of occurrences; of every term a few
numbers stay in memory. Pages that were read are given back.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, compress, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import Array, Flags
from index.engines.whoosh.segment.container import Container, ContainerWriter
from index.engines.whoosh.segment.field_groups import GROUPS
from index.engines.whoosh.segment.postings import Occurrences, in_fields, write_postings
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.term_dictionary import TermDictionary, side_by_side, write_terms

_CHUNK = 1_000_000
"""Occurrences that are merged at once."""
_POSTINGS = 250_000
"""Postings of a segment that are read at once: the word в alone may have millions."""

_NewNumbers = npt.NDArray[np.int32]


class RenumberedSegment(NamedTuple):
    """A segment to be merged, and its articles' doc ids in the merged one; −1: deleted."""

    segment: Segment
    live_docs: Flags
    doc_ids: _NewNumbers


class _Source(NamedTuple):
    """A segment's group: its terms, which of them a live article has, their merged ordinals.

    A term that no live article has gets the ordinal that it would have: it has no occurrences.
    """

    segment: RenumberedSegment
    terms: TermDictionary
    is_live: Flags
    ordinals: _NewNumbers

    def read(self, ordinals: range) -> list[bytes]:
        """The terms with these ordinals in the segment."""
        terms = self.terms.some(ordinals)
        self.container.give_back()
        return terms

    @property
    def container(self) -> Container:
        """The segment's file."""
        return self.segment.segment.container


def write_group(
    writer: ContainerWriter, name: str, segments: Sequence[RenumberedSegment], folder: Path
) -> None:
    """Writes the sections of a group; none if no live article has any of its terms."""
    sources = [source for one in segments if (source := _source(name, one)) is not None]
    if not any(source.is_live.any() for source in sources):
        return
    for field in GROUPS[name]:
        lengths = np.concatenate([one.segment.lengths(field)[one.live_docs] for one in segments])
        if lengths.any():
            writer.add(f"{field}.lengths", lengths)
    size = write_terms(writer, f"{name}.terms", _merged(sources))
    write_postings(writer, name, size, _chunks(name, sources, size), folder)


def _source(name: str, renumbered: RenumberedSegment) -> _Source | None:
    """The segment's group, its merged ordinals still 0; None if no article has any of it."""
    terms = renumbered.segment.read_table(name)
    if terms is None:
        return None
    ordinals = np.zeros(len(terms), dtype=np.int32)
    source = _Source(renumbered, terms, _live_terms(name, renumbered), ordinals)
    source.container.give_back()
    return source


def _merged(sources: Sequence[_Source]) -> Iterator[list[bytes]]:
    """The live terms of all sources, each once, some at a time; fills in the merged ordinals."""
    base = 0
    for stretch in side_by_side([source.terms for source in sources]):
        read = [source.read(old) for source, old in zip(sources, stretch, strict=True)]
        runs = list(zip(sources, stretch, read, strict=True))
        running = chain.from_iterable(
            compress(terms, source.is_live[old.start : old.stop]) for source, old, terms in runs
        )
        merged = list(dict.fromkeys(sorted(running)))  # sorted runs: they are only merged
        ordinals = {term: ordinal for ordinal, term in enumerate(merged, base)}
        for source, old, terms in runs:
            source.ordinals[old.start : old.stop] = [
                base + bisect_left(merged, term) if ordinal is None else ordinal
                for term, ordinal in zip(terms, map(ordinals.get, terms), strict=True)
            ]
        yield merged
        base += len(merged)


def _live_terms(name: str, renumbered: RenumberedSegment) -> Flags:
    """Which of the segment's terms a live article has."""
    container = renumbered.segment.container
    starts = container.array(f"{name}.starts").astype(np.int64)
    if renumbered.live_docs.all():
        return np.diff(starts) > 0
    is_live = np.zeros(len(starts) - 1, dtype=np.bool_)
    for first in range(0, int(starts[-1]), _CHUNK):
        doc_ids = container.part(f"{name}.doc_ids", first, min(first + _CHUNK, int(starts[-1])))
        postings = first + np.flatnonzero(renumbered.live_docs[doc_ids])
        is_live[np.searchsorted(starts, postings, side="right") - 1] = True
        container.give_back()
    return is_live


def _chunks(name: str, sources: Sequence[_Source], size: int) -> Iterator[Occurrences]:
    """The group's occurrences, some terms at a time."""
    weights = np.full(size, len(sources))  # each is looked up in all of them, too
    for source in sources:
        position_starts = source.container.array(f"{name}.position_starts").astype(np.int64)
        merged = source.ordinals < size
        np.add.at(weights, source.ordinals[merged], np.diff(position_starts)[merged])
        source.container.give_back()
    for first, end in _edges(weights):
        some = chain.from_iterable(
            _occurrences(name, source, range(*source.ordinals.searchsorted((first, end)).tolist()))
            for source in sources
        )
        if weights[first] > _CHUNK:
            yield from some  # one term: its doc ids ascend from segment to segment
        else:
            yield _in_order(some)


def _edges(weights: Array) -> Iterator[tuple[int, int]]:
    """Stretches of terms with so much weight together; a term with more stands alone."""
    heavy = np.flatnonzero(weights > _CHUNK)
    sums = weights.cumsum()
    edges = sums.searchsorted(np.arange(0, sums[-1] + 1, _CHUNK))
    edges = np.unique(np.concatenate((edges, heavy, heavy + 1, [len(weights)])))
    return pairwise(edges.tolist())


def _in_order(some: Iterator[Occurrences]) -> Occurrences:
    """The occurrences by term; segments follow each other, so doc ids stay sorted."""
    terms, doc_ids, numbers = (np.concatenate(arrays) for arrays in zip(*some, strict=True))
    order = np.argsort(terms, kind="stable")
    return Occurrences(terms[order], doc_ids[order], numbers[order])


def _occurrences(name: str, source: _Source, ordinals: range) -> Iterator[Occurrences]:
    """A segment's occurrences of the terms with these ordinals, some postings at a time.

    Those of deleted articles are left out.
    """
    container = source.container
    by_field = _frequencies(name, container)
    together = by_field.sum(axis=1)
    starts = container.array(f"{name}.starts")[ordinals.start : ordinals.stop + 1].astype(np.int64)
    terms = np.repeat(source.ordinals[ordinals.start : ordinals.stop], np.diff(starts))
    start = int(container.array(f"{name}.position_starts")[ordinals.start])
    for first in range(int(starts[0]), int(starts[-1]), _POSTINGS):
        stop = min(first + _POSTINGS, int(starts[-1]))
        numbers = container.part(f"{name}.combinations", first, stop)
        frequencies = together.take(numbers)
        end = start + int(frequencies.sum(dtype=np.int64))
        positions: Array = container.part(f"{name}.positions", start, end)
        found = in_fields(_fields(by_field, numbers), positions)
        old_doc_ids = container.part(f"{name}.doc_ids", first, stop)
        doc_ids = np.repeat(source.segment.doc_ids[old_doc_ids], frequencies)
        ordinal = np.repeat(terms[first - int(starts[0]) : stop - int(starts[0])], frequencies)
        live = doc_ids >= 0
        yield Occurrences(ordinal[live], doc_ids[live], found[live])
        start = end
        container.give_back()  # those are copies


def _frequencies(name: str, container: Container) -> Array:
    """A row a combination: how often a term stands in each field of the group."""
    fields = len(GROUPS[name])
    table = container.array(f"{name}.frequencies").reshape(-1, 2 * fields)
    return table[:, :fields].astype(np.int64)


def _fields(by_field: Array, numbers: Array) -> Array:
    """The field of each of the postings' occurrences."""
    fields = by_field.shape[1]
    if fields == 1:
        return np.zeros(1, dtype=np.int64)
    # most postings stand in one field alone
    only = np.where(np.count_nonzero(by_field, axis=1) == 1, by_field.argmax(axis=1), -1)
    found = only.take(numbers)
    several = np.flatnonzero(found < 0)
    found = found.repeat(by_field.sum(axis=1).take(numbers))
    counts = by_field.take(numbers.take(several), axis=0).ravel()
    found[found < 0] = np.tile(np.arange(fields), len(several)).repeat(counts)
    return found
