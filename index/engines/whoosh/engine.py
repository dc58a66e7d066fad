"""The embedded engine: Whoosh keeps the table of contents, arrays answer the queries."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path

from index.analysed import AnalyseArticle, AnalysedArticle
from index.article import Article
from index.engines.base import Engine
from index.engines.whoosh.allocation import keep_freed_memory
from index.engines.whoosh.read.counts import facet_values
from index.engines.whoosh.read.reader import WhooshReader
from index.engines.whoosh.read.snapshots import Snapshots
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.write.commit import locked
from index.engines.whoosh.write.generations import Generations, OneGeneration
from index.engines.whoosh.write.open_segments import Segments
from index.engines.whoosh.write.writer import Writer
from index.errors import IndexBusy, IndexUnavailable
from index.results import Checkpoint, Loaded, LoadProgress, Stats

_SWAP_WAIT = 60.0
"""Seconds that a rebuild waits for who writes to the live index, before it catches up again."""


class WhooshEngine:
    """An index in a folder. See `index.engines.base.Engine` for what each method does."""

    def __init__(self, root: Path, analysis: str, generations: Generations | None = None) -> None:
        """`analysis` names the analysis that the articles to be written went through."""
        keep_freed_memory()
        self._generations = generations or Generations(root)
        self._segments = Segments()
        self._snapshots = Snapshots(self._generations, self._segments)
        self._writer = Writer(self._generations, self._segments, analysis)
        self._analysis = analysis

    def reader(self) -> WhooshReader:
        return WhooshReader(self._snapshots.newest())

    def stats(self) -> Stats:
        snapshot = self._snapshots.newest()
        languages = facet_values(snapshot, "language", snapshot.living, (), 100)
        return Stats(
            articles=snapshot.count,
            languages={value.value: value.count for value in languages},
            segments=len(snapshot.segments),
            size=sum(len(segment.container) for segment in snapshot.segments),
            generation=snapshot.generation,
            analysis=snapshot.analysis,
        )

    def check(self) -> Iterator[str]:
        opened = Snapshots(self._generations, self._segments)  # what is in memory may be well
        snapshot = opened.newest()
        for segment in snapshot.segments:
            try:
                Container(segment.container.path).check_all()
            except (IndexUnavailable, OSError) as error:
                if opened.newest() is not snapshot:  # merged or swapped away meanwhile
                    yield from self.check()
                    return
                yield str(error)

    def close(self) -> None:
        self._snapshots.close()

    def write(
        self,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        after: Checkpoint | None = None,
    ) -> None:
        self._writer.write(put, delete, checkpoint, after)

    def load(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        progress: Callable[[], LoadProgress] = LoadProgress,
        after: Checkpoint | None = None,
    ) -> Iterator[Loaded]:
        return self._writer.load(articles, analyse, progress, after)

    def rebuild(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        later: Callable[[Engine], bool] = lambda _: False,
    ) -> Iterator[Loaded]:
        with self._generations.rebuilding(self._analysis) as folder:
            new = WhooshEngine(self._generations.root, self._analysis, OneGeneration(folder))
            yield from new.load(articles, analyse)
            while not self._swapped(folder, new, later):
                pass

    def _swapped(self, folder: Path, new: Engine, later: Callable[[Engine], bool]) -> bool:
        """Catches up and swaps; False if another process wrote to the live one for too long."""
        while later(new):
            pass
        old = self._generations.intact()
        with ExitStack() as held:
            try:
                held.enter_context(locked(old, wait=_SWAP_WAIT) if old else nullcontext())
            except IndexBusy:
                return False
            while later(new) and not self._caught_up(new):
                pass
            self._generations.swap(folder)
        return True

    def _caught_up(self, new: Engine) -> bool:
        """Whether the new generation has reached the live one: the rest can wait."""
        with suppress(IndexUnavailable):
            had, has = self.reader().checkpoint(), new.reader().checkpoint()
            return bool(had and has and had.store == has.store and had.change <= has.change)
        return False
