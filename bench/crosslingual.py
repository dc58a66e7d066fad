"""Does a text find its translation among the related articles?

    python -m bench.crosslingual [../shared/data/bilingual]

The folder has articles.jsonl.gz and pairs.tsv: the Russian id, the English id, the domain. For both
halves of each pair: the rank of the other half among the related articles in any language, and
among those in the other language only; R@1 and R@10 are the shares of halves whose other half is
the first, among the first ten. `news` are the pairs of the domain of this name. `same` is how many
of the first ten related articles in any language have the language of the article itself.
The last line is JSON.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tqdm import tqdm

from bench.judged.indexes import KEPT, indexed
from bench.judged.sets import tab_separated
from search.parts import Parts
from search.request import RelatedOptions

_DEPTH = 10


class Asked(NamedTuple):
    """One half of a pair: where the other half is (0: nowhere), the domain, and `same`."""

    rank: int
    domain: str
    same: int


def ask(parts: Parts, pairs: Sequence[Sequence[str]], lang: Literal["any", "other"]) -> list[Asked]:
    """Asks for both halves of each pair."""
    options = RelatedOptions(lang=lang, limit=_DEPTH)
    asked = []
    for one, other, domain, *_ in tqdm(pairs, desc=f"{lang} language", disable=None):
        for half, wanted in ((one, other), (other, one)):
            article = parts.searcher.article(half)
            hits = parts.related.to_article(article, options).hits
            rank = next((rank for rank, hit in enumerate(hits, 1) if hit.id == wanted), 0)
            same = sum(hit.language == article.language for hit in hits)
            asked.append(Asked(rank, domain, same))
    return asked


def figures(asked: Sequence[Asked]) -> dict[str, float]:
    """R@1 and R@10, of how many halves, and how many hits have the article's own language."""
    count = len(asked) or 1
    return {
        "r@1": round(sum(one.rank == 1 for one in asked) / count, 4),
        "r@10": round(sum(one.rank > 0 for one in asked) / count, 4),
        "same": round(sum(one.same for one in asked) / count, 2),
        "halves": len(asked),
    }


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path("../shared/data/bilingual")
    parser.add_argument("folder", type=Path, nargs="?", default=default, metavar="DIR")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the folder of the index")
    options = parser.parse_args()
    pairs = tab_separated(options.folder / "pairs.tsv")
    measured: dict[str, dict[str, float]] = {}
    with indexed(options.folder / "articles.jsonl.gz", options.kept) as index:
        for lang in ("any", "other"):
            asked = ask(index.parts, pairs, lang)
            measured[lang] = figures(asked)
            measured[f"{lang}, news"] = figures([one for one in asked if one.domain == "news"])
    print(f"{'':16}{'R@1':>8}{'R@10':>8}{'same':>8}{'halves':>8}")
    for name, row in measured.items():
        print(f"{name:16}{row['r@1']:8.3f}{row['r@10']:8.3f}{row['same']:8.2f}{row['halves']:8}")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
