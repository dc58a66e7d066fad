"""The kinds of arrays that a segment's and a snapshot's articles come in."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint64]
Reals = npt.NDArray[np.float32]
"""Scores, as precise as scores must be: whole arrays of them take a third of the time of double."""

NO_DATE = np.iinfo(np.int64).min
NOTHING: Numbers = np.zeros(0, dtype=np.int64)


def indices(flags: Flags) -> Numbers:
    """Where the flags are up. (np.flatnonzero takes four times as long for a short array.)"""
    return flags.nonzero()[0]


def once(numbers: Numbers) -> Numbers:
    """The numbers, ascending, each once. (np.unique takes two to ten times as long.)"""
    ascending = numbers.copy()
    ascending.sort()
    first = np.empty(len(ascending), dtype=np.bool_)
    first[:1] = True
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending.compress(first)
