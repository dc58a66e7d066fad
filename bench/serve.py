"""Whole requests over HTTP: Poisk, as it is served, beside a real OpenSearch node.

    python -m bench.serve --articles N [--poisk-only] [--no-facets] [--no-snippets] [--load]

Both get the same N articles (made of real sentences by bench/corpus.py, or those of `--file`)
and the same questions of one to four words of a headline; no question is asked twice of
a server, so no answer comes from a cache. Each answer has ten hits with a marked title and one
snippet of 240 characters, up to 100 subjects with counts (not with `--no-facets`), and the exact
total. 1, 8 and 32 clients ask in a closed loop, wrk if it is installed; the servers take turns,
in an order drawn for each round, and the medians of `--rounds` are printed. `others` is the share
of the machine's CPU time that other programs took: only on a quiet machine do times say much.

Poisk is `gunicorn wsgi:app` with its own configuration, but without a limit of requests. Its API
always makes snippets: with `--no-snippets` OpenSearch highlights nothing, and Poisk makes its
shortest ones, of 40 characters. bench/serving/opensearch.py says what OpenSearch is asked. It is
skipped where Java or Maven are not installed.

What is built is kept in a folder, `--data`, for the next run. `--load` loads the articles again
and prints how fast each was loaded; `--rebuild` also writes the articles again. The last line is
JSON: `throughput_ratio` and `p95_ratio` by number of clients, Poisk's to OpenSearch's with
offsets in its postings, `cpu_ms` a request of Poisk at 8 clients, `totals` (whether both find as
many articles, see bench/serving/totals.py), `memory_mib` (the most while they were asked), and
all figures.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.headlines import questions
from bench.memory import Watch, cpu_seconds, machine_seconds
from bench.serving.load_generator import Load, Question, load, warn_without_wrk
from bench.serving.opensearch import INDEXES, load_indexes, mappings, question, total
from bench.serving.opensearch_node import install, missing, node
from bench.serving.prepared import Prepared, build, locked, prepare, print_loading
from bench.serving.totals import Agreement, Totals, agreement, print_agreement
from tests.support.processes import GUNICORN, served

CLIENTS = (1, 8, 32)
POISK = "poisk"
BEST = "opensearch offsets"
_COMPARED = 300
"""Questions whose totals are compared."""
_MOST_PER_SECOND = 1_200
"""More questions than this many a second are not prepared for one client; for several, double."""

_WARMING_SECONDS, _WARMING_LOADS = 5, 40
"""After so many seconds of warming up the answers are counted; so many times at most."""
_DISTURBED = 0.1
"""A share of the CPU time of other programs from which times of requests say little."""


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
    others: float
    """The share of the machine's CPU time that other programs took."""


def poisk_question(text: str, asking: Asking) -> Question:
    """The search as Poisk is asked it."""
    values = {
        "q": text,
        "facets": "subject" if asking.facets else "",
        "snippet_length": 240 if asking.snippets else 40,
    }
    return Question(f"/v1/search?{urlencode(values)}")


@contextmanager
def poisk(prepared: Prepared, asking: Asking) -> Iterator[Server]:
    """Poisk, served as its documentation says."""
    with served(prepared.poisk, GUNICORN, search_limit="", write_limit="") as (address, process):
        held = poisk_total(address, "")
        assert held == prepared.count, f"Poisk has {held} articles of {prepared.count}"
        yield Server(POISK, address, process.pid, lambda text: poisk_question(text, asking))


def poisk_total(address: str, text: str) -> int:
    """How many articles of Poisk match the text; all match an empty one."""
    with urlopen(address + poisk_question(text, Asking(False, False)).path) as answer:
        found: int = json.load(answer)["total"]
    return found


def once(server: Server, texts: Sequence[str], clients: int, seconds: int) -> Figures:
    """The figures of one run of the clients."""
    asked = server.asked(texts)
    before, machine = cpu_seconds(server.pid), machine_seconds()
    seen: Load = load(server.address, asked, clients, seconds)
    cpu = cpu_seconds(server.pid) - before
    passed, busy, own = (now - then for now, then in zip(machine_seconds(), machine, strict=True))
    if not seen.answers:
        raise SystemExit(f"{server.name} answered nothing in {seconds} s")
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
        others=max(0.0, busy - own - cpu) / passed,
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


def totals(address: str, port: int, text: str) -> Totals:
    """How many articles match the text, in Poisk and in OpenSearch."""
    return poisk_total(address, text), total(port, question("offsets", text, False, False))


Measured = dict[tuple[str, int], list[Figures]]
"""The figures of each round by server and number of clients."""


def warm(server: Server, texts: Sequence[str]) -> None:
    """Asks the server all these texts, or as many as it answers in a few minutes.

    A JVM compiles what has run often enough: what counts is the number of answers.
    """
    asked = 0
    for _ in range(_WARMING_LOADS):
        if asked >= len(texts):
            break
        asked += load(server.address, server.asked(texts[asked:]), 8, _WARMING_SECONDS).answers


