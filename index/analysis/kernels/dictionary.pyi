from collections.abc import Sequence
from mmap import mmap

class Lookup:
    def __init__(
        self,
        words: bytes | mmap,
        paradigms: Sequence[Sequence[int]],
        suffixes: Sequence[str],
        prefixes: Sequence[str],
        names: Sequence[bool],
    ) -> None: ...
    def terms(self, word: str) -> tuple[list[str], bool] | None: ...
