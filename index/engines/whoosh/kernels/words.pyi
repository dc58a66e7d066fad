from collections.abc import Sequence

from index.engines.whoosh.segment.arrays import Array, Reals

class Postings:
    def __init__(self, doc_ids: Array, combinations: Array) -> None: ...

class Fields:
    def __init__(self, frequencies: Reals, weights: Reals) -> None: ...

NO_FIELDS: Fields

Word = tuple[Fields, float, float, float, Sequence[tuple[Postings, float]]]

def add_words(total: Reals, articles: Array | None, words: list[Word]) -> None: ...
