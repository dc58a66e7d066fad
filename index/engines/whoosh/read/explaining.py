"""What each clause of a query gave to the scores of articles."""

from index.engines.whoosh.read.scoring import Scoring
from index.engines.whoosh.segment.sets import DocSet
from index.query import Query, children
from index.results import Explanation


def explanations(scoring: Scoring, query: Query, among: DocSet) -> list[Explanation]:
    """What the clause gave to each of these articles; read once for all of them."""
    matches = scoring.evaluation.passes(query, among).tolist()
    scores = scoring.scores(query, among).tolist()
    by_child = [explanations(scoring, child, among) for child in children(query)]
    clause = type(query).__name__ if by_child else str(query)
    return [
        Explanation(clause, score if matched else None, tuple(child[index] for child in by_child))
        for index, (matched, score) in enumerate(zip(matches, scores, strict=True))
    ]
