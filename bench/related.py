"""Are two articles that tell one story related?

    python -m bench.related [../shared/data/same_story]

The folder has articles.jsonl.gz and pairs.tsv: two ids, OK or BAD (one story or not), the pool.
Each article of a pair is sent as a text. The similarity of the two is the score of the other one
among the related articles and the near-duplicates, as a share of the score that the article itself
has there, the mean of both ways. `auc`, the area under the ROC curve, is the chance that a pair
that is one story is more similar than a pair that is not (by pools too: pairs of other pools
differ in what judges were asked). `listed` is how often the other one is among the first five
related or the near-duplicates. Translations are measured by bench.crosslingual. The last line is
JSON.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from bench.judged.indexes import KEPT, indexed
from bench.judged.sets import tab_separated
from search.parts import Parts
from search.request import RelatedRequest

_LISTED = 5
_DEPTH = 50


class Pair(NamedTuple):
    """A judged pair: whether it is one story, the similarity, in how many ways it is listed."""

    pool: str
    is_one_story: bool
    similarity: float
    listed: int


def ask(parts: Parts, rows: Sequence[Sequence[str]]) -> list[Pair]:
    """Asks for both articles of each pair."""
    pairs = []
    for one, other, judged, pool, *_ in tqdm(rows, desc="pairs", disable=None):
        ways = [_way(parts, one, other), _way(parts, other, one)]
        similarity = sum(share for share, _ in ways) / 2
        pairs.append(Pair(pool, judged == "OK", similarity, sum(listed for _, listed in ways)))
    return pairs


def _way(parts: Parts, asked: str, other: str) -> tuple[float, bool]:
    """The score of `other` as a share of that of the article asked for; whether it is listed."""
    article = parts.searcher.article(asked)
    text = f"{article.lead}\n{article.body}"
    answer = parts.related.to_text(RelatedRequest(title=article.title, text=text, limit=_DEPTH))
    scores = {hit.id: hit.score for hit in (*answer.hits, *answer.duplicates)}
    related = [hit.id for hit in answer.hits if hit.id != asked][:_LISTED]
    duplicates = {hit.id for hit in answer.duplicates}
    own = scores.get(asked) or max(scores.values(), default=1.0)
    return scores.get(other, 0.0) / own, other in related or other in duplicates


def auc(pairs: Sequence[Pair]) -> float:
    """The chance that one story is more similar than none; ties count half."""
    one = [pair.similarity for pair in pairs if pair.is_one_story]
    two = [pair.similarity for pair in pairs if not pair.is_one_story]
    above = sum((left > right) + (left == right) / 2 for left in one for right in two)
    return above / max(1, len(one) * len(two))


def figures(pairs: Sequence[Pair]) -> dict[str, float]:
    """The area, how many pairs of each judgement, and the shares that are listed."""
    one = [pair for pair in pairs if pair.is_one_story]
    two = [pair for pair in pairs if not pair.is_one_story]
    return {
        "auc": round(auc(pairs), 4),
        "one story": len(one),
        "listed": round(sum(pair.listed for pair in one) / max(1, 2 * len(one)), 4),
        "different": len(two),
        "different, listed": round(sum(pair.listed for pair in two) / max(1, 2 * len(two)), 4),
    }


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path("../shared/data/same_story")
    parser.add_argument("folder", type=Path, nargs="?", default=default, metavar="DIR")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the folder of the index")
    options = parser.parse_args()
    rows = tab_separated(options.folder / "pairs.tsv")
    with indexed(options.folder / "articles.jsonl.gz", options.kept) as index:
        pairs = ask(index.parts, rows)
    measured = {"all": figures(pairs)}
    for pool in sorted({pair.pool for pair in pairs}):
        measured[pool] = figures([pair for pair in pairs if pair.pool == pool])
    names = [*measured["all"]]
    print(f"{'':16}" + "".join(f"{name:>20}" for name in names))
    for name, row in measured.items():
        print(f"{name:16}" + "".join(f"{row[column]:20}" for column in names))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
