"""The engine's innermost loops, compiled from Cython when Poisk is installed.

Where there is no C compiler, Poisk is installed without them: `COMPILED` is False, and numpy does
the same work, slower. Whoever calls a kernel has both ways, and the tests compare them.
"""

from typing import Final

try:
    from index.engines.whoosh.kernels import building as building
    from index.engines.whoosh.kernels import doc_ids as doc_ids
    from index.engines.whoosh.kernels import group as group
    from index.engines.whoosh.kernels import hits as hits
    from index.engines.whoosh.kernels import numbering as numbering
    from index.engines.whoosh.kernels import phrases as phrases
    from index.engines.whoosh.kernels import positions as positions
    from index.engines.whoosh.kernels import records as records
    from index.engines.whoosh.kernels import words as words
except ImportError:
    _compiled = False
else:
    _compiled = True

COMPILED: Final = _compiled
