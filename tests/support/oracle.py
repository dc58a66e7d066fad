"""The slow obvious engine: everything in memory, every promise of `index` in plain loops."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from index.analysed import AnalysedArticle
from index.article import Article
from index.engines.base import Engine
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
    LoadProgress,
    Results,
    Sort,
    SortKey,
    Stats,
)
from index.schema import Facet
from tests.support.hits import fields_of, texts_of, words_of
from tests.support.oracle_scores import Live, Scores, scores, without_bonuses

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Memory:
    """What an oracle keeps; outlives the engines that are opened on it."""

    live: Live | None = None
    generation: int = 0
    analysis: str = ""
    checkpoint: Checkpoint | None = None


class OracleReader:
    """See `index.engines.base.Reader` for what each method does."""

    def __init__(self, live: Live, checkpoint: Checkpoint | None) -> None:
        self._live = live
        self._checkpoint = checkpoint

    def search(self, request: EngineRequest) -> Results:
        live = self._live
        matched = _in_period(request, live)
        found = _rescored(_filtered(matched, request, live), request, live)
        page = request.page
        ranked = _ranked(found, request.sort, page.after, live)
        shown = ranked[page.offset : page.offset + page.limit]
        more = bool(shown) and shown[-1] != ranked[-1]
        return Results(
            total=len(found),
            hits=tuple(
                Hit(
                    fields_of(live[one].article),
                    found[one],
                    texts_of(live[one].article),
                    words_of(live[one], request),
                )
                for one in shown
            ),
            next=_key(shown[-1], found, live) if more else None,
            facets={
                facet: _facet_values(matched, facet, request, live) for facet in request.facets
            },
            histogram=_histogram(found, request, live),
        )

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        return {one: self._live[one].article for one in ids if one in self._live}

    def scan(self) -> Iterator[Article]:
        for one in self._live.values():
            yield one.article

    def count(self) -> int:
        return len(self._live)

    def frequencies(self, field: str, terms: Sequence[str]) -> Mapping[str, int]:
        found = dict.fromkeys(terms, 0)
        for one in self._live.values():
            for term in found:
                if field in one.fields and term in one.fields[field].by_term():
                    found[term] += 1
        return found

    def terms(self, field: str, prefix: str = "", limit: int = 100) -> Mapping[str, int]:
        counts = Counter(
            term
            for one in self._live.values()
            if field in one.fields
            for term in one.fields[field].by_term()
            if term.startswith(prefix)
        )
        return {term: counts[term] for term in sorted(counts)[:limit]}

    def explain(self, request: EngineRequest, ids: Sequence[str]) -> Mapping[str, Explanation]:
        live = self._live
        bound = _bonus_bound(_filtered(_in_period(request, live), request, live), request, live)
        bare = without_bonuses(request.query)
        plain = scores(bare, live)
        return {
            one: _explanation(request.query if plain.get(one, 0) >= bound else bare, one, live)
            for one in ids
            if one in live
        }

    def state(self) -> object:
        return object()  # nothing is known to be the same

    def checkpoint(self) -> Checkpoint | None:
        return self._checkpoint


class OracleEngine:
    """See `index.engines.base.Engine` for what each method does."""

    def __init__(self, memory: Memory, analysis: str) -> None:
        self._memory = memory
        self._analysis = analysis

    def reader(self) -> OracleReader:
        return OracleReader(self._live(), self._memory.checkpoint)

    def stats(self) -> Stats:
        live = self._live()
        return Stats(
            articles=len(live),
            languages=Counter(one.article.language for one in live.values()),
            segments=1,
            size=sum(len(one.article.model_dump_json()) for one in live.values()),
            generation=f"g{self._memory.generation}",
            analysis=self._memory.analysis,
        )

    def close(self) -> None:
        pass

    def check(self) -> Iterator[str]:
        return iter(())

    def write(
        self,
        put: Iterable[AnalysedArticle],
        delete: Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        after: Checkpoint | None = None,
    ) -> None:
        arrived = {one.article.id: replace(one, fields=dict(one.fields)) for one in put}
        removed = {*arrived, *delete}
        kept = {one: what for one, what in (self._memory.live or {}).items() if one not in removed}
        had = self._memory.checkpoint
        if had and checkpoint and had.store == checkpoint.store and had.change > checkpoint.change:
            raise IndexBusy(
                "index", "another process has indexed newer changes", "stop this process"
            )
        if after and had != after:
            raise IndexBusy("index", "another process has changed the index meanwhile", "try again")
        if self._memory.live is None:
            self._memory.analysis = self._analysis
            self._memory.generation = 1
        self._memory.live = kept | arrived
        self._memory.checkpoint = checkpoint or had

    def load(
        self,
        articles: Iterable[Article],
        analyse: Callable[[Article], AnalysedArticle],
        progress: Callable[[], LoadProgress] = LoadProgress,
        after: Checkpoint | None = None,
    ) -> Iterator[Loaded]:
        self.write([], after=after)
        for article in articles:
            try:
                analysed = analyse(article)
            except Exception as error:
                yield Loaded(0, {article.id: f"{type(error).__name__}: {error}"})
            else:
                self.write([analysed])
                yield Loaded(1)
        reached = progress()
        self.write([], reached.delete, reached.checkpoint)

    def rebuild(
        self,
        articles: Iterable[Article],
        analyse: Callable[[Article], AnalysedArticle],
        later: Callable[[Engine], bool] = lambda _: False,
    ) -> Iterator[Loaded]:
        memory = Memory(generation=self._memory.generation, analysis=self._analysis)
        new = OracleEngine(memory, self._analysis)
        new.write([])
        yield from new.load(articles, analyse)
        for _ in range(2):  # the second time nobody can write to the live one
            while later(new):
                pass
        self._memory.live, self._memory.checkpoint = memory.live, memory.checkpoint
        self._memory.analysis = self._analysis
        self._memory.generation += 1

    def _live(self) -> Live:
        if self._memory.live is None:
            raise IndexUnavailable("", "there is no index yet", "write an article")
        return self._memory.live


def _in_period(request: EngineRequest, live: Live) -> Scores:
    """The matches in the dates that were asked for, with all bonuses."""
    matched = scores(request.query, live)
    inside = scores(request.dates, live) if request.dates else matched
    return {one: score for one, score in matched.items() if one in inside}


def _bonus_bound(found: Scores, request: EngineRequest, live: Live) -> float:
    """The score without bonuses from which on an article gets them."""
    window = request.rescoring_window
    if request.sort is not Sort.RELEVANCE or window is None or len(found) <= window:
        return 0.0
    plain = scores(without_bonuses(request.query), live)
    return sorted((plain[one] for one in found), reverse=True)[window - 1]


def _rescored(found: Scores, request: EngineRequest, live: Live) -> Scores:
    """The scores of these matches, with bonuses only from the bound on."""
    bound = _bonus_bound(found, request, live)
    plain = scores(without_bonuses(request.query), live)
    return {one: score if plain[one] >= bound else plain[one] for one, score in found.items()}


def _filtered(
    matched: Scores, request: EngineRequest, live: Live, leave_out: Facet | None = None
) -> Scores:
    """The matches that every filter lets through, but those of the facet that is left out."""
    filters = [one for one in request.filters if one.facet != leave_out]
    passed = [scores(one, live) for one in filters]
    return {one: score for one, score in matched.items() if all(one in some for some in passed)}


def _ranked(found: Scores, sort: Sort, after: SortKey | None, live: Live) -> list[str]:
    ranked = sorted(found, key=lambda one: _place(_key(one, found, live), sort))
    if after is None:
        return ranked
    reached = _place(after, sort)
    return [one for one in ranked if _place(_key(one, found, live), sort) > reached]


def _key(article_id: str, found: Scores, live: Live) -> SortKey:
    return SortKey(found[article_id], live[article_id].published, article_id)


def _place(key: SortKey, sort: Sort) -> tuple[Any, ...]:
    """What the order compares: of two hits the lesser one comes first."""
    published = key.published or 0
    time = (key.published is None, published if sort is Sort.OLDEST else -published)
    match sort:
        case Sort.RELEVANCE:
            return (-key.score, time, key.id)
        case Sort.ID:
            return (key.id,)
        case _:
            return (time, key.id)


def _facet_values(
    matched: Scores, facet: Facet, request: EngineRequest, live: Live
) -> tuple[FacetValue, ...]:
    counts = Counter(
        label
        for one in _filtered(matched, request, live, leave_out=facet)
        for label in live[one].facets.get(facet, ())
    )
    selected = [value for one in request.filters if one.facet == facet for value in one.values]
    labels = sorted(counts, key=lambda label: (-counts[label], label))[: request.facet_limit]
    for label in selected:
        if label not in labels:
            labels.append(label)
    return tuple(FacetValue(label, counts[label], label in selected) for label in labels)


def _histogram(found: Scores, request: EngineRequest, live: Live) -> tuple[Bucket, ...]:
    counts: Counter[str] = Counter()
    for one in found if request.histogram else ():
        published = live[one].published
        if published is not None:
            moment = _EPOCH + timedelta(seconds=published)
            try:
                day = moment.astimezone(ZoneInfo(request.zone)).date()
            except OverflowError:  # the clocks there show no year from 1 to 9999
                day = moment.date()
            if request.histogram == "year":
                day = day.replace(month=1, day=1)
            elif request.histogram == "month":
                day = day.replace(day=1)
            counts[day.isoformat()] += 1
    return tuple(Bucket(start, counts[start]) for start in sorted(counts))


def _explanation(query: Query, article_id: str, live: Live) -> Explanation:
    below = children(query)
    return Explanation(
        clause=type(query).__name__ if below else str(query),
        score=scores(query, live).get(article_id),
        parts=tuple(_explanation(one, article_id, live) for one in below),
    )
