"""A Query in words: what a reader is told about how the text was read."""

from datetime import UTC, tzinfo
from typing import assert_never

from index.query import (
    And,
    Boost,
    Constant,
    Everything,
    Filter,
    Fresh,
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
from index.schema import AUTHORS, EXACT, SUBJECTS
from search.clauses import compound, wanted
from search.dates import day_of

_NAMES = {SUBJECTS: "subject", AUTHORS: "author"}
_PLAIN = {exact: name for name, exact in EXACT.items()}


def wording(query: Query, zone: tzinfo = UTC) -> str:  # noqa: PLR0911, PLR0912  # one case a clause
    """The query in its own language, days those of the zone, brackets where they are needed.

    What a person typed is read the same from its wording, but for: ё, which is е in
    it; more words than MAX_WORDS; brackets as deep as MAX_DEPTH; a query that asks
    for nothing (""). Relaxed queries ("2 of (a OR b OR c)") are told, not typed.
    """
    if word := compound(query):
        return _in(word.fields, word.surface)
    match query:
        case Terms(surface=surface, fields=fields):
            quoted = bool(fields) and fields[0].field in _PLAIN
            return _in(fields, f'"{surface}"' if quoted else surface)
        case Phrase(surface=surface, fields=fields):
            return _in(fields, f'"{surface}"')
        case Prefix(start, fields):
            return _in(tuple(In(name) for name in fields), f"{start}*")
        case Range(since, until):
            last = None if until is None else until - 1
            return f"date:{day_of(since, zone)}..{day_of(last, zone)}"
        case Filter(facet, values):
            return " OR ".join(
                f"{'lang' if facet == 'language' else facet}:{one}" for one in values
            )
        case And((clause,), typed=True):
            return f"+{_bracketed(clause, zone)}"
        case And(clauses, typed=True):
            return " AND ".join(_bracketed(one, zone) for one in clauses)
        case And(clauses):
            return " ".join(
                wording(one, zone) if wanted(one) else _bracketed(one, zone) for one in clauses
            )
        case Or(clauses, at_least):
            joined = " OR ".join(_bracketed(one, zone) for one in clauses)
            return joined if at_least == 1 else f"{at_least} of ({joined})"
        case Not(clause):
            inner = _bracketed(clause, zone)
            return f"-({inner})" if isinstance(clause, Not) else f"-{inner}"
        case Everything():
            return ""
        case Boost(clause) | Constant(clause) | Prefer(clause) | Fresh(clause):
            return wording(clause, zone)
        case _:
            assert_never(query)


def _bracketed(query: Query, zone: tzinfo) -> str:
    words = wording(query, zone)
    several = isinstance(query, And | Or) and len(words.split()) > 1
    return f"({words})" if several or wanted(query) else words


def _in(fields: tuple[In, ...], words: str) -> str:
    if len(fields) != 1:
        return words
    name = _PLAIN.get(fields[0].field, fields[0].field)
    return f"{_NAMES.get(name, name)}:{words}"
