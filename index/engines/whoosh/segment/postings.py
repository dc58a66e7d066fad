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
"""Bytes of a spool that stay in memory; above, they are in a file."""
_PART = 1 << 22
"""Bytes that are read back at once."""


class Occurrences(NamedTuple):
    """Occurrences of a field's terms: the term's ordinal, the doc id, the position.

    Three arrays of one length, ascending by term, then doc id, then position.
    """

    terms: Array
    doc_ids: Array
    positions: Array


def write_postings(
    writer: ContainerWriter,
    name: str,
    size: int,
    chunks: Iterable[Occurrences],
    folder: Path,
) -> None:
    """Writes the field `name`, of `size` terms.

    Chunks ascend by term and doc id, and all occurrences of a term in an article are in one
    chunk. A term that occurs twice at one position counts once. What does not fit into memory
    waits in a file in the folder.
    """
    starts = np.zeros(size + 1, dtype=np.int64)
    position_starts = np.zeros(size + 1, dtype=np.int64)
    with _Spool(folder) as frequencies, _Spool(folder) as positions:

        def doc_ids() -> Iterator[Array]:
            for chunk in chunks:
                unique, firsts = _once(chunk)
                _count(unique.terms[firsts], starts)
                _count(unique.terms, position_starts)
                frequencies.add(np.diff(firsts, append=len(unique.terms)))
                positions.add(unique.positions)
                yield unique.doc_ids[firsts]

        writer.add_parts(f"{name}.doc_ids", np.uint32, doc_ids())
        writer.add_parts(f"{name}.frequencies", frequencies.type, frequencies.parts())
        writer.add_parts(f"{name}.positions", positions.type, positions.parts())
    writer.add(f"{name}.starts", smallest(np.cumsum(starts)))
    writer.add(f"{name}.places", smallest(np.cumsum(position_starts)))


def _count(terms: Array, starts: npt.NDArray[np.int64]) -> None:
    """Adds the number of each of the ascending terms after its own item: their sums are starts."""
    if len(terms):
        first = int(terms[0])
        counts = np.bincount(terms - first)
        starts[first + 1 : first + 1 + len(counts)] += counts


def smallest(array: npt.NDArray[np.int64]) -> Array:
    """The same numbers, none below 0, in the smallest type that holds them."""
    return array.astype(np.min_scalar_type(int(array.max(initial=0))))


def _once(chunk: Occurrences) -> tuple[Occurrences, Array]:
    """The chunk without repetitions, and where each article's occurrences of a term start."""
    terms, doc_ids, positions = chunk
    same = _repeats(terms)
    same &= _repeats(doc_ids)
    if (repeated := same & _repeats(positions)).any():
        unique = np.concatenate(([True], ~repeated))
        chunk = Occurrences(terms[unique], doc_ids[unique], positions[unique])
        same = same[~repeated]
    first = np.ones(min(1, len(terms)), dtype=np.bool_)
    return chunk, np.flatnonzero(np.concatenate((first, ~same)))


def _repeats(numbers: Array) -> Flags:
    """Which of the numbers, from the second on, equal the one before them."""
    return np.equal(numbers[1:], numbers[:-1])


class _Spool:
    """Numbers that wait to be written, in a file if they are many."""

    def __init__(self, folder: Path) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(  # noqa: SIM115
            max_size=_IN_MEMORY, dir=str(folder)
        )
        self._largest = 0

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, numbers: Array) -> None:
        self._largest = max(self._largest, int(numbers.max(initial=0)))
        self._file.write(numbers.astype(np.uint32).tobytes())

    @property
    def type(self) -> np.dtype[np.unsignedinteger]:
        """The smallest type that holds every number."""
        return np.dtype(np.min_scalar_type(self._largest))

    def parts(self) -> Iterator[Array]:
        """The numbers, in the order in which they were added, as parts of a section."""
        self._file.seek(0)
        while data := self._file.read(_PART):
            yield np.frombuffer(data, np.uint32)
