from array import array
from collections.abc import Sequence

from index.analysis.token import Word

class Numbering:
    words: list[Word]
    def add(self, words: Sequence[Word], numbers: array[int]) -> None: ...
