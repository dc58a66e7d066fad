"""The rewriters: the text as it was typed, and with fewer of its words."""

from index.engines.base import Reader
from index.query import And, Query
from search.query.building import Quotes
from search.query.clauses import is_plain
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


class Unquoted:
    """Some of the words of a headline, those in its quotes too.

    СМИ узнало о "предстоящей свадьбе" Киркорова is a sentence of five words. Quotes around the
    whole text were meant, but for «»: «У вас два уха, но вы слышите весь оркестр» is a headline.
    """

    number = 2

    def __call__(self, text: QueryText, _: Reader, /) -> Reading | None:
        """None where the words in quotes and beside them are keywords, or nothing is in quotes."""
        literal, words = text.parsed().query, text.parsed(Quotes.WORDS)
        if words.query == literal or not is_sentence(words.query):
            return None
        query = relaxed(words.query)
        if query is None or not (_is_quotation(text) or _has_plain_word(literal)):
            return None
        return Reading(text, query, words, Note.RELAXED)


REWRITERS: tuple[Rewriter, ...] = (AsTyped(), Relaxed(), Unquoted())
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


def _is_quotation(text: QueryText) -> bool:
    """Whether «» stand around the whole text."""
    return text.text.strip().startswith("«") and text.text.strip().endswith("»")


def _has_plain_word(query: Query) -> bool:
    """Whether any of several clauses is a word without a sign."""
    return isinstance(query, And) and any(map(is_plain, query.clauses))
