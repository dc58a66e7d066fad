from array import array
from collections.abc import Callable, Mapping, Sequence
from re import Match

from index.analysis.token import Word

def read(
    text: str, known: Mapping[str, Word], match: Callable[[str, int], Match[str] | None]
) -> tuple[list[Word], array[int]]: ...
def join(
    words: list[Word],
    positions: array[int],
    whole: list[Word],
    starts: array[int],
    read_words: Sequence[Word],
    read_starts: Sequence[int],
    position: int,
) -> int: ...
def keys(words: Sequence[Word]) -> list[Word]: ...
