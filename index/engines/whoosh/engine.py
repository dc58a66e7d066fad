"""The embedded engine: Whoosh keeps the segments, arrays answer the queries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from whoosh.index import FileIndex, LockError
from whoosh.writing import SegmentWriter

from index.analysed import AnalysedArticle
from index.article import Article
from index.engines.whoosh import matches as m
from index.engines.whoosh.counts import facet_values, histogram
from index.engines.whoosh.evaluate import Evaluation
from index.engines.whoosh.generations import (
    Generations,
    check_versions,
    opened,
    sync_folder,
    versions,
)
from index.engines.whoosh.layout import ID, document
from index.engines.whoosh.matches import Matches
from index.engines.whoosh.segment import NO_DATE, Flags, Numbers, Reals
from index.engines.whoosh.snapshot import Snapshot
from index.engines.whoosh.snapshots import Snapshots
from index.errors import IndexBusy, IndexUnavailable
from index.query import And, Query, children
from index.results import Explanation, Hit, Results, Retrieval, Sort, Stats

_BATCH = 1_000


class WhooshEngine:
    """An index in a folder. See `index.engines.base.Engine` for what each method does."""

    def __init__(self, root: Path, analysis: str) -> None:
        """`analysis` names the analysis that the articles to be written went through."""
        self._generations = Generations(root)
        self._snapshots = Snapshots(self._generations)
        self._analysis = analysis

    # Reading

    def search(self, retrieval: Retrieval) -> Results:
        with self._snapshots.lease() as snapshot:
            evaluation = Evaluation(snapshot)
            query = retrieval.query
            if retrieval.dates:
                query = And((query, retrieval.dates))
            matches = evaluation.matches(query)
            masks = [
                (one.facet, _mask(snapshot, evaluation.matches(one).numbers))
                for one in retrieval.filters
            ]
            kept = _all_of([mask for _, mask in masks], matches.numbers)
            found = Matches(matches.numbers[kept], matches.scores[kept])
            return Results(
                total=len(found.numbers),
                hits=tuple(_hits(snapshot, found, retrieval)),
                facets={
                    facet: facet_values(
                        snapshot,
                        facet,
                        _among(snapshot, matches.numbers, masks, leave_out=facet),
                        _selected(retrieval, facet),
                        retrieval.facet_limit,
                    )
                    for facet in retrieval.facets
                },
                histogram=(
                    histogram(snapshot, _mask(snapshot, found.numbers), retrieval.histogram)
                    if retrieval.histogram
                    else ()
                ),
            )

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        with self._snapshots.lease() as snapshot:
            numbers = {one: snapshot.find(one) for one in ids}
            return {
                one: _article(snapshot.stored(number))
                for one, number in numbers.items()
                if number is not None
            }

    def scan(self) -> Iterator[Article]:
        with self._snapshots.lease() as snapshot:
            for stored in snapshot.all_stored():
                yield _article(stored)

    def count(self) -> int:
        with self._snapshots.lease() as snapshot:
            return snapshot.count

    def frequencies(self, field: str, terms: Sequence[str]) -> Mapping[str, int]:
        with self._snapshots.lease() as snapshot:
            return {term: len(snapshot.postings(field, term).numbers) for term in terms}

    def explain(self, query: Query, article_id: str) -> Explanation | None:
        with self._snapshots.lease() as snapshot:
            number = snapshot.find(article_id)
            if number is None:
                return None
            return _explanation(Evaluation(snapshot), query, number)

    def stats(self) -> Stats:
        folder = self._folder()
        with self._snapshots.lease() as snapshot, opened(folder) as index:
            everything = snapshot.live
            languages = facet_values(snapshot, "language", everything, (), 100)
            return Stats(
                articles=snapshot.count,
                languages={value.value: value.count for value in languages},
                segments=len(index._segments()),
                size=sum(path.stat().st_size for path in folder.iterdir()),
                generation=folder.name,
                analysis=versions(folder).analysis,
            )

    def close(self) -> None:
        self._snapshots.close()

    # Writing

    def write(self, put: Iterable[AnalysedArticle], delete: Iterable[str] = ()) -> None:
        articles = {one.article.id: one for one in put}
        gone = {*articles, *delete}
        folder = self._generations.current()
        if folder is None:
            folder = self._generations.create(self._analysis)
            self._generations.swap(folder)
        check_versions(folder)
        with opened(folder) as index, _writing(index) as writer:
            _delete(writer, gone)
            for one in articles.values():
                writer.add_document(**document(one))
        sync_folder(folder)

    def rebuild(self, analyse: Callable[[Article], AnalysedArticle]) -> int:
        folder = self._folder()
        count = 0
        # The old generation stays locked: what was written meanwhile would be lost.
        with opened(folder) as old, _locked(old):
            new = self._generations.create(self._analysis)
            with opened(new) as index:
                for batch in _batches(self._stored(old), _BATCH):
                    with _writing(index) as writer:
                        for article in batch:
                            writer.add_document(**document(analyse(article)))
                    count += len(batch)
            self._generations.swap(new)
        return count

    def _stored(self, index: FileIndex) -> Iterator[Article]:
        reader = index.reader()
        try:
            for number in reader.all_doc_ids():
                yield _article(reader.stored_fields(number)["article"])
        finally:
            reader.close()

    def _folder(self) -> Path:
        folder = self._generations.current()
        if folder is None:
            raise IndexUnavailable("", "no index has been made yet", "run `poisk load`")
        return folder


def _article(stored: bytes) -> Article:
    return Article.model_validate_json(stored)


def _mask(snapshot: Snapshot, numbers: Numbers) -> Flags:
    mask = np.zeros(len(snapshot.live), dtype=np.bool_)
    mask[numbers] = True
    return mask


def _all_of(masks: Iterable[Flags], numbers: Numbers) -> Flags:
    kept = np.ones(len(numbers), dtype=np.bool_)
    for mask in masks:
        kept &= mask[numbers]
    return kept


def _among(
    snapshot: Snapshot, numbers: Numbers, masks: Sequence[tuple[str, Flags]], leave_out: str
) -> Flags:
    others = [mask for facet, mask in masks if facet != leave_out]
    return _mask(snapshot, numbers[_all_of(others, numbers)])


def _selected(retrieval: Retrieval, facet: str) -> tuple[str, ...]:
    values = [value for one in retrieval.filters if one.facet == facet for value in one.values]
    return tuple(dict.fromkeys(values))


def _hits(snapshot: Snapshot, found: Matches, retrieval: Retrieval) -> Iterator[Hit]:
    dates = snapshot.dates[found.numbers]
    undated = dates == NO_DATE
    by_time = dates if retrieval.sort is Sort.OLDEST else -dates
    keys: list[Numbers | Flags | Reals] = [found.numbers, by_time, undated]  # the last is the first
    if retrieval.sort is Sort.RELEVANCE:
        keys.append(-found.scores)
    page = retrieval.page
    for place in np.lexsort(keys)[page.offset : page.offset + page.limit]:
        number = int(found.numbers[place])
        yield Hit(_article(snapshot.stored(number)), float(found.scores[place]))


def _explanation(evaluation: Evaluation, query: Query, number: int) -> Explanation:
    found = evaluation.matches(query)
    shared, places = m.contains(found.numbers, np.array([number]))
    return Explanation(
        clause=str(query) if not children(query) else type(query).__name__,
        score=float(found.scores[places[0]]) if shared[0] else None,
        parts=tuple(_explanation(evaluation, child, number) for child in children(query)),
    )


def _batches(articles: Iterable[Article], size: int) -> Iterator[list[Article]]:
    batch: list[Article] = []
    for article in articles:
        batch.append(article)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _delete(writer: SegmentWriter, ids: Iterable[str]) -> None:
    reader = writer.reader()
    try:
        for article_id in ids:
            if (ID, article_id) in reader:
                for number in list(reader.postings(ID, article_id).all_ids()):
                    writer.delete_document(number)
    finally:
        reader.close()


@contextmanager
def _writing(index: FileIndex) -> Iterator[SegmentWriter]:
    """A writer that commits at the end, and is cancelled whatever is raised."""
    try:
        writer = SegmentWriter(index)
    except LockError as error:
        raise _busy() from error
    try:
        yield writer
        writer.commit()
    except BaseException:
        if not writer.is_closed:
            writer.cancel()
        raise


@contextmanager
def _locked(index: FileIndex) -> Iterator[None]:
    lock = index.lock("WRITELOCK")
    if not lock.acquire():
        raise _busy()
    try:
        yield
    finally:
        lock.release()


def _busy() -> IndexBusy:
    return IndexBusy("index", "another process is writing to it", "try again when it is done")
