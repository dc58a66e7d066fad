"""Articles into the index: as they come, each batch one commit; or all at once, on all cores."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from index.analysed import AnalysedArticle
from index.article import Article
from index.sources.jsonlines import Refused
from search.parts import Parts

BATCH_ARTICLES = 500
BATCH_BYTES = 32 * 1024 * 1024
"""Of text, in UTF-8: so much at most is held in memory, and lost where a load is stopped."""


@dataclass(slots=True)
class Loading:
    """How far a loading has come: articles committed, lines refused."""

    loaded: int = 0
    refused: int = 0
    started: float = 0.0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.started if self.started else 0.0

    def __str__(self) -> str:
        rate = self.loaded / max(self.seconds, 0.001)
        return (
            f"{self.loaded} loaded, {self.refused} refused, "
            f"{self.seconds:.1f} s, {rate:.0f} articles/s"
        )


def load(
    parts: Parts,
    articles: Iterable[Article | Refused],
    loading: Loading,
    on_refused: Callable[[Refused], object],
    on_analysed: Callable[[], object] = lambda: None,
) -> None:
    """Writes the articles, tells the refused ones; `loading` is true at every moment.

    Whatever is raised, the batches that were committed stay and the index is good.
    """

    def analysed(batch: list[Article]) -> Iterator[AnalysedArticle]:
        for article in batch:
            yield parts.analyse(article)
            on_analysed()

    loading.started = time.perf_counter()
    for batch in _batches(_accepted(articles, loading, on_refused)):
        parts.engine.write(analysed(batch))
        loading.loaded += len(batch)


def load_at_once(
    parts: Parts,
    articles: Iterable[Article | Refused],
    loading: Loading,
    on_refused: Callable[[Refused], object],
    on_read: Callable[[], object] = lambda: None,
) -> None:
    """As load, for articles that are all there already: on all cores, in larger commits."""

    def read() -> Iterator[Article]:
        for article in _accepted(articles, loading, on_refused):
            yield article
            on_read()

    loading.started = time.perf_counter()
    parts.analyzer("поиск search")  # the dictionaries are read once, before processes are forked
    for done in parts.engine.load(read(), parts.analyse):
        loading.loaded += done.count


def _accepted(
    articles: Iterable[Article | Refused],
    loading: Loading,
    on_refused: Callable[[Refused], object],
) -> Iterator[Article]:
    for one in articles:
        if isinstance(one, Refused):
            loading.refused += 1
            on_refused(one)
        else:
            yield one


def _batches(articles: Iterable[Article]) -> Iterator[list[Article]]:
    batch: list[Article] = []
    size = 0
    for article in articles:
        more = len(article.title.encode()) + len(article.lead.encode()) + len(article.body.encode())
        if batch and size + more > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(article)
        size += more
        if len(batch) == BATCH_ARTICLES:  # at once: what comes next may be long in coming
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
