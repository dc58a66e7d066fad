"""Hits of which everything is known, and what hits have of their articles."""

from collections.abc import Mapping
from typing import NamedTuple

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer
from index.analysis.sentences import Span
from index.article import Article, dumped
from index.hit_fields import HitFields, hit_fields
from index.results import Hit, WholeText
from index.schema import STORY


def fields_of(article: Article) -> HitFields:
    return hit_fields(dumped(article).encode())


def texts_of(article: Article) -> dict[str, WholeText]:
    return {name: WholeText(getattr(article, name)) for name in STORY}


def hit_of(article: Article, analyzer: Analyzer) -> Hit:
    """The article as a hit that has every word of its texts."""
    starts = analyse_article(article, analyzer.read).starts
    words = {
        name: [(at, start) for at, start in enumerate(some) if not at or some[at - 1] != start]
        for name, some in starts.items()
    }
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
