"""Whole requests over HTTP: Poisk, as it is served, beside a real OpenSearch node.

    python -m bench.serve --articles N [--poisk-only] [--no-facets] [--no-snippets] [--load]

Both get the same N articles (made of real sentences by bench/corpus.py, or those of `--file`)
and the same questions of one to four words of a headline; no question is asked twice of
a server, so no answer comes from a cache. Each answer has ten hits with a marked title and one
snippet of 240 characters, up to 100 subjects with counts (not with `--no-facets`), and the exact
total. 1, 8 and 32 clients ask in a closed loop, wrk if it is installed; the servers take turns,
in an order drawn for each round, and the medians of `--rounds` are printed.

Poisk is `gunicorn wsgi:app` with its own configuration, but without a limit of requests. Its API
always makes snippets: with `--no-snippets` OpenSearch highlights nothing, and Poisk makes its
shortest ones, of 40 characters. What OpenSearch is asked, and how: bench/opensearch.py. It is
skipped where Java or Maven are not installed.

What is built is kept in a folder, `--data`, for the next run; `--rebuild` builds it again.
`--load` does so too and prints how fast each was loaded. The last line is JSON: `throughput_ratio`
and `p95_ratio` by number of clients, Poisk's to OpenSearch's with offsets in its postings,
`cpu_ms` a request of Poisk at 8 clients, and all figures.
"""

import argparse
import fcntl
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.headlines import questions, read_articles, write_articles
from bench.load_generator import Load, Question, load, warn_without_wrk
from bench.memory import Memory, cpu_seconds, peak, resident
from bench.opensearch import INDEXES, load_indexes, question, total
from bench.opensearch_node import install, missing, node
from index.schema import SCHEMA_VERSION
from tests.support.processes import GUNICORN, environment, served

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
CLIENTS = (1, 8, 32)
POISK = "poisk"
BEST = "opensearch offsets"
_COMPARED = 300
"""Questions whose totals are compared."""
_MOST_PER_SECOND = 1_200
"""More questions than this many a second are not prepared for one client; for several, double."""


class Asking(NamedTuple):
    """What each answer has beside ten hits and the total."""

    facets: bool
    snippets: bool


class Server(NamedTuple):
    """A running server: its name, address, first process, and how it is asked a query text."""

    name: str
    address: str
    pid: int
    ask: Any

    def asked(self, texts: Sequence[str]) -> list[Question]:
        """The requests of these query texts."""
        return [self.ask(text) for text in texts]


class Figures(NamedTuple):
    """Of one server with so many clients: requests a second, milliseconds, bytes, errors."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    size: float
    errors: float


def poisk_question(text: str, asking: Asking) -> Question:
    """The search as Poisk is asked it."""
    values = {
        "q": text,
        "facets": "subject" if asking.facets else "",
        "snippet_length": 240 if asking.snippets else 40,
    }
    return Question(f"/v1/search?{urlencode(values)}")


def build_poisk(folder: Path, articles: Path, count: int) -> dict[str, float]:
    """Loads the articles with `poisk load`; articles a second, memory and disk in MiB."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "search.cli.main", "load", str(articles)],
        env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as command:  # fmt: skip
        try:
            most = peak(command)
        except BaseException:
            command.terminate()
            raise
    seconds = time.perf_counter() - started
    assert command.returncode == 0, "poisk load failed"
    files = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"rate": count / seconds, "peak_mib": sum(most), "disk_mib": files / 2**20}


@contextmanager
def poisk(folder: Path, asking: Asking) -> Iterator[Server]:
    """Poisk, served as its documentation says."""
    with served(folder, GUNICORN, search_limit="", write_limit="") as (address, process):
        yield Server(POISK, address, process.pid, lambda text: poisk_question(text, asking))


def once(server: Server, texts: Sequence[str], clients: int, seconds: int) -> Figures:
    """The figures of one run of the clients."""
    before = cpu_seconds(server.pid)
    seen: Load = load(server.address, server.asked(texts), clients, seconds)
    cpu = cpu_seconds(server.pid) - before
    if seen.repeats:
        print(f"{server.name}: {seen.repeats} questions were asked twice", file=sys.stderr)
    return Figures(
        rate=seen.answers / seen.seconds,
        p50=seen.percentile(0.5),
        p95=seen.percentile(0.95),
        p99=seen.percentile(0.99),
        cpu_ms=cpu * 1e3 / seen.answers,
        size=seen.size / seen.answers,
        errors=seen.errors,
    )


