"""Clients in a closed loop: wrk where it is installed, else processes of Python.

wrk adds to its latencies those that it thinks a client that never waits had seen
("coordinated omission"). Here a client waits for its answer before it asks again, so
what wrk added is taken away again: what is left is the time of each answer.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_SCRIPT = Path(__file__).with_name("wrk.lua")
_TIMEOUT = 30


class Question(NamedTuple):
    """A request: its path, and its JSON body if it has one, which is sent with POST."""

    path: str
    body: str = ""


class Load(NamedTuple):
    """What clients saw: answers, seconds, bytes of all answers, failures, milliseconds sorted.

    `repeats`: questions that were asked twice, since there were too few.
    """

    answers: int
    seconds: float
    size: int
    errors: int
    repeats: int
    milliseconds: Sequence[float]

    def percentile(self, share: float) -> float:
        """Milliseconds within which so large a share of the answers came."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self) * share))]

    def __len__(self) -> int:
        return len(self.milliseconds)


def load(address: str, questions: Sequence[Question], clients: int, seconds: int) -> Load:
    """So many clients ask for so long, each question once."""
    ask = _wrk if shutil.which("wrk") else _python
    return ask(address, questions, clients, seconds)


def warn_without_wrk() -> None:
    """Says on stderr that the clients will be processes of Python, if they will be."""
    if not shutil.which("wrk"):
        print(
            "wrk is not installed (Debian: apt install wrk): the clients are processes of Python, "
            "which take much more of the machine from the servers",
            file=sys.stderr,
        )


def _wrk(address: str, questions: Sequence[Question], clients: int, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "questions")
        lines = (f"{one.path}\t{one.body}" if one.body else one.path for one in questions)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={_TIMEOUT}s"]
        done = subprocess.run(
            [*command, "-s", str(_SCRIPT), address, "--", str(path)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    seen = json.loads(done.stdout.splitlines()[-1])
    counts = _measured(seen, clients)
    return Load(
        answers=seen["answers"],
        seconds=seen["microseconds"] / 1e6,
        size=seen["bytes"],
        errors=seen["errors"],
        repeats=seen["repeats"],
        milliseconds=[us / 1e3 for us, count in sorted(counts.items()) for _ in range(count)],
    )


def _measured(seen: dict[str, Any], clients: int) -> dict[int, int]:
    """How often each latency was measured, without those that wrk added.

    For a latency that is at least twice the mean `every`, wrk adds the latency less `every`,
    less 2 · `every` and so on, as long as more than `every` is left.
    """
    counts = {us: count for us, count in seen["latency"] if count}
    rounds = seen["answers"] // clients
    if not rounds or sum(counts.values()) == seen["answers"]:
        return counts
    every = seen["microseconds"] // rounds
    for us in sorted(counts, reverse=True):
        if us < 2 * every:
            break
        for added in range(us - every, every, -every):
            counts[added] -= counts[us]
    assert sum(counts.values()) == seen["answers"], "another wrk, which adds others"
    return counts


def _python(address: str, questions: Sequence[Question], clients: int, seconds: int) -> Load:
    started = time.perf_counter()
    with Pool(clients) as pool:
        parts = [(address, questions[number::clients], seconds) for number in range(clients)]
        seen = pool.starmap(_client, parts)
    return Load(
        answers=sum(len(one.milliseconds) for one in seen),
        seconds=min(float(seconds), time.perf_counter() - started),
        size=sum(one.size for one in seen),
        errors=sum(one.errors for one in seen),
        repeats=0,
        milliseconds=sorted(one for some in seen for one in some.milliseconds),
    )


def _client(address: str, questions: Sequence[Question], seconds: int) -> Load:
    """One client; an answer after the end does not count, as with wrk."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=_TIMEOUT)
    milliseconds: list[float] = []
    size = errors = 0
    end = time.perf_counter() + seconds
    for one in questions:
        started = time.perf_counter()
        try:
            status, length = _ask(connection, one)
        except (OSError, HTTPException):
            connection.close()  # the next question opens it again
            status, length = 0, 0
        ended = time.perf_counter()
        if ended > end:
            break
        if status != 200:
            errors += 1
        if status:
            size += length
            milliseconds.append((ended - started) * 1e3)
    connection.close()
    return Load(len(milliseconds), seconds, size, errors, 0, milliseconds)


def _ask(connection: HTTPConnection, one: Question) -> tuple[int, int]:
    """The answer's status, and the bytes of its body."""
    method, body = ("POST", one.body.encode()) if one.body else ("GET", None)
    connection.request(method, one.path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, len(answer.read())
