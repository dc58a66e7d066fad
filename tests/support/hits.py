"""What hits have of their articles, found by reading all of them."""

from collections.abc import Mapping
from typing import NamedTuple

from index.analysed import AnalysedArticle, analyse_article
from index.analysis.analyzer import Analyzer
from index.analysis.sentences import Span
from index.article import Article, dumped
from index.hit_fields import HitFields, hit_fields
from index.query import Everything
from index.results import EngineRequest, Hit, WholeText
from index.schema import EXACT, STORY
from search.rendering.highlighter import Highlighter


def fields_of(article: Article) -> HitFields:
    return hit_fields(dumped(article).encode())


def texts_of(article: Article) -> dict[str, WholeText]:
    return {name: WholeText(getattr(article, name)) for name in STORY}


def words_of(article: AnalysedArticle, request: EngineRequest) -> dict[str, list[tuple[int, int]]]:
    """(position, start) of the words that are highlighted, by text."""
    found: dict[str, list[tuple[int, int]]] = {}
    for name in STORY:
        positions: set[int] = set()
        for space in (name, EXACT[name]):
            if space in article.fields:
                known = article.fields[space].by_term()
                terms = [term for field, term in request.highlight_terms if field == space]
                positions.update(one for term in terms for one in known.get(term, ()))
                prefixes = [start for field, start in request.highlight_prefixes if field == space]
                begun = [one for one in known if one.startswith(tuple(prefixes))]
                positions.update(one for term in begun for one in known[term])
        starts = {article.starts[name][position] for position in positions}
        if starts:
            found[name] = [(article.starts[name].index(start), start) for start in sorted(starts)]
    return found


def highlighting(highlighter: Highlighter) -> EngineRequest:
    """Every article, with the words of a query."""
    return EngineRequest(
        Everything(), highlight_terms=highlighter.terms(), highlight_prefixes=highlighter.prefixes()
    )


def hit_of(article: Article, highlighter: Highlighter, analyzer: Analyzer) -> Hit:
    """The article as a hit."""
    words = words_of(analyse_article(article, analyzer.read), highlighting(highlighter))
    return Hit(fields_of(article), 0.0, texts_of(article), words)


class Content(NamedTuple):
    """What a hit has of its article."""

    fields: HitFields
    texts: Mapping[str, str]
    sentences: Mapping[str, list[Span]]


def content(hit: Hit) -> Content:
    texts = {name: text.read(0, len(text)) for name, text in hit.texts.items()}
    sentences = {name: list(text.sentences(0, len(text))) for name, text in hit.texts.items()}
    return Content(hit.fields, texts, sentences)
