"""What is done for each character of a passage, compiled from Cython when Poisk is installed.

Where there is no C compiler, `COMPILED` is False, and Python does the same, slower.
"""

from typing import Final

try:
    from search.rendering.kernels import html as html
except ImportError:
    _compiled = False
else:
    _compiled = True

COMPILED: Final = _compiled
