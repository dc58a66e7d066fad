"""The rewriters: the text as it was typed, and with fewer of its words."""

from index.engines.base import Reader
from index.query import And
from search.query.building import Quotes
from search.query.notes import Note
from search.query.parser import QueryText
from search.query.readings import Reading, Rewriter
from search.relevance import is_sentence, relaxed


class AsTyped:
    """The text as it was typed.

    Keywords must all match. Of a sentence's words some may be missing, and its «» are a
    headline's. Quotes around the whole text were meant.
    """

    number = 0

    def __call__(self, text: QueryText, _: Reader, /) -> Reading:
        """Every text has this reading."""
        return _as_typed(text)


class Relaxed:
    """Most of the words that were typed without a sign; of a sentence's quotes none stay."""

    number = 1

    def __call__(self, text: QueryText, _: Reader, /) -> Reading | None:
        """None where there is nothing to relax: one word, or signs before all."""
        loose = text.parsed(Quotes.WORDS) if _has_sentence(text) else text.parsed()
        query = relaxed(loose.query)
        if query is None or query == _as_typed(text).query:
            return None
        return Reading(text, query, loose, Note.RELAXED)


REWRITERS: tuple[Rewriter, ...] = (AsTyped(), Relaxed())
"""In the order in which they are tried."""


def _as_typed(text: QueryText) -> Reading:
    if not _has_sentence(text):
        literal = text.parsed()
        return Reading(text, literal.query, literal)
    headline = text.parsed(Quotes.HEADLINE)
    return Reading(text, relaxed(headline.query) or headline.query, headline)


def _has_sentence(text: QueryText) -> bool:
    """Whether the text is a sentence, as typed or with the quotes of a headline."""
    literal = text.parsed().query
    return is_sentence(literal) or (
        "«" in text.text
        and isinstance(literal, And)
        and is_sentence(text.parsed(Quotes.HEADLINE).query)
    )
