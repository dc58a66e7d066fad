"""How fresh: seconds from an article sent to the article found, while readers search.

    python -m bench.freshness --articles N [--searches PER_SECOND] [--sent N]

Loads N articles (bench/corpus.py), serves them, and sends new ones over HTTP while so
many searches a second run; each is searched for until it is found. Prints p50 and p95 of
both, and one line of JSON.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from bench.corpus import Corpus
from bench.engines.peers import day
from bench.speed import DATA
from tests.support.processes import environment, free_port, poisk

_THREADS = 8
_EVERY = 0.25
"""Seconds between two articles."""


class Client:
    """One connection that is kept."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The answer."""
        sent = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, sent, self._headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        assert response.status < 300, answer
        return answer


def readers(
    port: int, key: str, words: list[str], rate: float, over: threading.Event
) -> tuple[list[threading.Thread], list[float]]:
    """Threads that search so often a second together, and the seconds of each search."""
    seconds: list[float] = []

    def read(number: int) -> None:
        client, chosen = Client(port, key), random.Random(number)
        due = time.perf_counter() + number / rate
        while not over.is_set():
            time.sleep(max(0.0, due - time.perf_counter()))
            query = quote(" ".join(chosen.sample(words, chosen.choice((1, 1, 2, 3)))))
            started = time.perf_counter()
            client.ask("GET", f"/v1/search?q={query}")
            seconds.append(time.perf_counter() - started)
            due = max(due + _THREADS / rate, time.perf_counter() - 1)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(_THREADS)]
    for thread in threads:
        thread.start()
    return threads, seconds


def fresh(client: Client, count: int, seconds: list[float]) -> list[float]:
    """Seconds until each of so many new articles is found; those of its searches to the others'."""
    times = []
    for number in range(count):
        word = f"новинка{number}"
        started = time.perf_counter()
        client.ask("PUT", f"/v1/articles/new-{number}", {"title": f"Статья {word}"})
        while not _found(client, word, seconds):
            time.sleep(0.01)
        times.append(time.perf_counter() - started)
        time.sleep(_EVERY)
    return times


def _found(client: Client, word: str, seconds: list[float]) -> bool:
    started = time.perf_counter()
    total = client.ask("GET", f"/v1/search?q={quote(word)}&facets=")["total"]
    seconds.append(time.perf_counter() - started)
    return bool(total)


def written(path: Path, count: int) -> list[str]:
    """Writes the corpus as JSON Lines; some of its words."""
    words: set[str] = set()
    with path.open("w", encoding="utf-8") as file:
        for made in Corpus(DATA, seed=5).articles(count):
            one = {
                "id": str(made.number), "title": made.text[:60], "body": made.text,
                "subjects": made.subjects, "language": made.language, "date": day(made).isoformat(),
            }  # fmt: skip
            file.write(json.dumps(one, ensure_ascii=False) + "\n")
            if made.number % 100 == 0:
                words.update(made.tokens[:5])
    return sorted(words)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    """The median and the 95th percentile, in milliseconds."""
    ordered = sorted(seconds)
    return {"p50": median(ordered) * 1e3, "p95": ordered[int(len(ordered) * 0.95)] * 1e3}


def main() -> None:
    """Loads, serves, sends, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--searches", type=float, default=200)
    parser.add_argument("--sent", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        words = written(folder / "articles.jsonl", options.articles)
        loaded = poisk_load(folder)
        key = poisk(folder, "keys", "create", "--create", "--scope", "write").stdout.strip()
        port = free_port()
        settings = {"port": port, "search_limit": "", "write_limit": ""}
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "search.cli.main", "serve"],
                env=environment(folder, **settings), stdout=log, stderr=log,
            )  # fmt: skip
        over = threading.Event()
        try:
            client = _connected(port, key)
            threads, seconds = readers(port, key, words, options.searches, over)
            time.sleep(3)
            seconds.clear()
            started = time.perf_counter()
            times = fresh(client, options.sent, seconds)
            rate = len(seconds) / (time.perf_counter() - started)
        finally:
            over.set()
            process.terminate()
            process.wait(timeout=60)
        for thread in threads:
            thread.join()
    figures = {
        "articles": options.articles,
        "loaded_per_second": loaded,
        "searches_per_second": rate,
        "search_ms": _percentiles(seconds),
        "fresh_ms": _percentiles(times),
    }
    print(f"{options.articles:,} articles, {rate:.0f} searches a second meanwhile")
    for what in ("fresh_ms", "search_ms"):
        percentiles = _percentiles(times if what == "fresh_ms" else seconds)
        print(
            f"{what:12}" + "".join(f"{name:>6} {value:8.1f}" for name, value in percentiles.items())
        )
    print(json.dumps(figures))


def poisk_load(folder: Path) -> float:
    """Articles a second of `poisk load`."""
    path = folder / "articles.jsonl"
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "search.cli.main", "load", str(path)],
        env={**os.environ, **environment(folder)}, check=True, capture_output=True,
    )  # fmt: skip
    with path.open("rb") as lines:
        return sum(1 for _ in lines) / (time.perf_counter() - started)


def _connected(port: int, key: str) -> Client:
    for _ in range(300):
        try:
            client = Client(port, key)
            client.ask("GET", "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return client
    raise SystemExit("Poisk does not come up")


if __name__ == "__main__":
    main()
