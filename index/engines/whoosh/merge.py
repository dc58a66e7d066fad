"""Several segments → one, without their deleted articles, in bounded memory."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from itertools import chain, compress, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.arrays import Array, Flags, Numbers
from index.engines.whoosh.build import write_facet
from index.engines.whoosh.container import Container, ContainerWriter
from index.engines.whoosh.postings import Occurrences, smallest, write_postings
from index.engines.whoosh.segment import Segment
from index.engines.whoosh.stored import SAMPLED, dictionary_of, write_stored
from index.engines.whoosh.terms import write_terms
from index.schema import EXACT, FACETS, NAMES, OPENING, TEXT_FIELDS, Facet

_CHUNK = 2_000_000
"""Occurrences that are merged at once."""
_POSTINGS = 250_000
"""Postings of a part that are read at once: the word в alone may have millions."""
_SAMPLES = 256
_ASIDE = (*EXACT.values(), OPENING, NAMES)
"""The fields that another process merges: about half of the work."""
INCOMING = "incoming-"
"""How names of files on their way begin: what a killed process left of them is swept."""


class Part(NamedTuple):
    """A segment to be merged, and which of its articles live."""

    segment: Segment
    live: Flags


class _Numbered(NamedTuple):
    """A part with its articles' numbers in the merged segment; −1 for those that are gone."""

    segment: Segment
    live: Flags
    numbers: Numbers


def merge(parts: Sequence[Part], path: Path, cores: Executor | None = None) -> int:
    """Writes the merged segment's file, and has it on the disk; returns its articles' number.

    Given `cores`, processes that the caller keeps, one of them merges half of the fields.
    """
    numbered = list(_numbered(parts))
    count = sum(int(part.live.sum()) for part in parts)
    aside = _ASIDE if cores else ()
    with ContainerWriter(path) as writer, _aside(cores, parts, path) as taken:
        _write_ids(writer, numbered)
        dates = [part.segment.dates[part.live] for part in parts]
        writer.add("dates", np.concatenate(dates))
        for facet in FACETS:
            _write_facet(writer, facet, numbered)
        for name in TEXT_FIELDS:
            if name not in aside:
                _write_field(writer, name, numbered, path.parent)
        write_stored(writer, _stored(parts), dictionary_of(_sample(parts, count)))
        for name, array in taken():
            writer.add(name, array)
        writer.finish({"articles": count})
    return count


@contextmanager
def _aside(
    cores: Executor | None, parts: Sequence[Part], path: Path
) -> Iterator[Callable[[], Iterator[tuple[str, Array]]]]:
    """The sections of the fields that another process merges meanwhile."""
    if cores is None:
        yield lambda: iter(())
        return
    written = path.with_name(f"{INCOMING}{path.name}")
    sources = [(part.segment.container.path, part.live) for part in parts]
    merging = cores.submit(_merge_aside, sources, written)

    def sections() -> Iterator[tuple[str, Array]]:
        merging.result()
        container = Container(written)
        for name in container.names():
            yield name, container.array(name)

    try:
        yield sections
    finally:
        wait([merging])
        written.unlink(missing_ok=True)


def _merge_aside(sources: Sequence[tuple[Path, Flags]], path: Path) -> None:
    parts = list(_numbered([Part(Segment(source), live) for source, live in sources]))
    with ContainerWriter(path) as writer:
        for name in _ASIDE:
            _write_field(writer, name, parts, path.parent)
        writer.finish({})


def _numbered(parts: Sequence[Part]) -> Iterator[_Numbered]:
    base = 0
    for segment, live in parts:
        numbers = np.where(live, base + np.cumsum(live) - 1, -1)
        yield _Numbered(segment, live, numbers)
        base += int(live.sum())


def _write_ids(writer: ContainerWriter, parts: Sequence[_Numbered]) -> None:
    ids = []
    for segment, _, numbers in parts:
        if (table := segment.table("id")) is not None:
            owners = numbers[segment.container.array("id.numbers")]
            ids += [(table[at], int(owner)) for at, owner in enumerate(owners) if owner >= 0]
    ids.sort()
    write_terms(writer, "id.terms", [article_id for article_id, _ in ids])
    writer.add("id.numbers", smallest(np.array([n for _, n in ids], dtype=np.int64)))


def _write_facet(writer: ContainerWriter, facet: Facet, parts: Sequence[_Numbered]) -> None:
    sets: dict[tuple[str, ...], int] = {}
    owners = []
    for segment, live, _ in parts:
        column = segment.facet(facet)
        used, places = np.unique(column.of[live], return_inverse=True)
        new = [sets.setdefault(column.labels_of(int(one)), len(sets)) for one in used]
        owners.append(np.array(new, dtype=np.int64)[places])
    labels = sorted({label for labels in sets for label in labels})
    codes = {label: code for code, label in enumerate(labels)}
    listed = [[codes[label] for label in labels] for labels in sets]
    write_facet(writer, facet, labels, listed, np.concatenate(owners))


