"""How good the ranking is: nDCG@10, MRR@10, recall@100 on a set of judged queries.

    python -m bench.relevance DIR [--hide-title] [--limit N]

DIR holds articles.jsonl.gz, queries.jsonl and qrels.tsv (query, article,
relevance). The articles are loaded into an index of their own and every query
goes the way a reader's does. `--hide-title` leaves the titles out: the queries
of most sets are headlines, and the answer is the headline's own article.
The last line is JSON.
"""

import argparse
import gzip
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer, analysis_version
from index.article import check_article
from index.engines.base import Engine
from index.engines.open import open_engine
from index.errors import ArticleRefused
from index.sources.field_names import article_fields
from search.request import SearchRequest
from search.searcher import Searcher

Judgments = dict[str, dict[str, int]]
_BATCH = 500
_DEPTH = 100


def load(engine: Engine, analyzer: Analyzer, folder: Path, hide_title: bool) -> int:
    """Loads the set's articles; those without any text then are left out. How many were."""
    refused = 0
    batch = []
    with gzip.open(folder / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in tqdm(lines, desc=folder.name, unit=" articles", disable=None):
            fields = dict(article_fields(json.loads(line)))
            if hide_title:
                fields.pop("title", None)
            try:
                batch.append(analyse_article(check_article(fields), analyzer.read))
            except ArticleRefused:
                refused += 1
            if len(batch) == _BATCH:
                engine.write(batch)
                batch = []
    engine.write(batch)
    return refused


def read_judgments(folder: Path) -> Judgments:
    """Relevance of articles by query."""
    judgments: Judgments = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, article, relevance, *_ = line.split("\t")
        if relevance.lstrip("-").isdigit():
            judgments.setdefault(query, {})[article] = int(relevance)
    return judgments


def ndcg(run: Sequence[str], judged: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), gains 2^rel - 1."""
    gains = [2 ** judged.get(article, 0) - 1 for article in run[:depth]]
    ideal = [2**rel - 1 for rel in sorted(judged.values(), reverse=True)[:depth]]
    best = _discounted(ideal)
    return _discounted(gains) / best if best else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def reciprocal_rank(run: Sequence[str], judged: Mapping[str, int], depth: int = 10) -> float:
    """1 / the rank of the first relevant article, 0 where there is none."""
    ranks = (rank for rank, article in enumerate(run[:depth], 1) if judged.get(article, 0) > 0)
    return 1 / next(ranks, math.inf)


def recall(run: Sequence[str], judged: Mapping[str, int], depth: int = _DEPTH) -> float:
    """The share of the relevant articles that were found."""
    relevant = {article for article, rel in judged.items() if rel > 0}
    return len(relevant.intersection(run[:depth])) / len(relevant) if relevant else 0.0


def measure(searcher: Searcher, folder: Path, limit: int | None) -> dict[str, Any]:
    """The means over the set's judged queries."""
    judgments = read_judgments(folder)
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [query for line in lines if (query := json.loads(line))["id"] in judgments][:limit]
    figures: list[tuple[float, float, float]] = []
    for query in tqdm(queries, desc="queries", disable=None):
        request = SearchRequest(q=query["text"], per_page=_DEPTH, facets=())
        run = [hit.fields.id for hit in searcher.find(request).results.hits]
        judged = judgments[query["id"]]
        figures.append((ndcg(run, judged), reciprocal_rank(run, judged), recall(run, judged)))
    means = [sum(column) / max(1, len(figures)) for column in zip(*figures, strict=True)]
    names = ("ndcg@10", "mrr@10", "recall@100")
    measured = {name: round(mean, 4) for name, mean in zip(names, means, strict=False)}
    return {**measured, "queries": len(figures)}


def main() -> None:
    """Loads the set, asks its queries, prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--hide-title", action="store_true", help="leave the titles out")
    parser.add_argument("--limit", type=int, help="ask only the first N queries")
    options = parser.parse_args()
    analyzer = Analyzer()
    with tempfile.TemporaryDirectory() as temporary:
        engine = open_engine(f"whoosh:{temporary}/index", analysis_version())
        refused = load(engine, analyzer, options.folder, options.hide_title)
        if refused:
            print(f"{refused} articles have no text and were left out")
        figures = measure(Searcher(engine, analyzer), options.folder, options.limit)
        engine.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
