"""The whole story of a search: parse, rank, retrieve, relax if nothing was found, show."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from zoneinfo import ZoneInfo

from index.analysed import headline_key
from index.analysis.analyzer import Analyzer
from index.analysis.stopwords import STOPWORDS
from index.article import Article, Language, clean
from index.engines.base import Engine
from index.errors import ArticleUnknown, RequestRefused
from index.query import And, Query
from index.results import EngineRequest, Explanation, Page, Results
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
from search.cursor import Cursor
from search.fair_lock import Turn
from search.hits import HitRenderer
from search.query.filters import conditions
from search.query.loosening import loosened
from search.query.parser import Note, Parsed, Quotes, parse
from search.query.wording import wording
from search.relevance import is_sentence, ranked, relaxed
from search.request import MAX_DEPTH, SearchRequest
from search.snippets import Highlighter
from search.summary import summary

_UTC = ZoneInfo("UTC")
_SHOWN = 10
"""Hits that are shown in one turn."""


@dataclass(frozen=True, slots=True)
class Found:
    """A search before it is shown: how it was read, what was asked, what was found.

    `now` is what freshness is counted from, in unix seconds; `reading` says which of the
    text's readings was taken, from 0.
    """

    parsed: Parsed
    wanted: Highlighter
    engine_request: EngineRequest
    results: Results
    now: int
    reading: int


class Searcher:
    """Answers searches from an engine. Safe for threads, which take turns.

    At every array operation a thread lets others of its process go on, and waits until it
    may itself: two that search at once take more than twice the time of one after another.
    """

    def __init__(
        self,
        engine: Engine,
        analyzer: Analyzer,
        turn: Turn | None = None,
        zone: ZoneInfo = _UTC,
    ) -> None:
        """`turn` is shared with others that search; days are those of the zone."""
        self._engine = engine
        self._analyzer = analyzer
        self._turn = turn or Turn()
        self._zone = zone

    def search(self, request: SearchRequest, language: Language = "en") -> SearchAnswer:
        """The answer to one search; suggestions have the operators of this language."""
        started = time.perf_counter()
        with self._turn:
            found = self.find(request)
            suggestions = self._suggestions(request, found, language)
            showing = self._shown(request, found)
            hits = [*islice(showing, _SHOWN)]
        while len(hits) < len(found.results.hits):
            with self._turn:  # a hundred hits of the longest articles: others come between
                hits += islice(showing, _SHOWN)
        return SearchAnswer(
            query=_echo(request.q, found.parsed, suggestions, self._zone),
            total=found.results.total,
            hits=tuple(hits),
            facets=_facets(found.results),
            histogram=tuple(
                BucketAnswer(start=bucket.start, count=bucket.count)
                for bucket in found.results.histogram
            ),
            page=_page(request, found),
            took_ms=round((time.perf_counter() - started) * 1000, 2),
        )

    def find(self, request: SearchRequest) -> Found:
        """What matches, ranked; nothing is shown yet."""
        cursor = request.cursor
        # by the hour, and as it was on the first page: the same score on every page
        now = cursor.now if cursor else int(time.time()) // 3600 * 3600
        headline = headline_key(self._analyzer.words(request.q[:4_096]))
        first: Found | None = None
        for reading, parsed in enumerate(self._readings(request.q)):
            if cursor and reading < cursor.reading:
                continue  # read as on the first page, whatever was written since
            wanted = Highlighter(parsed.query)
            query = ranked(parsed.query, headline, now)
            engine_request = _retrieval(request, query, wanted, self._zone)
            results = self._engine.search(engine_request)
            found = Found(parsed, wanted, engine_request, results, now, reading)
            if cursor or found.results.total:
                return found
            first = first or found
        if first is None:
            raise RequestRefused("after", "invalid cursor", "send page.next of the previous answer")
        return first  # nothing was found as it was asked: that is told

    def explain(self, request: SearchRequest, article_id: str) -> ExplanationAnswer:
        """What each clause of the query gives to an article. Raises ArticleUnknown."""
        query = self.find(request).engine_request.query
        kept = clean(article_id)
        explained = self._engine.explain(query, [kept])
        if kept not in explained:
            raise _unknown(article_id)
        return _explanation(explained[kept])

    def article(self, article_id: str) -> Article:
        """The stored article. Raises ArticleUnknown."""
        kept = clean(article_id)  # й of two code points asks for the й that is kept
        found = self._engine.articles([kept])
        if kept not in found:
            raise _unknown(article_id)
        return found[kept]

    def analyze(self, text: str) -> AnalyzeAnswer:
        """What a text becomes."""
        return AnalyzeAnswer(
            tokens=tuple(
                TokenAnswer(**token._asdict(), stopword=token.form in STOPWORDS)
                for token in self._analyzer(text)
            )
        )

    def _readings(self, text: str) -> Iterator[Parsed]:
        """How the text may be read: the first reading that finds anything is taken.

        Keywords must all match, or most of those typed without a sign. Of a sentence's words
        some may be missing; its «» are a headline's, and no quotes of it stay where nothing has
        what they hold. Quotes around the whole text were meant.
        """
        literal = parse(text, self._analyzer, zone=self._zone)
        headline = parse(text, self._analyzer, Quotes.PHRASES, self._zone)
        sentence = is_sentence(literal.query) or (
            "«" in text and isinstance(literal.query, And) and is_sentence(headline.query)
        )
        first = literal
        if sentence:
            first = replace(headline, query=relaxed(headline.query) or headline.query)
        yield first
        loose = parse(text, self._analyzer, Quotes.WORDS, self._zone) if sentence else literal
        query = relaxed(loose.query)
        if query is not None and query != first.query:
            yield replace(loose, query=query, notes=(*loose.notes, Note.RELAXED))

    def _suggestions(
        self, request: SearchRequest, found: Found, language: Language
    ) -> tuple[SuggestionAnswer, ...]:
        """The nearest looser query that finds anything, where nothing was found."""
        if found.results.total:
            return ()
        unquoted = parse(request.q, self._analyzer, Quotes.WORDS, self._zone).query
        counted = replace(
            found.engine_request,
            page=Page(0, 1),
            facets=(),
            histogram=None,
            highlight_terms=(),
            highlight_prefixes=(),
        )
        for how, query in loosened(found.parsed.query, unquoted):
            asked = relaxed(query) if is_sentence(query) else None
            total = self._engine.search(replace(counted, query=asked or query)).total
            if total:
                text = wording(query, self._zone, language)
                return (SuggestionAnswer(kind=how.value, text=text, total=total),)
        return ()

    def _shown(self, request: SearchRequest, found: Found) -> Iterator[HitAnswer]:
        showing = HitRenderer(found.wanted, self._analyzer, request.snippet_length)
        ids = [hit.article.id for hit in found.results.hits] if request.explain else []
        explained = self._engine.explain(found.engine_request.query, ids)
        for hit in found.results.hits:
            article = hit.article
            title, snippets, highlights = showing.of(article, hit.words, hit.cut)
            explanation = explained.get(article.id)
            yield HitAnswer(
                **summary(article, hit.score),
                highlight=title,
                snippets=snippets,
                highlights=highlights,
                explanation=explanation and _explanation(explanation),
            )


def _echo(
    text: str, parsed: Parsed, suggestions: tuple[SuggestionAnswer, ...], zone: ZoneInfo
) -> QueryEcho:
    return QueryEcho(
        text=text,
        parsed=wording(parsed.query, zone),
        notes=parsed.notes,
        ignored=parsed.ignored,
        as_words=parsed.as_words,
        suggestions=suggestions,
    )


def _unknown(article_id: str) -> ArticleUnknown:
    return ArticleUnknown(
        "id", f"no article has the id {article_id[:600]!r}", "search for the article"
    )


def _retrieval(
    request: SearchRequest, query: Query, wanted: Highlighter, zone: ZoneInfo
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
        highlight_terms=wanted.terms(),
        highlight_prefixes=wanted.starts(),
    )


def _page(request: SearchRequest, found: Found) -> PageAnswer:
    last = found.results.next
    return PageAnswer(
        number=None if request.cursor else request.page,
        per_page=request.per_page,
        pages=min(-(-found.results.total // request.per_page), MAX_DEPTH // request.per_page),
        next=last
        and Cursor(
            search=request.digest,
            now=found.now,
            reading=found.reading,
            score=last.score,
            published=last.published,
            id=last.id,
        ).text(),
    )


def _facets(results: Results) -> dict[str, tuple[FacetValueAnswer, ...]]:
    return {
        facet: tuple(
            FacetValueAnswer(value=one.value, count=one.count, selected=one.selected)
            for one in values
        )
        for facet, values in results.facets.items()
    }


def _explanation(explanation: Explanation) -> ExplanationAnswer:
    return ExplanationAnswer(
        clause=explanation.clause,
        score=explanation.score,
        parts=tuple(map(_explanation, explanation.parts)),
    )
