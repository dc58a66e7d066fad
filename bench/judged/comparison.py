"""Two runs over the same queries: the mean difference, and how sure it is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 2_000
_SEED = 17

Floats = NDArray[np.float64]


class Difference(NamedTuple):
    """The mean difference of a measure, and its 95 % interval over samples of the queries.

    `better` and `worse` count queries.
    """

    mean: float
    low: float
    high: float
    better: int
    worse: int

    def __str__(self) -> str:
        counts = f"+{self.better} -{self.worse}"
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}] {counts:>9}"


def paired(sets: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Difference:
    """The difference of (before, after) by query; of several sets the mean of their means.

    The interval is that of the paired bootstrap (Efron & Tibshirani 1993): queries are drawn
    again with replacement, in each set apart.
    """
    chance = np.random.default_rng(_SEED)
    differences = [np.subtract(after, before) for before, after in sets]
    samples = np.mean([_resampled(one, chance) for one in differences], axis=0)
    low, high = np.percentile(samples, (2.5, 97.5))
    return Difference(
        mean=float(np.mean([one.mean() for one in differences])),
        low=float(low),
        high=float(high),
        better=sum(int(np.count_nonzero(one > 0)) for one in differences),
        worse=sum(int(np.count_nonzero(one < 0)) for one in differences),
    )


def _resampled(values: Floats, chance: np.random.Generator) -> Floats:
    """The means of samples as large as the values."""
    size = len(values)
    return np.array([values[chance.integers(size, size=size)].mean() for _ in range(_SAMPLES)])
