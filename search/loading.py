"""Articles into the index, in batches: each batch is one commit."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from index.article import Article
from index.sources.jsonlines import Refused
from search.parts import Parts

BATCH_ARTICLES = 2_000
BATCH_CHARACTERS = 16_000_000


@dataclass(slots=True)
class Loading:
    """How far a loading has come: articles committed, lines refused."""

    loaded: int = 0
    refused: int = 0
    started: float = 0.0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.started


def load(
    parts: Parts,
    articles: Iterable[Article | Refused],
    loading: Loading,
    on_refused: Callable[[Refused], None],
) -> None:
    """Writes the articles, tells the refused ones; `loading` is true at every moment.

    Whatever is raised, the batches that were committed stay and the index is good.
    """
    loading.started = time.perf_counter()
    for batch in _batches(_accepted(articles, loading, on_refused)):
        parts.engine.write(map(parts.analyse, batch))
        loading.loaded += len(batch)


def _accepted(
    articles: Iterable[Article | Refused],
    loading: Loading,
    on_refused: Callable[[Refused], None],
) -> Iterator[Article]:
    for one in articles:
        if isinstance(one, Refused):
            loading.refused += 1
            on_refused(one)
        else:
            yield one


def _batches(articles: Iterable[Article]) -> Iterator[list[Article]]:
    batch: list[Article] = []
    characters = 0
    for article in articles:
        batch.append(article)
        characters += len(article.body)
        if len(batch) == BATCH_ARTICLES or characters > BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
