from collections.abc import Sequence

from index.engines.whoosh.kernels.group import Group
from index.engines.whoosh.segment.arrays import Array, Flags, Numbers

def find(
    group: Group,
    fields: Sequence[int],
    exact: bool,
    parts: Sequence[Sequence[int]],
    slop: int,
    most: int,
    size: int,
    among: Array | None,
    live: Flags | None,
) -> tuple[Numbers, Numbers]: ...
