"""Occurrences, sorted, → a field's postings in a segment's file, in bounded memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import Array, Flags
from index.engines.whoosh.segment.container import ContainerWriter

_IN_MEMORY = 8 * 1024 * 1024
_PART = 1 << 22


class Occurrences(NamedTuple):
    """Words of a field: the term's place in its table, the article, the position.

    Three arrays of one length, ascending by term, then article, then position.
    """

    terms: Array
    articles: Array
    positions: Array


def write_postings(
    writer: ContainerWriter,
    name: str,
    size: int,
    chunks: Iterable[Occurrences],
    folder: Path,
) -> None:
    """Writes the field `name`, of `size` terms.

    Chunks ascend by term and article, and no article's occurrences of a term are in two.
    A term twice at one place of an article counts once. What does not fit into
    memory waits in the folder.
    """
    starts = np.zeros(size + 1, dtype=np.int64)
    places = np.zeros(size + 1, dtype=np.int64)
    with _Spool(folder) as frequencies, _Spool(folder) as positions:

        def doc_ids() -> Iterator[Array]:
            for chunk in chunks:
                unique, firsts = _once(chunk)
                _count(unique.terms[firsts], starts)
                _count(unique.terms, places)
                frequencies.add(np.diff(firsts, append=len(unique.terms)))
                positions.add(unique.positions)
                yield unique.articles[firsts]

        writer.add_parts(f"{name}.doc_ids", np.uint32, doc_ids())
        writer.add_parts(f"{name}.frequencies", frequencies.type, frequencies.parts())
        writer.add_parts(f"{name}.positions", positions.type, positions.parts())
    writer.add(f"{name}.starts", smallest(np.cumsum(starts)))
    writer.add(f"{name}.places", smallest(np.cumsum(places)))


def _count(terms: Array, after: npt.NDArray[np.int64]) -> None:
    """Adds how often each of the terms, ascending, is there, one place after its own."""
    if len(terms):
        first = int(terms[0])
        counts = np.bincount(terms - first)
        after[first + 1 : first + 1 + len(counts)] += counts


def smallest(array: npt.NDArray[np.int64]) -> Array:
    """The same doc ids, none below 0, in the smallest type that holds them."""
    return array.astype(np.min_scalar_type(int(array.max(initial=0))))


def _once(chunk: Occurrences) -> tuple[Occurrences, Array]:
    """The chunk without repetitions, and where each article's occurrences of a term start."""
    terms, articles, positions = chunk
    same = _repeats(terms)
    same &= _repeats(articles)
    if (again := same & _repeats(positions)).any():
        kept = np.concatenate(([True], ~again))
        chunk = Occurrences(terms[kept], articles[kept], positions[kept])
        same = same[~again]
    first = np.ones(min(1, len(terms)), dtype=np.bool_)
    return chunk, np.flatnonzero(np.concatenate((first, ~same)))


def _repeats(doc_ids: Array) -> Flags:
    """Which doc ids, from the second on, are the one before them."""
    return np.equal(doc_ids[1:], doc_ids[:-1])


class _Spool:
    """Numbers that wait to be written, in a file where they are many."""

    def __init__(self, folder: Path) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(  # noqa: SIM115
            max_size=_IN_MEMORY, dir=str(folder)
        )
        self._largest = 0

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, doc_ids: Array) -> None:
        self._largest = max(self._largest, int(doc_ids.max(initial=0)))
        self._file.write(doc_ids.astype(np.uint32).tobytes())

    @property
    def type(self) -> np.dtype[np.unsignedinteger]:
        """The smallest type that holds every number."""
        return np.dtype(np.min_scalar_type(self._largest))

    def parts(self) -> Iterator[Array]:
        """The doc ids again, in their order."""
        self._file.seek(0)
        while data := self._file.read(_PART):
            yield np.frombuffer(data, np.uint32)
