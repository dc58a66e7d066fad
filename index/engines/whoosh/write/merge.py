"""Several segments → one, without their deleted articles, in bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.segment.arrays import Flags
from index.engines.whoosh.segment.container import Container, ContainerWriter
from index.engines.whoosh.segment.doc_values import joined
from index.engines.whoosh.segment.doc_values_writer import distinct, of_live_docs, write_column
from index.engines.whoosh.segment.field_groups import GROUPS, STORY_GROUP
from index.engines.whoosh.segment.postings import smallest
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.stored_fields import SAMPLED, dictionary_of, write_stored
from index.engines.whoosh.segment.term_dictionary import TermDictionary, side_by_side, write_terms
from index.engines.whoosh.write.merge_group import RenumberedSegment, write_group
from index.schema import FACETS

_SAMPLES = 256
_ASIDE = (STORY_GROUP,)
"""The groups that another process merges: about half of the work."""
_STORED = 1_000
"""Stored articles that are copied before their pages are given back."""
INCOMING = "incoming-"
"""How the names of unfinished files begin: those that a killed process left are removed."""


class LiveSegment(NamedTuple):
    """A segment to be merged, and its live docs."""

    segment: Segment
    live_docs: Flags


def merge(segments: Sequence[LiveSegment], path: Path, cores: Executor | None = None) -> int:
    """Writes the merged segment's file, and has it on the disk; returns how many articles it has.

    Given `cores`, processes that the caller keeps, one of them merges some of the groups.
    """
    renumbered = list(_renumbered(segments))
    count = sum(int(live_docs.sum()) for _, live_docs in segments)
    aside = _ASIDE if cores else ()
    with ContainerWriter(path) as writer, _merged_aside(cores, segments, path) as add_others:
        _write_ids(writer, renumbered)
        dates = [segment.dates[live_docs] for segment, live_docs in segments]
        writer.add("dates", np.concatenate(dates))
        for facet in FACETS:
            columns = [
                of_live_docs(segment.read_facet(facet), live_docs)
                for segment, live_docs in segments
            ]
            write_column(writer, facet, distinct(joined(columns)))
        for name in GROUPS:
            if name not in aside:
                write_group(writer, name, renumbered, path.parent)
        dictionary = _dictionary(segments, count)
        write_stored(writer, _stored(segments, dictionary), dictionary)
        add_others(writer)
        writer.finish({"articles": count})
    return count


@contextmanager
def _merged_aside(
    cores: Executor | None, segments: Sequence[LiveSegment], path: Path
) -> Iterator[Callable[[ContainerWriter], None]]:
    """Another process merges the other groups meanwhile; the yielded function adds them."""
    if cores is None:
        yield lambda _writer: None
        return
    aside_path = path.with_name(f"{INCOMING}{path.name}")
    files = [(segment.container.path, live_docs) for segment, live_docs in segments]
    merging = cores.submit(_merge_aside, files, aside_path)

    def add_others(writer: ContainerWriter) -> None:
        merging.result()
        container = Container(aside_path)
        for name in container.names():
            writer.add_parts(name, *container.parts(name))

    try:
        yield add_others
    finally:
        wait([merging])
        aside_path.unlink(missing_ok=True)


def _merge_aside(files: Sequence[tuple[Path, Flags]], path: Path) -> None:
    segments = [LiveSegment(Segment(file), live_docs) for file, live_docs in files]
    renumbered = list(_renumbered(segments))
    with ContainerWriter(path) as writer:
        for name in _ASIDE:
            write_group(writer, name, renumbered, path.parent)
        writer.finish({})


def _renumbered(segments: Sequence[LiveSegment]) -> Iterator[RenumberedSegment]:
    base = 0
    for segment, live_docs in segments:
        doc_ids = np.where(live_docs, base + np.cumsum(live_docs, dtype=np.int32) - 1, -1)
        yield RenumberedSegment(segment, live_docs, doc_ids.astype(np.int32))
        base += int(live_docs.sum())


def _write_ids(writer: ContainerWriter, segments: Sequence[RenumberedSegment]) -> None:
    tables = [TermDictionary(one.segment.container, "id.terms") for one in segments]
    by_ordinal = [one.doc_ids[one.segment.container.array("id.doc_ids")] for one in segments]
    merged = [np.zeros(0, dtype=np.int64)]

    def ids() -> Iterator[list[bytes]]:
        for stretch in side_by_side(tables):
            pairs: list[tuple[bytes, int]] = []
            for table, doc_ids, ordinals in zip(tables, by_ordinal, stretch, strict=True):
                some = doc_ids[ordinals.start : ordinals.stop].tolist()
                every = zip(table.some(ordinals), some, strict=True)
                pairs += [pair for pair in every if pair[1] >= 0]
            pairs.sort()
            merged.append(np.array([doc_id for _, doc_id in pairs], dtype=np.int64))
            yield [article_id for article_id, _ in pairs]

    write_terms(writer, "id.terms", ids())
    writer.add("id.doc_ids", smallest(np.concatenate(merged)))


def _dictionary(segments: Sequence[LiveSegment], count: int) -> bytes:
    """The dictionary that most of the live articles are compressed with, or else a new one.

    Those articles are copied as they are. All segments of a load in bulk have one dictionary.
    """
    counts: Counter[bytes] = Counter()
    for segment, live_docs in segments:
        counts[segment.stored_dictionary] += int(live_docs.sum())
    dictionary, having = max(counts.items(), key=itemgetter(1), default=(b"", 0))
    if dictionary and 2 * having >= count:
        return dictionary
    return dictionary_of(_sample(segments, count))


def _stored(segments: Sequence[LiveSegment], dictionary: bytes) -> Iterator[bytes | list[bytes]]:
    for segment, live_docs in segments:
        is_packed = segment.stored_dictionary == dictionary
        for count, doc_id in enumerate(np.flatnonzero(live_docs).tolist(), 1):
            yield segment.packed(doc_id) if is_packed else segment.stored(doc_id).whole()
            if not count % _STORED:
                segment.container.give_back()
        segment.container.give_back()


def _sample(segments: Sequence[LiveSegment], count: int) -> list[bytes]:
    """The beginnings of some of the live articles, evenly, for the dictionary."""
    step = max(1, count // _SAMPLES)
    sampled: list[bytes] = []
    for segment, live_docs in segments:
        some = np.flatnonzero(live_docs)[::step]
        sampled += [segment.stored(int(doc_id)).read(0, SAMPLED) for doc_id in some]
        segment.container.give_back()
    return sampled
