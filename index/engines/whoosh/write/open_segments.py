"""The segments of one generation, each opened once for whoever reads it."""

import threading
from pathlib import Path
from weakref import WeakValueDictionary

from index.engines.whoosh.codec import ColumnarSegment
from index.engines.whoosh.segment.segment import Segment
from index.errors import IndexUnavailable


class Segments:
    """Opens segments; one that somebody still reads is handed out again."""

    def __init__(self) -> None:
        self._opened: WeakValueDictionary[Path, Segment] = WeakValueDictionary()
        self._lock = threading.Lock()

    def open(self, folder: Path, named: ColumnarSegment) -> Segment:
        """The segment's arrays. Raises IndexUnavailable where the file is damaged or gone."""
        path = named.path(folder)
        with self._lock:
            if (segment := self._opened.get(path)) is None:
                segment = self._opened[path] = _opened(path)
            return segment


def _opened(path: Path) -> Segment:
    try:
        return Segment(path)
    except FileNotFoundError as error:
        raise IndexUnavailable(str(path), "the file is missing", "run `poisk rebuild`") from error
