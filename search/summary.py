"""An article as hits show it: the fields that every list of articles has."""

from typing import Any

from index.article import Article
from index.hit_fields import HitFields
from index.schema import BYLINE, LABELS


def summary(fields: HitFields, score: float) -> dict[str, Any]:
    """The arguments that every hit's answer model shares."""
    return {
        "id": fields.id,
        "url": fields.url,
        "title": fields.title,
        "language": fields.language,
        **{field.name: getattr(fields, field.name) for field in LABELS},
        "published_at": fields.published_at,
        "score": round(score, 6),
    }


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
