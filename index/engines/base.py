"""The seam: what every engine can do. Few methods, no vendor's words."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from index.analysed import AnalysedArticle
from index.article import Article
from index.query import Query
from index.results import Explanation, Results, Retrieval, Stats


class Engine(Protocol):
    """Keeps analysed articles and answers Query trees about them.

    Reading is safe from many threads and sees whole commits only; writing is
    for one process at a time. Errors are those of `index.errors`.
    """

    def search(self, retrieval: Retrieval) -> Results:
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

    def explain(self, query: Query, article_id: str) -> Explanation | None:
        """What each clause gave to this article's score; None for an unknown article."""
        ...

    def write(self, put: Iterable[AnalysedArticle], delete: Iterable[str] = ()) -> None:
        """Adds or replaces articles (by id) and deletes others, in one commit.

        Of two articles with one id in `put` the later stays. Whatever is raised,
        the index is as it was before.
        """
        ...

    def load(
        self, articles: Iterable[Article], analyse: Callable[[Article], AnalysedArticle]
    ) -> Iterator[int]:
        """As write, for many articles: commits now and then, and yields how many each held.

        The engine may analyse on all cores. What was committed stays, whatever is raised.
        """
        ...

    def rebuild(self, analyse: Callable[[Article], AnalysedArticle]) -> int:
        """Builds the next generation from the stored articles beside the live one, and swaps.

        Returns the number of articles. Searches see the old generation until the swap.
        """
        ...

    def stats(self) -> Stats:
        """The index in numbers."""
        ...

    def close(self) -> None:
        """Lets go of files; the engine cannot be used after."""
        ...
