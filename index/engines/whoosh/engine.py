"""The embedded engine: Whoosh keeps the table of contents, arrays answer the queries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.analysed import AnalysedArticle, whole
from index.article import Article
from index.engines.base import Engine
from index.engines.whoosh.allocation import keep_freed_memory
from index.engines.whoosh.read.counts import facet_values, histogram
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.positions import MatchPositions
from index.engines.whoosh.read.scoring import NO_SCORES, Scoring
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.read.snapshots import Snapshots
from index.engines.whoosh.read.sorting import Order
from index.engines.whoosh.segment.arrays import NO_DATE, Flags, Numbers, Reals
from index.engines.whoosh.segment.best import at_least
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.segment.record import Record
from index.engines.whoosh.segment.sets import DocSet
from index.engines.whoosh.write.bulk import (
    AnalyseArticle,
    SoFar,
    chunks,
    few,
    working_cores,
    written_segments,
)
from index.engines.whoosh.write.commit import Commit, commit_of, locked
from index.engines.whoosh.write.generations import (
    Generations,
    OneGeneration,
    check_versions,
    versions,
)
from index.engines.whoosh.write.open_segments import Segments
from index.errors import IndexBusy, IndexUnavailable
from index.query import Query, children
from index.results import (
    Bucket,
    Checkpoint,
    EngineRequest,
    Explanation,
    FacetValue,
    Hit,
    Loaded,
    Results,
    Sort,
    SortKey,
    Stats,
)
from index.schema import Facet

_FEW = 1_000
"""Up to so many articles are loaded by one process: forking costs more than it gains."""
_COMMIT = 3
"""Chunks of a commit, where many are loaded."""
_SWAP_WAIT = 60.0
"""Seconds that a rebuild waits for who writes to the live index, before it catches up again."""


class Answer(NamedTuple):
    """The page's hits by number, best first, their scores, and what was counted.

    `more` says whether other hits come after them.
    """

    doc_ids: Numbers
    scores: Reals
    more: bool
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    histogram: tuple[Bucket, ...]
    match_positions: Sequence[MatchPositions]


class WhooshEngine:
    """An index in a folder. See `index.engines.base.Engine` for what each method does."""

    def __init__(self, root: Path, analysis: str, generations: Generations | None = None) -> None:
        """`analysis` names the analysis that the articles to be written went through."""
        keep_freed_memory()
        self._generations = generations or Generations(root)
        self._segments = Segments()
        self._snapshots = Snapshots(self._generations, self._segments)
        self._analysis = analysis

    # Reading

    def search(self, request: EngineRequest) -> Results:
        snapshot = self._snapshots.newest()
        found = answer(snapshot, request)
        hits = tuple(
            _hit(Record(snapshot.stored(number)), score, match_positions)
            for number, score, match_positions in zip(
                found.doc_ids.tolist(), found.scores.tolist(), found.match_positions, strict=True
            )
        )
        return Results(
            total=found.total,
            hits=hits,
            next=_key(hits[-1], int(snapshot.dates[found.doc_ids[-1]])) if found.more else None,
            facets=found.facets,
            histogram=found.histogram,
        )

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        snapshot = self._snapshots.newest()
        doc_ids = {one: snapshot.find(one) for one in ids}
        return {
            one: Record(snapshot.stored(number)).article()
            for one, number in doc_ids.items()
            if number is not None
        }

    def scan(self) -> Iterator[Article]:
        return (Record(kept).article() for kept in self._snapshots.newest().all_stored())

    def count(self) -> int:
        return self._snapshots.newest().count

    def frequencies(self, field: str, terms: Sequence[str]) -> Mapping[str, int]:
        evaluation = Evaluation(self._snapshots.newest())
        return {term: evaluation.term(field, term).articles.count for term in terms}

    def explain(self, query: Query, ids: Sequence[str]) -> Mapping[str, Explanation]:
        snapshot = self._snapshots.newest()
        doc_ids = {n: one for one in ids if (n := snapshot.find(one)) is not None}
        if not doc_ids:
            return {}
        among = DocSet(snapshot.size, np.array(sorted(doc_ids), dtype=np.int64))
        explained = _explanations(Scoring(Evaluation(snapshot)), query, among)
        return {doc_ids[n]: one for n, one in zip(sorted(doc_ids), explained, strict=True)}

    def stats(self) -> Stats:
        folder = self._folder()
        snapshot = self._snapshots.newest()
        languages = facet_values(snapshot, "language", snapshot.living, (), 100)
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

    def checkpoint(self) -> Checkpoint | None:
        return self._snapshots.newest().checkpoint

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

    # Writing

    def write(
        self,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        after: Checkpoint | None = None,
    ) -> None:
        folder = self._generations.current()
        if folder is None:
            self._write_first(put, delete, checkpoint, after)
            return
        check_versions(folder)
        with self._held(folder):
            self._commit(folder, put, delete, checkpoint, after)

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
    def _held(self, folder: Path) -> Iterator[None]:
        """Nobody else writes to the live generation meanwhile, nor swaps it. Raises IndexBusy."""
        with locked(folder):
            if self._generations.current() != folder:  # swapped while we came
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

    def load(
        self,
        articles: Iterable[Article],
        analyse: AnalyseArticle,
        so_far: SoFar = lambda: ((), None),
        after: Checkpoint | None = None,
    ) -> Iterator[Loaded]:
        first, others = few(articles, _FEW)
        if others is None:
            yield from self._load_few(first, analyse, so_far, after)
            return
        folder = self._generations.current()
        if folder is None:
            self.write(())
            folder = self._folder()
        check_versions(folder)
        with self._held(folder):
            if after:
                Commit(folder, self._segments).follow(after)
            yield from self._load(folder, chunks(first, others), analyse, so_far)

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
        if failed and checkpoint:  # who takes what we yield has kept the failures by now
            self.write((), (), checkpoint, after)

    def _load(
        self, folder: Path, parts: Iterable[list[Article]], analyse: AnalyseArticle, so_far: SoFar
    ) -> Iterator[Loaded]:
        with working_cores(analyse) as cores:
            with written_segments(folder, parts, cores, so_far) as segments:
                while some := list(islice(segments, _COMMIT)):
                    failed = dict(chain.from_iterable(one.failed.items() for one, *_ in some))
                    with commit_of(folder, self._segments, merging=False) as commit:
                        for written, gone, checkpoint in some:
                            commit.adopt(written)
                            commit.delete(gone)
                            # where some failed the next commit marks: failures are kept first
                            if checkpoint and not failed:
                                commit.checkpoint(checkpoint)
                    yield Loaded(sum(written.size for written, *_ in some), failed)
            # an article is rewritten once, now that all are there
            with commit_of(folder, self._segments, cores=cores) as commit:
                gone, checkpoint = so_far()
                commit.delete(gone)
                if checkpoint:
                    commit.checkpoint(checkpoint)

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

    def _swapped(self, folder: Path, new: "WhooshEngine", later: Callable[[Engine], bool]) -> bool:
        """Catches up and swaps; False where the live one was written to for long."""
        while later(new):
            pass
        old = self._generations.intact()
        with ExitStack() as held:
            try:
                held.enter_context(locked(old, wait=_SWAP_WAIT) if old else nullcontext())
            except IndexBusy:
                return False
            while later(new) and not self._passed_by(new):
                pass
            self._generations.swap(folder)
        return True

    def _passed_by(self, new: "WhooshEngine") -> bool:
        """Whether the new generation has come as far as the live one: the rest can wait."""
        with suppress(IndexUnavailable):
            had, has = self.checkpoint(), new.checkpoint()
            return bool(had and has and had.store == has.store and had.change <= has.change)
        return False

    def _folder(self) -> Path:
        folder = self._generations.current()
        if folder is None:
            raise IndexUnavailable("", "there is no index yet", "load articles with `poisk load`")
        return folder


def answer(snapshot: Snapshot, request: EngineRequest) -> Answer:
    """The answer to one question about a snapshot; no stored article is read."""
    evaluation = Evaluation(snapshot)
    matches = evaluation.match(request.query)
    if request.dates:
        matches = matches.where(evaluation.passes(request.dates, matches))
    passing = [(one.facet, evaluation.passes(one, matches)) for one in request.filters]
    kept = _passing(matches, [mask for _, mask in passing])
    doc_ids, scores, more = _first(evaluation, request, kept)
    return Answer(
        doc_ids=doc_ids,
        scores=scores,
        more=more,
        total=len(kept),
        facets={
            facet: facet_values(
                snapshot,
                facet,
                _others(matches, kept, passing, facet),
                _selected(request, facet),
                request.facet_limit,
            )
            for facet in request.facets
        },
        histogram=(
            histogram(snapshot, kept, request.histogram, request.zone) if request.histogram else ()
        ),
        match_positions=evaluation.match_positions(request, doc_ids),
    )


def _hit(kept: Record, score: float, match_positions: MatchPositions) -> Hit:
    words = {field: kept.words(field, some) for field, some in match_positions.positions.items()}
    return Hit(kept.article(), score, words, match_positions.cut)


def _key(hit: Hit, moment: int) -> SortKey:
    return SortKey(hit.score, None if moment == NO_DATE else moment, hit.article.id)


def _passing(matches: DocSet, masks: Sequence[Flags]) -> DocSet:
    return matches.where(np.logical_and.reduce(masks)) if masks else matches


def _others(
    matches: DocSet, kept: DocSet, passing: Sequence[tuple[str, Flags]], facet: Facet
) -> DocSet:
    """What a facet is counted among: its own filters left out."""
    others = [mask for name, mask in passing if name != facet]
    return kept if len(others) == len(passing) else _passing(matches, others)


def _first(
    evaluation: Evaluation, request: EngineRequest, kept: DocSet
) -> tuple[Numbers, Reals, bool]:
    """The hits of the page, their scores, and whether others come after them."""
    scoring, page = Scoring(evaluation), request.page
    order = Order(request.sort, evaluation.snapshot.dates, evaluation.snapshot.ids)
    by_score = request.sort is Sort.RELEVANCE
    doc_ids, scores = _best(scoring, request, kept) if by_score else (kept.doc_ids, NO_SCORES)
    left = len(kept)
    if page.after:
        later = order.after(doc_ids, scores, page.after)
        doc_ids, scores = doc_ids.compress(later), scores.compress(later) if by_score else scores
        left = len(doc_ids)
    places = order.first(doc_ids, scores, page)
    found = doc_ids.take(places)
    more = bool(len(found)) and left > page.offset + page.limit
    if by_score:
        return found, scores.take(places), more
    shown = DocSet(kept.size, np.sort(found))  # only those on the page are scored
    scores = scoring.scores(request.query, shown)
    return found, scores.take(shown.doc_ids.searchsorted(found)), more


def _best(scoring: Scoring, request: EngineRequest, kept: DocSet) -> tuple[Numbers, Reals]:
    """DocSet among which the page's are, ascending, and their scores; all after a key."""
    candidates = scoring.candidates(request.query, kept)
    scores = scoring.scores(request.query, candidates)
    if candidates is kept:
        return kept.doc_ids, scores
    if request.page.after:
        return kept.doc_ids, scores.take(kept.doc_ids)
    if request.filters or request.dates:
        scores *= kept.flags
    few = at_least(scores, request.page.offset + request.page.limit)
    if len(few) and scores.take(few).min() > 0:  # who does not match has no score
        return few, scores.take(few)
    return kept.doc_ids, scores.take(kept.doc_ids)


def _selected(request: EngineRequest, facet: Facet) -> tuple[str, ...]:
    values = [value for one in request.filters if one.facet == facet for value in one.values]
    return tuple(dict.fromkeys(values))


def _explanations(scoring: Scoring, query: Query, among: DocSet) -> list[Explanation]:
    """What the clause gave to each of these articles; read once for all of them."""
    matches = scoring.evaluation.passes(query, among).tolist()
    scores = scoring.scores(query, among).tolist()
    parts = [_explanations(scoring, child, among) for child in children(query)]
    clause = type(query).__name__ if parts else str(query)
    return [
        Explanation(clause, score if matched else None, tuple(part[at] for part in parts))
        for at, (matched, score) in enumerate(zip(matches, scores, strict=True))
    ]
