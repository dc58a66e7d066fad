"""Where terms stand in hits: read from their positions, for no more articles than a page has."""

from collections.abc import Mapping, Sequence

import numpy as np

from index.engines.whoosh.arrays import NOTHING, Numbers, once
from index.engines.whoosh.phrases import POSITION_BITS, Reader, among
from index.engines.whoosh.sets import Articles
from index.schema import EXACT, STORY

_MASK = (1 << POSITION_BITS) - 1


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
        places = _places(reader, [one for one in terms if one[0] in spaces], candidates)
        ends = places.searchsorted(np.arange(1, len(numbers) + 1) << POSITION_BITS).tolist()
        positions = (places & _MASK).tolist()
        start = 0
        for article, end in zip(ascending.tolist(), ends, strict=True):
            if end > start:
                found[article][name] = positions[start:end]
            start = end
    return list(found)


def _places(reader: Reader, terms: Sequence[tuple[str, str]], candidates: Articles) -> Numbers:
    """Candidate and position in one integer, ascending."""
    read = (reader.positions(field, term) for field, term in terms)
    parts = [among(*one, candidates) for one in read if len(one[0].numbers)]
    return once(np.concatenate(parts)) if parts else NOTHING
