"""Where `poisk load` spends its time: the CPU time of each process, and of each stage.

    python -m bench.loading --articles N [--file JSON_LINES] [--stages]

Loads the articles of the file, or those that bench/headlines.py makes, with `poisk load`. Prints
articles a second, from JSON Lines to searchable and on the disk; the CPU time of all processes,
in microseconds an article; how much of the time each process worked; the most memory of all
processes together. With `--stages` the stages run in this process, one after another, each over
all articles; the command also starts Python, merges segments and commits them. `read store` is what
the indexer and a rebuild do; a bulk load passes on what it has stored.

The last line is JSON: `articles_per_second`, `cpu_us`, `mib`, `busy` (the share of each process,
the first one's first) and `stages` (microseconds an article).
"""

import argparse
import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from bench.headlines import write_articles
from bench.memory import processes_of, resident
from bench.serving.prepared import DATA
from index.analysed import analyse_article
from index.analysis.sentences import sentences
from index.article import Article, check_article
from index.engines.whoosh.segment.record import record
from index.engines.whoosh.write.build import Batch
from index.ingest.intake import BATCH_ARTICLES
from index.sources.field_names import article_fields
from index.sources.json_article import json_object
from index.store.articles import ArticleStore
from tests.support.demo import parts_in
from tests.support.processes import environment

_EVERY = 0.1
"""Seconds between two looks at the processes."""
_TICKS = os.sysconf("SC_CLK_TCK")

Result = TypeVar("Result")


class Load(NamedTuple):
    """One run of `poisk load`: seconds, CPU seconds of all processes, MiB, shares of the time."""

    seconds: float
    cpu: float
    mib: float
    busy: list[float]


def load(folder: Path, path: Path) -> Load:
    """Runs `poisk load` to its end."""
    started = time.perf_counter()
    command = subprocess.Popen(
        [sys.executable, "-m", "search.cli.main", "load", str(path)],
        env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seen: dict[int, float] = {}
    most = 0.0
    while not (ended := os.wait4(command.pid, os.WNOHANG))[0]:
        seen |= {process: _cpu_of(process) for process in processes_of(command.pid)}
        most = max(most, sum(resident(command.pid)))
        time.sleep(_EVERY)
    seconds = time.perf_counter() - started
    _, status, used = ended
    command.returncode = os.waitstatus_to_exitcode(status)
    assert command.returncode == 0, "poisk load failed"
    busy = [round(cpu / seconds, 2) for cpu in seen.values()]
    return Load(seconds, used.ru_utime + used.ru_stime, most, busy)


def _cpu_of(process: int) -> float:
    with suppress(OSError):  # it has just ended
        values = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(values[11]) + int(values[12])) / _TICKS
    return 0.0


class Stages:
    """Runs the stages in this process; `seconds` has the CPU time of each."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, name: str, work: Callable[[], Result]) -> Result:
        """What `work` returns."""
        started = time.process_time()
        result = work()
        self.seconds[name] = time.process_time() - started
        return result

    def run(self, folder: Path, path: Path, count: int) -> Mapping[str, float]:
        """All stages, over the first articles of the file."""
        gc.disable()  # as in the processes that analyse
        with path.open("rb") as file:
            lines = self.time("read", lambda: list(islice(file, count)))
        values = self.time("parse JSON", lambda: [json_object(line) for line in lines])
        fields = self.time("map fields", lambda: [dict(article_fields(one)) for one in values])
        articles = self.time("check", lambda: [check_article(one) for one in fields])
        parts = parts_in(folder)
        parts.read_dictionaries()
        self.time("store", lambda: _put(parts.store, articles))
        articles = self.time("read store", lambda: list(_pending(parts.store)))
        self.time("to process", lambda: pickle.loads(pickle.dumps(articles)))
        texts = [text for one in articles for text in (one.title, one.lead, one.body)]
        self.time("new words", lambda: [parts.analyzer.read(text) for text in texts])
        self.time("words", lambda: [parts.analyzer.read(text) for text in texts])
        self.time("sentences", lambda: [sentences(text) for text in texts])
        analyse = parts.analyzer.read
        analysed = self.time("analyse", lambda: [analyse_article(one, analyse) for one in articles])
        self.time("record", lambda: [record(one) for one in analysed])
        batch = Batch()
        self.time("batch", lambda: deque(map(batch.add, analysed), maxlen=0))
        self.time("segment", lambda: batch.write(folder / "segment"))
        seconds = self.seconds
        seconds["new words"] -= seconds["words"]
        seconds["analyse"] -= seconds["words"] + seconds["sentences"]
        seconds["batch"] -= seconds["record"]
        return {name: spent / len(articles) * 1e6 for name, spent in seconds.items()}


def _put(store: ArticleStore, articles: list[Article]) -> None:
    for start in range(0, len(articles), BATCH_ARTICLES):
        store.put(articles[start : start + BATCH_ARTICLES])


def _pending(store: ArticleStore) -> Iterator[Article]:
    last = 0
    while pending := store.pending(last, BATCH_ARTICLES):
        yield from filter(None, pending.articles.values())
        last = pending.last


def measure(chosen: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Loads, and prints what it took."""
    path, count = folder / "articles.jsonl", chosen.articles
    if chosen.file:
        with chosen.file.open("rb") as lines, path.open("wb") as first:
            first.writelines(islice(lines, count))
    else:
        write_articles(path, count, DATA, ())
    loaded = load(folder / "data", path)
    rate, cpu = count / loaded.seconds, loaded.cpu / count * 1e6
    print(f"{count} articles: {rate:.0f} a second, {cpu:.0f} µs CPU each, {loaded.mib:.0f} MiB")
    print("processes busy: " + ", ".join(f"{share:.0%}" for share in loaded.busy))
    stages = Stages().run(folder / "stages", path, count) if chosen.stages else {}
    for name, spent in stages.items():
        print(f"{name:12}{spent:8.0f} µs an article")
    return {
        "articles_per_second": round(rate),
        "cpu_us": round(cpu),
        "mib": round(loaded.mib),
        "busy": loaded.busy,
        "stages": {name: round(spent, 1) for name, spent in stages.items()},
    }


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--file", type=Path, help="JSON Lines to load in place of made articles")
    parser.add_argument("--stages", action="store_true", help="also run each stage by itself")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poisk-loading-") as folder:
        print(json.dumps(measure(chosen, Path(folder))))


if __name__ == "__main__":
    main()
