from collections.abc import Sequence

from index.engines.whoosh.kernels.group import Group
from index.engines.whoosh.segment.arrays import Array

Wanted = tuple[int, int, int, bool]

def match_positions(
    group: Group,
    hits: Array,
    wanted: Sequence[Wanted],
    fields: Sequence[int],
    most: int,
    first: int,
) -> tuple[list[tuple[int, list[int]]], list[int]]: ...
