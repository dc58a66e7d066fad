"""What ten and a hundred times as many articles cost: the time of a request, a worker's memory.

    python -m bench.growth [--articles 10000,100000,1000000] [--rounds N] [--seconds N]

Poisk is served as in bench.serve, once for each number of articles, and is asked over HTTP by one
client, the servers in turn. The articles are made of real sentences, the vocabulary growing as in
text (bench/corpus.py); the smaller sets are the first articles of the largest. All servers get the
same questions, of the headlines of the smallest set, facets and snippets on; none is asked twice.

A worker's own memory is that of its anonymous pages (RssAnon), after all questions; what it maps
of the index's files can be had back by the system at any time. The figures are of the largest
worker; CPU time is of all processes.

Articles and indexes are kept in the folder `--data`, and are those of bench.serve. A million
articles take some 15 GB and half an hour to be made and loaded. The last line is JSON: figures by
number of articles, and `p95_ratio` of the largest set to the one before it.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from bench.headlines import questions
from bench.serve import Asking, Figures, Server, once, poisk, poisk_total
from bench.serving.load_generator import warn_without_wrk
from bench.serving.prepared import Prepared, build, locked, prepare
from tests.support.processes import children

_FACETS_AND_SNIPPETS = Asking(facets=True, snippets=True)
_MOST_PER_SECOND = 600
_TOTALS = 200
"""Questions whose totals are counted."""


class Size(NamedTuple):
    """Figures of one number of articles: milliseconds, articles found a question, MiB of a worker.

    `rss` is with mapped files; `disk` is of the index and the store; `others` is the share of the
    machine's CPU time that other programs took.
    """

    p50: float
    p95: float
    cpu_ms: float
    found: float
    own: float
    rss: float
    disk: float
    others: float


def measure(
    servers: Sequence[Server], texts: Sequence[str], rounds: int, seconds: int
) -> dict[str, list[Figures]]:
    """The figures of each round by server; the same questions in the same round."""
    many = len(texts) // (rounds + 1)
    for server in servers:
        once(server, texts[:many], 1, seconds)  # to warm up
    measured: dict[str, list[Figures]] = {server.name: [] for server in servers}
    for start in range(many, many * (rounds + 1), many):
        for server in servers:
            measured[server.name].append(once(server, texts[start : start + many], 1, seconds))
    return measured


def worker(server: Server) -> tuple[float, float]:
    """MiB of the largest worker: anonymous pages, and all that is resident."""
    return max(map(_memory, children(server.pid)))


def _memory(process: int) -> tuple[float, float]:
    values: dict[str, float] = {}
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in {"RssAnon", "VmRSS"}:
            values[name] = int(value.split()[0]) / 1024
    return values["RssAnon"], values["VmRSS"]


def size(prepared: Prepared, server: Server, rounds: Sequence[Figures], found: float) -> Size:
    """The medians of the rounds, and the memory after them."""
    own, rss = worker(server)
    files = sum(path.stat().st_size for path in prepared.poisk.rglob("*") if path.is_file())
    if errors := sum(one.errors for one in rounds):
        raise SystemExit(f"{errors:.0f} requests to {server.name} articles failed")
    return Size(
        p50=median(one.p50 for one in rounds),
        p95=median(one.p95 for one in rounds),
        cpu_ms=median(one.cpu_ms for one in rounds),
        found=found,
        own=own,
        rss=rss,
        disk=files / 2**20,
        others=median(one.others for one in rounds),
    )


def table(sizes: Mapping[int, Size]) -> None:
    """Prints a row for each number of articles."""
    print(f"\n{'articles':>10}", end="")
    for name in ("p50 ms", "p95 ms", "CPU ms", "found", "own MiB", "RSS MiB", "disk MiB", "others"):
        print(f"{name:>10}", end="")
    print()
    for count, one in sizes.items():
        print(
            f"{count:10,}{one.p50:10.1f}{one.p95:10.1f}{one.cpu_ms:10.2f}{one.found:10.0f}"
            f"{one.own:10.0f}{one.rss:10.0f}{one.disk:10.0f}{one.others:10.0%}"
        )


def options() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--articles", default="10000,100000,1000000")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir(), "poisk-serve"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10, help="of each server in a round")
    return parser.parse_args()


def main() -> None:
    """Builds what is missing, serves, asks, prints."""
    chosen = options()
    warn_without_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended
    counts = sorted(map(int, chosen.articles.split(",")))
    with locked(chosen.data), ExitStack() as running:
        all_prepared = [prepare(chosen.data, count) for count in counts]
        for prepared in all_prepared:
            build(prepared)
        many = chosen.seconds * _MOST_PER_SECOND * (chosen.rounds + 1)
        texts = questions(all_prepared[0].titles(), many)
        servers = [
            running.enter_context(poisk(prepared, _FACETS_AND_SNIPPETS))._replace(
                name=f"{prepared.count:,}"
            )
            for prepared in all_prepared
        ]
        measured = measure(servers, texts, chosen.rounds, chosen.seconds)
        sizes = {}
        for prepared, server in zip(all_prepared, servers, strict=True):
            found = fmean(poisk_total(server.address, text) for text in texts[:_TOTALS])
            sizes[prepared.count] = size(prepared, server, measured[server.name], found)
    table(sizes)
    told = {
        "sizes": {str(count): one._asdict() for count, one in sizes.items()},
        "p95_ratio": sizes[counts[-1]].p95 / sizes[counts[-2]].p95 if len(counts) > 1 else None,
        "own_mib": sizes[counts[-1]].own,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
