"""Occurrences, sorted, → the postings of a field group in a segment's file, in bounded memory."""

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import Array, Flags, Numbers
from index.engines.whoosh.segment.combinations import Combinations
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.field_groups import GROUPS
from index.engines.whoosh.segment.group import BLOCK_BITS

_IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a spool that stay in memory; above, they are in a file."""
_PART = 1 << 22
"""Bytes that are read back at once."""
_FIELD = 33
"""A place is the field's number from this bit on; below, twice the position, + 1 for a form."""
_POSITION = (1 << _FIELD) - 1


class Occurrences(NamedTuple):
    """Occurrences of a group's terms: the term's ordinal, the doc id, the place.

    Three arrays of one length, ascending by term, then doc id, then place (see `places`); at one
    position of a field forms and others may stand in any order.
    """

    terms: Array
    doc_ids: Array
    places: Array


class CountedPostings(Protocol):
    """All postings of a group, by term, then doc id.

    `posting_counts` and `position_counts` have a number for each term; `doc_ids`, `counts` (of
    positions) and `keys` (see Combinations.of_keys, also for `long`) one for each posting;
    `positions` are twice the position, and 1 more for a form.
    """

    posting_counts: Numbers
    position_counts: Numbers
    doc_ids: Array
    counts: Array
    keys: Numbers
    long: list[tuple[int, Array]]
    positions: Array


def places(fields: Array, positions: Array, forms: Array) -> Numbers:
    """In which field of its group an occurrence is, at which position, whether as a form."""
    return in_fields(fields, (positions.astype(np.int64) << 1) | forms)


def in_fields(fields: Array, positions: Array) -> Numbers:
    """The same of positions as they are stored: twice the position, and 1 more for a form."""
    numbers: Numbers = fields.astype(np.int64) << _FIELD
    return numbers | positions


def write_postings(
    writer: ContainerWriter,
    name: str,
    size: int,
    chunks: Iterable[Occurrences],
    folder: Path,
) -> None:
    """Writes the group `name`, of `size` terms.

    Chunks ascend by term and doc id, and all occurrences of a term in an article are in one
    chunk. A term that occurs twice at one position counts once, as a form if it is one in
    either. What does not fit into memory waits in a file in the folder.
    """
    starts = np.zeros(size + 1, dtype=np.int64)
    position_starts = np.zeros(size + 1, dtype=np.int64)
    combinations = Combinations(GROUPS[name])
    blocks = _Blocks()
    with _Spool(folder) as numbers, _Spool(folder) as positions, _Spool(folder) as offsets:

        def doc_ids() -> Iterator[Array]:
            for chunk in chunks:
                unique, firsts = _once(chunk)
                _count(unique.terms[firsts], starts)
                _count(unique.terms, position_starts)
                fields, forms = unique.places >> _FIELD, unique.places & 1
                numbers.add(combinations.numbers(fields, forms, firsts))
                positions.add(unique.places & _POSITION)
                offsets.add(blocks.offsets(np.diff(firsts, append=len(unique.places))))
                yield unique.doc_ids[firsts]

        writer.add_parts(f"{name}.doc_ids", np.uint32, doc_ids())
        table, order = combinations.table()
        ordered = (order.take(part) for part in numbers.parts())
        writer.add_parts(f"{name}.combinations", numbers.type, ordered)
        writer.add(f"{name}.frequencies", smallest(table.ravel()))
        writer.add_parts(f"{name}.positions", positions.type, positions.parts())
        writer.add_parts(f"{name}.offsets", offsets.type, offsets.parts())
    _write_starts(writer, name, blocks, starts, position_starts)


def write_counted(
    writer: ContainerWriter, name: str, counted: CountedPostings, combinations: Combinations
) -> None:
    """Writes the group `name`, each of whose terms has postings."""
    numbers = combinations.of_keys(counted.keys, counted.long)
    table, order = combinations.table()
    blocks = _Blocks()
    writer.add(f"{name}.doc_ids", counted.doc_ids)
    writer.add(f"{name}.combinations", smallest(order.take(numbers)))
    writer.add(f"{name}.frequencies", smallest(table.ravel()))
    writer.add(f"{name}.positions", smallest(counted.positions))
    writer.add(f"{name}.offsets", smallest(blocks.offsets(counted.counts)))
    starts = (
        np.concatenate(([0], counts))
        for counts in (counted.posting_counts, counted.position_counts)
    )
    _write_starts(writer, name, blocks, *starts)


def _write_starts(
    writer: ContainerWriter,
    name: str,
    blocks: "_Blocks",
    counts: npt.NDArray[np.int64],
    position_counts: npt.NDArray[np.int64],
) -> None:
    """Where blocks and terms start. The counts are of postings and positions, a 0 before them."""
    writer.add(f"{name}.blocks", blocks.array())
    writer.add(f"{name}.starts", smallest(np.cumsum(counts)))
    writer.add(f"{name}.position_starts", smallest(np.cumsum(position_counts)))


def _count(terms: Array, starts: npt.NDArray[np.int64]) -> None:
    """Adds the number of each of the ascending terms after its own item: their sums are starts."""
    if len(terms):
        first = int(terms[0])
        counts = np.bincount(terms - first)
        starts[first + 1 : first + 1 + len(counts)] += counts


def smallest(numbers: Array) -> Array:
    """The same numbers, none below 0, in the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def _once(chunk: Occurrences) -> tuple[Occurrences, Array]:
    """The chunk without repetitions, and where each article's occurrences of a term start."""
    terms, doc_ids, places = chunk
    same = _repeats(terms)
    same &= _repeats(doc_ids)
    if (repeated := same & ((places[1:] ^ places[:-1]) <= 1)).any():
        starts = np.flatnonzero(np.concatenate(([True], ~repeated)))
        places = np.maximum.reduceat(places, starts)  # a form is one more than no form
        chunk = Occurrences(terms[starts], doc_ids[starts], places)
        same = same[starts[1:] - 1]
    first = np.ones(min(1, len(chunk.terms)), dtype=np.bool_)
    return chunk, np.flatnonzero(np.concatenate((first, ~same)))


def _repeats(numbers: Array) -> Flags:
    """Which of the numbers, from the second on, equal the one before them."""
    return np.equal(numbers[1:], numbers[:-1])


class _Blocks:
    """Where the positions of the first posting of each block begin: see FieldGroup.begins."""

    def __init__(self) -> None:
        self._firsts = array("Q")  # a list of so many integers would be four times as large
        self._postings = 0
        self._positions = 0

    def offsets(self, counts: Array) -> Numbers:
        """How far from its block's begin each of the postings that follow has its positions.

        `counts` are their numbers of positions.
        """
        ends = self._positions + counts.cumsum(dtype=np.int64)
        begins: Numbers = ends - counts
        size = 1 << BLOCK_BITS
        before = self._postings % size
        firsts = begins[-before % size :: size]
        if before:  # the block began in the chunk before
            firsts = np.concatenate(([self._firsts[-1]], firsts)).astype(np.int64)
        self._firsts.frombytes(firsts[bool(before) :].astype(np.uint64).tobytes())
        self._postings += len(counts)
        self._positions = int(ends[-1]) if len(ends) else self._positions
        return begins - firsts.take((np.arange(len(counts)) + before) // size)

    def array(self) -> Array:
        """All of them."""
        return smallest(np.frombuffer(self._firsts, np.uint64).astype(np.int64))


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
