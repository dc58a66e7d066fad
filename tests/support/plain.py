"""Articles through an analysis that a reader can do in the head, for tests of engines."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from index.analysed import AnalysedArticle, analyse_article
from index.analysis.names import keys_of
from index.analysis.token import Token, Word, word_of
from index.article import Article, check_article
from index.engines.base import Engine

PLAIN = "plain"
"""The name of this analysis, as an engine keeps it."""


def plain_tokens(text: str) -> list[Token]:
    """Words between spaces. A word of five letters and more has its first four as a lemma too."""
    tokens = []
    start = 0
    for position, word in enumerate(text.split()):
        start = text.index(word, start)
        form = word.lower()
        lemmas = (form, form[:4]) if len(form) > 4 else (form,)
        tokens.append(Token(word, start, start + len(word), position, form, lemmas))
        start += len(word)
    return tokens


def plain_words(text: str) -> tuple[list[Word], list[int]]:
    """What the tokens of the text become, and where they start."""
    tokens = plain_tokens(text)
    return [
        Word(
            one.form,
            one.lemmas,
            tuple(map(word_of, keys_of(one.surface, one.form, one.lemmas))),
        )
        for one in tokens
    ], [one.start for one in tokens]


def plain(article: Article) -> AnalysedArticle:
    """The article through the plain analysis."""
    return analyse_article(article, plain_words)


def made(article_id: str, body: str = "text", **fields: object) -> AnalysedArticle:
    """An article with this body, analysed; `published_at` may be a date, as `2020-05-09`."""
    return plain(check_article({"id": article_id, "body": body, **fields}))


def seconds(day: str) -> int:
    """The midnight, UTC, that a day starts with, in unix seconds."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def rebuild(
    engine: Engine,
    analyse: Callable[[Article], AnalysedArticle] = plain,
    articles: Iterable[Article] | None = None,
) -> int:
    """A rebuild from these articles, or from those that the index has; how many there are."""
    source = engine.reader().scan() if articles is None else articles
    return sum(done.count for done in engine.rebuild(source, analyse))
