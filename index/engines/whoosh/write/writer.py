"""Articles into the live generation: a batch in one commit, or any number in several."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from index.analysed import AnalyseArticle, AnalysedArticle, whole
from index.article import Article
from index.engines.whoosh.write.bulk import (
    Ready,
    built_segments,
    few,
    in_chunks,
    working_cores,
)
from index.engines.whoosh.write.commit import Commit, commit_of, locked
from index.engines.whoosh.write.generations import Generations, check_versions
from index.engines.whoosh.write.open_segments import Segments
from index.errors import IndexBusy
from index.results import Checkpoint, Loaded, LoadProgress

_FEW = 1_000
"""Up to so many articles are loaded by one process: forking costs more than it gains."""
_COMMIT = 3
"""Chunks of a commit, where many are loaded."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """What one commit changes: the arguments of `Engine.write`."""

    put: Iterable[AnalysedArticle]
    delete: Iterable[str]
    checkpoint: Checkpoint | None
    after: Checkpoint | None


class Writer:
    """Writes to the live generation. See `index.engines.base.Engine`."""

    def __init__(self, generations: Generations, segments: Segments, analysis: str) -> None:
        """`analysis` names the analysis that the articles to be written went through."""
        self._generations = generations
        self._segments = segments
        self._analysis = analysis

    def write(
        self,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        after: Checkpoint | None = None,
    ) -> None:
        """See `Engine.write`."""
        self._write(_Changes(put, delete, checkpoint, after))

    def _write(self, changes: _Changes) -> None:
        folder = self._generations.current()
        if folder is None:
            self._write_first(changes)
            return
        check_versions(folder)
        with self._locked(folder):
            self._commit(folder, changes)

    def load(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        progress: Callable[[], LoadProgress],
        after: Checkpoint | None,
    ) -> Iterator[Loaded]:
        """See `Engine.load`."""
        first, others = few(articles, _FEW)
        if others is None:
            yield from self._load_few(first, analyse, progress, after)
            return
        if self._generations.current() is None:
            self.write(())
        folder = self._generations.existing()
        check_versions(folder)
        with self._locked(folder):
            if after:
                Commit(folder, self._segments).follow(after)
            yield from self._load_many(folder, in_chunks(first, others), analyse, progress)

    def _write_first(self, changes: _Changes) -> None:
        """The first commit makes the first generation, or leaves none."""
        with self._generations.locked():
            if self._generations.current() is None:
                with self._generations.next(self._analysis) as folder:
                    with locked(folder):
                        self._commit(folder, changes)
                    self._generations.swap(folder)
                return
        self._write(changes)  # another process was first

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Nobody else writes to the live generation meanwhile, nor swaps it. Raises IndexBusy."""
        with locked(folder):
            if self._generations.current() != folder:  # swapped while we waited for the lock
                raise IndexBusy("index", "a rebuild has just replaced the index", "try again")
            yield

    def _commit(self, folder: Path, changes: _Changes) -> None:
        with commit_of(folder, self._segments) as commit:
            if changes.after:
                commit.follow(changes.after)
            commit.delete(changes.delete)
            for article in changes.put:
                commit.put(article)
            if changes.checkpoint:
                commit.checkpoint(changes.checkpoint)

    def _load_few(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        progress: Callable[[], LoadProgress],
        after: Checkpoint | None,
    ) -> Iterator[Loaded]:
        failed: dict[str, str] = {}
        analysed = list(whole(articles, analyse, failed))
        reached = progress()
        deleted, checkpoint = set(reached.delete), reached.checkpoint
        put = (one for one in analysed if one.article.id not in deleted)
        self.write(put, deleted, None if failed else checkpoint, after)
        yield Loaded(len(analysed), failed)
        if failed and checkpoint:  # the caller has stored the failures by now
            self.write((), (), checkpoint, after)

    def _load_many(
        self,
        folder: Path,
        chunks: Iterable[list[Article]],
        analyse: AnalyseArticle,
        progress: Callable[[], LoadProgress],
    ) -> Iterator[Loaded]:
        with working_cores(analyse) as cores:
            with built_segments(folder, chunks, cores, progress) as segments:
                while ready := list(islice(segments, _COMMIT)):
                    yield self._adopt(folder, ready)
            # an article is rewritten once, now that all are there
            with commit_of(folder, self._segments, cores=cores) as commit:
                reached = progress()
                commit.delete(reached.delete)
                if reached.checkpoint:
                    commit.checkpoint(reached.checkpoint)

    def _adopt(self, folder: Path, ready: Sequence[Ready]) -> Loaded:
        """Commits segments that other processes built; they are merged later."""
        failed = dict(chain.from_iterable(built.failed.items() for built, _ in ready))
        with commit_of(folder, self._segments, merging=False) as commit:
            for built, reached in ready:
                commit.adopt(built)
                commit.delete(reached.delete)
                # where some failed, the next commit has the checkpoint: failures are stored first
                if reached.checkpoint and not failed:
                    commit.checkpoint(reached.checkpoint)
        return Loaded(sum(built.size for built, _ in ready), failed)
