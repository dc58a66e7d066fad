"""What each clause of `index.query` matches and scores, written straight from its docstring."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import log
from typing import assert_never

from index import query as q
from index.analysed import AnalysedArticle

Live = Mapping[str, AnalysedArticle]
"""The live articles by id, in the order in which they came."""

Scores = Mapping[str, float]
"""The articles that match, by id, and the score of each."""


def scores(query: q.Query, live: Live) -> Scores:  # noqa: PLR0911, PLR0912  # one case a clause
    """The live articles that match the query, and their scores."""
    match query:
        case q.Terms():
            return _terms(query, live)
        case q.Phrase():
            return _phrase(query, live)
        case q.Prefix():
            return _prefix(query, live)
        case q.Range():
            return {one: 0.0 for one, what in live.items() if _inside(what.published, query)}
        case q.Filter(facet, values):
            return {
                one: 0.0
                for one, what in live.items()
                for name, labels in what.facets.items()
                if name == facet and any(value in labels for value in values)
            }
        case q.And(clauses):
            return _at_least(max(1, len(clauses)), clauses, live)
        case q.Or(clauses, at_least):
            return _at_least(at_least, clauses, live)
        case q.Not(clause):
            matched = scores(clause, live)
            return {one: 0.0 for one in live if one not in matched}
        case q.Everything():
            return dict.fromkeys(live, 0.0)
        case q.Boost(clause, factor):
            return {one: score * factor for one, score in scores(clause, live).items()}
        case q.Constant(clause, score):
            return dict.fromkeys(scores(clause, live), score)
        case q.Prefer(clause, bonuses):
            extra = [scores(bonus, live) for bonus in bonuses]
            return {
                one: score + sum(some.get(one, 0.0) for some in extra)
                for one, score in scores(clause, live).items()
            }
        case q.Fresh():
            return {
                one: score * _lift(live[one].published, query)
                for one, score in scores(query.clause, live).items()
            }
        case _:
            assert_never(query)


def without_bonuses(query: q.Query) -> q.Query:
    """The same clauses, but no `Prefer` has bonuses."""
    match query:
        case q.Prefer(clause):
            return q.Prefer(without_bonuses(clause), ())
        case q.And(clauses) | q.Or(clauses):
            return replace(query, clauses=tuple(map(without_bonuses, clauses)))
        case q.Not(clause) | q.Boost(clause) | q.Constant(clause) | q.Fresh(clause):
            return replace(query, clause=without_bonuses(clause))
        case _:
            return query


def _at_least(wanted: int, clauses: tuple[q.Query, ...], live: Live) -> Scores:
    found = [scores(clause, live) for clause in clauses]
    summed = {}
    for one in live:
        matched = [some[one] for some in found if one in some]
        if len(matched) >= wanted:
            summed[one] = sum(matched)
    return summed


def _inside(published: int | None, query: q.Range) -> bool:
    return (
        published is not None
        and (query.since is None or query.since <= published)
        and (query.until is None or published < query.until)
    )


def _lift(published: int | None, query: q.Fresh) -> float:
    if published is None:
        return 1.0
    age = max(0, query.now - published)
    return float(1 + query.weight * 2 ** (-age / query.half_life))


def _terms(query: q.Terms, live: Live) -> Scores:
    frequencies: dict[str, float] = {}
    averages = _averages(query.fields, live)
    for one, what in live.items():
        by_variant = [
            (weight, [(place, len(_positions(what, place.field, term))) for place in query.fields])
            for term, weight in query.weighted_variants()
        ]
        if any(count for _, counts in by_variant for _, count in counts):
            frequencies[one] = max(
                weight * _pooled(counts, what, averages) for weight, counts in by_variant
            )
    idf = _idf(len(frequencies), len(live))
    return {one: idf * _saturated(some, query.k1) for one, some in frequencies.items()}


def _phrase(query: q.Phrase, live: Live) -> Scores:
    frequencies: dict[str, float] = {}
    averages = _averages(query.fields, live)
    for one, what in live.items():
        counts = [(place, len(_ends(what, place.field, query))) for place in query.fields]
        if any(count for _, count in counts):
            frequencies[one] = _pooled(counts, what, averages)
    idf = 0.0
    for part in query.parts:
        having = [
            one
            for one, what in live.items()
            if any(_positions(what, place.field, term) for place in query.fields for term in part)
        ]
        idf += _idf(len(having), len(live))
    return {one: idf * _saturated(some, query.k1) for one, some in frequencies.items()}


def _ends(what: AnalysedArticle, field: str, query: q.Phrase) -> set[int]:
    """The positions of the last part that a chain of all the parts reaches."""
    ends: set[int] = set()
    for place, part in enumerate(query.parts):
        here = {
            position
            for term in part
            for position in [*_positions(what, field, term)][: q.PHRASE_POSITIONS]
        }
        if place > 0:
            near = range(1, query.slop + 2)
            here = {position for position in here if any(position - gap in ends for gap in near)}
        ends = here
    return ends


def _prefix(query: q.Prefix, live: Live) -> Scores:
    return {
        one: 1.0
        for one, what in live.items()
        if any(
            term.startswith(query.start)
            for field in query.fields
            if field in what.fields
            for term in what.fields[field].by_term()
        )
    }


def _positions(what: AnalysedArticle, field: str, term: str) -> tuple[int, ...]:
    if field not in what.fields:
        return ()
    return tuple(what.fields[field].by_term().get(term, ()))


def _length(what: AnalysedArticle, field: str) -> int:
    return what.fields[field].length if field in what.fields else 0


def _averages(fields: Iterable[q.In], live: Live) -> dict[str, float]:
    """The mean length of each field over all live articles, those without it too."""
    return {
        place.field: sum(_length(what, place.field) for what in live.values()) / len(live)
        for place in fields
        if live
    }


def _pooled(
    counts: Iterable[tuple[q.In, int]], what: AnalysedArticle, averages: Mapping[str, float]
) -> float:
    """BM25F's frequency: each field's count by its weight and relative length, summed."""
    pooled = 0.0
    for place, count in counts:
        if count:
            relative = _length(what, place.field) / averages[place.field]
            pooled += place.weight * count / (1 - place.b + place.b * relative)
    return pooled


def _idf(having: int, articles: int) -> float:
    return log(1 + (articles - having + 0.5) / (having + 0.5))


def _saturated(frequency: float, k1: float) -> float:
    return frequency * (k1 + 1) / (k1 + frequency)
