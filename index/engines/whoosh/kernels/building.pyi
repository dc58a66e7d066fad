from collections.abc import Sequence

from index.analysis.token import Word
from index.engines.whoosh.segment.arrays import Array, Flags, Numbers

def lemmas(words: list[Word]) -> tuple[dict[str, int], Numbers, Numbers, Flags]: ...
def lengths(terms: Sequence[str]) -> Numbers: ...

class Sorted:
    terms: Numbers
    posting_counts: Numbers
    position_counts: Numbers
    doc_ids: Array
    counts: Array
    keys: Numbers
    long: list[tuple[int, Array]]
    positions: Array

def sort(
    words: Array,
    positions: Array,
    runs: Sequence[Array],
    terms: tuple[Numbers, Numbers, Flags],
    size: int,
    digits: Array,
) -> Sorted: ...
