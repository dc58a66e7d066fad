"""The answer to one request: which articles match, which come first, what is counted."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.counts import facet_values, histogram
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.positions import MatchPositions
from index.engines.whoosh.read.rescoring import ranked
from index.engines.whoosh.read.scoring import NO_SCORES, Scoring
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.read.sorting import Order
from index.engines.whoosh.segment.arrays import Flags, Numbers, Reals
from index.engines.whoosh.segment.sets import DocSet
from index.results import Bucket, EngineRequest, FacetValue, Sort
from index.schema import Facet
from index.stages import Stopwatch


class EngineAnswer(NamedTuple):
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


def answer(snapshot: Snapshot, request: EngineRequest, stopwatch: Stopwatch) -> EngineAnswer:
    """The answer to one question about a snapshot; no stored article is read."""
    evaluation = Evaluation(snapshot)
    matches = _in_period(evaluation, request)
    masks = [(clause.facet, evaluation.passes(clause, matches)) for clause in request.filters]
    filtered = _passing(matches, [mask for _, mask in masks])
    stopwatch.end("match")
    doc_ids, scores, more = _first(evaluation, request, filtered)
    stopwatch.end("rank")
    facets = {
        facet: facet_values(
            snapshot,
            facet,
            _others(matches, filtered, masks, facet),
            _selected(request, facet),
            request.facet_limit,
        )
        for facet in request.facets
    }
    buckets = (
        histogram(snapshot, filtered, request.histogram, request.zone) if request.histogram else ()
    )
    stopwatch.end("facets")
    match_positions = evaluation.match_positions(request, doc_ids)
    stopwatch.end("positions")
    return EngineAnswer(
        doc_ids=doc_ids,
        scores=scores,
        more=more,
        total=len(filtered),
        facets=facets,
        histogram=buckets,
        match_positions=match_positions,
    )


def matching(evaluation: Evaluation, request: EngineRequest) -> DocSet:
    """The matches of the query that pass the dates and every filter."""
    matches = _in_period(evaluation, request)
    return _passing(matches, [evaluation.passes(clause, matches) for clause in request.filters])


def _in_period(evaluation: Evaluation, request: EngineRequest) -> DocSet:
    """The matches of the query in the dates that were asked for."""
    matches = evaluation.match(request.query)
    if request.dates:
        return matches.where(evaluation.passes(request.dates, matches))
    return matches


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
    page = request.page
    order = Order(request.sort, evaluation.snapshot.dates, evaluation.snapshot.ids)
    by_score = request.sort is Sort.RELEVANCE
    doc_ids, scores = (
        ranked(evaluation, request, matches) if by_score else (matches.doc_ids, NO_SCORES)
    )
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
    scores = Scoring(evaluation).scores(request.query, shown, True)
    return hits, scores.take(shown.doc_ids.searchsorted(hits)), more


def _selected(request: EngineRequest, facet: Facet) -> tuple[str, ...]:
    chosen = (clause.values for clause in request.filters if clause.facet == facet)
    return tuple(dict.fromkeys(chain.from_iterable(chosen)))
