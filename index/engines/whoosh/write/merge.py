"""Several segments → one, without their deleted articles, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.segment.arrays import Flags
from index.engines.whoosh.segment.container import Container, ContainerWriter
from index.engines.whoosh.segment.doc_values import joined
from index.engines.whoosh.segment.doc_values_writer import distinct, of_living, write_column
from index.engines.whoosh.segment.postings import smallest
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.stored_fields import SAMPLED, dictionary_of, write_stored
from index.engines.whoosh.segment.term_dictionary import TermDictionary, side_by_side, write_terms
from index.engines.whoosh.write.merge_field import Numbered, write_field
from index.schema import EXACT, FACETS, NAMES, OPENING, TEXT_FIELDS

_SAMPLES = 256
_ASIDE = (*EXACT.values(), OPENING, NAMES)
"""The fields that another process merges: about half of the work."""
_STORED = 1_000
"""Stored articles that are copied before their pages are given back."""
INCOMING = "incoming-"
"""How names of files on their way begin: what a killed process left of them is swept."""


class Part(NamedTuple):
    """A segment to be merged, and which of its articles live."""

    segment: Segment
    live_docs: Flags


def merge(parts: Sequence[Part], path: Path, cores: Executor | None = None) -> int:
    """Writes the merged segment's file, and has it on the disk; returns its articles' number.

    Given `cores`, processes that the caller keeps, one of them merges half of the fields.
    """
    numbered = list(_numbered(parts))
    count = sum(int(part.live_docs.sum()) for part in parts)
    aside = _ASIDE if cores else ()
    with ContainerWriter(path) as writer, _aside(cores, parts, path) as add_others:
        _write_ids(writer, numbered)
        dates = [part.segment.dates[part.live_docs] for part in parts]
        writer.add("dates", np.concatenate(dates))
        for facet in FACETS:
            columns = [of_living(part.segment.read_facet(facet), part.live_docs) for part in parts]
            write_column(writer, facet, distinct(joined(columns)))
        for name in TEXT_FIELDS:
            if name not in aside:
                write_field(writer, name, numbered, path.parent)
        write_stored(writer, _stored(parts), dictionary_of(_sample(parts, count)))
        add_others(writer)
        writer.finish({"articles": count})
    return count


@contextmanager
def _aside(
    cores: Executor | None, parts: Sequence[Part], path: Path
) -> Iterator[Callable[[ContainerWriter], None]]:
    """Another process merges the other fields meanwhile; what is yielded adds them."""
    if cores is None:
        yield lambda _writer: None
        return
    written = path.with_name(f"{INCOMING}{path.name}")
    sources = [(part.segment.container.path, part.live_docs) for part in parts]
    merging = cores.submit(_merge_aside, sources, written)

    def add_others(writer: ContainerWriter) -> None:
        merging.result()
        container = Container(written)
        for name in container.names():
            writer.add_parts(name, *container.parts(name))

    try:
        yield add_others
    finally:
        wait([merging])
        written.unlink(missing_ok=True)


def _merge_aside(sources: Sequence[tuple[Path, Flags]], path: Path) -> None:
    parts = list(_numbered([Part(Segment(source), live_docs) for source, live_docs in sources]))
    with ContainerWriter(path) as writer:
        for name in _ASIDE:
            write_field(writer, name, parts, path.parent)
        writer.finish({})


def _numbered(parts: Sequence[Part]) -> Iterator[Numbered]:
    base = 0
    for segment, live_docs in parts:
        doc_ids = np.where(live_docs, base + np.cumsum(live_docs, dtype=np.int32) - 1, -1)
        yield Numbered(segment, live_docs, doc_ids.astype(np.int32))
        base += int(live_docs.sum())


def _write_ids(writer: ContainerWriter, parts: Sequence[Numbered]) -> None:
    tables = [TermDictionary(part.segment.container, "id.terms") for part in parts]
    of = [part.doc_ids[part.segment.container.array("id.doc_ids")] for part in parts]
    owners = [np.zeros(0, dtype=np.int64)]

    def ids() -> Iterator[list[bytes]]:
        for stretch in side_by_side(tables):
            pairs: list[tuple[bytes, int]] = []
            for table, doc_ids, places in zip(tables, of, stretch, strict=True):
                some = doc_ids[places.start : places.stop].tolist()
                every = zip(table.some(places), some, strict=True)
                pairs += [pair for pair in every if pair[1] >= 0]
            pairs.sort()
            owners.append(np.array([number for _, number in pairs], dtype=np.int64))
            yield [article_id for article_id, _ in pairs]

    write_terms(writer, "id.terms", ids())
    writer.add("id.doc_ids", smallest(np.concatenate(owners)))


def _stored(parts: Sequence[Part]) -> Iterator[bytes]:
    for segment, live_docs in parts:
        for count, number in enumerate(np.flatnonzero(live_docs), 1):
            yield segment.stored(int(number))
            if not count % _STORED:
                segment.container.give_back()
        segment.container.give_back()


def _sample(parts: Sequence[Part], count: int) -> list[bytes]:
    """The beginnings of some of the live articles, evenly, for the dictionary."""
    step = max(1, count // _SAMPLES)
    sampled: list[bytes] = []
    for segment, live_docs in parts:
        some = np.flatnonzero(live_docs)[::step]
        sampled += [segment.stored(int(number))[:SAMPLED] for number in some]
        segment.container.give_back()
    return sampled
