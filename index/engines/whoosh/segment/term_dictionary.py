"""A sorted table of strings in a segment: looked up by halving, prefixes are ranges."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

import numpy as np

from index.engines.whoosh.segment.arrays import Array, Numbers
from index.engines.whoosh.segment.container import Container, ContainerWriter


def write_terms(writer: ContainerWriter, name: str, blocks: Iterable[Sequence[bytes]]) -> int:
    """Writes sorted strings, some at a time, as the sections `name` and `name.ends`: how many."""
    lengths = [np.zeros(1, dtype=np.uint32)]

    def texts() -> Iterator[Array]:
        for block in blocks:
            lengths.append(np.fromiter(map(len, block), np.uint32, len(block)))
            yield np.frombuffer(b"".join(block), np.uint8)

    writer.add_parts(name, np.uint8, texts())
    every = np.concatenate(lengths)
    _write_ends(writer, name, every)
    return len(every) - 1


def write_joined_terms(writer: ContainerWriter, name: str, text: bytes, lengths: Numbers) -> None:
    """The same of sorted strings that are joined already, and the bytes of each."""
    writer.add(name, np.frombuffer(text, np.uint8))
    _write_ends(writer, name, np.concatenate(([0], lengths)))


def _write_ends(writer: ContainerWriter, name: str, lengths: Array) -> None:
    """Where each string ends: its bytes are given, a 0 before the first one's."""
    ends = lengths.cumsum(dtype=np.int64)
    writer.add(f"{name}.ends", ends.astype(np.uint32 if ends[-1] < 1 << 32 else np.uint64))


_STRINGS = 1 << 16
_BYTES = 1 << 24
"""So many strings, or bytes of them, are held at once, about, where tables are joined."""
_STRIDE = 32
_ORDINALS = range(1 << 62)
_LONG = 2_048
"""Bytes of a block above which it is halved: headlines that repeat a letter a thousand times."""


class TermDictionary:
    """The strings of the sections `name` and `name.ends`, in the order of their bytes.

    Every 32nd stays in memory: halving goes over those in C, then the 32 in the file are
    searched as one text, or halved where they are long.
    """

    def __init__(self, container: Container, name: str) -> None:
        self._text = container.array(name).data
        self._ends = container.array(f"{name}.ends").data
        self._size = len(self._ends) - 1
        self._sample = [self[ordinal] for ordinal in range(0, self._size, _STRIDE)]

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, ordinal: int) -> bytes:
        return bytes(self._text[self._ends[ordinal] : self._ends[ordinal + 1]])

    def all(self) -> list[bytes]:
        """Every string, in order."""
        return self.some(range(self._size))

    def some(self, ordinals: range) -> list[bytes]:
        """The strings with these ordinals, which follow each other."""
        ends = self._ends[ordinals.start : ordinals.stop + 1].tolist()
        text, first = bytes(self._text[ends[0] : ends[-1]]), ends[0]
        return [text[start - first : end - first] for start, end in pairwise(ends)]

    def find(self, term: bytes) -> int:
        """The term's ordinal; -1 where it is not in the table."""
        block = (bisect_right(self._sample, term) - 1) * _STRIDE
        if block < 0:
            return -1
        last = min(block + _STRIDE, self._size)
        first = self._ends[block]
        if self._ends[last] - first > _LONG:
            ordinal = bisect_left(_ORDINALS, term, block, last, key=self.__getitem__)
            return ordinal if ordinal < last and self[ordinal] == term else -1
        # one search in the text of the whole block is sooner than halving string by string
        text = bytes(self._text[first : self._ends[last]])
        offset = text.find(term)
        while offset >= 0:
            ordinal = bisect_left(self._ends, first + offset + len(term), block + 1, last) - 1
            if self._ends[ordinal] == first + offset and self._ends[
                ordinal + 1
            ] == first + offset + len(term):
                return ordinal
            offset = text.find(term, offset + 1)
        return -1

    def samples(self, strings: int, size: int) -> list[bytes]:
        """Some of the strings in memory, about so many strings, or bytes, between them."""
        average = max(1, self._ends[self._size] // max(1, self._size))
        return self._sample[:: max(1, min(strings, size // average) // _STRIDE)]

    def starting(self, prefix: bytes) -> range:
        """The ordinals of the terms that start so."""
        after = _after(prefix)
        return range(self.first(prefix), self.first(after) if after else self._size)

    def first(self, least: bytes) -> int:
        """The first ordinal whose string is not less."""
        block = max(0, bisect_left(self._sample, least) - 1) * _STRIDE
        end = min(block + _STRIDE, self._size)
        return bisect_left(_ORDINALS, least, block, end, key=self.__getitem__)


def _after(prefix: bytes) -> bytes:
    """The least string greater than all that start so; empty where there is none."""
    shorter = prefix.rstrip(b"\xff")
    return shorter[:-1] + bytes((shorter[-1] + 1,)) if shorter else b""


def side_by_side(tables: Sequence[TermDictionary]) -> Iterator[list[range]]:
    """Cuts sorted tables at the same strings: each table's ordinals in one stretch after another.

    All the tables' strings in a stretch are a few times _STRINGS at most, and about as many
    times _BYTES long, whichever tables they stand in: each table gives samples, and every so
    many-th of those is a cut (regular sampling, Shi & Schaeffer 1992).
    """
    many = max(1, len(tables))
    some = (table.samples(_STRINGS // many, _BYTES // many) for table in tables)
    samples = sorted(chain.from_iterable(some))
    starts = [0] * len(tables)
    for cut in samples[many::many]:
        ends = [table.first(cut) for table in tables]
        yield list(map(range, starts, ends))
        starts = ends
    yield list(map(range, starts, map(len, tables)))
