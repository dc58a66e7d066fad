"""Where terms stand in hits: read from their positions, for no more articles than a page has."""

from collections.abc import Mapping, Sequence

import numpy as np

from index.engines.whoosh.arrays import Numbers
from index.engines.whoosh.phrases import Reader, places_of, stand
from index.engines.whoosh.sets import Articles
from index.schema import EXACT, STORY


def positions_in(
    reader: Reader, terms: Sequence[tuple[str, str]], numbers: Numbers
) -> list[Mapping[str, Sequence[int]]]:
    """For each article the positions of the (field, term)s, by text, ascending, each once."""
    if not terms:
        return [{} for _ in numbers]
    ascending = np.argsort(numbers)
    candidates = Articles(reader.snapshot.size, numbers.take(ascending))
    found: list[dict[str, Sequence[int]]] = [{} for _ in numbers]
    for name in STORY if len(numbers) else ():
        spaces = (name, EXACT[name])
        read = (reader.positions(*one) for one in terms if one[0] in spaces)
        stands = [stand(*one, candidates) for one in read if len(one[1])]
        stride = 1 + max((one.last for one in stands), default=0)
        places = places_of(stands, stride)
        ends = places.searchsorted(np.arange(1, len(numbers) + 1) * stride).tolist()
        positions = (places % stride).tolist()
        start = 0
        for article, end in zip(ascending.tolist(), ends, strict=True):
            if end > start:
                found[article][name] = positions[start:end]
            start = end
    return list(found)
