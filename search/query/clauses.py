"""Clauses of words: how the parser makes them, and how they are recognised.

A stop word, a hyphenated word, a word without a sign, a word with a plus.
"""

from collections.abc import Sequence
from functools import cache

from index.analysis.stopwords import STOPWORDS
from index.analysis.token import Token
from index.query import And, In, Or, Phrase, Prefer, Prefix, Query, Terms
from index.schema import DEFAULT_FIELDS, EXACT, EXACT_OF


@cache
def places(fields: tuple[str, ...]) -> tuple[In, ...]:
    """The fields, each as heavy as the others: for the same names the same tuple again."""
    return tuple(In(name) for name in fields)


_DEFAULT_IN = places(DEFAULT_FIELDS)
_EXACT = tuple(EXACT[name] for name in DEFAULT_FIELDS)


def words(tokens: Sequence[Token], fields: tuple[str, ...]) -> Query:
    """The words of one chunk, at least one: most often one, С-400/ПВО has two."""
    clauses: list[Query] = []
    end = 0
    for number, token in enumerate(tokens):
        if token.start < end:
            continue  # a part of the hyphenated word before
        parts = [part for part in tokens[number + 1 :] if part.start < token.end]
        end = token.end
        clauses.append(_compound(token, parts, fields) if parts else _terms(token, fields))
    return all_of(clauses)


def _terms(token: Token, fields: tuple[str, ...]) -> Terms:
    return Terms(token.lemmas, places(fields), token.form)


def _compound(whole: Token, parts: Sequence[Token], fields: tuple[str, ...]) -> Query:
    """A hyphenated word. A code (С-400, COVID-19) must match whole or as its parts in a row;
    of a word made of words (Россия-Украина) the parts must match, the whole is better."""
    word = _terms(whole, fields)
    if all(part.form in STOPWORDS for part in parts):  # из-за, кто-то
        return word
    if any(len(part.form) < 3 or not part.form.isalpha() for part in parts):
        row = tuple(part.lemmas for part in parts)
        return Or((word, Phrase(row, word.fields, surface=whole.form)))
    return Prefer(And(tuple(_terms(part, fields) for part in parts)), (word,))


def all_of(clauses: list[Query]) -> Query:
    """All clauses; stop words among them are not asked for where anything else is."""
    asked = [clause for clause in clauses if not is_stopword(clause)] or clauses
    return asked[0] if len(asked) == 1 else And(tuple(asked))


def is_exact(clause: Terms | Phrase) -> bool:
    """Whether the clause asks for the forms that were typed, as quotes do."""
    return bool(clause.fields) and all(one.field in EXACT_OF for one in clause.fields)


def is_stopword(clause: Query) -> bool:
    """Whether the clause is a word that a query may leave out, or has only such words."""
    if isinstance(clause, And) and clause.clauses and not clause.typed:
        return all(map(is_stopword, clause.clauses))
    return (
        isinstance(clause, Terms) and clause.surface in STOPWORDS and clause.fields == _DEFAULT_IN
    )


def required(clause: Query) -> Query | None:
    """The clause that was typed with a plus: школа of +школа; None for any other one."""
    match clause:
        case And((one,), typed=True):
            return one
        case _:
            return None


def compound(clause: Query) -> Terms | None:
    """The hyphenated word, whole, that the parser made this clause of; None for any other one."""
    match clause:
        case Prefer(_, (Terms(surface=whole) as word,)) if "-" in whole:
            return word  # тест-кейс: its parts, better as a whole
        case Or((Terms(surface=whole) as word, Phrase(surface=same))) if whole == same:
            return word  # С-400: whole or as its parts in a row
        case _:
            return None


def is_plain(clause: Query) -> bool:
    """Whether the clause was typed without a sign: no quotes, no field, no OR, AND, + or -.

    10:30 is two plain words; школ* is a word whose end is left open.
    """
    if word := compound(clause):
        return word.fields == _DEFAULT_IN
    match clause:
        case Terms(fields=fields):
            return fields == _DEFAULT_IN
        case Prefix(fields=names):
            return names == _EXACT
        case And(clauses, typed):
            return not typed and all(map(is_plain, clauses))
        case _:
            return False
