from collections.abc import Sequence

def words(
    record: bytes, start: int, end: int, width: int, run: int, positions: Sequence[int]
) -> list[tuple[int, int]]: ...
