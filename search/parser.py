"""Query text → Query. Whatever is typed gives a query, never an error.

    a b          both words            "a b"        these forms, in this order
    a OR b       either (ИЛИ)          -a           without the word
    (a b) OR c   groups                word*        words that start so
    title:a      in one field          lang:ru  date:2017-03  date:2017-01..2017-03

OR binds closer than the space between words, as in the search engines people
know: `выборы Москва OR Казань` asks for выборы and one of the cities. AND (И)
says what a space says. What has no meaning where it stands (a lone quote, a
bracket without its pair, a field without a word) is read as if it were a space.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from itertools import groupby

from index.analysed import Analyse
from index.analysis.stopwords import STOPWORDS
from index.analysis.token import Token
from index.query import (
    And,
    Everything,
    Filter,
    In,
    Not,
    Or,
    Phrase,
    Prefer,
    Prefix,
    Query,
    Range,
    Terms,
)
from index.schema import AUTHORS, BODY, EXACT, LEAD, RUBRIC, SOURCE, SUBJECTS, TITLE
from search.dates import date_range

MAX_WORDS = 64
MAX_DEPTH = 16
_MAX_CHARACTERS = 20_000

DEFAULT_FIELDS = (TITLE, LEAD, BODY, SUBJECTS)
_FIELDS = {
    "title": TITLE,
    "lead": LEAD,
    "body": BODY,
    "subject": SUBJECTS,
    "rubric": RUBRIC,
    "source": SOURCE,
    "author": AUTHORS,
}

_LEXEME = re.compile(
    r"""
    (?P<open> \( ) | (?P<close> \) )
  | (?P<phrase> "[^"]*" | “[^“”]*” | „[^„“]*“ )
  | (?P<minus> (?<![^\s(]) - (?=[^\s-]) )
  | (?P<field> (?:title|lead|body|subject|rubric|source|author|lang|date): (?=[^\s)]) )
  | (?P<chunk> [^\s()"“”„]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OR = frozenset({"OR", "ИЛИ"})
_AND = frozenset({"AND", "И"})
_ACRONYMS = 4
"""More words than these, all in capitals, are a headline."""


class Note(StrEnum):
    """What was done with the query text beside reading it."""

    CUT = "cut"  # more words than are searched for: the first MAX_WORDS were taken
    RELAXED = "relaxed"  # no article has all the words: most must match


@dataclass(frozen=True, slots=True)
class Parsed:
    """The query that a text says, and what was done to read it."""

    query: Query
    notes: tuple[Note, ...] = ()


class Quotes(StrEnum):
    """How straight quotes are read."""

    LITERAL = "literal"  # these forms, in this order
    PHRASES = "phrases"  # as literal, but one quoted word is just a word: a headline's "вызовы"
    WORDS = "words"  # words


def parse(
    text: str, analyse: Analyse, quotes: Quotes = Quotes.LITERAL, zone: tzinfo = UTC
) -> Parsed:
    """The query that the text says; Everything for an empty one. `date:` has days of the zone."""
    if not text.strip():
        return Parsed(Everything())
    lexemes = [
        (match.lastgroup or "", match[0]) for match in _LEXEME.finditer(text[:_MAX_CHARACTERS])
    ]
    reading = _Reading(lexemes, analyse, not _shouted(lexemes), quotes, zone)
    query = reading.sequence(DEFAULT_FIELDS, depth=0)
    cut = reading.cut or len(text) > _MAX_CHARACTERS
    return Parsed(query, (Note.CUT,) if cut else ())


def _shouted(lexemes: Sequence[tuple[str, str]]) -> bool:
    """Whether OR and AND are words: БЫТЬ ИЛИ НЕ БЫТЬ, ВОТ В ЧЁМ ВОПРОС; also OR alone.

    A few words in capitals are acronyms: США OR КНР asks for either.
    """
    others = [(kind, text) for kind, text in lexemes if text not in _OR | _AND]
    words = [text for kind, text in others if kind == "chunk" and text.lower() != text.upper()]
    return not others or (len(words) > _ACRONYMS and all(map(str.isupper, words)))


@dataclass
class _Reading:
    """A recursive descent over lexemes; `at` is the next one."""

    lexemes: Sequence[tuple[str, str]]
    analyse: Analyse
    operators: bool
    quotes: Quotes
    zone: tzinfo
    at: int = 0
    words: int = 0
    cut: bool = False

    def sequence(self, fields: tuple[str, ...], depth: int) -> Query:
        """Clauses up to the closing bracket or the end: all of them."""
        clauses: list[Query] = []
        either: list[Query] = []  # the alternatives that OR has joined so far
        joined = False
        while (kind := self._kind()) and not (kind == "close" and depth):
            if kind == "chunk" and self._is(_OR):
                self.at += 1
                joined = bool(either)
                continue
            clause = self._clause(fields, depth)
            if clause is None:
                continue
            if joined:
                either.append(clause)
            else:
                clauses += _any_of(either)
                either = [clause]
            joined = False
        return _all_of([*clauses, *_any_of(either)])

    def _kind(self) -> str:
        return self.lexemes[self.at][0] if self.at < len(self.lexemes) else ""

    def _is(self, operators: frozenset[str]) -> bool:
        return self.operators and self.lexemes[self.at][1] in operators

    def _clause(self, fields: tuple[str, ...], depth: int) -> Query | None:
        """The next clause; None where the lexeme says nothing."""
        kind, text = self.lexemes[self.at]
        self.at += 1
        match kind:
            case "open":
                return self._group(fields, depth)
            case "minus":
                clause = self._clause(fields, depth) if self._kind() else None
                return None if clause is None else Not(clause)
            case "field":
                return self._field(text[:-1].lower(), depth)
            case "phrase":
                return self._phrase(text[1:-1], fields)
            case "chunk" if not (self.operators and text in _AND):
                return self._chunk(text, fields)
            case _:
                return None

    def _group(self, fields: tuple[str, ...], depth: int) -> Query | None:
        if depth >= MAX_DEPTH:
            return None
        clause = self.sequence(fields, depth + 1)
        if self._kind() == "close":
            self.at += 1
        return None if clause == And(()) else clause

    def _field(self, name: str, depth: int) -> Query | None:
        while self._kind() == "field":  # title:body:x: the last one counts
            name = self.lexemes[self.at][1][:-1].lower()
            self.at += 1
        if name in _FIELDS:
            return self._clause((_FIELDS[name],), depth) if self._kind() else None
        if self._kind() in {"chunk", "phrase"}:  # date:" ends with a quote that says nothing
            value = self.lexemes[self.at][1].strip('"“”„')
            clause = _language(value) if name == "lang" else _dates(value, self.zone)
            if clause is not None:
                self.at += 1
                return clause if self._fits(1) else None
        return self._chunk(name, DEFAULT_FIELDS)  # lang:, date: and no such thing: a word

    def _phrase(self, text: str, fields: tuple[str, ...]) -> Query | None:
        tokens = self._take(self.analyse(text))
        single = len(tokens) == 1 and self.quotes is Quotes.PHRASES
        if not tokens or single or self.quotes is Quotes.WORDS:
            return _words(tokens, fields)
        exact = tuple(In(EXACT[name]) for name in fields)
        if len(tokens) == 1:
            return Terms((tokens[0].form,), exact, tokens[0].form)
        parts = [
            tuple(dict.fromkeys(token.form for token in group))
            for _, group in groupby(tokens, key=lambda token: token.position)
        ]
        surface = " ".join(text.replace('"', " ").split())  # of “5" and 7"”
        return Phrase(tuple(parts), exact, surface=surface)

    def _chunk(self, text: str, fields: tuple[str, ...]) -> Query | None:
        if text.endswith("*") and (tokens := self._take(self.analyse(text[:-1]))):
            first = tokens[0]
            if len(first.form) > 1 and tokens[-1].end <= first.end:  # С-40* has its parts after it
                return Prefix(first.form, tuple(EXACT[name] for name in fields))
            return _words(tokens, fields)
        return _words(self._take(self.analyse(text)), fields)

    def _take(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens that still fit into MAX_WORDS."""
        return list(tokens[: self._fits(len(tokens))])

    def _fits(self, many: int) -> int:
        """How many of so many words or filters still fit into MAX_WORDS; they are counted."""
        fitting = min(many, MAX_WORDS - self.words)
        self.cut = self.cut or fitting < many
        self.words += fitting
        return fitting


def _words(tokens: Sequence[Token], fields: tuple[str, ...]) -> Query | None:
    """The words of one chunk: most often one, С-400/ПВО has two."""
    clauses: list[Query] = []
    end = 0
    for place, token in enumerate(tokens):
        if token.start < end:
            continue  # a part of the hyphenated word before
        parts = [part for part in tokens[place + 1 :] if part.start < token.end]
        end = token.end
        clauses.append(_compound(token, parts, fields) if parts else _word(token, fields))
    return None if not clauses else _all_of(clauses)


def _word(token: Token, fields: tuple[str, ...]) -> Terms:
    return Terms(token.lemmas, tuple(In(name) for name in fields), token.form)


def _compound(whole: Token, parts: Sequence[Token], fields: tuple[str, ...]) -> Query:
    """A hyphenated word. A code (С-400, COVID-19) is wanted whole or as its parts in a row;
    of a word made of words (Россия-Украина) the parts are wanted, the whole is better."""
    one = _word(whole, fields)
    if all(part.form in STOPWORDS for part in parts):  # из-за, кто-то
        return one
    if any(len(part.form) < 3 or not part.form.isalpha() for part in parts):
        row = tuple(part.lemmas for part in parts)
        return Or((one, Phrase(row, one.fields, surface=whole.form)))
    return Prefer(And(tuple(_word(part, fields) for part in parts)), (one,))


def _language(value: str) -> Query | None:
    return Filter("language", (value.lower(),)) if value.lower() in {"ru", "en"} else None


def _dates(value: str, zone: tzinfo) -> Range | None:
    since, dots, until = value.partition("..")
    try:
        return date_range(since, until if dots else since, zone)
    except ValueError:
        return None


def _any_of(clauses: list[Query]) -> list[Query]:
    return [Or(tuple(clauses))] if len(clauses) > 1 else clauses


def _all_of(clauses: list[Query]) -> Query:
    """All clauses; stop words among them are not asked for where anything else is."""
    clauses = [clause for clause in clauses if not is_stopword(clause)] or clauses
    return clauses[0] if len(clauses) == 1 else And(tuple(clauses))


def is_stopword(clause: Query) -> bool:
    """Whether the clause is a word that a query may leave out, or has only such words."""
    if isinstance(clause, And) and clause.clauses:
        return all(map(is_stopword, clause.clauses))
    return (
        isinstance(clause, Terms)
        and clause.surface in STOPWORDS
        and tuple(place.field for place in clause.fields) == DEFAULT_FIELDS
    )
