"""Looking for garbage: objects that refer to each other, so that no count frees them."""

import gc

_THRESHOLDS = (20_000, 20, 50)
"""An answer makes thousands of objects, which go with it: looking for circles took a tenth."""


def collect_rarely() -> None:
    """What is there by now is never looked through again, nor copied into a forked worker.

    What comes later is looked through less often than Python does it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