def opensearch(asking: Asking, port: int, pid: int) -> list[Server]:
    """The two indexes of a node, each asked as a server of its own."""
    return [
        Server(
            f"opensearch {index}",
            f"http://127.0.0.1:{port}",
            pid,
            lambda text, index=index: question(index, text, *asking),
        )
        for index in INDEXES
    ]


def same_totals(address: str, port: int, texts: Sequence[str]) -> dict[str, float]:
    """The share of texts whose totals are the same, and of those that differ by a tenth at most."""
    same = near = 0
    for text in texts:
        with urlopen(address + poisk_question(text, Asking(False, False)).path) as answer:
            ours = json.load(answer)["total"]
        theirs = total(port, question("offsets", text, False, False))
        same += ours == theirs
        near += abs(ours - theirs) <= 0.1 * max(ours, theirs)
    return {"same": same / len(texts), "within_a_tenth": near / len(texts)}


Measured = dict[tuple[str, int], list[Figures]]
"""The figures of each round by server and number of clients."""


def measure(
    servers: Sequence[Server], titles: Sequence[str], rounds: int, seconds: int, warm_up: int
) -> Measured:
    """Every server with every number of clients in turn; the same questions in the same round."""
    many = {clients: seconds * _MOST_PER_SECOND * min(clients, 2) for clients in CLIENTS}
    warming = warm_up * _MOST_PER_SECOND * 2
    texts = questions(titles, sum(many.values()) * rounds + warming)
    share = min(1.0, len(texts) / (sum(many.values()) * rounds + warming))
    if share < 1:
        print(f"only {len(texts):,} different questions in these headlines", file=sys.stderr)
    for server in servers:
        load(server.address, server.asked(texts[: int(warming * share)]), 8, warm_up)
    at = int(warming * share)
    order = random.Random(7)
    measured: Measured = {}
    for _ in range(rounds):
        for clients in CLIENTS:
            some = texts[at : at + int(many[clients] * share)]
            at += len(some)
            for server in order.sample(servers, len(servers)):
                figures = once(server, some, clients, seconds)
                measured.setdefault((server.name, clients), []).append(figures)
    return measured


def medians(measured: Measured) -> dict[tuple[str, int], Figures]:
    """The median of each figure; errors are added up."""
    found = {}
    for key, rounds in measured.items():
        middle = Figures._make(map(median, zip(*rounds, strict=True)))
        found[key] = middle._replace(errors=sum(one.errors for one in rounds))
    return found


def table(figures: Mapping[tuple[str, int], Figures], names: Sequence[str]) -> None:
    """Prints a row for each number of clients and server."""
    print(f"\n{'clients':8}{'':22}", end="")
    for name in ("req/s", "p50 ms", "p95", "p99", "CPU ms", "bytes", "errors"):
        print(f"{name:>9}", end="")
    print()
    for clients in CLIENTS:
        for name in names:
            one = figures[name, clients]
            print(
                f"{clients:<8}{name:22}{one.rate:9.0f}{one.p50:9.1f}{one.p95:9.1f}{one.p99:9.1f}"
                f"{one.cpu_ms:9.2f}{one.size:9.0f}{one.errors:9.0f}"
            )


