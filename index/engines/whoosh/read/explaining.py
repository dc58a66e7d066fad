"""What each clause of a query gave to the scores of articles."""

from index.engines.whoosh.read.answer import matching
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.rescoring import have_bonuses
from index.engines.whoosh.read.scoring import Scoring
from index.engines.whoosh.segment.sets import DocSet
from index.query import Prefer, Query, children
from index.results import EngineRequest, Explanation


def explanations(
    evaluation: Evaluation, request: EngineRequest, among: DocSet
) -> list[Explanation]:
    """What each clause gave to each of these articles, matches or not."""
    flags = have_bonuses(evaluation, request, matching(evaluation, request), among)
    scoring = Scoring(evaluation)
    explained = _explained(scoring, request.query, among)
    if flags.all():
        return explained
    plain = _explained(scoring.without_bonuses(), request.query, among)
    pairs = zip(flags.tolist(), explained, plain, strict=True)
    return [full if has_bonuses else bare for has_bonuses, full, bare in pairs]


def _explained(scoring: Scoring, query: Query, among: DocSet) -> list[Explanation]:
    """What the clause gave to each of these articles; read once for all of them."""
    matches = scoring.evaluation.passes(query, among).tolist()
    scores = scoring.scores(query, among).tolist()
    by_child = [_explained(scoring, child, among) for child in _scored(scoring, query)]
    clause = type(query).__name__ if by_child else str(query)
    return [
        Explanation(clause, score if matched else None, tuple(child[index] for child in by_child))
        for index, (matched, score) in enumerate(zip(matches, scores, strict=True))
    ]


def _scored(scoring: Scoring, query: Query) -> tuple[Query, ...]:
    """The clauses right below this one, without bonuses that are not scored."""
    if isinstance(query, Prefer) and not scoring.bonuses:
        return (query.clause,)
    return children(query)
