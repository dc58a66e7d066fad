"""Where the relevant articles of a query stand among its hits, and the usual measures of that."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

DEPTH = 100
"""Hits that are looked at."""


class Outcome(NamedTuple):
    """What a query found: (rank, relevance) of each relevant article among the first hits.

    Ranks count from 1. `relevant` has the relevance of all relevant articles, found or not.
    """

    found: tuple[tuple[int, int], ...]
    relevant: tuple[int, ...]

    def ndcg(self, depth: int = 10) -> float:
        """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), gains 2^rel - 1."""
        ideal = enumerate(sorted(self.relevant, reverse=True)[:depth], 1)
        best = sum(map(_discounted, ideal))
        return sum(_discounted(one) for one in self.found if one[0] <= depth) / best if best else 0

    def reciprocal_rank(self, depth: int = 10) -> float:
        """1 / the rank of the first relevant article, 0 where there is none."""
        return next((1 / rank for rank, _ in self.found if rank <= depth), 0.0)

    def recall(self, depth: int = DEPTH) -> float:
        """The share of the relevant articles that were found."""
        return sum(rank <= depth for rank, _ in self.found) / max(1, len(self.relevant))

    def first(self) -> float:
        """1 where the first hit is relevant."""
        return float(any(rank == 1 for rank, _ in self.found))


def _discounted(found: tuple[int, int]) -> float:
    rank, relevance = found
    return (2.0**relevance - 1) / math.log2(rank + 1)


def outcome(hits: Sequence[str], relevant: Mapping[str, int]) -> Outcome:
    """The outcome of a query whose first hits have these ids."""
    ranked = enumerate(hits[:DEPTH], 1)
    found = tuple((rank, relevant[one]) for rank, one in ranked if one in relevant)
    return Outcome(found, tuple(relevant.values()))


MEASURES = {
    "ndcg@10": Outcome.ndcg,
    "mrr@10": Outcome.reciprocal_rank,
    "recall@100": Outcome.recall,
    "r@1": Outcome.first,
}
"""The measures by their names in tables and JSON."""


def means(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The mean of each measure over the queries."""
    count = max(1, len(outcomes))
    return {name: sum(map(of, outcomes)) / count for name, of in MEASURES.items()}


def as_text(found: Sequence[tuple[int, int]]) -> str:
    """Ranks as text: `1`, `2,7`, `-` where nothing was found; a relevance of 2 as `3:2`."""
    ranks = [str(rank) if relevance == 1 else f"{rank}:{relevance}" for rank, relevance in found]
    return ",".join(ranks) or "-"


def from_text(text: str) -> tuple[tuple[int, int], ...]:
    """The ranks that as_text wrote."""
    pairs = [one.partition(":") for one in text.split(",") if one != "-"]
    return tuple((int(rank), int(relevance or 1)) for rank, _, relevance in pairs)
