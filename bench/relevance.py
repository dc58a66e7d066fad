"""How good the ranking is: nDCG@10, MRR@10, recall@100, R@1 on sets of judged queries.

    python -m bench.relevance --all [--data ../shared/data/retrieval] [--save]
    python -m bench.relevance DIR [--hide-title] [--limit N]

A set is a folder with articles.jsonl.gz, queries.jsonl and qrels.tsv (query, article, relevance).
Every query goes the way a reader's does, and all sets are ranked alike. `--hide-title` leaves the
titles out: the queries of most sets are headlines, and the answer is the headline's own article.
With `--all`, the titles are left out of just those sets whose queries are titles of their answers.

Each set is compared, query by query, with the run in bench/relevance.json: the mean difference of
nDCG@10 with its 95 % interval, and how many queries are better and worse. `--save` writes the
figures of this run there. `--changed N` lists the N queries of a set that lost most.

The index of a set is kept in `--kept` and used again until the articles or the analysis change;
`--rebuild` builds it again. Rejected articles are counted by cause; where most of a set are
rejected, the exit code is 1. The last line is JSON: the figures of the set, or with `--all` of
each, `mean` being the mean of the sets.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.judged.comparison import Difference, paired
from bench.judged.indexes import KEPT, indexed
from bench.judged.outcomes import DEPTH, MEASURES, Outcome, as_text, from_text, means, outcome
from bench.judged.sets import JudgedSet, read_set
from search.request import SearchRequest
from search.searcher import Searcher

SETS = Path("../shared/data/retrieval")
SAVED = Path(__file__).with_suffix(".json")

SavedRun = Mapping[str, Mapping[str, Any]]
"""What bench/relevance.json holds, by set: its digest, the figures, the ranks by query."""


@dataclass(frozen=True, slots=True)
class SetRun:
    """What one set gave, its outcomes in the order of the queries."""

    judged: JudgedSet
    outcomes: tuple[Outcome, ...]
    articles: int
    rejected: Mapping[str, int]
    mostly_rejected: bool

    def figures(self) -> dict[str, float]:
        """The measures, and of how many queries and articles."""
        measured = {name: round(mean, 4) for name, mean in means(self.outcomes).items()}
        rejected = sum(self.rejected.values())
        return {**measured, "queries": len(self.outcomes), "rejected": rejected}

    def saved(self) -> dict[str, Any]:
        """The set's entry of bench/relevance.json."""
        ranks = " ".join(as_text(one.found) for one in self.outcomes)
        return {"set": self.judged.digest(), **self.figures(), "ranks": ranks}


def measure(folder: Path, options: argparse.Namespace) -> SetRun:
    """Asks the queries of a set."""
    judged = read_set(folder)
    hide = options.hide_title or (options.all and judged.asks_headlines())
    with indexed(judged.articles, options.kept, hide, options.rebuild) as index:
        queries = tqdm(judged.queries[: options.limit], desc=folder.name, disable=None)
        outcomes = [
            outcome(hits(index.parts.searcher, query.text), query.relevant) for query in queries
        ]
        return SetRun(
            judged, tuple(outcomes), index.articles, index.rejected, index.mostly_rejected()
        )


def hits(searcher: Searcher, text: str) -> list[str]:
    """The ids of what a query text finds, the best first."""
    request = SearchRequest(q=text, per_page=DEPTH, facets=())
    return [hit.fields.id for hit in searcher.find(request).results.hits]


def before(run: SetRun, saved: SavedRun) -> list[Outcome] | None:
    """The outcomes of the saved run; None where it has not asked these queries."""
    entry = saved.get(run.judged.name)
    if not entry or entry["set"] != run.judged.digest():
        return None
    texts = zip(run.judged.queries, entry["ranks"].split(), strict=True)
    outcomes = [Outcome(from_text(t), tuple(query.relevant.values())) for query, t in texts]
    return outcomes[: len(run.outcomes)]


def compared(runs: Sequence[SetRun], saved: SavedRun) -> Difference | None:
    """The mean difference of nDCG@10 to the saved run; None where it has not all sets."""
    pairs = [(before(run, saved), run.outcomes) for run in runs]
    if any(old is None for old, _ in pairs):
        return None
    return paired(
        [([*map(Outcome.ndcg, old or ())], [*map(Outcome.ndcg, new)]) for old, new in pairs]
    )


