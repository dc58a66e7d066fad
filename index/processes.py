"""What a forked process asks the kernel for."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, by: signal.Signals) -> None:
    """The kernel ends this process by a signal when `parent`, which forked it, is gone.

    On Linux; elsewhere it does nothing.
    """
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)
    except (AttributeError, OSError, TypeError):
        return
    if os.getppid() != parent:  # it died before the kernel knew
        os._exit(1)