def _write_field(
    writer: ContainerWriter, name: str, parts: Sequence[_Numbered], folder: Path
) -> None:
    having = [part for part in parts if part.segment.table(name) is not None]
    if not having:
        return
    tables = [part.segment.terms(name) for part in having]
    living = [_living(name, part) for part in having]
    running = chain.from_iterable(map(compress, tables, living))
    merged = list(dict.fromkeys(sorted(running)))  # sorted runs: they are only merged
    if not merged:
        return
    lengths = [part.segment.lengths(name)[part.live] for part in parts]
    writer.add(f"{name}.lengths", np.concatenate(lengths))
    write_terms(writer, f"{name}.terms", merged)
    ranks = {term: rank for rank, term in enumerate(merged)}
    mapped = [_mapped(table, ranks, merged) for table in tables]
    chunks = _chunks(name, having, mapped, len(merged))
    write_postings(writer, name, len(merged), chunks, folder)


def _mapped(table: Sequence[bytes], ranks: Mapping[bytes, int], merged: Sequence[bytes]) -> Numbers:
    """A table's terms' new places; one that died goes where it would stand: nothing follows it."""
    new = list(map(ranks.get, table))
    return np.array(
        [
            bisect_left(merged, term) if rank is None else rank
            for rank, term in zip(new, table, strict=True)
        ]
        if None in new
        else new,
        dtype=np.int64,
    )


def _living(name: str, part: _Numbered) -> Flags:
    """Which of the part's terms stand in a live article."""
    container = part.segment.container
    starts = container.array(f"{name}.starts").astype(np.int64)
    if part.live.all():
        return np.diff(starts) > 0
    living = np.zeros(len(starts) - 1, dtype=np.bool_)
    for first in range(0, int(starts[-1]), _CHUNK):
        owners = container.part(f"{name}.numbers", first, min(first + _CHUNK, int(starts[-1])))
        places = first + np.flatnonzero(part.live[owners])
        living[np.searchsorted(starts, places, side="right") - 1] = True
    return living


def _chunks(
    name: str, parts: Sequence[_Numbered], mapped: Sequence[Numbers], size: int
) -> Iterator[Occurrences]:
    """The field's occurrences, some terms at a time; `mapped` are the parts' terms' new places."""
    weights = np.zeros(size, dtype=np.int64)
    for part, new in zip(parts, mapped, strict=True):
        places = part.segment.container.array(f"{name}.places").astype(np.int64)
        kept = new < size
        np.add.at(weights, new[kept], np.diff(places)[kept])
    heavy = np.flatnonzero(weights > _CHUNK)  # each alone
    edges = np.unique(np.cumsum(weights) // _CHUNK, return_index=True)[1]
    edges = np.unique(np.concatenate((edges, heavy, heavy + 1, [size])))
    for first, end in pairwise(edges.tolist()):
        some = chain.from_iterable(
            _occurrences(name, part, new, range(*np.searchsorted(new, (first, end)).tolist()))
            for part, new in zip(parts, mapped, strict=True)
        )
        if weights[first] > _CHUNK:
            yield from some  # one term: its articles ascend from part to part
            continue
        terms, articles, positions = (np.concatenate(one) for one in zip(*some, strict=True))
        order = np.argsort(terms, kind="stable")  # parts follow each other: articles stay sorted
        yield Occurrences(terms[order], articles[order], positions[order])


def _occurrences(name: str, part: _Numbered, new: Numbers, places: range) -> Iterator[Occurrences]:
    """A part's occurrences of the terms at these places, some postings at a time.

    Those of deleted articles are left out.
    """
    container = part.segment.container
    starts = container.array(f"{name}.starts")[places.start : places.stop + 1].astype(np.int64)
    terms = np.repeat(new[places.start : places.stop], np.diff(starts))
    at = int(container.array(f"{name}.places")[places.start])
    for first in range(int(starts[0]), int(starts[-1]), _POSTINGS):
        end = min(first + _POSTINGS, int(starts[-1]))
        frequencies = container.part(f"{name}.frequencies", first, end)
        owners = container.part(f"{name}.numbers", first, end)
        till = at + int(frequencies.sum(dtype=np.int64))
        positions: Array = container.part(f"{name}.positions", at, till)
        articles = np.repeat(part.numbers[owners], frequencies)
        of = np.repeat(terms[first - int(starts[0]) : end - int(starts[0])], frequencies)
        kept = articles >= 0
        yield Occurrences(of[kept], articles[kept], positions[kept])
        at = till


def _stored(parts: Sequence[Part]) -> Iterator[bytes]:
    for segment, live in parts:
        for number in np.flatnonzero(live):
            yield segment.stored(int(number))


def _sample(parts: Sequence[Part], count: int) -> list[bytes]:
    """The beginnings of some of the live articles, evenly, for the dictionary."""
    step = max(1, count // _SAMPLES)
    return [
        segment.stored(int(number))[:SAMPLED]
        for segment, live in parts
        for number in np.flatnonzero(live)[::step]
    ]
