"""Facet counts and the histogram of a set of articles, as they are answered."""

from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.segment.arrays import Numbers
from index.engines.whoosh.segment.sets import DocSet
from index.results import Bucket, FacetValue
from index.schema import Facet, Interval


def facet_values(
    snapshot: Snapshot, facet: Facet, among: DocSet, selected: Sequence[str], limit: int
) -> tuple[FacetValue, ...]:
    """The labels of these articles: the most frequent `limit` and the selected ones."""
    doc_values = snapshot.facet(facet)
    counts = doc_values.counts(among)
    ranked = _most_frequent(counts, limit)
    labels = doc_values.labels
    values = [FacetValue(labels[code], count, labels[code] in selected) for code, count in ranked]
    if selected:
        shown = {value.value for value in values}
        by_label = {label: int(counts[code]) for code, label in doc_values.codes_of(selected)}
        values += [
            FacetValue(label, by_label.get(label, 0), True)
            for label in selected
            if label not in shown
        ]
    return tuple(values)


def _most_frequent(counts: Numbers, limit: int) -> list[tuple[int, int]]:
    """The codes that occur, with their counts, the most frequent first; ties by code."""
    codes = np.flatnonzero(counts)
    if len(codes) > limit:  # ties beyond the limit are cut by letter, as labels are sorted
        least = np.partition(counts[codes], len(codes) - limit)[len(codes) - limit]
        codes = codes[counts[codes] >= least]
    pairs = list(zip(codes.tolist(), counts[codes].tolist(), strict=True))
    pairs.sort(key=_by_count, reverse=True)
    return pairs[:limit]


_by_count = itemgetter(1)


def histogram(
    snapshot: Snapshot, among: DocSet, interval: Interval, zone: str
) -> tuple[Bucket, ...]:
    """How many of these articles each interval of the zone has, those that have any."""
    periods = snapshot.periods(interval, zone)
    counts, days = periods.counts(among).tolist(), periods.days
    return tuple([Bucket(day, count) for day, count in zip(days, counts, strict=True) if count])