def print_run(run: SetRun, saved: SavedRun, changed: int) -> None:
    """A line of the table, causes of rejection, and the queries that lost most."""
    figures, difference = run.figures(), compared([run], saved)
    print_line(run.judged.name, figures, len(run.outcomes), difference)
    for cause, count in sorted(run.rejected.items(), key=lambda one: -one[1]):
        print(f"    {count} of {run.articles} articles rejected: {cause}")
    if run.mostly_rejected:
        print("    MOST OF THE SET IS REJECTED: its figures say nothing")
    if changed and (old := before(run, saved)):
        print_changed(run, old, changed)


def print_line(
    name: str, figures: Mapping[str, float], queries: int, difference: Difference | None
) -> None:
    """The measures of a set or the mean, and the difference to the saved run."""
    columns = "".join(f"{figures[measure]:12.4f}" for measure in MEASURES)
    print(f"{name:24}{queries:8}{columns}   {difference or 'not in the saved run'}", flush=True)


def print_changed(run: SetRun, old: Sequence[Outcome], changed: int) -> None:
    """The queries whose nDCG@10 fell most: the ranks before and now, and the text."""
    rows = list(zip(run.judged.queries, old, run.outcomes, strict=False))
    rows.sort(key=lambda row: row[2].ndcg() - row[1].ndcg())
    for query, then, now in rows[:changed]:
        if now.ndcg() < then.ndcg():
            print(f"    {as_text(then.found):>6} → {as_text(now.found):6} {query.text}")


def save(runs: Sequence[SetRun], saved: SavedRun) -> None:
    """Writes bench/relevance.json, a line for each set; sets that were not run stay."""
    entries = {**saved, **{run.judged.name: run.saved() for run in runs}}
    lines = [f"{json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries)]
    SAVED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def folders(options: argparse.Namespace) -> list[Path]:
    """The folders of the sets that are asked for."""
    if not options.all:
        return [options.folder]
    found = sorted(path.parent for path in options.data.glob("*/qrels.tsv"))
    return found or sys.exit(f"{options.data} has no sets")


def main() -> None:
    """Asks the queries of the sets, prints the figures."""
    options = _options()
    saved: SavedRun = json.loads(SAVED.read_text(encoding="utf-8")) if SAVED.exists() else {}
    head = "".join(f"{name:>12}" for name in MEASURES)
    print(f"{'':24}{'queries':>8}{head}   against the saved run: nDCG@10, better, worse")
    runs = []
    with get_context("spawn").Pool(options.jobs) as pool:
        for run in pool.imap(partial(measure, options=options), folders(options)):
            runs.append(run)
            print_run(run, saved, options.changed)
    figures = {run.judged.name: run.figures() for run in runs}
    if options.all:
        names = [*MEASURES]
        mean = {
            name: round(sum(one[name] for one in figures.values()) / len(runs), 4) for name in names
        }
        print_line("mean", mean, sum(len(run.outcomes) for run in runs), compared(runs, saved))
        figures["mean"] = mean
    if options.save:
        save(runs, saved)
    print(json.dumps(figures if options.all else figures[runs[0].judged.name]))
    sys.exit(any(run.mostly_rejected for run in runs))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--all", action="store_true", help="every set of --data")
    parser.add_argument("--data", type=Path, default=SETS)
    parser.add_argument("--hide-title", action="store_true", help="leave the titles out")
    parser.add_argument("--limit", type=int, help="ask only the first N queries")
    parser.add_argument("--changed", type=int, default=0, metavar="N")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the folder of the indexes")
    parser.add_argument("--rebuild", action="store_true", help="build the indexes again")
    parser.add_argument("--jobs", type=int, default=1, help="sets that are measured at once")
    parser.add_argument("--save", action="store_true", help="write bench/relevance.json")
    options = parser.parse_args()
    if options.all == bool(options.folder):
        parser.error("give the folder of a set, or --all")
    if options.save and options.limit:
        parser.error("a run with --limit cannot be saved")
    return options


if __name__ == "__main__":
    main()
