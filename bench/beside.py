"""How long heavy questions take over HTTP, and how long other readers wait beside them.

One worker answers, as is worst for the others: whoever asks a heavy question shares its process
with everyone else. Each kind is asked alone: the median of its answers, and the CPU time of the
server for each, which other programs disturb less. Then it is asked again and again while another
client asks small questions, a word each: the median and the maximum, and the other client's p95,
first and last without a heavy question beside.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from bench.memory import cpu_seconds
from tests.support.processes import GUNICORN, served

_PAUSE = 0.01
"""Seconds between an answer and the next question of the other client."""
_NO_CACHE = {"cached_answer_bytes": 0}
"""Each question is asked again and again."""
_ALONE = 10
"""Times that each kind is asked alone."""
_COLUMNS = ("alone", "cpu", "beside", "max", "other_p95")
_ROW = "{:30}" + "{:>10}" * len(_COLUMNS)
_LEAST = 3
"""Answers of each kind, however long they take."""


class Kind(NamedTuple):
    """A kind of question: its name, its path, and its body where it has one."""

    name: str
    path: str
    body: object = None


class Asked(NamedTuple):
    """What came of a kind: milliseconds of its answers, of the other client's, failures."""

    own: list[float]
    others: list[float]
    failed: int


class Alone(NamedTuple):
    """Milliseconds of a kind that is asked alone: the median, and the server's CPU time."""

    wall: float = 0.0
    cpu: float = 0.0


def search(name: str, q: str, **rest: object) -> Kind:
    """A search; what has several values is a list."""
    return Kind(name, f"/v1/search?{urlencode({'q': q, **rest}, doseq=True)}")


def options(about: str) -> argparse.ArgumentParser:
    """The options of every benchmark of heavy questions."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of each kind")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds whose name has this text")
    return parser


def report(
    folder: Path, kinds: Iterable[Kind], words: Sequence[str], chosen: argparse.Namespace
) -> None:
    """Serves the folder, asks, prints. Ends the process, with status 1 if an answer failed."""
    figures: dict[str, dict[str, float]] = {}
    failed = 0
    settings = {"workers": chosen.workers, "threads": 4, "search_limit": "", **_NO_CACHE}
    with served(folder, GUNICORN, **settings) as (address, process):
        port = urlsplit(address).port or 0
        _measured(port, None, 1.0, words)  # warms up
        print(_ROW.format("ms", *_COLUMNS), flush=True)
        asked_kinds = [kind for kind in kinds if chosen.only in kind.name]
        for kind in (None, *asked_kinds, None):
            alone = _alone(port, kind, process.pid) if kind else Alone()
            asked = _measured(port, kind, chosen.seconds, words)
            failed += asked.failed
            name = kind.name if kind else "(the other alone)"
            figures[name] = _figures(alone, asked)
            row = _ROW.format(name, *figures[name].values())
            print(row + (f"  {asked.failed} failed" if asked.failed else ""), flush=True)
    print(json.dumps({"failed": failed, "kinds": figures}, ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _figures(alone: Alone, asked: Asked) -> dict[str, float]:
    others = sorted(asked.others)
    own = asked.own or [0.0]
    values = (*alone, median(own), max(own), others[int(len(others) * 0.95)])
    return {name: round(value, 1) for name, value in zip(_COLUMNS, values, strict=True)}


def _alone(port: int, kind: Kind, pid: int) -> Alone:
    """Asks the kind a few times, when it was asked once before."""
    _ask(port, kind)
    before = cpu_seconds(pid)
    walls = [_ask(port, kind)[1] for _ in range(_ALONE)]
    return Alone(median(walls), (cpu_seconds(pid) - before) * 1_000 / _ALONE)


def _ask(port: int, kind: Kind) -> tuple[bool, float]:
    """Whether it was answered, and the milliseconds until the whole answer was there."""
    started = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        sent = None if kind.body is None else json.dumps(kind.body).encode()
        connection.request("GET" if sent is None else "POST", kind.path, sent)
        response = connection.getresponse()
        response.read()
        return response.status == 200, (time.perf_counter() - started) * 1_000
    finally:
        connection.close()


def _measured(port: int, kind: Kind | None, seconds: float, words: Sequence[str]) -> Asked:
    """Asks the kind for so long, while another client searches for these words."""
    others: list[float] = []
    failed = 0
    over = threading.Event()

    def ask_small() -> None:
        nonlocal failed
        chosen = random.Random(3)
        while not over.is_set():
            well, took = _ask(port, Kind("", f"/v1/search?q={quote(chosen.choice(words))}"))
            others.append(took)
            failed += not well
            time.sleep(_PAUSE)

    client = threading.Thread(target=ask_small)
    client.start()
    own: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or (kind and len(own) < _LEAST):
        if kind is None:
            time.sleep(_PAUSE)
            continue
        well, took = _ask(port, kind)
        own.append(took)
        failed += not well
    over.set()
    client.join()
    return Asked(own, others, failed)
