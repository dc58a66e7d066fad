"""What slow clients cost the others: searches while hundreds send or read slowly.

    python -m bench.slow_clients [--clients N] [--seconds S] [--without-peer]

Serves the demo articles twice, with Poisk's worker and with gunicorn's own threaded one, and
lets N clients of each sort (tests/support/slow.py) connect to the one and then to the other. An
ordinary client meanwhile asks searches and /healthz in turn, on a new connection each, with
five seconds' patience. Prints its p50, p95 and longest wait in ms for both, and how many were
not answered; then what the worker costs where nobody is slow: requests a second of eight
clients, the two in turn, median of five. The last line is JSON.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from urllib.parse import quote

from index.store.keys import Scope
from tests.support.demo import demo_in
from tests.support.processes import served
from tests.support.slow import slow_clients, sorts

_PATIENCE = 5.0
_PATHS = (f"/v1/search?q={quote('школа')}", "/healthz")
_WORKERS = {"poisk": "search.server.worker.Worker", "gthread": "gthread"}


@dataclass(frozen=True)
class Waits:
    """Milliseconds that an ordinary client waited, and how often in vain."""

    waited: Sequence[float]
    lost: int

    def at(self, share: float) -> float:
        """The quantile; nothing where every request was lost."""
        ordered = sorted(self.waited)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)

    def row(self) -> dict[str, float]:
        """p50, p95, the longest, the lost."""
        return {"p50": self.at(0.5), "p95": self.at(0.95), "max": self.at(1), "lost": self.lost}


def ask(port: int, path: str) -> float | None:
    """Milliseconds until the answer; None where none came."""
    started = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return (time.perf_counter() - started) * 1000 if response.status == 200 else None


def waits(port: int, seconds: float) -> Waits:
    """An ordinary client's, for so long and twenty requests at least, or until four are lost."""
    waited: list[float] = []
    lost = 0
    until = time.monotonic() + seconds
    while lost < 4 and (time.monotonic() < until or len(waited) < 20):
        answered = ask(port, _PATHS[len(waited) % len(_PATHS)])
        lost += answered is None
        waited.append(_PATIENCE * 1000 if answered is None else answered)
    return Waits(waited, lost)


def rate(port: int, seconds: float = 3.0) -> float:
    """Requests a second of eight ordinary clients."""
    until = time.monotonic() + seconds
    counts = [0] * 8

    def run(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < until:
            connection.request("GET", _PATHS[1])
            connection.getresponse().read()
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each sort")
    parser.add_argument("--without-peer", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Runs all sorts."""
    options = _options()
    names = ["poisk"] if options.without_peer else list(_WORKERS)
    with ExitStack() as opened:
        ports, keys = {}, {}
        for name in names:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="poisk-slow-")))
            parts = demo_in(folder)
            keys[name] = parts.keys.create(Scope.WRITE)[1]
            parts.close()
            command = ("-m", "gunicorn", "-k", _WORKERS[name], "wsgi:app")
            address, _ = opened.enter_context(
                served(folder, command, workers=2, search_limit="", write_limit="")
            )
            ports[name] = int(address.rpartition(":")[2])
        figures: dict[str, object] = {"clients": options.clients}
        print(f"{'':28}" + "".join(f"{name:>10} p50     p95     max lost" for name in names))
        for sort in ("nobody", *sorts("")):
            figures[sort] = row = {}
            line = f"{sort:28}"
            for name in names:
                beside: AbstractContextManager[object] = nullcontext()
                if sort != "nobody":
                    slow = sorts(keys[name])[sort]
                    beside = slow_clients("127.0.0.1", ports[name], slow, options.clients)
                with beside:
                    found = waits(ports[name], options.seconds)
                row[name] = found.row()
                line += "{p50:14.1f}{p95:8.1f}{max:8.1f}{lost:5}".format(**found.row())
            print(line, flush=True)
        rates: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(5):
            for name in names:
                rates[name].append(rate(ports[name]))
        figures["requests a second"] = {name: round(median(rates[name])) for name in names}
        print("/healthz, eight clients, requests a second:", figures["requests a second"])
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
