"""Which segments are merged: their number stays low, and no article is rewritten often."""

from collections.abc import Sequence

_FACTOR = 5
"""So many segments of one magnitude become one of the next."""
_SMALL = 20
"""Below, all segments are of one magnitude."""
_TAIL = 0.6
"""All become one when those beside the largest have such a share of its articles."""
_DELETED = 0.4
"""A segment is rewritten when such a share of its articles is deleted."""


def to_merge(sizes: Sequence[int], live_counts: Sequence[int]) -> list[list[int]]:
    """Groups of segments, by index, each of which should become one segment.

    `sizes` count all articles of each segment, `live_counts` those that are not deleted. The
    result is a large segment and a short tail of small ones: a search asks every segment, so
    most articles should be in one, and an article is rewritten about as often as the index
    grew by half.
    """
    largest = max(live_counts, default=0)
    if len(live_counts) > 1 and sum(live_counts) - largest >= _TAIL * largest:
        return [list(range(len(live_counts)))]
    magnitudes: dict[int, list[int]] = {}
    for segment, count in enumerate(live_counts):
        magnitudes.setdefault(_magnitude(count), []).append(segment)
    groups = [segments for segments in magnitudes.values() if len(segments) >= _FACTOR]
    grouped = {segment for group in groups for segment in group}
    groups += [
        [segment]
        for segment, (size, count) in enumerate(zip(sizes, live_counts, strict=True))
        if segment not in grouped and size - count > size * _DELETED
    ]
    return groups


def _magnitude(count: int) -> int:
    magnitude = 0
    while count > _SMALL:
        count //= _FACTOR
        magnitude += 1
    return magnitude
