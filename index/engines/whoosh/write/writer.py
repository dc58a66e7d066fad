"""Articles into the live generation: a batch in one commit, or any number in several."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from index.analysed import AnalyseArticle, AnalysedArticle, whole
from index.article import Article
from index.engines.whoosh.write.bulk import (
    Ready,
    SoFar,
    built_segments,
    chunks,
    few,
    working_cores,
)
from index.engines.whoosh.write.commit import Commit, commit_of, locked
from index.engines.whoosh.write.generations import Generations, check_versions
from index.engines.whoosh.write.open_segments import Segments
from index.errors import IndexBusy
from index.results import Checkpoint, Loaded

_FEW = 1_000
"""Up to so many articles are loaded by one process: forking costs more than it gains."""
_COMMIT = 3
"""Chunks of a commit, where many are loaded."""


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
        folder = self._generations.current()
        if folder is None:
            self._write_first(put, delete, checkpoint, after)
            return
        check_versions(folder)
        with self._locked(folder):
            self._commit(folder, put, delete, checkpoint, after)

    def load(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        so_far: SoFar,
        after: Checkpoint | None,
    ) -> Iterator[Loaded]:
        """See `Engine.load`."""
        first, others = few(articles, _FEW)
        if others is None:
            yield from self._load_few(first, analyse, so_far, after)
            return
        if self._generations.current() is None:
            self.write(())
        folder = self._generations.existing()
        check_versions(folder)
        with self._locked(folder):
            if after:
                Commit(folder, self._segments).follow(after)
            yield from self._load_many(folder, chunks(first, others), analyse, so_far)

    def _write_first(
        self,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str],
        checkpoint: Checkpoint | None,
        after: Checkpoint | None,
    ) -> None:
        """The first commit makes the first generation, or leaves none."""
        with self._generations.locked():
            if self._generations.current() is None:
                with self._generations.next(self._analysis) as folder:
                    with locked(folder):
                        self._commit(folder, put, delete, checkpoint, after)
                    self._generations.swap(folder)
                return
        self.write(put, delete, checkpoint, after)  # another process was first

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Nobody else writes to the live generation meanwhile, nor swaps it. Raises IndexBusy."""
        with locked(folder):
            if self._generations.current() != folder:  # swapped while we waited for the lock
                raise IndexBusy("index", "a rebuild has just replaced the index", "try again")
            yield

    def _commit(
        self,
        folder: Path,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str],
        checkpoint: Checkpoint | None,
        after: Checkpoint | None,
    ) -> None:
        with commit_of(folder, self._segments) as commit:
            if after:
                commit.follow(after)
            commit.delete(delete)
            for article in put:
                commit.put(article)
            if checkpoint:
                commit.checkpoint(checkpoint)

    def _load_few(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        so_far: SoFar,
        after: Checkpoint | None,
    ) -> Iterator[Loaded]:
        failed: dict[str, str] = {}
        analysed = list(whole(articles, analyse, failed))
        ids, checkpoint = so_far()
        gone = set(ids)
        put = (one for one in analysed if one.article.id not in gone)
        self.write(put, gone, None if failed else checkpoint, after)
        yield Loaded(len(analysed), failed)
        if failed and checkpoint:  # the caller has stored the failures by now
            self.write((), (), checkpoint, after)

    def _load_many(
        self,
        folder: Path,
        parts: Iterable[list[Article]],
        analyse: AnalyseArticle,
        so_far: SoFar,
    ) -> Iterator[Loaded]:
        with working_cores(analyse) as cores:
            with built_segments(folder, parts, cores, so_far) as segments:
                while some := list(islice(segments, _COMMIT)):
                    yield self._adopt(folder, some)
            # an article is rewritten once, now that all are there
            with commit_of(folder, self._segments, cores=cores) as commit:
                gone, checkpoint = so_far()
                commit.delete(gone)
                if checkpoint:
                    commit.checkpoint(checkpoint)

    def _adopt(self, folder: Path, ready: Sequence[Ready]) -> Loaded:
        """Commits segments that other processes built; they are merged later."""
        failed = dict(chain.from_iterable(built.failed.items() for built, *_ in ready))
        with commit_of(folder, self._segments, merging=False) as commit:
            for built, gone, checkpoint in ready:
                commit.adopt(built)
                commit.delete(gone)
                # where some failed, the next commit has the checkpoint: failures are stored first
                if checkpoint and not failed:
                    commit.checkpoint(checkpoint)
        return Loaded(sum(built.size for built, *_ in ready), failed)
