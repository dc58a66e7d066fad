"""The seam: what every engine can do. Few methods, no vendor's words."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from index.analysed import AnalysedArticle
from index.article import Article
from index.results import (
    Checkpoint,
    EngineRequest,
    Explanation,
    Loaded,
    LoadProgress,
    Results,
    Stats,
)


class Reader(Protocol):
    """One state of an index: answers from it for as long as it is held, whatever is written.

    What takes several steps takes them on one reader. Safe for many threads, cheap to make.
    Every method raises IndexUnavailable where a file cannot be read.
    """

    def search(self, request: EngineRequest) -> Results:
        """The page of hits, the exact total, and the counts that were asked for."""
        ...

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The stored articles with these ids; unknown ids are left out."""
        ...

    def scan(self) -> Iterator[Article]:
        """Every live article, in no particular order."""
        ...

    def count(self) -> int:
        """How many live articles there are."""
        ...

    def frequencies(self, field: str, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many live articles each term stands in the field (0 where in none)."""
        ...

    def terms(self, field: str, prefix: str = "", limit: int = 100) -> Mapping[str, int]:
        """The field's terms that start with the prefix, and in how many live articles each stands.

        The first `limit` of them, by code points; terms of deleted articles alone are left out.
        """
        ...

    def explain(self, request: EngineRequest, ids: Sequence[str]) -> Mapping[str, Explanation]:
        """What each clause gave to these articles' scores; unknown ids are left out.

        Only the clauses of the query that score: outside the rescoring window no bonuses, as in
        the score of the hit. Articles that do not match are explained too.
        """
        ...

    def state(self) -> Hashable:
        """Names the state: readers of one engine whose states are equal give the same answers."""
        ...

    def checkpoint(self) -> Checkpoint | None:
        """Which changes the index holds; None where it was written without a checkpoint."""
        ...


class Engine(Protocol):
    """Keeps analysed articles and hands out readers, which answer Query trees about them.

    Reading is safe from many threads and sees whole commits only; writing is
    for one process at a time. Errors are those of `index.errors`.
    """

    def reader(self) -> Reader:
        """The newest committed state. Raises IndexUnavailable where no index was made yet."""
        ...

    def write(
        self,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        after: Checkpoint | None = None,
    ) -> None:
        """Adds or replaces articles (by id), deletes others, moves the checkpoint, in one commit.

        Of two articles with one id in `put` the later stays. Whatever is raised,
        the index is as it was before. `after` is the checkpoint that this goes on from: where
        the index has come to another one meanwhile, or would go back, raises IndexBusy.
        """
        ...

    def load(
        self,
        articles: Iterable[Article],
        analyse: Callable[[Article], AnalysedArticle],
        progress: Callable[[], LoadProgress] = LoadProgress,
        after: Checkpoint | None = None,
    ) -> Iterator[Loaded]:
        """As write, for many articles: commits now and then, and yields what each held.

        The engine may analyse on all cores; an article that breaks is left out. What was
        committed stays, whatever is raised. `progress` is asked now and then, between two
        articles, and at the end. A checkpoint is committed when the failures before it have
        been yielded.
        """
        ...

    def rebuild(
        self,
        articles: Iterable[Article],
        analyse: Callable[[Article], AnalysedArticle],
        later: Callable[["Engine"], bool] = lambda _: False,
    ) -> Iterator[Loaded]:
        """Builds the next generation beside the live one, and swaps.

        Searches see the old generation until the swap; it may be written to meanwhile.
        `later` is given the next generation, again and again, to bring it up to date, and
        says whether it found anything; the last times nobody can write to the old one.
        """
        ...

    def check(self) -> Iterator[str]:
        """Reads every file against its checksums; what is wrong with each broken one."""
        ...

    def stats(self) -> Stats:
        """The index in numbers."""
        ...

    def close(self) -> None:
        """Lets go of files; the engine cannot be used after."""
        ...
