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
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from functools import cache
from itertools import groupby

from index.analysed import AnalyseText
from index.analysis.normalize import lowered
from index.analysis.stopwords import STOPWORDS
from index.analysis.token import Token
from index.article_field import ArticleField, Indexed
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
from index.schema import DEFAULT_FIELDS, EXACT, QUERY_FIELDS
from search.query.clauses import is_stopword, required
from search.query.dates import date_range
from search.query.lexemes import QUOTES, Kind, Lexeme, lexemes, seen
from search.query.notes import Note
from search.query.unread import Unread

MAX_WORDS = 64
MAX_DEPTH = 16
MAX_PREFIXES = 8
"""Different beginnings in one query: а* is some ten thousand words, gathered in each field."""
_MAX_CHARACTERS = 20_000
_SIGNS = 4
"""So many signs may stand before one clause: -title:школа has two."""

_OR = frozenset({"OR", "ИЛИ"})
_AND = frozenset({"AND", "И"})
_ACRONYMS = 4
"""More words than these, all in capitals, are a headline."""
_UNQUOTED = str.maketrans(dict.fromkeys(QUOTES + "*", " "))


@dataclass(frozen=True, slots=True)
class Parsed:
    """The query that a text says, and what was done to read it.

    `ignored` and `as_words` are the pieces of text that the notes of these names are about.
    """

    query: Query
    notes: tuple[Note, ...] = ()
    ignored: tuple[str, ...] = ()
    as_words: tuple[str, ...] = ()


class Quotes(StrEnum):
    """How quotes are read."""

    LITERAL = "literal"  # these forms, in this order
    PHRASES = "phrases"  # as a headline's: «Война и мир» and one quoted word are words
    WORDS = "words"  # words


