"""Syntax tree → Query, for one way to read quotes."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

from index.query import And, In, Not, Or, Phrase, Query, Terms
from index.schema import EXACT
from search.query.clauses import all_of, is_stopword, required, words
from search.query.lexemes import QUOTES
from search.query.syntax import Either, Excluded, Group, Node, Quoted, Required
from search.query.unread import Unread

_UNQUOTED = str.maketrans(dict.fromkeys(QUOTES + "*", " "))


class Quotes(StrEnum):
    """How quotes are read."""

    LITERAL = "literal"  # these forms, in this order
    HEADLINE = "headline"  # «…» and a single quoted word are words; other quotes are phrases
    WORDS = "words"  # words


def build(root: Group, quotes: Quotes, unread: Unread) -> Query:
    """The Query of a syntax tree, And(()) where it asks for nothing.

    `unread` collects what this way to read quotes does not read.
    """
    return _Building(quotes, unread).query(root)


class _Building:
    """Makes clauses of nodes.

    `loose` has the clauses of quotes that are read as words. Beside other clauses their words are
    words like any others, not a group: "школа лицей" гимназия has three words.
    """

    def __init__(self, quotes: Quotes, unread: Unread) -> None:
        self.quotes = quotes
        self.unread = unread
        self.loose: list[Query] = []

    def query(self, node: Node) -> Query:
        """The clause that a node becomes."""
        match node:
            case Group(parts):
                return self._group(parts)
            case Quoted():
                return self._quoted(node)
            case Either(nodes):
                return Or(tuple(map(self.query, nodes)))
            case Excluded(inner):
                return Not(self.query(inner))
            case Required():
                return self._required(node)
            case _:
                return node

    def _group(self, parts: Sequence[Sequence[Node]]) -> Query:
        clauses: list[Query] = []
        for part in parts:
            clause = _both([*map(self.query, part)])  # of one loose clause, that clause itself
            if isinstance(clause, And) and any(clause is one for one in self.loose):
                clauses += clause.clauses
            else:
                clauses.append(clause)
        return all_of(clauses)

    def _required(self, node: Required) -> Query:
        """+школа; of an exclusion a plus says nothing more."""
        clause = self.query(node.node)
        if isinstance(clause, Not):
            if node.plus:
                self.unread.ignore(node.plus.start, node.plus.end)
            return clause
        return clause if isinstance(clause, And) and clause.typed else And((clause,), typed=True)

    def _quoted(self, quoted: Quoted) -> Query:
        lexeme, text, tokens, fields, cut = quoted
        headline = len(tokens) == 1 or lexeme.text.startswith("«")
        if self.quotes is Quotes.WORDS or (headline and self.quotes is Quotes.HEADLINE):
            self.unread.take_as_words(lexeme.start, lexeme.end)
            clause = words(tokens, fields)
            self.loose.append(clause)
            return clause
        if not cut:
            self.unread.ignore_stars(text, lexeme.start + 1)
        exact = tuple(In(EXACT[name]) for name in fields)
        if len(tokens) == 1:
            return Terms((tokens[0].form,), exact, tokens[0].form)
        forms = [
            tuple(dict.fromkeys(token.form for token in group))
            for _, group in groupby(tokens, key=lambda token: token.position)
        ]
        surface = " ".join(text.translate(_UNQUOTED).split())  # of “5" and 7"”
        return Phrase(tuple(forms), exact, surface=surface)


def _both(clauses: list[Query]) -> Query:
    """What AND has joined. A plus before one of them says nothing more."""
    if len(clauses) == 1:
        return clauses[0]
    bare = [required(clause) or clause for clause in clauses]
    asked = [clause for clause in bare if not is_stopword(clause)] or bare
    return asked[0] if len(asked) == 1 else And(tuple(asked), typed=True)
