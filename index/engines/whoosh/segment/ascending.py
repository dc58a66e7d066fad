"""Ascending numbers as the gaps between them: none is summed from the first one.

A section has runs of RUN gaps. After a whole run stands the number that it ends with, in 4 bytes,
so that the next run goes on from there. Each gap has as many bytes as the largest one needs.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from operator import sub

from index.engines.whoosh.segment.stored_fields import StoredBytes

RUN = 256
_REACHED = 4
"""Bytes of the number that a run ends with."""


def packed(numbers: Sequence[int]) -> tuple[bytes, int]:
    """The section of the numbers, each below 2³² and none below the one before; a gap's bytes."""
    gaps, width = _gaps(numbers)
    if len(numbers) < RUN:
        return gaps, width
    step = RUN * width
    runs = (gaps[start : start + step] for start in range(0, len(gaps), step))
    reached = (number.to_bytes(_REACHED, "little") for number in numbers[RUN - 1 :: RUN])
    return b"".join(chain.from_iterable(zip(runs, chain(reached, (b"",)), strict=False))), width


def _gaps(numbers: Sequence[int]) -> tuple[bytes, int]:
    try:
        return bytes(map(sub, numbers, chain((0,), numbers))), 1
    except ValueError:  # a gap of 256 and more: a table, a long formula
        gaps = array("I", map(sub, numbers, chain((0,), numbers)))
    return (array("H", gaps).tobytes(), 2) if max(gaps) < 1 << 16 else (gaps.tobytes(), 4)


class Ascending:
    """A section of a record that `packed` made, read run by run."""

    __slots__ = ("_size", "_start", "_step", "_stored", "_width")

    def __init__(self, stored: StoredBytes, start: int, size: int, width: int) -> None:
        self._stored = stored
        self._start = start
        self._size = size
        self._width = width
        self._step = RUN * width + _REACHED

    def __len__(self) -> int:
        """How many numbers there are."""
        whole, rest = divmod(self._size, self._step)
        return whole * RUN + rest // self._width

    def run(self, number: int) -> tuple[int, Sequence[int]]:
        """The number before a run, and the run's gaps."""
        begin = number * self._step
        end = self._start + min(begin + self._step - _REACHED, self._size)
        if not number:
            return 0, self._read(self._start, end)
        begin += self._start
        before = self._stored.read(begin - _REACHED, begin)
        return int.from_bytes(before, "little"), self._read(begin, end)

    def between(self, start: int, end: int) -> Iterator[int]:
        """The numbers of the runs that reach `start`, up to the first run that reaches `end`."""
        if self._size < self._step:
            return accumulate(self._read(self._start, self._start + self._size))
        first, runs = 0, self._size // self._step
        while first < runs:  # of two runs the later one, as soon as it begins at `start` or before
            middle = (first + runs + 1) // 2
            if self._before(middle) < start:
                first = middle
            else:
                runs = middle - 1
        numbers: list[int] = []
        last = self._size // self._step
        for number in range(first, last + 1):
            before, gaps = self.run(number)
            if numbers and before >= end:
                break
            reached = accumulate(gaps, initial=before)
            next(reached)
            numbers += reached
        return iter(numbers)

    def _before(self, run: int) -> int:
        begin = self._start + run * self._step
        return int.from_bytes(self._stored.read(begin - _REACHED, begin), "little")

    def _read(self, start: int, end: int) -> Sequence[int]:
        gaps = self._stored.read(start, end)
        if self._width == 1:
            return gaps
        return memoryview(gaps).cast("H" if self._width == 2 else "I")
