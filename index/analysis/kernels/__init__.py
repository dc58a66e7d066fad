"""The innermost loops of the analysis, compiled from Cython when Poisk is installed.

Where there is no C compiler, Poisk is installed without them: `COMPILED` is False, and Python does
the same work, slower. Whoever calls a kernel has both ways, and the tests compare them.
"""

from typing import Final

try:
    from index.analysis.kernels import dictionary as dictionary
    from index.analysis.kernels import names as names
    from index.analysis.kernels import words as words
except ImportError:
    _compiled = False
else:
    _compiled = True

COMPILED: Final = _compiled
