"""What answers the routes that only read."""

from search.answer import (
    AnalyzeAnswer,
    ArticleAnswer,
    MultiSearchAnswer,
    RelatedAnswer,
    SearchAnswer,
)
from search.parts import Parts
from search.request import (
    AnalyzeRequest,
    MultiSearchRequest,
    RelatedOptions,
    RelatedRequest,
    SearchRequest,
)
from search.web.api.inputs import NoParameters
from search.web.api.route import PathValues


def search(parts: Parts, asked: SearchRequest, _path: PathValues) -> SearchAnswer:
    """Articles that match a query."""
    return parts.searcher.search(asked)


def multi_search(parts: Parts, asked: MultiSearchRequest, _path: PathValues) -> MultiSearchAnswer:
    """Answers to several searches, in their order."""
    return MultiSearchAnswer(answers=tuple(map(parts.searcher.search, asked.searches)))


def article(parts: Parts, _asked: NoParameters, path: PathValues) -> ArticleAnswer:
    """One article. Raises ArticleUnknown."""
    return ArticleAnswer(article=parts.searcher.article(path["id"]))


def related_to_article(parts: Parts, asked: RelatedOptions, path: PathValues) -> RelatedAnswer:
    """Articles related to one of the index. Raises ArticleUnknown."""
    reader = parts.engine.reader()
    return parts.related.to_article(parts.searcher.article(path["id"], reader), asked, reader)


def related_to_text(parts: Parts, asked: RelatedRequest, _path: PathValues) -> RelatedAnswer:
    """Articles related to a text that was sent."""
    return parts.related.to_text(asked)


def analyze(parts: Parts, asked: AnalyzeRequest, _path: PathValues) -> AnalyzeAnswer:
    """The tokens and terms of a text."""
    return parts.searcher.analyze(asked.text)