def summary(
    figures: Mapping[tuple[str, int], Figures], memory: Mapping[str, Memory]
) -> dict[str, Any]:
    """What the last line says, without the loading."""
    names = {name for name, _ in figures}
    told: dict[str, Any] = {
        "cpu_ms": figures[POISK, 8].cpu_ms,
        "servers": {
            name: {str(clients): figures[name, clients]._asdict() for clients in CLIENTS}
            for name in sorted(names)
        },
        "memory_mib": {name: sum(one) for name, one in memory.items()},
    }
    if BEST in names:
        told["opensearch_cpu_ms"] = figures[BEST, 8].cpu_ms
        for key, field in (("throughput_ratio", "rate"), ("p95_ratio", "p95")):
            told[key] = {
                str(one): getattr(figures[POISK, one], field) / getattr(figures[BEST, one], field)
                for one in CLIENTS
            }
    return told


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time uses the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that uses {folder}", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def options() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--file", type=Path, action="append", default=[], dest="files")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir(), "poisk-serve"))
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--heap", default="1g", help="of OpenSearch")
    parser.add_argument("--poisk-only", action="store_true")
    parser.add_argument("--no-facets", action="store_true")
    parser.add_argument("--no-snippets", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each run of the clients")
    parser.add_argument("--warm-up", type=int, default=10, help="seconds for each server")
    return parser.parse_args()


def main() -> None:
    """Builds what is missing, serves, asks, prints."""
    chosen = options()
    warn_without_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended
    asking = Asking(not chosen.no_facets, not chosen.no_snippets)
    with locked(chosen.data), ExitStack() as running:
        name = "-".join([str(chosen.articles), *(path.parent.name for path in chosen.files)])
        folder = chosen.data / name
        loading = build(folder, chosen)
        titles = [one["title"] for one in read_articles(folder / "articles.jsonl")]
        extra: dict[str, Any] = {}
        servers = []
        if is_compared(chosen):
            port, pid = running.enter_context(started_node(chosen, folder, loading))
            servers = opensearch(asking, port, pid)
        servers.insert(0, running.enter_context(poisk(poisk_folder(folder), asking)))
        print(f"{len(titles):,} articles; {asking}")
        measured = measure(servers, titles, chosen.rounds, chosen.seconds, chosen.warm_up)
        memory = {server.name: resident(server.pid) for server in servers}
        if len(servers) > 1:
            texts = questions(titles, _COMPARED)
            extra["totals"] = same_totals(servers[0].address, port, texts)
            print(f"totals of {len(texts)} questions: {extra['totals']}")
    figures = medians(measured)
    table(figures, [server.name for server in servers])
    print("\nmemory, MiB: " + ", ".join(f"{name} {sum(one):.0f}" for name, one in memory.items()))
    told = {"articles": len(titles), **asking._asdict(), **extra, **summary(figures, memory)}
    print(json.dumps(told | {"loading": loading}))


def is_compared(chosen: argparse.Namespace) -> bool:
    """Whether OpenSearch is to be measured, and can be."""
    if chosen.poisk_only:
        return False
    if program := missing():
        print(f"OpenSearch is left out: {program} is not installed", file=sys.stderr)
    return not program


@contextmanager
def started_node(
    chosen: argparse.Namespace, folder: Path, loading: dict[str, Any]
) -> Iterator[tuple[int, int]]:
    """A node with both indexes, loaded where that is to be done: its port and its process."""
    home, data = chosen.data / "opensearch", folder / "opensearch"
    done = folder / "opensearch-built"
    install(home)
    if chosen.rebuild or chosen.load or not done.exists():
        done.unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)
    with node(home, data, chosen.heap) as (port, pid):
        if not done.exists():
            articles, count = folder / "articles.jsonl", int((folder / "count").read_text())
            for index, one in load_indexes(port, pid, articles, count).items():
                loading[f"opensearch {index}"] = one
                print_loading(f"opensearch {index}", one)
            done.touch()
        yield port, pid


def print_loading(name: str, one: Mapping[str, float]) -> None:
    """How fast one was loaded."""
    print(
        f"{name}: {one['rate']:.0f} articles/s, at most {one['peak_mib']:.0f} MiB, "
        f"{one['disk_mib']:.0f} MiB on disk"
    )


def poisk_folder(folder: Path) -> Path:
    """Poisk's data folder: one for each version of its schema."""
    return folder / f"poisk-{SCHEMA_VERSION}"


def build(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Writes and loads the articles where that is to be done; how fast they were loaded."""
    folder.mkdir(exist_ok=True)
    again = chosen.rebuild or chosen.load
    articles = folder / "articles.jsonl"
    counted = folder / "count"
    if not counted.exists():
        count = write_articles(articles, chosen.articles, DATA, chosen.files)
        counted.write_text(str(count))
    count = int(counted.read_text())
    loading: dict[str, Any] = {}
    data = poisk_folder(folder)
    done = folder / f"{data.name}-built"
    if again or not done.exists():
        done.unlink(missing_ok=True)
        loading[POISK] = build_poisk(data, articles, count)
        print_loading(POISK, loading[POISK])
        done.touch()
    return loading


if __name__ == "__main__":
    main()
