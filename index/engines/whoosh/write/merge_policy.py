"""Which segments are merged: their number stays low, and no article is rewritten often."""

from collections.abc import Sequence

_FACTOR = 5
"""So many segments of one magnitude become one of the next."""
_SMALL = 20
"""Below, all segments are of one magnitude."""
_TAIL = 0.6
"""All become one when those beside the largest have such a share of its articles."""
_GONE = 0.4
"""A segment is rewritten when such a share of its articles is deleted."""


def to_merge(sizes: Sequence[int], live_docs: Sequence[int]) -> list[list[int]]:
    """Groups of segments, by place, that should become one each.

    `sizes` are articles with deleted ones, `live_docs` without. A large segment and a
    short tail of small ones: a search asks every segment, so most articles should be
    in one, and an article is rewritten about as often as the index grew by half.
    """
    if len(live_docs) > 1 and sum(live_docs) - max(live_docs) >= _TAIL * max(live_docs):
        return [list(range(len(live_docs)))]
    magnitudes: dict[int, list[int]] = {}
    for place, count in enumerate(live_docs):
        magnitudes.setdefault(_magnitude(count), []).append(place)
    groups = [places for places in magnitudes.values() if len(places) >= _FACTOR]
    taken = {place for group in groups for place in group}
    groups += [
        [place]
        for place, (size, count) in enumerate(zip(sizes, live_docs, strict=True))
        if place not in taken and size - count > size * _GONE
    ]
    return groups


def _magnitude(count: int) -> int:
    magnitude = 0
    while count > _SMALL:
        count //= _FACTOR
        magnitude += 1
    return magnitude
