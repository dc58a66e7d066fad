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
