"""The words of a query, recognised in the texts of hits."""

from collections.abc import Iterator, Sequence
from itertools import chain

from index.analysis.analyzer import Analyzer, word_form
from index.analysis.sentences import Span
from index.analysis.token import Token
from index.analysis.tokenize import MAX_WORD, WORD
from index.query import Not, Phrase, Prefix, Query, Terms, children
from index.results import HitText
from index.schema import EXACT, STORY
from search.query.clauses import is_exact

_WORD = MAX_WORD + 32
"""Characters that are read to find a word: it and what follows it."""
_ALIKE = 4
"""A word and its lemma nearly always begin with so many equal letters."""
_SEVERAL = -1
_SHORT = 4_000
"""Characters of a text that is read whole to find its words."""
_PIECE = 1_000
"""Characters of a longer text that are read together."""

Match = tuple[Span, int]
"""The span of a matched word, and the number of its clause in the query."""


class Highlighter:
    """The words of a query, to be recognised among the tokens of a text."""

    def __init__(self, query: Query) -> None:
        self._clauses = list(_positive(query))
        self._terms: dict[str, int] = {}
        self._forms: dict[str, int] = {}
        self._phrases: list[tuple[int, Phrase]] = []
        self._prefixes: list[tuple[int, str]] = []
        self._in_words: dict[str, list[Match]] = {}
        for number, clause in enumerate(self._clauses):
            match clause:
                case Terms() if is_exact(clause):
                    self._forms.setdefault(clause.surface, number)
                case Terms():
                    for variant in clause.variants:
                        self._terms.setdefault(variant, number)
                case Phrase():
                    self._phrases.append((number, clause))
                case Prefix(start):
                    self._prefixes.append((number, start))
        self._beginnings: dict[str, int] = {}
        """The clause of the terms that begin with these letters, or _SEVERAL."""
        for term, number in () if self._prefixes else self._terms.items():
            if self._beginnings.setdefault(term[:_ALIKE], number) != number:
                self._beginnings[term[:_ALIKE]] = _SEVERAL

    def prefixes(self) -> tuple[tuple[str, str], ...]:
        """The (field, start of terms)s whose positions an engine is asked for."""
        return tuple((EXACT[name], start) for name in STORY for _, start in self._prefixes)

    def terms(self) -> tuple[tuple[str, str], ...]:
        """The (field, term)s whose positions an engine is asked for."""
        lemmas, forms = set(self._terms), set(self._forms)
        for _, phrase in self._phrases:
            (forms if is_exact(phrase) else lemmas).update(chain.from_iterable(phrase.parts))
        return tuple(
            (space, term)
            for name in STORY
            for space, terms in ((name, lemmas), (EXACT[name], forms))
            for term in terms
        )

    def matches_at(
        self, text: HitText, words: Sequence[tuple[int, int]], analyzer: Analyzer
    ) -> list[Match]:
        """The matches among the words of the text that stand there: (position, start).

        Each of them has a term of the query. Each is read once a query: hits have the same words
        again and again.
        """
        if self._phrases:
            return self.matches([*tokens_at(text, words, analyzer)])
        matches: list[Match] = []
        for _, start, surface in _surfaces(text, words):
            if (inside := self._in_words.get(surface)) is None:
                inside = self._in_words[surface] = self._inside(surface, analyzer)
            for (begin, end), number in inside:
                matches.append(((start + begin, start + end), number))
        return matches

    def _inside(self, surface: str, analyzer: Analyzer) -> list[Match]:
        """The matches in a word that has a term of the query.

        Its lemmas are looked up only where its letters do not tell the clause: that takes longest.
        """
        if surface.isalnum():  # it has no parts
            clause = 0 if len(self._clauses) == 1 else self._clause_of_form(surface)
            if clause is not None:
                return [((0, len(surface)), clause)]
        return self.matches(analyzer(surface))

    def _clause_of_form(self, surface: str) -> int | None:
        """The clause that has the word as it is written, or the only one that begins like it."""
        form = word_form(surface)
        if (clause := self._forms.get(form, self._terms.get(form))) is None:
            clause = self._beginnings.get(form[:_ALIKE])
        return clause if clause != _SEVERAL else None

    def matches(self, tokens: Sequence[Token]) -> list[Match]:
        """The matches among the tokens, in order, none inside another."""
        spans: dict[Span, int] = {}
        for token in tokens:
            number = self._word(token)
            if number is not None:
                spans[token.start, token.end] = number
        for number, phrase in self._phrases:
            for token in _in_phrase(tokens, phrase):
                spans[token.start, token.end] = number
        return _disjoint(sorted(spans.items()))

    def _word(self, token: Token) -> int | None:
        if token.form in self._forms:
            return self._forms[token.form]
        for lemma in token.lemmas:
            if lemma in self._terms:
                return self._terms[lemma]
        for number, start in self._prefixes:
            if token.form.startswith(start):
                return number
        return None


def _positive(query: Query) -> Iterator[Query]:
    """The leaves that a match has, not those it lacks."""
    if isinstance(query, Terms | Phrase | Prefix):
        yield query
    elif not isinstance(query, Not):
        for child in children(query):
            yield from _positive(child)


def tokens_at(
    text: HitText, words: Sequence[tuple[int, int]], analyzer: Analyzer
) -> Iterator[Token]:
    """The tokens of the words that stand there: (position, start)."""
    known: dict[str, list[Token]] = {}  # a long text has one word hundreds of times
    for position, start, surface in _surfaces(text, words):
        if (tokens := known.get(surface)) is None:
            tokens = known[surface] = analyzer(surface)
        for token in tokens:
            yield _moved(token, start, position)


def _surfaces(text: HitText, words: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """The words that stand there, ascending, as (position, start, surface).

    A short text is read at once, a longer one in pieces from one of its words on.
    """
    size = len(text)
    begin, end = 0, size if size <= _SHORT else 0
    piece = text.read(begin, end)
    for position, start in words:
        if start + _WORD > end < size:
            begin, end = start, start + _PIECE
            piece = text.read(begin, end)
        if match := WORD.match(piece, start - begin):
            yield position, start, match[0]


def _moved(token: Token, by: int, position: int) -> Token:
    surface, start, end, offset, form, lemmas = token
    return Token(surface, start + by, end + by, position + offset, form, lemmas)


def _in_phrase(tokens: Sequence[Token], phrase: Phrase) -> Iterator[Token]:
    """The tokens that stand in the phrase's order, one after another."""
    exact = is_exact(phrase)
    by_position: dict[int, list[Token]] = {}
    for token in tokens:
        by_position.setdefault(token.position, []).append(token)
    for position in by_position:
        row: list[Token] = []
        for offset, part in enumerate(phrase.parts):
            here = by_position.get(position + offset, ())
            fitting = [
                token
                for token in here
                if (token.form in part if exact else not set(part).isdisjoint(token.lemmas))
            ]
            if not fitting:
                break
            row.append(fitting[0])
        else:
            yield from row


def _disjoint(matches: list[Match]) -> list[Match]:
    """Without spans inside others: of С-400 the whole is marked, not its parts again."""
    outer: list[Match] = []
    for span, number in sorted(matches, key=lambda match: (match[0][0], -match[0][1])):
        if not outer or span[0] >= outer[-1][0][1]:
            outer.append((span, number))
    return outer
