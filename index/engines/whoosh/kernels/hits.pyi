from index.engines.whoosh.segment.arrays import Array, Numbers, Reals

def first(
    doc_ids: Array, scores: Reals | None, dates: Numbers, wanted: int, oldest: bool
) -> Numbers | None: ...
