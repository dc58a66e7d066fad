"""The embedded engine: Whoosh keeps the table of contents, arrays answer the queries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.analysed import AnalysedArticle
from index.article import Article
from index.engines.whoosh.allocation import keep_freed_memory
from index.engines.whoosh.bulk import Analyse, few, working_cores, written_segments
from index.engines.whoosh.commit import commit_of, locked
from index.engines.whoosh.counts import facet_values, histogram
from index.engines.whoosh.evaluate import Evaluation
from index.engines.whoosh.generations import Generations, check_versions, versions
from index.engines.whoosh.order import page_of
from index.engines.whoosh.scoring import Scoring
from index.engines.whoosh.segment import Flags, Numbers, Reals
from index.engines.whoosh.segments import Segments
from index.engines.whoosh.snapshot import Snapshot
from index.engines.whoosh.snapshots import Snapshots
from index.errors import IndexUnavailable
from index.query import Query, children
from index.results import (
    Bucket,
    Explanation,
    FacetValue,
    Hit,
    Results,
    Retrieval,
    Sort,
    Stats,
)
from index.schema import Facet

_FEW = 1_000
"""Up to so many articles are loaded by one process: forking costs more than it gains."""
_COMMIT = 3
"""Chunks of a commit, where many are loaded."""


class Answer(NamedTuple):
    """The page's hits by number, best first, their scores, and what was counted."""

    numbers: Numbers
    scores: Reals
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    histogram: tuple[Bucket, ...]


class WhooshEngine:
    """An index in a folder. See `index.engines.base.Engine` for what each method does."""

    def __init__(self, root: Path, analysis: str) -> None:
        """`analysis` names the analysis that the articles to be written went through."""
        keep_freed_memory()
        self._generations = Generations(root)
        self._segments = Segments()
        self._snapshots = Snapshots(self._generations, self._segments)
        self._analysis = analysis

    # Reading

    def search(self, retrieval: Retrieval) -> Results:
        snapshot = self._snapshots.newest()
        found = answer(snapshot, retrieval)
        return Results(
            total=found.total,
            hits=tuple(
                Hit(_article(snapshot.stored(int(number))), float(score))
                for number, score in zip(found.numbers, found.scores, strict=True)
            ),
            facets=found.facets,
            histogram=found.histogram,
        )

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        snapshot = self._snapshots.newest()
        numbers = {one: snapshot.find(one) for one in ids}
        return {
            one: _article(snapshot.stored(number))
            for one, number in numbers.items()
            if number is not None
        }

    def scan(self) -> Iterator[Article]:
        return map(_article, self._snapshots.newest().all_stored())

    def count(self) -> int:
        return self._snapshots.newest().count

    def frequencies(self, field: str, terms: Sequence[str]) -> Mapping[str, int]:
        evaluation = Evaluation(self._snapshots.newest())
        return {term: len(evaluation.postings(field, term).numbers) for term in terms}

    def explain(self, query: Query, article_id: str) -> Explanation | None:
        snapshot = self._snapshots.newest()
        number = snapshot.find(article_id)
        return None if number is None else _explanation(Evaluation(snapshot), query, number)

    def stats(self) -> Stats:
        folder = self._folder()
        snapshot = self._snapshots.newest()
        languages = facet_values(snapshot, "language", snapshot.numbers, (), 100)
        return Stats(
            articles=snapshot.count,
            languages={value.value: value.count for value in languages},
            segments=len(snapshot.segments),
            size=sum(len(segment.container) for segment in snapshot.segments),
            generation=folder.name,
            analysis=versions(folder).analysis,
        )

    def close(self) -> None:
        self._snapshots.close()

    # Writing

    def write(self, put: Iterable[AnalysedArticle], delete: Iterable[str] = ()) -> None:
        folder = self._generations.current()
        if folder is None:
            self._write_first(put, delete)
            return
        check_versions(folder)
        self._commit(folder, put, delete)

    def _write_first(self, put: Iterable[AnalysedArticle], delete: Iterable[str]) -> None:
        """The first commit makes the first generation, or leaves none."""
        with self._generations.locked():
            if self._generations.current() is None:
                with self._generations.next(self._analysis) as folder:
                    self._commit(folder, put, delete)
                return
        self.write(put, delete)  # another process was first

    def _commit(self, folder: Path, put: Iterable[AnalysedArticle], delete: Iterable[str]) -> None:
        with locked(folder), commit_of(folder, self._segments) as commit:
            commit.delete(delete)
            for article in put:
                commit.put(article)

    def load(self, articles: Iterable[Article], analyse: Analyse) -> Iterator[int]:
        first, rest = few(articles, _FEW)
        if first:
            self.write(map(analyse, first))
            yield len(first)
        if not rest:
            return
        folder = self._generations.current()
        if folder is None:
            self.write(())
            folder = self._folder()
        check_versions(folder)
        with locked(folder), working_cores(analyse) as cores:
            with written_segments(folder, rest, cores) as segments:
                while some := list(islice(segments, _COMMIT)):
                    with commit_of(folder, self._segments, merging=False) as commit:
                        for written in some:
                            commit.adopt(written)
                    yield sum(written.size for written in some)
            with commit_of(folder, self._segments, cores=cores):
                pass  # an article is rewritten once, now that all are there

    def rebuild(self, analyse: Analyse) -> int:
        old = self._folder()
        # The old generation stays locked: what was written meanwhile would be lost.
        with locked(old):
            snapshot = self._snapshots.of_any_schema(old)
            with self._generations.next(self._analysis) as new, locked(new):
                first, rest = few(map(_article, snapshot.all_stored()), _FEW)
                with commit_of(new, self._segments) as commit:
                    for article in first:
                        commit.put(analyse(article))
                    if rest:
                        with (
                            working_cores(analyse) as cores,
                            written_segments(new, rest, cores) as segments,
                        ):
                            for written in segments:
                                commit.adopt(written)
        return snapshot.count

    def _folder(self) -> Path:
        folder = self._generations.current()
        if folder is None:
            raise IndexUnavailable("", "no index has been made yet", "run `poisk load`")
        return folder


