"""Stock Whoosh on our segments: its own exhaustive searcher, asked in its own words."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from whoosh import matching
from whoosh import query as stock
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.query.compound import DefaultOr
from whoosh.query.wrappers import WrappingQuery
from whoosh.scoring import WeightingModel
from whoosh.searching import SearchContext, Searcher

from index import query as q
from index.engines.whoosh.engine import WhooshEngine
from tests.support.plain import PLAIN, rebuild
from tests.support.strategies import Commit, Rebuild

Leaf = Callable[[q.Terms | q.Phrase], stock.Query]
"""Terms and phrases in Whoosh's words: the only clauses whose score is a formula."""


class Boosted(WrappingQuery):  # type: ignore[misc]  # Whoosh has no types
    """Any query times a factor: an `And` of one clause forgets its own boost."""

    def __init__(self, child: stock.Query, factor: float) -> None:
        super().__init__(child)
        self._factor = factor

    def matcher(self, searcher: Searcher, context: SearchContext) -> matching.Matcher:
        return matching.WrappingMatcher(self.child.matcher(searcher, context), boost=self._factor)


def written(folder: Path, history: tuple[Commit | Rebuild, ...]) -> WhooshEngine:
    """Our engine after the history."""
    engine = WhooshEngine(folder, PLAIN)
    for step in history:
        if isinstance(step, Commit):
            engine.write(step.put, step.delete)
        else:
            rebuild(engine)
    return engine


def opened(root: Path) -> FileIndex:
    """The live generation, opened by Whoosh itself."""
    folder = root / (root / "CURRENT").read_text().strip()
    return FileIndex(FileStorage(str(folder)), indexname="MAIN")


@contextmanager
def exhaustive(root: Path, weighting: WeightingModel) -> Iterator[Searcher]:
    """Whoosh's own searcher over the live generation."""
    with opened(root).searcher(weighting=weighting) as searcher:
        yield searcher


def ranked(searcher: Searcher, query: stock.Query) -> list[tuple[str, float]]:
    """Ids and scores of all that match, best first; no limit, so that no block is skipped."""
    hits = searcher.search(query, limit=None)
    return [(json.loads(hit["article"])["id"], hit.score) for hit in hits]


def bare(clause: q.Terms | q.Phrase) -> stock.Query:
    """One variant in one field, or a phrase of such: Whoosh has words for no more."""
    match clause:
        case q.Terms((variant,), (place,)):
            return stock.Term(place.field, variant)
        case q.Phrase(parts, (place,), slop):
            # Whoosh counts steps, we count the words between: neighbours are 1 and 0
            return stock.Phrase(place.field, [part for (part,) in parts], slop=slop + 1)
    raise AssertionError(clause)


def theirs(query: q.Query, leaf: Leaf = bare) -> stock.Query:  # noqa: PLR0911  # one case a clause
    """The same question in Whoosh's own words, around what Whoosh 2.7.4 answers wrongly.

    `AndNot` does not look at its first match: (война ANDNOT мир) keeps an article with both if
    an earlier one has only мир. A bare `Not` finds a deleted article right after the last that
    it excludes, and each match scores 1. `DisjunctionMax` gives an article the score of another,
    `Require` is an `AndNot`. An `Or` of three clauses and more forgets a match that scores 0
    behind one that does not, and a `Prefix` of one term scores that term's BM25. `AndMaybe` leaps
    with its bonus to where it was sent, not to where its clause has come, and loses it there. So:
    unions, `And` with `Not`, boosts of 0 and constants, which say the same.
    """

    def below(clause: q.Query) -> stock.Query:
        return theirs(clause, leaf)

    match query:
        case q.Terms() | q.Phrase():
            return leaf(query)
        case q.Prefix(start, fields):
            any_of = DefaultOr([stock.Prefix(field, start) for field in fields])
            return stock.ConstantScoreQuery(any_of)
        case q.And(clauses):
            return stock.And([below(one) for one in clauses])
        case q.Or(clauses, 1):
            return DefaultOr([below(one) for one in clauses])
        case q.Not(clause):
            return Boosted(stock.And([stock.Every(), stock.Not(below(clause))]), 0.0)
        case q.Everything():
            return Boosted(stock.Every(), 0.0)
        case q.Boost(clause, factor):
            return Boosted(below(clause), factor)
        case q.Constant(clause, score):
            return stock.ConstantScoreQuery(below(clause), score)
        case q.Prefer(clause, bonuses):
            any_of = DefaultOr([below(one) for one in bonuses])
            matched = Boosted(below(clause), 0.0)
            return DefaultOr([below(clause), stock.And([matched, any_of])])
    raise AssertionError(query)
