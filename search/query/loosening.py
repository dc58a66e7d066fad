"""What may be meant where nothing has what was asked for: offered with a count, never done."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from index.query import And, Filter, Not, Or, Query, Range
from search.query.clauses import is_plain, required


class Loosening(StrEnum):
    """How a less strict query differs from the query."""

    ANY = "any"  # one suffices of what AND, + or fields ask for together
    UNQUOTED = "unquoted"  # quoted words may stand anywhere, in any form


def loosened(query: Query, unquoted: Query) -> Iterator[tuple[Loosening, Query]]:
    """Looser queries, the nearest first; `unquoted` is the same text read without its quotes.

    школы И лицеи: школы OR лицеи. "старая школа" лицей: старая школа лицей.
    """
    asked = {query}
    for how, other in (
        (Loosening.UNQUOTED, unquoted),
        (Loosening.ANY, _typed_any(query)),
        (Loosening.ANY, _any(query)),
        (Loosening.ANY, _any(unquoted)),
    ):
        if other not in asked:
            asked.add(other)
            yield how, other


def _typed_any(query: Query) -> Query:
    """One suffices of what each AND joins: (школы И лицеи) Москва keeps Москва."""
    match query:
        case And(clauses, typed=True) if not required(query):
            return _any(query)
        case And(clauses):
            return replace(query, clauses=tuple(map(_typed_any, clauses)))
        case _:
            return query


def _any(query: Query) -> Query:
    """One suffices of all words; exclusions, languages and dates stay."""
    if not isinstance(query, And):
        return query
    alternatives = tuple(dict.fromkeys(_alternatives(query)))
    if len(alternatives) < 2:
        return query
    conditions = tuple(one for one in _joined_clauses(query) if _is_condition(one))
    return And((Or(alternatives), *conditions)) if conditions else Or(alternatives)


def _alternatives(query: And) -> Iterator[Query]:
    for one in _joined_clauses(query):
        if isinstance(one, Or) and not is_plain(one):
            yield from one.clauses  # no brackets in brackets
        elif not _is_condition(one):
            yield one


def _joined_clauses(query: And) -> Iterator[Query]:
    """What is asked for together, through all ANDs."""
    for one in query.clauses:
        if isinstance(one, And) and (one.typed or not is_plain(one)):
            yield from _joined_clauses(one)
        else:
            yield one


def _is_condition(clause: Query) -> bool:
    if isinstance(clause, Or):
        return any(map(_is_condition, clause.clauses))
    return isinstance(clause, Not | Range | Filter)
