"""The whole story of a search: read the text, rank, retrieve, read it otherwise, show."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from index.analysed import headline_key
from index.analysis.analyzer import Analyzer
from index.analysis.stopwords import STOPWORDS
from index.article import Article, Language, clean
from index.engines.base import Engine, Reader
from index.errors import ArticleUnknown, RequestRefused
from index.query import Query
from index.results import EngineRequest, Explanation, Page, Results, SortKey
from index.stages import Stopwatch
from search.answer import (
    AnalyzeAnswer,
    BucketAnswer,
    ExplanationAnswer,
    FacetValueAnswer,
    HitAnswer,
    PageAnswer,
    QueryEcho,
    SearchAnswer,
    SuggestionAnswer,
    TokenAnswer,
)
from search.answer_cache import AnswerCache
from search.cursor import Cursor, cursor_text
from search.fair_lock import FairLock
from search.query.building import Quotes
from search.query.filters import conditions
from search.query.loosening import loosened
from search.query.notes import Note
from search.query.parser import QueryText
from search.query.readings import Reading, Rewriter
from search.query.rewriters import REWRITERS
from search.query.wording import wording
from search.relevance import ENOUGH, RESCORING_WINDOW, is_sentence, ranked, relaxed
from search.rendering.highlighter import Highlighter
from search.rendering.hits import HitRenderer
from search.rendering.summary import summary
from search.request import MAX_PAGED_HITS, SearchRequest
from search.stage_totals import StageTotals
from search.wide_prefixes import WidePrefixes

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class ReadingResults:
    """What one reading of a query text found, before it is shown.

    `now` is what freshness is counted from, in unix seconds; `number` is the reading's in cursors.
    `reader` gave the results, and answers what follows.
    """

    reading: Reading
    number: int
    highlighter: Highlighter
    wide_prefixes: WidePrefixes
    engine_request: EngineRequest
    results: Results
    now: int
    reader: Reader


class SearchObserver(Protocol):
    """Called with each answer of `Searcher.search`, in the thread that searched.

    The client waits for it: it must be quick, and must not raise.
    """

    def __call__(self, request: SearchRequest, answer: SearchAnswer, took: float) -> None:
        """`took` is in seconds."""
        ...


@dataclass(frozen=True)
class Searcher:
    """Answers searches from an engine. Safe for threads, which take turns.

    At every array operation a thread lets others of its process go on, and waits until it
    may itself: two that search at once take more than twice the time of one after another.
    """

    engine: Engine
    analyzer: Analyzer
    turn: FairLock = field(default_factory=FairLock)
    """Shared with others that search."""
    zone: ZoneInfo = _UTC
    """The time zone of days."""
    rewriters: tuple[Rewriter, ...] = REWRITERS
    """Tried in their order until a reading matches enough."""
    observer: SearchObserver | None = None
    """Called with each answer."""
    answers: AnswerCache = field(default_factory=AnswerCache)
    """Keeps answers for searches that come again."""
    stages: StageTotals = field(default_factory=StageTotals)
    """Adds up the time of each stage."""
    snippet_seconds: float = 0.1
    """Work that the snippets of an answer may take; then hits show the opening of the article."""
    clock: Callable[[], float] = time.thread_time
    """Seconds that the thread has worked: what it waits does not count."""

    def search(self, request: SearchRequest, language: Language = "en") -> SearchAnswer:
        """The answer to one search; suggestions have the operators of this language."""
        started, stopwatch = time.perf_counter(), Stopwatch()
        key = self.answers.key(request, language, _hour())
        reader = self.engine.reader()
        stopwatch.end("open")
        if key and (kept := self.answers.find(reader.state(), key)):
            return self._answered(request, kept, started, stopwatch)
        answer = self._new_answer(request, language, reader, stopwatch)
        if key:
            self.answers.keep(reader.state(), key, answer)
        return self._answered(request, answer, started, stopwatch)

    def _answered(
        self, request: SearchRequest, answer: SearchAnswer, started: float, stopwatch: Stopwatch
    ) -> SearchAnswer:
        """The answer with the time that it took, measured for the metrics."""
        self.stages.add(stopwatch.times)
        took = time.perf_counter() - started
        timings = _milliseconds(stopwatch) if request.timings else {}
        answer = msgspec.structs.replace(answer, took_ms=round(took * 1000, 2), timings=timings)
        if self.observer:
            self.observer(request, answer, took)
        return answer

    def _new_answer(
        self, request: SearchRequest, language: Language, reader: Reader, stopwatch: Stopwatch
    ) -> SearchAnswer:
        """An answer that is not kept; it does not know yet what time it took."""
        with self.turn:
            stopwatch.end("wait")
            found = self.find(request, stopwatch, reader)
            suggestions = self._suggestions(found, language, stopwatch)
            stopwatch.end("suggestions")
            hits = tuple(self._rendered(request, found, stopwatch))
        echo = _echo(request, found.reading, _notes(found, hits), suggestions, self.zone)
        facets, histogram = _facets(found.results), _histogram(found.results)
        page = _page(request, found)
        answer = SearchAnswer(
            query=echo,
            total=found.results.total,
            hits=hits,
            facets=facets,
            histogram=histogram,
            interpretations=(),
            page=page,
            took_ms=0.0,
        )
        stopwatch.end("answer")
        return answer

    def find(
        self,
        request: SearchRequest,
        stopwatch: Stopwatch | None = None,
        reader: Reader | None = None,
    ) -> ReadingResults:
        """What matches, ranked: of the first reading that matches enough, else of the first one.

        A cursor goes on with the reading of the first page, whatever was written since.
        """
        stopwatch = stopwatch or Stopwatch()
        cursor = request.cursor
        # as it was on the first page: the same score on every page
        now = cursor.now if cursor else _hour()
        reader = reader or self.engine.reader()
        text = QueryText(request.q, self.analyzer, self.zone)
        text.parsed()  # the first reading needs it
        stopwatch.end("parse")
        first: ReadingResults | None = None
        for number, reading in self._readings(text, reader, cursor):
            highlighter = Highlighter(reading.query)
            wide = WidePrefixes(highlighter.prefixes())
            headline = headline_key(self.analyzer.words(reading.text.text[:4_096]))
            query = ranked(reading.query, headline, now)
            asked = _engine_request(request, query, highlighter, wide, self.zone)
            stopwatch.end("rewrite")
            results = reader.search(asked)
            stopwatch.restart(results.times)
            found = ReadingResults(reading, number, highlighter, wide, asked, results, now, reader)
            if cursor or results.total >= ENOUGH:
                return found
            first = first or found
        if first is None:
            raise RequestRefused("after", "invalid cursor", "send page.next of the previous answer")
        return first

    def _readings(
        self, text: QueryText, reader: Reader, cursor: Cursor | None
    ) -> Iterator[tuple[int, Reading]]:
        """The readings with their numbers, each made when it is asked for; a cursor has one."""
        for rewriter in self.rewriters:
            if cursor is None or rewriter.number == cursor.reading:
                reading = rewriter(text, reader)
                if reading is not None:
                    yield rewriter.number, reading

    def explain(self, request: SearchRequest, article_id: str) -> ExplanationAnswer:
        """What each clause of the query gives to an article. Raises ArticleUnknown."""
        stored_id = clean(article_id)
        with self.turn:
            found = self.find(request)
            explained = found.reader.explain(found.engine_request, [stored_id])
        if stored_id not in explained:
            raise _unknown(article_id)
        return _explanation(explained[stored_id])

    def article(self, article_id: str, reader: Reader | None = None) -> Article:
        """The stored article, as `reader` or else the newest one sees it. Raises ArticleUnknown."""
        stored_id = clean(article_id)  # й of two code points asks for the й that is stored
        found = (reader or self.engine.reader()).articles([stored_id])
        if stored_id not in found:
            raise _unknown(article_id)
        return found[stored_id]

    def analyze(self, text: str) -> AnalyzeAnswer:
        """What a text becomes."""
        return AnalyzeAnswer(
            tokens=tuple(
                TokenAnswer(**token._asdict(), stopword=token.form in STOPWORDS)
                for token in self.analyzer(text)
            )
        )

    def _give_way(self, stopwatch: Stopwatch) -> None:
        """Lets other searches go first if this one has had its turn; only for who has the turn."""
        if self.turn.give_way():
            stopwatch.end("wait")

    def _suggestions(
        self, found: ReadingResults, language: Language, stopwatch: Stopwatch
    ) -> tuple[SuggestionAnswer, ...]:
        """The nearest looser query that finds anything, where nothing was found."""
        if found.results.total:
            return ()
        unquoted = found.reading.text.parsed(Quotes.WORDS).query
        counted = replace(
            found.engine_request,
            page=Page(0, 1),
            facets=(),
            histogram=None,
            highlight_terms=(),
            highlight_prefixes=(),
        )
        for how, query in loosened(found.reading.query, unquoted):
            stopwatch.end("suggestions")
            self._give_way(stopwatch)
            asked = relaxed(query) if is_sentence(query) else None
            total = found.reader.search(replace(counted, query=asked or query)).total
            if total:
                text = wording(query, self.zone, language)
                return (SuggestionAnswer(kind=how, text=text, total=total),)
        return ()

    def _rendered(
        self, request: SearchRequest, found: ReadingResults, stopwatch: Stopwatch
    ) -> Iterator[HitAnswer]:
        """The hits of the page; other searches go on between two of them."""
        renderer = HitRenderer(found.highlighter, self.analyzer, request.snippet_length)
        self._give_way(stopwatch)
        ids = [hit.fields.id for hit in found.results.hits] if request.explain else []
        explained = found.reader.explain(found.engine_request, ids)
        stopwatch.end("snippets")
        worked, started = 0.0, self.clock()
        for hit in found.results.hits:
            self._give_way(stopwatch)
            late = worked >= self.snippet_seconds
            shown = hit if late else found.wide_prefixes.completed(hit)
            title, snippets, highlights = renderer.render(shown, opening_only=late)
            worked = self.clock() - started  # read once for each hit: it takes a microsecond
            stopwatch.end("snippets")
            explanation = explained.get(hit.fields.id)
            answer = HitAnswer(
                **summary(hit.fields, hit.score),
                highlight=title,
                snippets=snippets,
                highlights=highlights,
                explanation=_explanation(explanation) if explanation else None,
                opening_only=late,
            )
            stopwatch.end("answer")
            yield answer


def _hour() -> int:
    """What freshness is counted from on a first page, in unix seconds: it moves by the hour."""
    return int(time.time()) // 3600 * 3600


def _notes(found: ReadingResults, hits: Sequence[HitAnswer]) -> tuple[Note, ...]:
    """The notes of the reading, and whether the last hit was rendered in time."""
    late = bool(hits) and hits[-1].opening_only
    return (*found.reading.notes, Note.OPENINGS) if late else found.reading.notes


def _echo(
    request: SearchRequest,
    reading: Reading,
    notes: tuple[Note, ...],
    suggestions: tuple[SuggestionAnswer, ...],
    zone: ZoneInfo,
) -> QueryEcho:
    return QueryEcho(
        text=request.q,
        parsed=wording(reading.query, zone),
        notes=notes,
        ignored=reading.parsed.ignored,
        as_words=reading.parsed.as_words,
        suggestions=suggestions,
    )


def _unknown(article_id: str) -> ArticleUnknown:
    return ArticleUnknown(
        "id", f"no article has the id {article_id[:600]!r}", "search for the article"
    )


def _engine_request(
    request: SearchRequest,
    query: Query,
    highlighter: Highlighter,
    wide: WidePrefixes,
    zone: ZoneInfo,
) -> EngineRequest:
    filters, dates = conditions(request, zone)
    return EngineRequest(
        query=query,
        filters=filters,
        dates=dates,
        sort=request.sort,
        page=Page(
            (request.page - 1) * request.per_page,
            request.per_page,
            request.cursor.key if request.cursor else None,
        ),
        facets=request.facets,
        histogram=request.histogram,
        zone=zone.key,
        highlight_terms=highlighter.terms(),
        highlight_prefixes=wide.others(highlighter.prefixes()),
        rescoring_window=RESCORING_WINDOW,
    )


def _page(request: SearchRequest, found: ReadingResults) -> PageAnswer:
    last = found.results.next
    return PageAnswer(
        number=None if request.cursor else request.page,
        per_page=request.per_page,
        pages=min(-(-found.results.total // request.per_page), MAX_PAGED_HITS // request.per_page),
        next=_cursor(request, found, last) if last else None,
    )


def _cursor(request: SearchRequest, found: ReadingResults, last: SortKey) -> str:
    return cursor_text(request.digest, found.now, found.number, last)


def _facets(results: Results) -> dict[str, tuple[FacetValueAnswer, ...]]:
    return {
        facet: tuple([FacetValueAnswer(one.value, one.count, one.selected) for one in values])
        for facet, values in results.facets.items()
    }


def _histogram(results: Results) -> tuple[BucketAnswer, ...]:
    return tuple(
        BucketAnswer(start=bucket.start, count=bucket.count) for bucket in results.histogram
    )


def _milliseconds(stopwatch: Stopwatch) -> dict[str, float]:
    return {stage: round(seconds * 1000, 3) for stage, seconds in stopwatch.times.items()}


def _explanation(explanation: Explanation) -> ExplanationAnswer:
    return ExplanationAnswer(
        clause=explanation.clause,
        score=explanation.score,
        parts=tuple(map(_explanation, explanation.parts)),
    )
