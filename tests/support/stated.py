"""Our score stated through Whoosh's own API, on what Whoosh itself reads from our segments.

Whoosh's BM25F is one BM25 a field, added up, and its statistics count deleted articles. Here
scorers give BM25F's frequency of a term in one field, Whoosh's own union adds the fields, and
one wrapper saturates the sum, as `index.query` defines it. Lengths, frequencies, positions and
who lives are Whoosh's reading.
"""

from collections.abc import Callable
from math import log1p

from whoosh import matching
from whoosh import query as stock
from whoosh.query.compound import CompoundQuery, DefaultOr
from whoosh.query.wrappers import WrappingQuery
from whoosh.scoring import WeightingModel, WeightLengthScorer
from whoosh.searching import SearchContext, Searcher

from index.query import In, Phrase, Terms
from tests.support.exhaustive import Boosted, bare


def average(searcher: Searcher, field: str) -> float:
    """The mean length over live articles: `avg_field_length` counts deleted ones too."""
    reader = searcher.get_parent().reader()
    total = sum(reader.doc_field_length(number, field) for number in reader.all_doc_ids())
    return total / reader.doc_count() if total else 1.0


def idf(searcher: Searcher, terms: list[tuple[str, str]]) -> float:
    """Of all variants in all fields as one word; `doc_frequency` counts deleted articles too."""
    parent = searcher.get_parent()
    any_of = DefaultOr([stock.Term(field, variant) for field, variant in terms])
    having = len(set(parent.docs_for_query(any_of)))
    return log1p((parent.doc_count() - having + 0.5) / (having + 0.5))


class _Frequency(WeightLengthScorer):  # type: ignore[misc]  # Whoosh has no types
    def __init__(self, searcher: Searcher, place: In, text: bytes) -> None:
        self._place = place
        self._average = average(searcher, place.field)
        self.setup(searcher, place.field, text)

    def _score(self, weight: float, length: int) -> float:
        b = self._place.b
        return self._place.weight * weight / (1 - b + b * length / self._average)


class Frequency(WeightingModel):  # type: ignore[misc]
    """A term's frequency in one field: weighed, and divided by the relative length."""

    def __init__(self, place: In) -> None:
        self.place = place

    def scorer(self, searcher: Searcher, fieldname: str, text: bytes, qf: int = 1) -> _Frequency:
        assert (fieldname, qf) == (self.place.field, 1)
        return _Frequency(searcher, self.place, text)


class Rescored(WrappingQuery):  # type: ignore[misc]
    """Matches as the query; `rule` says what each match scores in this segment."""

    def __init__(self, child: stock.Query, rule: Callable[[Searcher], "Rule"]) -> None:
        super().__init__(child)
        self._rule = rule

    def matcher(self, searcher: Searcher, context: SearchContext) -> matching.Matcher:
        return _Rescored(self.child.matcher(searcher, context), self._rule(searcher))


Rule = Callable[[matching.Matcher], float]
"""The score of the article that a matcher stands on."""


class _Rescored(matching.WrappingMatcher):  # type: ignore[misc]
    def __init__(self, child: matching.Matcher, rule: Rule) -> None:
        super().__init__(child)
        self._rule = rule

    def _replacement(self, newchild: matching.Matcher) -> "_Rescored":
        return _Rescored(newchild, self._rule)

    def score(self) -> float:
        return self._rule(self.child)


class Counted(WrappingQuery):  # type: ignore[misc]
    """The query with scores from the model: `WeightingQuery` drops the context it makes."""

    def __init__(self, child: stock.Query, model: WeightingModel) -> None:
        super().__init__(child)
        self._model = model

    def matcher(self, searcher: Searcher, context: SearchContext) -> matching.Matcher:
        return self.child.matcher(searcher, context.set(weighting=self._model))


class Best(CompoundQuery):  # type: ignore[misc]
    """As `Or`, the best clause counting: `DisjunctionMax` compares different articles' scores."""

    def _matcher(
        self, subs: list[stock.Query], searcher: Searcher, context: SearchContext
    ) -> matching.Matcher:
        return self._tree_matcher(subs, _Best, searcher, context, None)


class _Best(matching.UnionMatcher):  # type: ignore[misc]
    def score(self) -> float:
        here = self.id()
        both = [one for one in (self.a, self.b) if one.is_active() and one.id() == here]
        return float(max(one.score() for one in both))


def stated(clause: Terms | Phrase) -> stock.Query:
    """The clause with the score that `index.query` gives it."""
    match clause:
        case Terms(variants, places):
            by_variant = [
                Boosted(
                    DefaultOr([Counted(stock.Term(at.field, one), Frequency(at)) for at in places]),
                    weight,
                )
                for one, weight in clause.weighted_variants()
            ]
            return _saturated(Best(by_variant), clause, (variants,))
        case Phrase(parts, places, slop):
            by_field = [_counted(Phrase(parts, (at,), slop), at) for at in places]
            return _saturated(DefaultOr(by_field), clause, parts)


def _counted(phrase: Phrase, place: In) -> stock.Query:
    """A phrase's frequency in one field: the positions where one of Whoosh's spans ends."""

    def rule(searcher: Searcher) -> Rule:
        mean = average(searcher, place.field)

        def score(matcher: matching.Matcher) -> float:
            length = searcher.doc_field_length(matcher.id(), place.field)
            ends = {span.end for span in matcher.spans()}
            return float(place.weight * len(ends) / (1 - place.b + place.b * length / mean))

        return score

    return Rescored(bare(phrase), rule)


def _saturated(
    frequencies: stock.Query, clause: Terms | Phrase, words: tuple[tuple[str, ...], ...]
) -> stock.Query:
    """BM25F of the frequencies, with the sum of the words' idf."""

    def rule(searcher: Searcher) -> Rule:
        rarity = sum(
            idf(searcher, [(at.field, one) for at in clause.fields for one in variants])
            for variants in words
        )

        def score(matcher: matching.Matcher) -> float:
            frequency = matcher.score()
            return float(rarity * frequency * (clause.k1 + 1) / (frequency + clause.k1))

        return score

    return Rescored(frequencies, rule)