def answer(snapshot: Snapshot, retrieval: Retrieval) -> Answer:
    """The answer to one question about a snapshot; no stored article is read."""
    evaluation = Evaluation(snapshot)
    matches = evaluation.match(retrieval.query)
    if retrieval.dates:
        matches = matches.compress(evaluation.passes(retrieval.dates, matches))
    passing = [(one.facet, evaluation.passes(one, matches)) for one in retrieval.filters]
    kept = _passing(matches, [mask for _, mask in passing])
    numbers, scores = _first(evaluation, retrieval, kept)
    return Answer(
        numbers=numbers,
        scores=scores,
        total=len(kept),
        facets={
            facet: facet_values(
                snapshot,
                facet,
                _others(matches, kept, passing, facet),
                _selected(retrieval, facet),
                retrieval.facet_limit,
            )
            for facet in retrieval.facets
        },
        histogram=histogram(snapshot, kept, retrieval.histogram) if retrieval.histogram else (),
    )


def _article(stored: bytes) -> Article:
    return Article.model_validate_json(stored)


def _passing(matches: Numbers, masks: Sequence[Flags]) -> Numbers:
    return matches.compress(np.logical_and.reduce(masks)) if masks else matches


def _others(
    matches: Numbers, kept: Numbers, passing: Sequence[tuple[str, Flags]], facet: Facet
) -> Numbers:
    """What a facet is counted among: its own filters left out."""
    others = [mask for name, mask in passing if name != facet]
    return kept if len(others) == len(passing) else _passing(matches, others)


def _first(evaluation: Evaluation, retrieval: Retrieval, kept: Numbers) -> tuple[Numbers, Reals]:
    """The hits of the page and their scores; sorted by date only they are scored."""
    scoring = Scoring(evaluation)
    by_score = retrieval.sort is Sort.RELEVANCE
    scores = scoring.scores(retrieval.query, kept) if by_score else np.zeros(0)
    dates = evaluation.snapshot.dates
    places = page_of(kept, scores, dates, retrieval.sort, retrieval.page)
    numbers = kept.take(places)
    if not by_score:
        return numbers, scoring.scores(retrieval.query, numbers)
    return numbers, scores.take(places)


def _selected(retrieval: Retrieval, facet: Facet) -> tuple[str, ...]:
    values = [value for one in retrieval.filters if one.facet == facet for value in one.values]
    return tuple(dict.fromkeys(values))


def _explanation(evaluation: Evaluation, query: Query, number: int) -> Explanation:
    one = np.array([number])
    matches = bool(evaluation.passes(query, one)[0])
    return Explanation(
        clause=str(query) if not children(query) else type(query).__name__,
        score=float(Scoring(evaluation).scores(query, one)[0]) if matches else None,
        parts=tuple(_explanation(evaluation, child, number) for child in children(query)),
    )