class QueryText:
    """What a person typed, parsed when it is asked for and once for each way to read quotes.

    `date:` has days of the zone.
    """

    def __init__(self, text: str, analyse: AnalyseText, zone: tzinfo = UTC) -> None:
        self.text = text
        self._analyse: AnalyseText = cache(analyse)  # what it gives is never changed
        self._zone = zone
        self._seen = seen(text[:_MAX_CHARACTERS])
        self._lexemes = lexemes(self._seen, MAX_DEPTH)
        self._quoted = any(one.kind is Kind.PHRASE for one in self._lexemes)
        self._parsed: dict[Quotes, Parsed] = {}

    def parsed(self, quotes: Quotes = Quotes.LITERAL) -> Parsed:
        """The query that the text says; Everything for an empty one."""
        mode = quotes if self._quoted else Quotes.LITERAL
        if mode not in self._parsed:
            self._parsed[mode] = self._parse(mode)
        return self._parsed[mode]

    def other(self, text: str) -> "QueryText":
        """Another text, for a rewriter; both share the words that the analyzer has read."""
        made = QueryText(text, self._analyse, self._zone)
        made._analyse = self._analyse  # one cache, not a cache of a cache
        return made

    def _parse(self, quotes: Quotes) -> Parsed:
        if not self.text.strip():
            return Parsed(Everything())
        reading = _Reading(self._lexemes, self._analyse, quotes, self._zone, Unread(self._seen))
        query = reading.whole()
        unread = reading.unread
        if query == And(()):
            unread.ignore_all()
        ignored, as_words = unread.ignored(), unread.as_words()
        holds = {
            Note.CUT: reading.cut or len(self.text) > _MAX_CHARACTERS,
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


def _shouted(some: Sequence[Lexeme]) -> bool:
    """Whether OR and AND are words: БЫТЬ ИЛИ НЕ БЫТЬ, ВОТ В ЧЁМ ВОПРОС; also OR alone.

    A few words in capitals are acronyms: США OR КНР asks for either.
    """
    others = [one for one in some if one.text not in _OR | _AND]
    words = [
        one.text for one in others if one.kind is Kind.WORD and one.text.lower() != one.text.upper()
    ]
    return not others or (len(words) > _ACRONYMS and all(map(str.isupper, words)))


@dataclass
class _Reading:
    """A recursive descent over lexemes; `at` is the next one."""

    lexemes: Sequence[Lexeme]
    analyse: AnalyseText
    quotes: Quotes
    zone: tzinfo
    unread: Unread
    at: int = 0
    words: int = 0
    cut: bool = False
    unquoted: list[Query] = field(default_factory=list)
    prefixes: dict[Prefix, Prefix] = field(default_factory=dict)
    operators: bool = field(init=False)

    def __post_init__(self) -> None:
        self.operators = not _shouted(self.lexemes)

    def whole(self) -> Query:
        """The query that all lexemes say."""
        lone = [one for one in self.lexemes if one.kind is Kind.LONE]
        self.lexemes = [one for one in self.lexemes if one.kind is not Kind.LONE]
        query = self._sequence(DEFAULT_FIELDS)
        for one in lone:
            self._ignore(one)
        return query

    def _sequence(self, fields: tuple[str, ...]) -> Query:
        """Clauses up to the closing bracket or the end: all of them."""
        groups: list[list[Query]] = []  # each is what AND has joined
        joint: Lexeme | None = None  # an AND that waits for its right side
        while self._kind() not in {None, Kind.CLOSE}:
            sign = self.lexemes[self.at]
            if self._is(_AND):
                self.at += 1
                if joint or not groups:
                    self._ignore(sign)
                else:
                    joint = sign
                continue
            self.at += sign.kind is Kind.PLUS
            clause = self._either(fields)
            if sign.kind is Kind.PLUS:
                clause = self._required(sign, clause)
            if clause is None:
                continue
            if joint:
                groups[-1].append(clause)
                joint = None
            else:
                groups.append([clause])
        self._ignore(joint)
        clauses = [_both(group) for group in groups]
        return _all_of([word for clause in clauses for word in self._spliced(clause)])

    def _spliced(self, clause: Query) -> tuple[Query, ...]:
        """The words of a phrase that is read as words are words like any others."""
        loose = isinstance(clause, And) and any(clause is one for one in self.unquoted)
        return clause.clauses if loose and isinstance(clause, And) else (clause,)

    def _either(self, fields: tuple[str, ...]) -> Query | None:
        """A clause, or those that OR joins; None where no clause comes before the next AND."""
        found: list[Query] = []
        joint: Lexeme | None = None
        while self._kind() not in {None, Kind.CLOSE}:
            sign = self.lexemes[self.at]
            if self._is(_OR):
                self.at += 1
                if joint or not found:
                    self._ignore(sign)
                else:
                    joint = sign
            elif not joint and (found or self._is(_AND) or sign.kind is Kind.PLUS):
                break
            elif self._is(_AND):  # школа OR AND война
                self.at += 1
                self._ignore(sign)
            elif clause := self._clause(fields):
                found.append(clause)
                joint = None
        self._ignore(joint)
        return Or(tuple(found)) if len(found) > 1 else found[0] if found else None

    def _required(self, plus: Lexeme, clause: Query | None) -> Query | None:
        """+школа; of an exclusion and of what says nothing a plus says nothing more."""
        if clause is None or isinstance(clause, Not):
            self._ignore(plus)
            return clause
        return clause if isinstance(clause, And) and clause.typed else And((clause,), typed=True)

    def _kind(self) -> Kind | None:
        return self.lexemes[self.at].kind if self.at < len(self.lexemes) else None

    def _is(self, operators: frozenset[str]) -> bool:
        one = self.lexemes[self.at]
        return self.operators and one.kind is Kind.WORD and one.text in operators

    def _ignore(self, one: Lexeme | None) -> None:
        """Notes it as ignored; what comes after the cut is noted as cut only."""
        if one and not self.cut:
            self.unread.ignore(one.start, one.end)

    def _clause(self, fields: tuple[str, ...], signs: int = 0) -> Query | None:
        """The next clause, after so many signs; None where the lexeme says nothing."""
        one = self.lexemes[self.at]
        self.at += 1
        match one.kind:
            case Kind.OPEN:
                return self._group(one, fields)
            case Kind.MINUS:
                clause = self._signed(one, fields, signs)
                return clause and Not(clause)
            case Kind.FIELD:
                return self._field(one, signs)
            case Kind.PHRASE:
                return self._phrase(one, fields)
            case Kind.WORD:
                return self._word(one, fields)
            case _:
                self._ignore(one)  # a plus within OR
                return None

    def _signed(self, sign: Lexeme, fields: tuple[str, ...], signs: int) -> Query | None:
        """What a minus or a field stands before; without it the sign says nothing."""
        says_nothing = self._kind() in {None, Kind.CLOSE} or signs > _SIGNS
        clause = None if says_nothing else self._clause(fields, signs + 1)
        if clause is None:
            self._ignore(sign)
        return clause

    def _group(self, bracket: Lexeme, fields: tuple[str, ...]) -> Query | None:
        clause = self._sequence(fields)
        closing = self.lexemes[self.at]
        self.at += 1
        if clause != And(()):
            return clause
        self._ignore(bracket)
        self._ignore(closing)
        return None

    def _field(self, named: Lexeme, signs: int) -> Query | None:
        while self._kind() is Kind.FIELD:  # title:body:x: the last one counts
            self._ignore(named)
            named = self.lexemes[self.at]
            self.at += 1
        name = named.text[:-1].lower()
        meant = QUERY_FIELDS.get(name)
        is_text = meant is not None and meant.indexed is Indexed.TEXT
        if meant and is_text and self._kind() not in {None, Kind.CLOSE}:
            return self._signed(named, (meant.name,), signs)
        if meant and not is_text and self._kind() in {Kind.WORD, Kind.PHRASE}:
            value = self.lexemes[self.at]
            clause = _with_value(meant, value.text.strip(QUOTES), self.zone)
            if clause is not None:
                self.at += 1
                return clause if self._fits(1) else None
            if not self.cut:
                self.unread.take_as_words(named.start, value.end)
        elif not self.cut:
            self.unread.take_as_words(named.start, named.end)
        return _words(self._take(name), DEFAULT_FIELDS)  # a word

    def _phrase(self, quoted: Lexeme, fields: tuple[str, ...]) -> Query | None:
        text = quoted.text[1:-1]
        tokens = self._take(text, quoted.start + 1)
        if not tokens:
            self._ignore(quoted)
            return None
        name = len(tokens) == 1 or quoted.text.startswith("«")
        if self.quotes is Quotes.WORDS or (name and self.quotes is Quotes.PHRASES):
            self.unread.take_as_words(quoted.start, quoted.end)
            self.unquoted += filter(None, [clause := _words(tokens, fields)])
            return clause
        if not self.cut:
            self.unread.ignore_stars(text, quoted.start + 1)
        exact = tuple(In(EXACT[name]) for name in fields)
        if len(tokens) == 1:
            return Terms((tokens[0].form,), exact, tokens[0].form)
        parts = [
            tuple(dict.fromkeys(token.form for token in group))
            for _, group in groupby(tokens, key=lambda token: token.position)
        ]
        surface = " ".join(text.translate(_UNQUOTED).split())  # of “5" and 7"”
        return Phrase(tuple(parts), exact, surface=surface)

    def _word(self, typed: Lexeme, fields: tuple[str, ...]) -> Query | None:
        text = typed.text
        tokens = self._take(text, typed.start)
        open_ended = text.rstrip(".,;:!?…")
        if tokens and open_ended.endswith("*"):
            self.unread.ignore_stars(text[: tokens[0].start], typed.start)
            if prefix := self._prefix(tokens, open_ended.rstrip("*"), fields):
                return prefix
            if not self.cut:
                self.unread.take_as_words(typed.start, typed.end)
        elif not self.cut:
            self.unread.word(typed.text, typed.start, bool(tokens))
        return _words(tokens, fields)

    def _prefix(self, tokens: Sequence[Token], text: str, fields: tuple[str, ...]) -> Prefix | None:
        """The words that begin so, one clause however often it is typed: it is looked up once."""
        start = _beginning(tokens, text)
        prefix = Prefix(start, tuple(EXACT[name] for name in fields))
        known = self.prefixes.get(prefix)
        if known or not start or len(self.prefixes) == MAX_PREFIXES:
            return known
        self.prefixes[prefix] = prefix
        return prefix

    def _take(self, text: str, start: int | None = None) -> list[Token]:
        """The tokens of a text that still fit into MAX_WORDS."""
        tokens = self.analyse(text)
        if start is not None and not self.cut:
            self.unread.too_long(text, start, tokens)
        return list(tokens[: self._fits(len(tokens))])

    def _fits(self, many: int) -> int:
        """How many of so many words or filters still fit into MAX_WORDS; they are counted."""
        fitting = min(many, MAX_WORDS - self.words)
        self.cut = self.cut or fitting < many
        self.words += fitting
        return fitting


def _beginning(tokens: Sequence[Token], text: str) -> str:
    """What words begin with: С-40 or С- before its star; "" where the text is more than a word."""
    first = tokens[0]
    if tokens[-1].end > first.end:  # С-40* has its parts within the first
        return ""
    rest = lowered(text[first.end :])
    return first.form + rest if rest in {"", "-", "'"} else ""


def _words(tokens: Sequence[Token], fields: tuple[str, ...]) -> Query | None:
    """The words of one chunk: most often one, С-400/ПВО has two."""
    clauses: list[Query] = []
    end = 0
    for place, token in enumerate(tokens):
        if token.start < end:
            continue  # a part of the hyphenated word before
        parts = [part for part in tokens[place + 1 :] if part.start < token.end]
        end = token.end
        clauses.append(_compound(token, parts, fields) if parts else _terms(token, fields))
    return None if not clauses else _all_of(clauses)


def _terms(token: Token, fields: tuple[str, ...]) -> Terms:
    return Terms(token.lemmas, tuple(In(name) for name in fields), token.form)


def _compound(whole: Token, parts: Sequence[Token], fields: tuple[str, ...]) -> Query:
    """A hyphenated word. A code (С-400, COVID-19) must match whole or as its parts in a row;
    of a word made of words (Россия-Украина) the parts must match, the whole is better."""
    one = _terms(whole, fields)
    if all(part.form in STOPWORDS for part in parts):  # из-за, кто-то
        return one
    if any(len(part.form) < 3 or not part.form.isalpha() for part in parts):
        row = tuple(part.lemmas for part in parts)
        return Or((one, Phrase(row, one.fields, surface=whole.form)))
    return Prefer(And(tuple(_terms(part, fields) for part in parts)), (one,))


def _with_value(field: ArticleField, value: str, zone: tzinfo) -> Query | None:
    """lang:ru, date:2024; None where the field has no such value."""
    if field.indexed is Indexed.DATE:
        return _dates(value, zone)
    if not field.choices:
        return Filter(field.facet, (value,))
    return Filter(field.facet, (value.lower(),)) if value.lower() in field.choices else None


def _dates(value: str, zone: tzinfo) -> Range | None:
    since, dots, until = value.partition("..")
    try:
        return date_range(since, until if dots else since, zone)
    except ValueError:
        return None


def _all_of(clauses: list[Query]) -> Query:
    """All clauses; stop words among them are not asked for where anything else is."""
    clauses = [clause for clause in clauses if not is_stopword(clause)] or clauses
    return clauses[0] if len(clauses) == 1 else And(tuple(clauses))


def _both(clauses: list[Query]) -> Query:
    """What AND has joined. A plus before one of them says nothing more."""
    if len(clauses) == 1:
        return clauses[0]
    bare = [required(clause) or clause for clause in clauses]
    words = [clause for clause in bare if not is_stopword(clause)] or bare
    return words[0] if len(words) == 1 else And(tuple(words), typed=True)
