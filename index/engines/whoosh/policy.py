"""Which segments are merged: their number stays low, and no article is rewritten often."""

from collections.abc import Sequence

_FACTOR = 5
"""So many segments of one magnitude become one of the next."""
_SMALL = 20
"""Below, all segments are of one magnitude."""
_GONE = 0.4
"""A segment is rewritten when such a share of its articles is deleted."""


def to_merge(sizes: Sequence[int], live: Sequence[int]) -> list[list[int]]:
    """Groups of segments, by place, that should become one each.

    `sizes` are articles with deleted ones, `live` without. Log-structured: an
    article is rewritten once a magnitude, so the cost of n articles is n log n.
    """
    magnitudes: dict[int, list[int]] = {}
    for place, count in enumerate(live):
        magnitudes.setdefault(_magnitude(count), []).append(place)
    groups = [places for places in magnitudes.values() if len(places) >= _FACTOR]
    taken = {place for group in groups for place in group}
    groups += [
        [place]
        for place, (size, count) in enumerate(zip(sizes, live, strict=True))
        if place not in taken and size - count > size * _GONE
    ]
    return groups


def _magnitude(count: int) -> int:
    magnitude = 0
    while count > _SMALL:
        count //= _FACTOR
        magnitude += 1
    return magnitude
