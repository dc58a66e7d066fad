"""One field of several segments → one: its terms, and where they stand, in bounded memory.

Of the terms some are held at once, of the occurrences some millions; what stays for all
of them are a few doc ids a term. Pages that were read are given back.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, compress, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import Array, Flags
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.postings import Occurrences, write_postings
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.term_dictionary import TermDictionary, side_by_side, write_terms

_CHUNK = 1_000_000
"""Occurrences that are merged at once."""
_POSTINGS = 250_000
"""Postings of a part that are read at once: the word в alone may have millions."""

_Renumbered = npt.NDArray[np.int32]


class Numbered(NamedTuple):
    """A segment to be merged, its articles' doc ids in the merged one; −1 for the dead."""

    segment: Segment
    live_docs: Flags
    doc_ids: _Renumbered


class _Source(NamedTuple):
    """A part's field: its terms, which of them stand in a live article, their new places.

    A term that died goes where it would stand: nothing follows it.
    """

    part: Numbered
    terms: TermDictionary
    living: Flags
    new: _Renumbered

    def read(self, places: range) -> list[bytes]:
        """The terms at these places."""
        found = self.terms.some(places)
        self.part.segment.container.give_back()
        return found


def write_field(
    writer: ContainerWriter, name: str, parts: Sequence[Numbered], folder: Path
) -> None:
    """Writes the sections of a field; none where no live article has any of its terms."""
    sources = [source for part in parts if (source := _source(name, part)) is not None]
    if not any(source.living.any() for source in sources):
        return
    lengths = [part.segment.lengths(name)[part.live_docs] for part in parts]
    writer.add(f"{name}.lengths", np.concatenate(lengths))
    size = write_terms(writer, f"{name}.terms", _merged(sources))
    write_postings(writer, name, size, _chunks(name, sources, size), folder)


def _source(name: str, part: Numbered) -> _Source | None:
    """The part's field, not yet told its terms' new places; None where it is empty everywhere."""
    terms = part.segment.read_table(name)
    if terms is None:
        return None
    source = _Source(part, terms, _living(name, part), np.zeros(len(terms), dtype=np.int32))
    part.segment.container.give_back()
    return source


def _merged(sources: Sequence[_Source]) -> Iterator[list[bytes]]:
    """The terms of all sources, each once, some at a time; each source is told their new places."""
    base = 0
    for stretch in side_by_side([source.terms for source in sources]):
        read = [source.read(one) for source, one in zip(sources, stretch, strict=True)]
        parts = list(zip(sources, stretch, read, strict=True))
        running = chain.from_iterable(
            compress(terms, source.living[at.start : at.stop]) for source, at, terms in parts
        )
        merged = list(dict.fromkeys(sorted(running)))  # sorted runs: they are only merged
        ranks = {term: rank for rank, term in enumerate(merged, base)}
        for source, at, terms in parts:
            new = [
                base + bisect_left(merged, term) if rank is None else rank
                for term, rank in zip(terms, map(ranks.get, terms), strict=True)
            ]
            source.new[at.start : at.stop] = new
        yield merged
        base += len(merged)


def _living(name: str, part: Numbered) -> Flags:
    """Which of the part's terms stand in a live article."""
    container = part.segment.container
    starts = container.array(f"{name}.starts").astype(np.int64)
    if part.live_docs.all():
        return np.diff(starts) > 0
    living = np.zeros(len(starts) - 1, dtype=np.bool_)
    for first in range(0, int(starts[-1]), _CHUNK):
        owners = container.part(f"{name}.doc_ids", first, min(first + _CHUNK, int(starts[-1])))
        places = first + np.flatnonzero(part.live_docs[owners])
        living[np.searchsorted(starts, places, side="right") - 1] = True
        container.give_back()
    return living


def _chunks(name: str, sources: Sequence[_Source], size: int) -> Iterator[Occurrences]:
    """The field's occurrences, some terms at a time."""
    weights = np.full(size, len(sources))  # each is looked up in all of them, too
    for source in sources:
        places = source.part.segment.container.array(f"{name}.places").astype(np.int64)
        kept = source.new < size
        np.add.at(weights, source.new[kept], np.diff(places)[kept])
        source.part.segment.container.give_back()
    for first, end in _edges(weights):
        some = chain.from_iterable(
            _occurrences(name, one, range(*one.new.searchsorted((first, end)).tolist()))
            for one in sources
        )
        if weights[first] > _CHUNK:
            yield from some  # one term: its articles ascend from part to part
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
    """The occurrences by term; parts follow each other, so articles stay sorted."""
    terms, articles, positions = (np.concatenate(one) for one in zip(*some, strict=True))
    order = np.argsort(terms, kind="stable")
    return Occurrences(terms[order], articles[order], positions[order])


def _occurrences(name: str, source: _Source, places: range) -> Iterator[Occurrences]:
    """A part's occurrences of the terms at these places, some postings at a time.

    Those of deleted articles are left out.
    """
    container = source.part.segment.container
    starts = container.array(f"{name}.starts")[places.start : places.stop + 1].astype(np.int64)
    terms = np.repeat(source.new[places.start : places.stop], np.diff(starts))
    at = int(container.array(f"{name}.places")[places.start])
    for first in range(int(starts[0]), int(starts[-1]), _POSTINGS):
        end = min(first + _POSTINGS, int(starts[-1]))
        frequencies = container.part(f"{name}.frequencies", first, end)
        owners = container.part(f"{name}.doc_ids", first, end)
        till = at + int(frequencies.sum(dtype=np.int64))
        positions: Array = container.part(f"{name}.positions", at, till)
        articles = np.repeat(source.part.doc_ids[owners], frequencies)
        of = np.repeat(terms[first - int(starts[0]) : end - int(starts[0])], frequencies)
        kept = articles >= 0
        yield Occurrences(of[kept], articles[kept], positions[kept])
        at = till
        container.give_back()  # those are copies
