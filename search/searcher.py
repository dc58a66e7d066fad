"""The whole story of a search: parse, rank, retrieve, relax if nothing was found, show."""

import time
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from index.analysed import headline_key
from index.analysis.analyzer import Analyzer
from index.analysis.stopwords import STOPWORDS
from index.article import Article, clean
from index.engines.base import Engine
from index.errors import ArticleUnknown
from index.query import And, Or, Query
from index.results import Explanation, Page, Results, Retrieval
from search.answer import (
    AnalyzeAnswer,
    BucketAnswer,
    ExplanationAnswer,
    FacetValueAnswer,
    HitAnswer,
    PageAnswer,
    QueryEcho,
    SearchAnswer,
    TokenAnswer,
)
from search.conditions import conditions
from search.parser import Note, Parsed, Quotes, parse
from search.relevance import is_sentence, ranked, relaxed
from search.request import SearchRequest
from search.showing import Showing
from search.snippets import Wanted
from search.summary import summary
from search.turn import Turn
from search.wording import wording

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Found:
    """A search before it is shown: how it was read, what was asked, what was found."""

    parsed: Parsed
    wanted: Wanted
    retrieval: Retrieval
    results: Results


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

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The answer to one search."""
        started = time.perf_counter()
        with self._turn:
            found = self.find(request)
            hits = self._hits(request, found)
        return SearchAnswer(
            query=QueryEcho(
                text=request.q,
                parsed=wording(found.parsed.query, self._zone),
                notes=found.parsed.notes,
            ),
            total=found.results.total,
            hits=hits,
            facets=_facets(found.results),
            histogram=tuple(
                BucketAnswer(start=bucket.start, count=bucket.count)
                for bucket in found.results.histogram
            ),
            page=PageAnswer(
                number=request.page,
                per_page=request.per_page,
                pages=-(-found.results.total // request.per_page),
            ),
            took_ms=round((time.perf_counter() - started) * 1000, 2),
        )

    def find(self, request: SearchRequest) -> Found:
        """What matches, ranked; nothing is shown yet."""
        now = int(time.time()) // 3600 * 3600  # by the hour: the same score on every page
        parsed = self._first_try(request.q)
        headline = headline_key(self._analyzer.words(request.q[:4_096]))

        def found(parsed: Parsed) -> Found:
            wanted = Wanted(parsed.query)
            query = ranked(parsed.query, headline, now)
            retrieval = _retrieval(request, query, wanted, self._zone)
            return Found(parsed, wanted, retrieval, self._engine.search(retrieval))

        first = found(parsed)
        if not first.results.total and (looser := self._second_try(request.q, parsed)):
            second = found(looser)
            if second.results.total:  # else nothing was found as it was asked: that is told
                return second
        return first

    def explain(self, request: SearchRequest, article_id: str) -> ExplanationAnswer:
        """What each clause of the query gives to an article. Raises ArticleUnknown."""
        query = self.find(request).retrieval.query
        explanation = self._engine.explain(query, clean(article_id))
        if explanation is None:
            raise _unknown(article_id)
        return _explanation(explanation)

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

    def _first_try(self, text: str) -> Parsed:
        """Keywords must all match; of a sentence's words some may be missing."""
        parsed = parse(text, self._analyzer, zone=self._zone)
        if not is_sentence(parsed.query):
            return parsed
        query = parse(text, self._analyzer, Quotes.PHRASES, self._zone).query
        return Parsed(relaxed(query) or query, parsed.notes)

    def _second_try(self, text: str, first: Parsed) -> Parsed | None:
        """Most of the words, and no quotes, where nothing has what was asked for.

        Quotes around the whole text were meant: `"deputy ministers"` finds no deputy minister.
        """
        if not isinstance(first.query, And | Or):
            return None
        loose = parse(text, self._analyzer, Quotes.WORDS, self._zone).query
        query = relaxed(loose) or loose
        return None if query == first.query else Parsed(query, (*first.notes, Note.RELAXED))

    def _hits(self, request: SearchRequest, found: Found) -> tuple[HitAnswer, ...]:
        showing = Showing(found.wanted, self._analyzer, request.snippet_length)
        hits = []
        for hit in found.results.hits:
            article = hit.article
            title, snippets, highlights = showing.of(article, hit.words, hit.cut)
            explanation = (
                self._engine.explain(found.retrieval.query, article.id) if request.explain else None
            )
            hits.append(
                HitAnswer(
                    **summary(article, hit.score),
                    highlight=title,
                    snippets=snippets,
                    highlights=highlights,
                    explanation=explanation and _explanation(explanation),
                )
            )
        return tuple(hits)


def _unknown(article_id: str) -> ArticleUnknown:
    return ArticleUnknown("id", f"no article has the id {article_id[:600]!r}", "search for it")


def _retrieval(request: SearchRequest, query: Query, wanted: Wanted, zone: ZoneInfo) -> Retrieval:
    filters, dates = conditions(request, zone)
    return Retrieval(
        query=query,
        filters=filters,
        dates=dates,
        sort=request.sort,
        page=Page((request.page - 1) * request.per_page, request.per_page),
        facets=request.facets,
        histogram=request.histogram,
        zone=zone.key,
        marked=wanted.terms(),
        marked_starts=wanted.starts(),
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
