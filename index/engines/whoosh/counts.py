"""Facet counts and the histogram of a set of articles, as they are answered."""

from collections.abc import Sequence

import numpy as np

from index.engines.whoosh.facets import UNITS
from index.engines.whoosh.sets import Articles
from index.engines.whoosh.snapshot import Snapshot
from index.results import Bucket, FacetValue
from index.schema import Facet, Interval


def facet_values(
    snapshot: Snapshot, facet: Facet, among: Articles, selected: Sequence[str], limit: int
) -> tuple[FacetValue, ...]:
    """The labels of these articles: the most frequent `limit` and the selected ones."""
    column = snapshot.facet(facet)
    counts = column.counts(among)
    codes = np.flatnonzero(counts)
    if len(codes) > limit:  # ties beyond the limit are cut by letter, as labels are sorted
        least = np.partition(counts[codes], len(codes) - limit)[len(codes) - limit]
        codes = codes[counts[codes] >= least]
    codes = codes[np.argsort(-counts[codes], kind="stable")][:limit]
    labels = column.labels
    values = [
        FacetValue(labels[code], count, labels[code] in selected)
        for code, count in zip(codes.tolist(), counts[codes].tolist(), strict=True)
    ]
    if selected:
        shown = {value.value for value in values}
        places = {label: int(counts[code]) for code, label in column.places(selected)}
        values += [
            FacetValue(label, places.get(label, 0), True)
            for label in selected
            if label not in shown
        ]
    return tuple(values)


def histogram(snapshot: Snapshot, among: Articles, interval: Interval) -> tuple[Bucket, ...]:
    """How many of these articles each interval has (UTC), those that have any."""
    periods = snapshot.periods(interval)
    counts = periods.counts(among)
    used = np.flatnonzero(counts)
    starts = periods.starts.take(used).astype(f"datetime64[{UNITS[interval]}]")
    days = starts.astype("datetime64[D]").astype(str).tolist()
    return tuple(map(Bucket, days, counts.take(used).tolist()))
