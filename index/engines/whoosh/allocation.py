"""Freed arrays stay with the process, so that the next search need not ask the kernel again.

A search over 100,000 articles uses arrays of a megabyte for half a millisecond.
By default glibc gives each back to the kernel and asks for it again, page by page:
half of the time of a query of three common words was that.
"""

import ctypes

_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_LARGEST = 32 * 1024 * 1024
_KEPT = 64 * 1024 * 1024


def keep_freed_memory() -> bool:
    """Tells glibc to keep up to 64 MiB; False where the C library is another one."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT))
