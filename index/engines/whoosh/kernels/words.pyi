from index.engines.whoosh.segment.arrays import Array, Reals

class Postings:
    def __init__(self, doc_ids: Array, combinations: Array) -> None: ...

class Fields:
    def __init__(self, frequencies: Reals, weights: Reals) -> None: ...

class Word:
    def __init__(
        self, fields: Fields, k1: float, gain: float, variants: list[tuple[Postings, float]]
    ) -> None: ...

NO_WORD: Word

def add_words(total: Reals, articles: Array | None, words: list[tuple[Word, float]]) -> None: ...
