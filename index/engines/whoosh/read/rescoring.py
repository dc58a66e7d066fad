"""The scores that rank matches: all are scored without bonuses, the best again with them.

See `index.results.EngineRequest` for the rule. Bonuses take most of the time of scoring.
A score that grows by bonuses never becomes smaller by rounding: additions and
multiplications by what is not below 0 keep the order of what they are given.
"""

import numpy as np

from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.scoring import Scoring
from index.engines.whoosh.segment.arrays import Flags, Numbers, Reals, indices
from index.engines.whoosh.segment.best import at_least, largest
from index.engines.whoosh.segment.sets import DocSet
from index.results import EngineRequest, Sort


def ranked(
    evaluation: Evaluation, request: EngineRequest, matches: DocSet
) -> tuple[Numbers, Reals]:
    """Articles among which the page's are, ascending, and their scores; all after a key."""
    wanted = request.page.offset + request.page.limit
    window = _window(request, matches)
    scoring = Scoring(evaluation)
    if window is None:
        return _best(scoring, request, matches, wanted)
    plain = scoring.without_bonuses()
    doc_ids, scores = _best(plain, request, matches, max(wanted, window))
    rescored = indices(scores >= largest(scores, window))
    among = DocSet(matches.size, doc_ids.take(rescored))
    scores[rescored] = scoring.scores(request.query, among, True)
    return doc_ids, scores


def have_bonuses(
    evaluation: Evaluation, request: EngineRequest, matches: DocSet, among: DocSet
) -> Flags:
    """Which of some articles, matches or not, are scored with bonuses."""
    window = _window(request, matches)
    if window is None:
        return np.ones(len(among), dtype=np.bool_)
    plain = Scoring(evaluation).without_bonuses()
    _, scores = _best(plain, request, matches, window)
    reach: Flags = plain.scores(request.query, among) >= largest(scores, window)
    return reach


def _window(request: EngineRequest, matches: DocSet) -> int | None:
    """The rescoring window, where there are matches outside it."""
    window = request.rescoring_window
    if request.sort is not Sort.RELEVANCE or window is None or len(matches) <= window:
        return None
    return window


def _best(
    scoring: Scoring, request: EngineRequest, matches: DocSet, wanted: int
) -> tuple[Numbers, Reals]:
    """Articles among which the `wanted` best are, ascending, and their scores; all after a key."""
    candidates = scoring.candidates(request.query, matches)
    scores = scoring.scores(request.query, candidates, candidates is matches)
    if candidates is matches:
        return matches.doc_ids, scores
    if request.page.after:
        return matches.doc_ids, scores.take(matches.doc_ids)
    if request.filters or request.dates:
        scores *= matches.flags
    few = at_least(scores, wanted)
    if len(few) and scores.take(few).min() > 0:  # who does not match has no score
        return few, scores.take(few)
    return matches.doc_ids, scores.take(matches.doc_ids)
