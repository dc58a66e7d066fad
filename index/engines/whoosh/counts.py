"""Facet counts and the histogram of a set of articles: one pass over their codes."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from index.engines.whoosh.segment import NO_DATE, FacetColumn, Flags, Numbers
from index.engines.whoosh.snapshot import Snapshot
from index.results import Bucket, FacetValue
from index.schema import Facet, Interval


def facet_values(
    snapshot: Snapshot, facet: Facet, among: Numbers, selected: Sequence[str], limit: int
) -> tuple[FacetValue, ...]:
    """The labels of these articles: the most frequent `limit` and the selected ones."""
    column = snapshot.facet(facet)
    counts = _label_counts(column, among)
    codes = np.flatnonzero(counts)
    if len(codes) > limit:  # ties beyond the limit are cut by letter, as labels are sorted
        least = np.partition(counts[codes], len(codes) - limit)[len(codes) - limit]
        codes = codes[counts[codes] >= least]
    codes = codes[np.argsort(-counts[codes], kind="stable")][:limit]
    values = [
        FacetValue(column.labels[code], int(counts[code]), column.labels[code] in selected)
        for code in codes
    ]
    shown = {value.value for value in values}
    places = {label: int(counts[code]) for code, label in _places(column, selected)}
    values += [
        FacetValue(label, places.get(label, 0), True) for label in selected if label not in shown
    ]
    return tuple(values)


def _places(column: FacetColumn, labels: Sequence[str]) -> list[tuple[int, str]]:
    found = []
    for label in labels:
        place = bisect_left(column.labels, label)
        if place < len(column.labels) and column.labels[place] == label:
            found.append((place, label))
    return found


def _label_counts(column: FacetColumn, among: Numbers) -> Numbers:
    sets = np.bincount(column.of.take(among), minlength=len(column.sets) - 1)
    sizes = np.diff(column.sets)
    counts = np.bincount(column.codes, weights=np.repeat(sets, sizes), minlength=len(column.labels))
    return counts.astype(np.int64)


def having(column: FacetColumn, values: Sequence[str]) -> Flags:
    """Which of the column's sets hold one of the values."""
    wanted = np.isin(column.codes, [code for code, _ in _places(column, values)])
    flags = np.zeros(len(column.sets) - 1, dtype=np.bool_)
    owners = np.repeat(np.arange(len(flags)), np.diff(column.sets))
    flags[owners[wanted]] = True
    return flags


def histogram(snapshot: Snapshot, among: Numbers, interval: Interval) -> tuple[Bucket, ...]:
    """How many of these articles each interval has (UTC), those that have any."""
    periods = snapshot.periods(interval).take(among)
    if not len(periods):
        return ()
    if int(periods.min()) == NO_DATE:
        periods = periods[periods != NO_DATE]
        if not len(periods):
            return ()
    first = int(periods.min())
    counts = np.bincount(periods - first)
    used = np.flatnonzero(counts)
    unit = {"year": "Y", "month": "M", "day": "D"}[interval]
    starts = (used + first).astype(f"datetime64[{unit}]").astype("datetime64[D]")
    return tuple(
        Bucket(str(start), int(counts[place])) for start, place in zip(starts, used, strict=True)
    )
