"""How the contract suite asks an engine."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from index import query as q
from index.engines.base import Engine
from index.results import EngineRequest, Page, Results, Sort
from index.schema import Facet, Interval
from tests.support.plain import made

BODY = (q.In("body"),)


def word(*variants: str, fields: Sequence[q.In] = BODY) -> q.Terms:
    """The word with these variants; the first one was typed."""
    return q.Terms(variants, tuple(fields), variants[0])


def in_row(*words: str, slop: int = 0, fields: Sequence[q.In] = BODY) -> q.Phrase:
    """The words one after another, `slop` others between two of them."""
    return q.Phrase(tuple((one,) for one in words), tuple(fields), slop)


def subject(*values: str) -> q.Filter:
    """Articles with one of these subjects."""
    return q.Filter("subject", values)


class Asked(TypedDict, total=False):
    """What a test may ask for beside the query; as in EngineRequest, but the page is long."""

    filters: tuple[q.Filter, ...]
    dates: q.Range
    sort: Sort
    page: Page
    facets: tuple[Facet, ...]
    facet_limit: int
    histogram: Interval
    zone: str
    highlight_terms: tuple[tuple[str, str], ...]
    rescoring_window: int | None


def ask(engine: Engine, query: q.Query, **rest: Unpack[Asked]) -> Results:
    """The answer to the query, as a long page."""
    return engine.reader().search(replace(EngineRequest(query, page=Page(limit=100)), **rest))


def scored(engine: Engine, query: q.Query, **rest: Unpack[Asked]) -> dict[str, float]:
    """The score of each hit, by id."""
    return {hit.fields.id: hit.score for hit in ask(engine, query, **rest).hits}


def ids(engine: Engine, query: q.Query, **rest: Unpack[Asked]) -> list[str]:
    """The ids of the hits, in their order."""
    return [hit.fields.id for hit in ask(engine, query, **rest).hits]


def matches(engine: Engine, query: q.Query) -> set[str]:
    """The ids of all matches."""
    results = ask(engine, query)
    assert results.total == len(results.hits)
    return {hit.fields.id for hit in results.hits}


def write(engine: Engine, *bodies: str) -> None:
    """One article a body, with the ids 1, 2, 3 …"""
    engine.write([made(str(number), body) for number, body in enumerate(bodies, 1)])
