"""What articles are counted by: a facet's labels, an interval's periods.

Few articles are looked up one by one. Where they are many for so few labels, each label has a
bit an article: what both have is counted a word of 64 at a time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.engines.whoosh.segment.arrays import NO_DATE, NOTHING, Array, Bits, Flags, Numbers
from index.engines.whoosh.segment.sets import DocSet, packed
from index.engines.whoosh.segment.zones import periods_of
from index.schema import Interval

_FEW = 64
"""Labels that may have bits of their own."""
_WORD = 64
"""So many articles, for one label, are counted by bits in the time that one is looked up."""
_LISTING = 3
"""The articles of so many flags are listed in the time that one is looked up."""
_TOGETHER = 1 << 14
"""Words of bits that are counted together: what lies between stays near the processor."""
_SPAN = 20_000
"""Periods that are counted from the first to the last, whether they have articles or not."""
_UNITS: dict[Interval, str] = {"year": "Y", "month": "M", "day": "D"}


@dataclass(eq=False)
class DocValues:
    """The labels of a facet, sorted, and each article's set of them.

    Set s holds the labels `codes[sets[s]:sets[s + 1]]`; article n has the set `of[n]`.
    """

    labels: tuple[str, ...]
    sets: Numbers
    codes: Numbers
    of: Array

    def labels_of(self, label_set: int) -> tuple[str, ...]:
        """The labels of a set."""
        codes = self.codes[self.sets[label_set] : self.sets[label_set + 1]]
        return tuple(self.labels[code] for code in codes)

    def having(self, values: Sequence[str]) -> Flags:
        """Which of the sets hold one of the values."""
        return self._holding([code for code, _ in self.codes_of(values)])

    def codes_of(self, labels: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The labels that there are, each after its code."""
        for label in labels:
            code = bisect_left(self.labels, label)
            if code < len(self.labels) and self.labels[code] == label:
                yield code, label

    def counts(self, among: DocSet) -> Numbers:
        """How many of the articles have each label."""
        if _by_bits(len(self.labels), among):
            return _common(self._bits, among)
        size = len(self.sets) - 1
        by_set = np.bincount(self.of.take(among.doc_ids, mode="clip"), minlength=size)
        if self._alone:
            return by_set
        weights = by_set.take(self._owners)
        return np.bincount(self.codes, weights, minlength=len(self.labels)).astype(np.int64)

    def _holding(self, codes: Sequence[int]) -> Flags:
        flags = np.zeros(len(self.sets) - 1, dtype=np.bool_)
        flags[self._owners[np.isin(self.codes, codes)]] = True
        return flags

    @cached_property
    def _owners(self) -> Numbers:
        """The set that each code belongs to."""
        return np.repeat(np.arange(len(self.sets) - 1), np.diff(self.sets))

    @cached_property
    def _alone(self) -> bool:
        """Whether set n holds label n alone: a language's do."""
        return bool(np.array_equal(self.sets, np.arange(len(self.labels) + 1))) and bool(
            np.array_equal(self.codes, np.arange(len(self.labels)))
        )

    @cached_property
    def _bits(self) -> Bits:
        return _rows(self._holding([code]).take(self.of) for code in range(len(self.labels)))


def joined(columns: Sequence[DocValues]) -> DocValues:
    """The columns of several segments as one: labels merged, sets one after another."""
    labels = tuple(sorted({label for column in columns for label in column.labels}))
    merged = {label: code for code, label in enumerate(labels)}
    ends, codes, of = [np.zeros(1, dtype=np.int64)], [NOTHING], [NOTHING]
    sets = uses = 0
    for column in columns:
        mapped = np.array([merged[label] for label in column.labels], dtype=np.int64)
        ends.append(column.sets[1:] + uses)
        codes.append(mapped[column.codes])
        of.append(column.of.astype(np.int64) + sets)
        sets += len(column.sets) - 1
        uses += len(column.codes)
    return DocValues(labels, np.concatenate(ends), np.concatenate(codes), np.concatenate(of))


class Periods:
    """The interval each article was published in: article n in `starts[of[n] - 1]`; 0: undated."""

    def __init__(self, dates: Numbers, interval: Interval, zone: str) -> None:
        self._unit = _UNITS[interval]
        dated = dates != NO_DATE
        some = periods_of(dates[dated], self._unit, zone)
        self.starts = NOTHING
        of = np.zeros(len(dates), dtype=np.int64)
        if len(some):
            first, last = int(some.min()), int(some.max())
            if last - first < _SPAN:
                self.starts = np.arange(first, last + 1)
                of[dated] = some - first + 1
            else:  # an article of the year 1
                self.starts, of[dated] = np.unique(some, return_inverse=True)
                of[dated] += 1
        self.of: Array = of.astype(np.min_scalar_type(len(self.starts)))

    def counts(self, among: DocSet) -> Numbers:
        """How many of the articles each of `starts` has."""
        if _by_bits(len(self.starts), among):
            return _common(self._bits, among)
        codes = self.of.take(among.doc_ids, mode="clip")
        return np.bincount(codes, minlength=len(self.starts) + 1)[1:]

    @cached_property
    def days(self) -> Sequence[str]:
        """The first day of each of `starts`, as ISO has it."""
        starts = self.starts.astype(f"datetime64[{self._unit}]")
        return tuple(starts.astype("datetime64[D]").astype(str).tolist())

    @cached_property
    def _bits(self) -> Bits:
        return _rows(self.of == code + 1 for code in range(len(self.starts)))


def _by_bits(labels: int, among: DocSet) -> bool:
    """Whether these articles are sooner counted by bits than looked up."""
    looked_up = among.count + (0 if among.listed else among.size // _LISTING)
    return 0 < labels <= _FEW and labels * among.size <= looked_up * _WORD


def _rows(flags: Iterable[Flags]) -> Bits:
    """A row of bits for each."""
    return np.stack(list(map(packed, flags)))


def _common(rows: Bits, among: DocSet) -> Numbers:
    """How many bits each row has in common with the articles."""
    counts = np.empty(len(rows), dtype=np.int64)
    together = max(1, _TOGETHER // max(1, len(among.bits)))
    for first in range(0, len(rows), together):
        shared = np.bitwise_count(rows[first : first + together] & among.bits)
        counts[first : first + together] = shared.sum(axis=1, dtype=np.uint32)
    return counts
