"""A Query in words: how the text was understood, for whoever typed it."""

from datetime import UTC, tzinfo
from typing import assert_never

from index.article import Language
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
from index.schema import EXACT_OF, FACET_FIELDS, TEXTS
from search.query.clauses import compound, is_exact, required
from search.query.dates import day_of

_NAMES = {field.name: field.query_names[0] for field in TEXTS if field.query_names}
_FACETS = {field.facet: field.query_names[0] for field in FACET_FIELDS if field.query_names}
_OR: dict[Language, str] = {"ru": " ИЛИ ", "en": " OR "}
_AND: dict[Language, str] = {"ru": " И ", "en": " AND "}


def wording(  # noqa: PLR0911, PLR0912  # one case a clause
    query: Query, zone: tzinfo = UTC, language: Language = "en"
) -> str:
    """The query in its own language, days those of the zone, brackets where they are needed.

    `language` is that of the operators: школы ИЛИ лицеи, школы OR лицеи ask for the same.

    What a person typed is read the same from its wording, but for: ё, which is е in
    it; more words than MAX_WORDS; brackets as deep as MAX_BRACKETS; a query that asks
    for nothing (""). Relaxed queries ("2 of (a OR b OR c)") are only shown: nobody can type them.
    """
    if word := compound(query):
        return _in(word.fields, word.surface)
    match query:
        case Terms(surface=surface, fields=fields):
            return _in(fields, f'"{surface}"' if is_exact(query) else surface)
        case Phrase(surface=surface, fields=fields):
            return _in(fields, f'"{surface}"')
        case Prefix(start, fields):
            return _in(tuple(In(name) for name in fields), f"{start}*")
        case Range(since, until):
            last = None if until is None else until - 1
            return f"date:{day_of(since, zone)}..{day_of(last, zone)}"
        case Filter(facet, values):
            return _OR[language].join(f"{_FACETS.get(facet, facet)}:{one}" for one in values)
        case And((clause,), typed=True):
            return f"+{_bracketed(clause, zone, language)}"
        case And(clauses, typed=True):
            return _AND[language].join(_bracketed(one, zone, language) for one in clauses)
        case And(clauses):
            return " ".join(
                wording(one, zone, language) if required(one) else _bracketed(one, zone, language)
                for one in clauses
            )
        case Or(clauses, at_least):
            joined = _OR[language].join(_bracketed(one, zone, language) for one in clauses)
            return joined if at_least == 1 else f"{at_least} of ({joined})"
        case Not(clause):
            inner = _bracketed(clause, zone, language)
            return f"-({inner})" if isinstance(clause, Not) else f"-{inner}"
        case Everything():
            return ""
        case Boost(clause) | Constant(clause) | Prefer(clause) | Fresh(clause):
            return wording(clause, zone, language)
        case _:
            assert_never(query)


def _bracketed(query: Query, zone: tzinfo, language: Language) -> str:
    words = wording(query, zone, language)
    several = isinstance(query, And | Or) and len(words.split()) > 1
    return f"({words})" if several or required(query) else words


def _in(fields: tuple[In, ...], words: str) -> str:
    if len(fields) != 1:
        return words
    name = EXACT_OF.get(fields[0].field, fields[0].field)
    return f"{_NAMES.get(name, name)}:{words}"
