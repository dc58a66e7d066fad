"""Query text → Query. Whatever is typed gives a query, never an error.

    a b          both words            "a b"        these forms, in this order
    a OR b       either (ИЛИ)          -a           without the word
    a AND b      both, never fewer     +a           with the word, whatever else is left out
    (a b) OR c   groups                word*        words that start so
    title:a      in one field          lang:ru  date:2017-03  date:2017-01..2017-03

OR binds closer than AND (И), and AND closer than the space between words, as in the
search engines people know: `выборы Москва OR Казань` asks for выборы and one of the
cities. What has no meaning where it stands (a lone quote, a bracket without its pair)
is read as if it were a space; a sign that cannot be read so (date:вчера) is words.
Notes say so: nothing that was typed is changed without a note.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from index.analysed import AnalyseText
from index.analysis.token import Token
from index.query import And, Everything, Query
from search.query.building import Quotes, build
from search.query.lexemes import Kind, lexemes, seen
from search.query.notes import Note
from search.query.syntax import Syntax, syntax_of

MAX_BRACKETS = 16
"""How many brackets may stand within each other."""
_MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """The query that a text says, and what was done to read it.

    `ignored` and `as_words` are the pieces of text that the notes of these names are about.
    """

    query: Query
    notes: tuple[Note, ...] = ()
    ignored: tuple[str, ...] = ()
    as_words: tuple[str, ...] = ()


class _Words(dict[str, Sequence[Token]]):
    """The tokens of the words that have been read."""

    def __init__(self, analyse: AnalyseText) -> None:
        self._analyse = analyse

    def __missing__(self, text: str) -> Sequence[Token]:
        self[text] = tokens = self._analyse(text)
        return tokens

    __call__ = dict.__getitem__


class QueryText:
    """What a person typed. Its syntax tree is made once, and of it a query for each way to read
    quotes, when it is asked for.

    `date:` has days of the zone.
    """

    def __init__(self, text: str, analyse: AnalyseText, zone: tzinfo = UTC) -> None:
        self.text = text
        self._words = analyse if isinstance(analyse, _Words) else _Words(analyse)
        self._zone = zone
        self._seen = seen(text[:_MAX_CHARACTERS])
        self._lexemes = lexemes(self._seen, MAX_BRACKETS)
        self._quoted = any(one.kind is Kind.PHRASE for one in self._lexemes)
        self._syntax: Syntax | None = None
        self._parsed: dict[Quotes, Parsed] = {}

    def parsed(self, quotes: Quotes = Quotes.LITERAL) -> Parsed:
        """The query that the text says; Everything for an empty one."""
        mode = quotes if self._quoted else Quotes.LITERAL
        if mode not in self._parsed:
            self._parsed[mode] = self._parse(mode)
        return self._parsed[mode]

    def other(self, text: str) -> "QueryText":
        """Another text, for a rewriter; both share the words that the analyzer has read."""
        return QueryText(text, self._words, self._zone)

    def _parse(self, quotes: Quotes) -> Parsed:
        if not self.text.strip():
            return Parsed(Everything())
        if self._syntax is None:
            self._syntax = syntax_of(self._lexemes, self._seen, self._words, self._zone)
        unread = self._syntax.unread.copy()
        query = build(self._syntax.root, quotes, unread)
        if query == And(()):
            unread.ignore_all()
        ignored, as_words = unread.ignored(), unread.as_words()
        holds = {
            Note.CUT: self._syntax.cut or len(self.text) > _MAX_CHARACTERS,
            Note.IGNORED: ignored,
            Note.AS_WORDS: as_words,
        }
        notes = tuple(note for note, held in holds.items() if held)
        return Parsed(query, notes, ignored, as_words)


def parse(
    text: str, analyse: AnalyseText, quotes: Quotes = Quotes.LITERAL, zone: tzinfo = UTC
) -> Parsed:
    """The query that the text says, for those who read it in one way only (see QueryText)."""
    return QueryText(text, analyse, zone).parsed(quotes)
