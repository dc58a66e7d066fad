"""The files that `poisk load` reads, one after another, and how much of them is read."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import PurePath

from index.article import Article
from index.sources.open import open_source
from index.sources.source import ReadOptions, Rejected
from index.sources.streams import Progress


class Files:
    """Opens each file when the one before it is read. Iterate once."""

    def __init__(self, paths: Sequence[str], options: ReadOptions) -> None:
        self._paths = paths
        self._options = options
        self._path = ""
        self._progress: Callable[[], Progress] = Progress

    def __iter__(self) -> Iterator[Article | Rejected]:
        for path in self._paths:
            with open_source(path, self._options) as opened:
                self._path, self._progress = path, opened.progress
                yield from opened
                end = opened.progress()
                self._progress = partial(Progress, end.read, end.total)  # the file is closed now

    def progress(self) -> str:
        """`40% of news.jsonl`, the file that is read now; "" where its size is not known."""
        progress = self._progress()
        if not progress.total:
            return ""
        name = "standard input" if self._path == "-" else PurePath(self._path).name
        return f"{progress.read / progress.total:.0%} of {name}"
