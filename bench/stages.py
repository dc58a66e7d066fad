"""Where a search spends its time: the CPU time of each stage, also by the number of words.

    python -m bench.stages --articles N --questions N

Asks Poisk's WSGI app in this process, one request after another, the questions of bench.serve:
one to four words of a headline. Each answer has ten hits with a marked title and snippets of 240
characters, up to 100 subjects with counts, and the exact total. No question is asked twice, so no
answer comes from a cache. The articles and the index are those of bench.serve, kept in the folder
`--data`.

The stopwatch of index/stages.py measures CPU time here, which other programs disturb less than
the time that passes; that one is printed for whole requests. `http` is what the stages leave of a
request: Flask, keys, limits, headers. The last line is JSON: `request_ms`, `wall_ms` and
`stages`, in milliseconds; `share` is the stage's part of the whole.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import NamedTuple
from unittest.mock import patch

from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from bench.headlines import questions
from bench.serve import Asking, poisk_question
from bench.serving.prepared import build, locked, prepare
from search.parts import Parts
from search.server.garbage import collect_rarely
from search.web.app import create_app
from tests.support.demo import parts_in

_HTTP = "http"
_FACETS_AND_SNIPPETS = Asking(facets=True, snippets=True)
_WARM_UP = 100
"""Questions that are asked first and not counted."""


class Request(NamedTuple):
    """One request: its number of words, its milliseconds, and the CPU time of each stage."""

    words: int
    wall: float
    cpu: float
    stages: Mapping[str, float]


class Figures(NamedTuple):
    """Milliseconds over all requests, and the mean by the number of words."""

    mean: float
    p50: float
    p95: float
    by_words: Mapping[int, float]


def ask(app: Flask, parts: Parts, texts: Sequence[str]) -> Iterator[Request]:
    """Asks each text once."""
    for text in texts:
        environ = create_environ(poisk_question(text, _FACETS_AND_SNIPPETS).path)
        before = parts.stages.totals()
        wall, cpu = time.perf_counter(), time.thread_time()
        _, status, _ = run_wsgi_app(app, environ, buffered=True)
        cpu, wall = (time.thread_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3
        assert status == "200 OK", status
        stages = {
            stage: (seconds - before.get(stage, (0.0, 0))[0]) * 1e3
            for stage, (seconds, _) in parts.stages.totals().items()
        }
        stages[_HTTP] = cpu - sum(stages.values())
        yield Request(len(text.split()), wall, cpu, stages)


def measure(folder: Path, texts: Sequence[str]) -> list[Request]:
    """Asks all texts, the first ones to warm up."""
    parts = parts_in(folder)
    app = create_app(parts.settings, parts)
    parts.read_dictionaries()
    collect_rarely()  # as in the processes that serve
    with patch("index.stages.perf_counter", time.thread_time):
        requests = [*ask(app, parts, texts)][_WARM_UP:]
    parts.close()
    return requests


def figures(requests: Sequence[Request], times: Sequence[float]) -> Figures:
    """The figures of these times, one of each request."""
    ranks = quantiles(times, n=20, method="inclusive")
    by_words: dict[int, list[float]] = {}
    for request, milliseconds in zip(requests, times, strict=True):
        by_words.setdefault(request.words, []).append(milliseconds)
    means = {words: round(fmean(some), 4) for words, some in sorted(by_words.items())}
    mean, p50, p95 = (round(value, 4) for value in (fmean(times), ranks[9], ranks[18]))
    return Figures(mean, p50, p95, means)


def by_stage(requests: Sequence[Request]) -> dict[str, Figures]:
    """The figures of each stage, in the order of a request."""
    measured = [stage for stage in requests[0].stages if stage not in {"validate", "json", _HTTP}]
    return {
        stage: figures(requests, [request.stages[stage] for request in requests])
        for stage in ("validate", *measured, "json", _HTTP)
    }


def table(stages: Mapping[str, Figures], whole: Figures, wall: Figures) -> None:
    """Prints a row for each stage, and for whole requests."""
    names = ["mean", "p50", "p95", "share", *(f"{words} w." for words in whole.by_words)]
    print(f"{'CPU ms':14}" + "".join(f"{name:>9}" for name in names))
    for name, one in {**stages, "request": whole, "request, wall": wall}.items():
        share = f"{one.mean / whole.mean:9.1%}" if one is not wall else " " * 9
        row = "".join(f"{value:9.3f}" for value in one.by_words.values())
        print(f"{name:14}{one.mean:9.3f}{one.p50:9.3f}{one.p95:9.3f}{share}{row}")


def main() -> None:
    """Builds what is missing, asks, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--file", type=Path, action="append", default=[], dest="files")
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir(), "poisk-serve"))
    chosen = parser.parse_args()
    with locked(chosen.data):
        prepared = prepare(chosen.data, chosen.articles, chosen.files)
        build(prepared)
        texts = questions(prepared.titles(), chosen.questions + _WARM_UP)
        requests = measure(prepared.poisk, texts)
    stages = by_stage(requests)
    whole = figures(requests, [request.cpu for request in requests])
    wall = figures(requests, [request.wall for request in requests])
    print(f"{prepared.count:,} articles, {len(requests):,} questions")
    table(stages, whole, wall)
    told = {
        "articles": prepared.count,
        "questions": len(requests),
        "request_ms": whole._asdict(),
        "wall_ms": wall._asdict(),
        "stages": {
            stage: {**one._asdict(), "share": round(one.mean / whole.mean, 4)}
            for stage, one in stages.items()
        },
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