def measure(
    servers: Sequence[Server], titles: Sequence[str], rounds: int, seconds: int, warm_up: int
) -> Measured:
    """Every server with every number of clients in turn; the same questions in the same round."""
    many = {clients: seconds * _MOST_PER_SECOND * min(clients, 2) for clients in CLIENTS}
    texts = questions(titles, sum(many.values()) * rounds + warm_up)
    share = min(1.0, len(texts) / (sum(many.values()) * rounds + warm_up))
    if share < 1:
        print(f"only {len(texts):,} different questions in these headlines", file=sys.stderr)
    at = int(warm_up * share)
    for server in servers:
        warm(server, texts[:at])
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
    for name in ("req/s", "p50 ms", "p95", "p99", "CPU ms", "bytes", "errors", "others"):
        print(f"{name:>9}", end="")
    print()
    for clients in CLIENTS:
        for name in names:
            one = figures[name, clients]
            print(
                f"{clients:<8}{name:22}{one.rate:9.0f}{one.p50:9.1f}{one.p95:9.1f}{one.p99:9.1f}"
                f"{one.cpu_ms:9.2f}{one.size:9.0f}{one.errors:9.0f}{one.others:9.0%}"
            )
    if max(one.others for one in figures.values()) > _DISTURBED:
        print("other programs took much of the machine: trust neither times nor their ratios")


def summary(figures: Mapping[tuple[str, int], Figures]) -> dict[str, Any]:
    """What the last line says of the requests."""
    names = {name for name, _ in figures}
    told: dict[str, Any] = {
        "cpu_ms": figures[POISK, 8].cpu_ms,
        "servers": {
            name: {str(clients): figures[name, clients]._asdict() for clients in CLIENTS}
            for name in sorted(names)
        },
    }
    if BEST in names:
        told["opensearch_cpu_ms"] = figures[BEST, 8].cpu_ms
        for key, field in (("throughput_ratio", "rate"), ("p95_ratio", "p95")):
            told[key] = {
                str(one): getattr(figures[POISK, one], field) / getattr(figures[BEST, one], field)
                for one in CLIENTS
            }
    return told


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
    parser.add_argument("--warm-up-answers", type=int, default=5_000, help="of each server")
    return parser.parse_args()


def main() -> None:
    """Builds what is missing, serves, asks, prints."""
    chosen = options()
    warn_without_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended
    asking = Asking(not chosen.no_facets, not chosen.no_snippets)
    loading: dict[str, Any] = {}
    with locked(chosen.data), ExitStack() as running:
        prepared = prepare(chosen.data, chosen.articles, chosen.files, chosen.rebuild)
        if loaded := build(prepared, chosen.rebuild or chosen.load):
            loading[POISK] = loaded
        titles = prepared.titles()
        servers = [running.enter_context(poisk(prepared, asking))]
        if is_compared(chosen):
            port, pid = running.enter_context(started_node(chosen, prepared, loading))
            servers += opensearch(asking, port, pid)
        print(f"{prepared.count:,} articles; {asking}")
        # the two indexes of OpenSearch are in one process
        watches = {server.pid: running.enter_context(Watch(server.pid)) for server in servers}
        measured = measure(servers, titles, chosen.rounds, chosen.seconds, chosen.warm_up_answers)
        memory = {server.name: sum(watches[server.pid].most) for server in servers}
        agreed: Agreement | None = None
        if len(servers) > 1:
            both = partial(totals, servers[0].address, port)
            agreed = agreement(questions(titles, _COMPARED), both)
    figures = medians(measured)
    table(figures, [server.name for server in servers])
    if agreed:
        print_agreement(agreed)
    print("\nmost memory while asked, MiB: ", end="")
    print(", ".join(f"{name} {most:.0f}" for name, most in memory.items()))
    told = {"articles": prepared.count, **asking._asdict(), **summary(figures), "loading": loading}
    print(json.dumps(told | {"memory_mib": memory, "totals": agreed._asdict() if agreed else None}))


def is_compared(chosen: argparse.Namespace) -> bool:
    """Whether OpenSearch is to be measured, and can be."""
    if chosen.poisk_only:
        return False
    if program := missing():
        print(f"OpenSearch is left out: {program} is not installed", file=sys.stderr)
    return not program


@contextmanager
def started_node(
    chosen: argparse.Namespace, prepared: Prepared, loading: dict[str, Any]
) -> Iterator[tuple[int, int]]:
    """A node with both indexes, loaded where that is to be done: its port and its process."""
    home, data = chosen.data / "opensearch", prepared.folder / "opensearch"
    done = prepared.folder / "opensearch-built"
    made = json.dumps([*map(mappings, INDEXES)])
    install(home)
    if chosen.rebuild or chosen.load or not done.exists() or done.read_text() != made:
        done.unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)
    with node(home, data, chosen.heap) as (port, pid):
        if not done.exists():
            for index, one in load_indexes(port, pid, prepared.articles, prepared.count).items():
                loading[f"opensearch {index}"] = one
                print_loading(f"opensearch {index}", one)
            done.write_text(made)
        yield port, pid


if __name__ == "__main__":
    main()
