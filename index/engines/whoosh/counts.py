"""Facet counts and the histogram of a set of articles."""

from collections.abc import Sequence

import numpy as np

from index.engines.whoosh.segment import NO_DATE, Flags
from index.engines.whoosh.snapshot import Snapshot
from index.results import Bucket, FacetValue
from index.schema import Facet, Interval

_UNITS: dict[Interval, str] = {"year": "Y", "month": "M", "day": "D"}


def facet_values(
    snapshot: Snapshot, facet: Facet, among: Flags, selected: Sequence[str], limit: int
) -> tuple[FacetValue, ...]:
    """The labels of the articles in `among`: the most frequent `limit` and the selected ones."""
    column = snapshot.facet(facet)
    counts = np.bincount(column.codes[among[column.numbers]], minlength=len(column.labels))
    ranked = sorted(
        (-int(count), label) for count, label in zip(counts, column.labels, strict=True) if count
    )
    values = [FacetValue(label, -count, label in selected) for count, label in ranked[:limit]]
    shown = {value.value for value in values}
    rest = {label: -count for count, label in ranked[limit:]}
    values += [
        FacetValue(label, rest.get(label, 0), True) for label in selected if label not in shown
    ]
    return tuple(values)


def histogram(snapshot: Snapshot, among: Flags, interval: Interval) -> tuple[Bucket, ...]:
    """How many of the articles in `among` each interval has (UTC), those that have any."""
    dates = snapshot.dates[among]
    moments = (
        dates[dates != NO_DATE].astype("datetime64[s]").astype(f"datetime64[{_UNITS[interval]}]")
    )
    starts, counts = np.unique(moments, return_counts=True)
    return tuple(
        Bucket(str(start.astype("datetime64[D]")), int(count))
        for start, count in zip(starts, counts, strict=True)
    )
