from collections.abc import Sequence

from index.engines.whoosh.kernels.group import Group
from index.engines.whoosh.segment.arrays import Array, Flags, Numbers, Reals

class Search:
    def __init__(
        self,
        group: Group,
        fields: Sequence[int],
        exact: bool,
        parts: Sequence[Sequence[int]],
        slop: int,
        most: int,
        size: int,
        among: Array | None,
        live: Flags | None,
    ) -> None: ...
    def found(self) -> tuple[Numbers, Numbers]: ...
    def add_to(self, sums: Reals, weights: Reals) -> None: ...
