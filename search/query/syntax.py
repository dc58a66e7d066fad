"""Lexemes → syntax tree, which is the same however quotes are read.

Words, filters and dates stand in the tree as clauses of a Query. Quoted words stand in it as
tokens, because their clause depends on how quotes are read, and so does all that joins them: which
stop words are left out, for example. building.py makes a Query of the tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NamedTuple

from index.analysed import AnalyseText
from index.analysis.normalize import lowered
from index.analysis.token import Token
from index.article_field import ArticleField, Indexed
from index.query import Filter, Prefix, Query, Range
from index.schema import DEFAULT_FIELDS, EXACT, QUERY_FIELDS
from search.query.clauses import words
from search.query.dates import date_range
from search.query.lexemes import QUOTES, Kind, Lexeme
from search.query.unread import Unread

MAX_WORDS = 64
MAX_PREFIXES = 8
"""Different beginnings in one query: а* is some ten thousand words, gathered in each field."""
_SIGNS = 4
"""So many signs may stand before one clause: -title:школа has two."""

_OR = frozenset({"OR", "ИЛИ"})
_AND = frozenset({"AND", "И"})
_OPERATORS = _OR | _AND
_SENTENCE_ENDS = (".", "!", "?", "…")
_ACRONYMS = 4
"""More words than these, all in capitals, are a headline."""


class Quoted(NamedTuple):
    """Words in quotes, at least one; `text` stands between the quotes."""

    lexeme: Lexeme
    text: str
    tokens: Sequence[Token]
    fields: tuple[str, ...]
    cut: bool
    """Whether words were cut up to here: what comes after the cut is noted as cut only."""


class Excluded(NamedTuple):
    """-школа."""

    node: "Node"


class Required(NamedTuple):
    """+школа; `plus` is None where words were cut before its end."""

    node: "Node"
    plus: Lexeme | None


class Either(NamedTuple):
    """What OR joins: two nodes or more."""

    nodes: tuple["Node", ...]


class Group(NamedTuple):
    """What stands side by side, in brackets or as the whole text; AND has joined each part."""

    parts: tuple[tuple["Node", ...], ...]


Node = Query | Quoted | Excluded | Required | Either | Group
"""A Query is a clause that does not depend on how quotes are read."""


class Syntax(NamedTuple):
    """The tree of a text, whether words were cut, and what is unread however quotes are read."""

    root: Group
    cut: bool
    unread: Unread


def syntax_of(lexemes: Sequence[Lexeme], text: str, analyse: AnalyseText, zone: tzinfo) -> Syntax:
    """The syntax tree of the lexemes of a seen text."""
    unread = Unread(text)
    rest = [lexeme for lexeme in lexemes if lexeme.kind is not Kind.LONE]
    descent = _Descent(rest, analyse, zone, unread, not _shouted(lexemes))
    root = descent.group(DEFAULT_FIELDS) or Group(())
    if len(rest) < len(lexemes):
        for lexeme in lexemes:
            if lexeme.kind is Kind.LONE:
                descent.ignore(lexeme)
    return Syntax(root, descent.cut, unread)


def _shouted(lexemes: Sequence[Lexeme]) -> bool:
    """Whether OR and AND are words: БЫТЬ ИЛИ НЕ БЫТЬ, ВОТ В ЧЁМ ВОПРОС; also OR alone.

    A few words in capitals are acronyms: США OR КНР asks for either.
    """
    others = [lexeme for lexeme in lexemes if lexeme.text not in _OPERATORS]
    cased = [
        lexeme.text
        for lexeme in others
        if lexeme.kind is Kind.WORD and lexeme.text.lower() != lexeme.text.upper()
    ]
    return not others or (len(cased) > _ACRONYMS and all(map(str.isupper, cased)))


@dataclass(slots=True)
class _Descent:
    """A recursive descent over lexemes; `next` is the number of the next one."""

    lexemes: Sequence[Lexeme]
    analyse: AnalyseText
    zone: tzinfo
    unread: Unread
    operators: bool
    """Whether OR and AND are operators."""
    next: int = 0
    words: int = 0
    cut: bool = False
    prefixes: dict[Prefix, Prefix] = field(default_factory=dict)

    def group(self, fields: tuple[str, ...]) -> Group | None:
        """Clauses up to the closing bracket or the end; None where there is none."""
        parts: list[tuple[Node, ...]] = []
        joint: Lexeme | None = None  # an AND that waits for its right side
        while self._has_next():
            sign = self.lexemes[self.next]
            if self._is(_AND):
                self.next += 1
                if joint or not parts:
                    self.ignore(sign)
                else:
                    joint = sign
                continue
            node = self._signed_either(sign, fields)
            if node is None:
                continue
            if joint:
                parts[-1] = (*parts[-1], node)
                joint = None
            else:
                parts.append((node,))
        self.ignore(joint)
        return Group(tuple(parts)) if parts else None

    def _signed_either(self, sign: Lexeme, fields: tuple[str, ...]) -> Node | None:
        """A clause or an OR, with the plus that may stand before it."""
        if sign.kind is not Kind.PLUS:
            return self._either(fields)
        self.next += 1
        node = self._either(fields)
        if node is None:
            self.ignore(sign)
            return None
        return Required(node, None if self.cut else sign)

    def _either(self, fields: tuple[str, ...]) -> Node | None:
        """A clause, or those that OR joins; None where no clause comes before the next AND."""
        nodes: list[Node] = []
        joint: Lexeme | None = None
        while self._has_next():
            sign = self.lexemes[self.next]
            if self._is(_OR):
                self.next += 1
                if joint or not nodes:
                    self.ignore(sign)
                else:
                    joint = sign
            elif not joint and (nodes or self._is(_AND) or sign.kind is Kind.PLUS):
                break
            elif self._is(_AND):  # школа OR AND война
                self.next += 1
                self.ignore(sign)
            elif (node := self._clause(fields)) is not None:
                nodes.append(node)
                joint = None
        self.ignore(joint)
        return Either(tuple(nodes)) if len(nodes) > 1 else nodes[0] if nodes else None

    def _has_next(self) -> bool:
        """Whether anything stands before the closing bracket or the end."""
        lexemes = self.lexemes
        return self.next < len(lexemes) and lexemes[self.next].kind is not Kind.CLOSE

    def _kind(self) -> Kind | None:
        return self.lexemes[self.next].kind if self.next < len(self.lexemes) else None

    def _is(self, operators: frozenset[str]) -> bool:
        lexeme = self.lexemes[self.next]
        is_operator = self.operators and lexeme.kind is Kind.WORD and lexeme.text in operators
        return is_operator and not (lexeme.text == "И" and self._begins_sentence())

    def _begins_sentence(self) -> bool:
        """Whether a sentence ends before the next lexeme: Выборы прошли. И что теперь?"""
        return self.next > 0 and self.lexemes[self.next - 1].text.endswith(_SENTENCE_ENDS)

    def ignore(self, lexeme: Lexeme | None) -> None:
        """Notes it as ignored; what comes after the cut is noted as cut only."""
        if lexeme and not self.cut:
            self.unread.ignore(lexeme.start, lexeme.end)

    def _clause(self, fields: tuple[str, ...], signs: int = 0) -> Node | None:
        """The next clause, after so many signs; None where the lexeme says nothing."""
        lexeme = self.lexemes[self.next]
        self.next += 1
        match lexeme.kind:
            case Kind.WORD:
                return self._word(lexeme, fields)
            case Kind.PHRASE:
                return self._quoted(lexeme, fields)
            case Kind.OPEN:
                return self._in_brackets(lexeme, fields)
            case Kind.MINUS:
                node = self._signed(lexeme, fields, signs)
                return None if node is None else Excluded(node)
            case Kind.FIELD:
                return self._field(lexeme, signs)
            case _:
                self.ignore(lexeme)  # a plus within OR
                return None

    def _signed(self, sign: Lexeme, fields: tuple[str, ...], signs: int) -> Node | None:
        """What a minus or a field stands before; without it the sign says nothing."""
        says_nothing = not self._has_next() or signs > _SIGNS
        node = None if says_nothing else self._clause(fields, signs + 1)
        if node is None:
            self.ignore(sign)
        return node

    def _in_brackets(self, bracket: Lexeme, fields: tuple[str, ...]) -> Group | None:
        group = self.group(fields)
        closing = self.lexemes[self.next]
        self.next += 1
        if group is None:
            self.ignore(bracket)
            self.ignore(closing)
        return group

    def _field(self, named: Lexeme, signs: int) -> Node | None:
        while self._kind() is Kind.FIELD:  # title:body:x: the last one counts
            self.ignore(named)
            named = self.lexemes[self.next]
            self.next += 1
        name = named.text[:-1].lower()
        meant = QUERY_FIELDS.get(name)
        is_text = meant is not None and meant.indexed is Indexed.TEXT
        if meant and is_text and self._has_next():
            return self._signed(named, (meant.name,), signs)
        if meant and not is_text and self._kind() in {Kind.WORD, Kind.PHRASE}:
            value = self.lexemes[self.next]
            clause = _with_value(meant, value.text.strip(QUOTES), self.zone)
            if clause is not None:
                self.next += 1
                return clause if self._fitting(1) else None
            if not self.cut:
                self.unread.take_as_words(named.start, value.end)
        elif not self.cut:
            self.unread.take_as_words(named.start, named.end)
        tokens = self._tokens(name)  # a word
        return words(tokens, DEFAULT_FIELDS) if tokens else None

    def _quoted(self, lexeme: Lexeme, fields: tuple[str, ...]) -> Quoted | None:
        text = lexeme.text[1:-1]
        tokens = self._tokens(text, lexeme.start + 1)
        if not tokens:
            self.ignore(lexeme)
            return None
        return Quoted(lexeme, text, tokens, fields, self.cut)

    def _word(self, typed: Lexeme, fields: tuple[str, ...]) -> Query | None:
        text = typed.text
        tokens = self._tokens(text, typed.start)
        open_ended = text.rstrip(".,;:!?…")
        if tokens and open_ended.endswith("*"):
            self.unread.ignore_stars(text[: tokens[0].start], typed.start)
            if prefix := self._prefix(tokens, open_ended.rstrip("*"), fields):
                return prefix
            if not self.cut:
                self.unread.take_as_words(typed.start, typed.end)
        elif not self.cut:
            self.unread.word(text, typed.start, bool(tokens))
        return words(tokens, fields) if tokens else None

    def _prefix(self, tokens: Sequence[Token], text: str, fields: tuple[str, ...]) -> Prefix | None:
        """The words that begin so, one clause however often it is typed: it is looked up once."""
        start = _beginning(tokens, text)
        prefix = Prefix(start, tuple(EXACT[name] for name in fields))
        known = self.prefixes.get(prefix)
        if known or not start or len(self.prefixes) == MAX_PREFIXES:
            return known
        self.prefixes[prefix] = prefix
        return prefix

    def _tokens(self, text: str, start: int | None = None) -> Sequence[Token]:
        """The tokens of a text that still fit into MAX_WORDS."""
        tokens = self.analyse(text)
        if start is not None and not self.cut:
            self.unread.too_long(text, start, tokens)
        return tokens[: self._fitting(len(tokens))]

    def _fitting(self, many: int) -> int:
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


def _with_value(named: ArticleField, value: str, zone: tzinfo) -> Query | None:
    """lang:ru, date:2024; None where the field has no such value."""
    if named.indexed is Indexed.DATE:
        return _dates(value, zone)
    if not named.choices:
        return Filter(named.facet, (value,))
    return Filter(named.facet, (value.lower(),)) if value.lower() in named.choices else None


def _dates(value: str, zone: tzinfo) -> Range | None:
    since, dots, until = value.partition("..")
    try:
        return date_range(since, until if dots else since, zone)
    except ValueError:
        return None
