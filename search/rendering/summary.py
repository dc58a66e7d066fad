"""An article as hits show it: the fields that every list of articles has."""

from typing import Any

from msgspec.structs import asdict

from index.article import Article
from index.hit_fields import HitFields
from index.schema import BYLINE


def summary(fields: HitFields, score: float) -> dict[str, Any]:
    """The arguments that the answers of all hits share."""
    shared = asdict(fields)
    shared["score"] = round(score, 6)
    return shared


def byline(article: object) -> list[str]:
    """The labels of an article or a hit for the line about it: its source, its rubric.

    Of fields with many values a hit's line has none; see `whole_byline`.
    """
    return [label for field in BYLINE if not field.many and (label := getattr(article, field.name))]


def whole_byline(article: Article) -> list[str]:
    """The labels for the line about an article on its own page: authors, too."""
    found: list[str] = []
    for field in BYLINE:
        value = getattr(article, field.name)
        found += value if field.many else [value]
    return list(filter(None, found))
