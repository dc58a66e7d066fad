"""Kinds of clauses that the parser makes: a stop word, a hyphenated word, a word without a sign."""

from index.analysis.stopwords import STOPWORDS
from index.query import And, In, Or, Phrase, Prefer, Prefix, Query, Terms
from index.schema import DEFAULT_FIELDS, EXACT, EXACT_OF

_PLACES = tuple(In(name) for name in DEFAULT_FIELDS)
_EXACT = tuple(EXACT[name] for name in DEFAULT_FIELDS)


def is_exact(clause: Terms | Phrase) -> bool:
    """Whether the clause asks for the forms that were typed, as quotes do."""
    return bool(clause.fields) and all(place.field in EXACT_OF for place in clause.fields)


def is_stopword(clause: Query) -> bool:
    """Whether the clause is a word that a query may leave out, or has only such words."""
    if isinstance(clause, And) and clause.clauses and not clause.typed:
        return all(map(is_stopword, clause.clauses))
    return isinstance(clause, Terms) and clause.surface in STOPWORDS and clause.fields == _PLACES


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
        return word.fields == _PLACES
    match clause:
        case Terms(fields=fields):
            return fields == _PLACES
        case Prefix(fields=names):
            return names == _EXACT
        case And(clauses, typed):
            return not typed and all(map(is_plain, clauses))
        case _:
            return False
