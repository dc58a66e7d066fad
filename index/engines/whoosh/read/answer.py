"""The answer to one request: which articles match, which come first, what is counted."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.counts import facet_values, histogram
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.positions import MatchPositions
from index.engines.whoosh.read.scoring import NO_SCORES, Scoring
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.read.sorting import Order
from index.engines.whoosh.segment.arrays import Flags, Numbers, Reals
from index.engines.whoosh.segment.best import at_least
from index.engines.whoosh.segment.sets import DocSet
from index.results import Bucket, EngineRequest, FacetValue, Sort
from index.schema import Facet


class Answer(NamedTuple):
    """The doc ids of the page's hits, best first, their scores, and what was counted.

    `more` says whether other hits come after them.
    """

    doc_ids: Numbers
    scores: Reals
    more: bool
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    histogram: tuple[Bucket, ...]
    match_positions: Sequence[MatchPositions]


def answer(snapshot: Snapshot, request: EngineRequest) -> Answer:
    """The answer to one question about a snapshot; no stored article is read."""
    evaluation = Evaluation(snapshot)
    matches = evaluation.match(request.query)
    if request.dates:
        matches = matches.where(evaluation.passes(request.dates, matches))
    masks = [(clause.facet, evaluation.passes(clause, matches)) for clause in request.filters]
    filtered = _passing(matches, [mask for _, mask in masks])
    doc_ids, scores, more = _first(evaluation, request, filtered)
    return Answer(
        doc_ids=doc_ids,
        scores=scores,
        more=more,
        total=len(filtered),
        facets={
            facet: facet_values(
                snapshot,
                facet,
                _others(matches, filtered, masks, facet),
                _selected(request, facet),
                request.facet_limit,
            )
            for facet in request.facets
        },
        histogram=(
            histogram(snapshot, filtered, request.histogram, request.zone)
            if request.histogram
            else ()
        ),
        match_positions=evaluation.match_positions(request, doc_ids),
    )


def _passing(matches: DocSet, masks: Sequence[Flags]) -> DocSet:
    return matches.where(np.logical_and.reduce(masks)) if masks else matches


def _others(
    matches: DocSet, filtered: DocSet, masks: Sequence[tuple[str, Flags]], facet: Facet
) -> DocSet:
    """What a facet is counted among: its own filters left out."""
    others = [mask for name, mask in masks if name != facet]
    return filtered if len(others) == len(masks) else _passing(matches, others)


def _first(
    evaluation: Evaluation, request: EngineRequest, matches: DocSet
) -> tuple[Numbers, Reals, bool]:
    """The hits of the page, their scores, and whether others come after them."""
    scoring, page = Scoring(evaluation), request.page
    order = Order(request.sort, evaluation.snapshot.dates, evaluation.snapshot.ids)
    by_score = request.sort is Sort.RELEVANCE
    doc_ids, scores = _best(scoring, request, matches) if by_score else (matches.doc_ids, NO_SCORES)
    left = len(matches)
    if page.after:
        later = order.after(doc_ids, scores, page.after)
        doc_ids, scores = doc_ids.compress(later), scores.compress(later) if by_score else scores
        left = len(doc_ids)
    indices = order.first(doc_ids, scores, page)
    hits = doc_ids.take(indices)
    more = bool(len(hits)) and left > page.offset + page.limit
    if by_score:
        return hits, scores.take(indices), more
    shown = DocSet(matches.size, np.sort(hits))  # only those on the page are scored
    scores = scoring.scores(request.query, shown)
    return hits, scores.take(shown.doc_ids.searchsorted(hits)), more


def _best(scoring: Scoring, request: EngineRequest, matches: DocSet) -> tuple[Numbers, Reals]:
    """Articles among which the page's are, ascending, and their scores; all after a key."""
    candidates = scoring.candidates(request.query, matches)
    scores = scoring.scores(request.query, candidates)
    if candidates is matches:
        return matches.doc_ids, scores
    if request.page.after:
        return matches.doc_ids, scores.take(matches.doc_ids)
    if request.filters or request.dates:
        scores *= matches.flags
    few = at_least(scores, request.page.offset + request.page.limit)
    if len(few) and scores.take(few).min() > 0:  # who does not match has no score
        return few, scores.take(few)
    return matches.doc_ids, scores.take(matches.doc_ids)


def _selected(request: EngineRequest, facet: Facet) -> tuple[str, ...]:
    chosen = (clause.values for clause in request.filters if clause.facet == facet)
    return tuple(dict.fromkeys(chain.from_iterable(chosen)))
