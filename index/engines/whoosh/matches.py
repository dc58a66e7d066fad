"""Sets of articles with scores, as sorted arrays, and what is done with two of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.segment import Flags, Numbers, Reals


class Matches(NamedTuple):
    """Article numbers, ascending and each once, and the score of each."""

    numbers: Numbers
    scores: Reals


NONE = Matches(np.zeros(0, dtype=np.int64), np.zeros(0))


def unscored(numbers: Numbers) -> Matches:
    """These articles, each with score 0."""
    return Matches(numbers, np.zeros(len(numbers)))


def union(parts: Sequence[Matches], combine: np.ufunc = np.add, at_least: int = 1) -> Matches:
    """Articles in `at_least` of the parts, their scores combined (np.add, np.maximum)."""
    parts = [part for part in parts if len(part.numbers)]
    if len(parts) < at_least:
        return NONE
    if len(parts) == 1:
        return parts[0]
    numbers = np.concatenate([part.numbers for part in parts])
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    scores = combine.reduceat(np.concatenate([part.scores for part in parts])[order], starts)
    if at_least > 1:
        enough = np.diff(starts, append=len(numbers)) >= at_least
        return Matches(numbers[starts][enough], scores[enough])
    return Matches(numbers[starts], scores)


def contains(numbers: Numbers, wanted: Numbers) -> tuple[Flags, Numbers]:
    """Whether each wanted number is among the sorted numbers, and where it would stand."""
    if not len(numbers):
        return np.zeros(len(wanted), dtype=np.bool_), np.zeros(len(wanted), dtype=np.int64)
    places = np.searchsorted(numbers, wanted)
    places[places == len(numbers)] = 0
    return numbers[places] == wanted, places


def intersection(left: Matches, right: Matches) -> Matches:
    """Articles in both, scores added."""
    if len(left.numbers) > len(right.numbers):
        left, right = right, left
    shared, places = contains(right.numbers, left.numbers)
    return Matches(left.numbers[shared], left.scores[shared] + right.scores[places[shared]])


def without(left: Matches, right: Matches) -> Matches:
    """Articles of the left that are not in the right."""
    kept = ~contains(right.numbers, left.numbers)[0]
    return Matches(left.numbers[kept], left.scores[kept])


def raised(matches: Matches, bonus: Matches) -> Matches:
    """The same articles, with the bonus's scores added where it has them."""
    shared, places = contains(bonus.numbers, matches.numbers)
    scores = matches.scores.copy()
    scores[shared] += bonus.scores[places[shared]]
    return Matches(matches.numbers, scores)
