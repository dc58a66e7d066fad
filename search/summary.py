"""An article as hits show it: the fields that every list of articles has."""

from typing import Any

from index.article import Article


def summary(article: Article, score: float) -> dict[str, Any]:
    """The arguments that every hit's answer model shares."""
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "language": article.language,
        "subjects": article.subjects,
        "rubric": article.rubric,
        "source": article.source,
        "authors": article.authors,
        "published_at": article.published_at,
        "score": round(score, 6),
    }
