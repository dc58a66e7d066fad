"""An engine of the comparison in a process of its own, as a service runs it.

In one process the engines would share a heap: what one leaves behind scatters the memory
of the next, and its garbage is collected while another is timed. Times are taken in the
engine's process, so that what is sent to and fro is in none of them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from bench.engines.peers import Asked, Peer

Questions = Mapping[str, Sequence[Asked]]
"""Questions by kind."""


class Answered(NamedTuple):
    """How long a question took, and how many articles it found."""

    milliseconds: float
    total: int


class Apart:
    """An engine whose methods are called through a pipe. Close it to end its process."""

    def __init__(self, kind: type[Peer], folder: Path) -> None:
        self.name = kind.name
        context = get_context("spawn")  # a fork would begin with this process's heap
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, kind, folder))
        self._process.start()

    def timed(self, method: str, *given: object) -> float:
        """The seconds of one of the engine's methods."""
        seconds: float = self._call(_timed, method, *given)
        return seconds

    def result(self, method: str, *given: object) -> Any:
        """What one of the engine's methods returns."""
        return self._call(_result, method, *given)

    def prepare(self, questions: Questions) -> None:
        """Makes the questions what the engine asks itself."""
        self._call(_prepare, questions)

    def ask(self, kind: str, numbers: Sequence[int], counting: bool) -> list[Answered]:
        """Asks prepared questions, one after another."""
        answered: list[Answered] = self._call(_ask, kind, numbers, counting)
        return answered

    def close(self) -> None:
        """Ends the process."""
        with suppress(BrokenPipeError):  # it has died, and an error was raised already
            self._pipe.send(None)
        self._process.join()

    def _call(self, function: Callable[..., Any], *given: object) -> Any:
        self._pipe.send((function, given))
        result: Any = self._pipe.recv()
        return result


class _Engine(NamedTuple):
    peer: Peer
    questions: dict[str, list[Any]]


def _serve(pipe: Connection, kind: type[Peer], folder: Path) -> None:
    engine = _Engine(kind(folder), {})
    while call := pipe.recv():
        function, given = call
        pipe.send(function(engine, *given))


def _timed(engine: _Engine, method: str, *given: object) -> float:
    started = time.perf_counter()
    getattr(engine.peer, method)(*given)
    return time.perf_counter() - started


def _result(engine: _Engine, method: str, *given: object) -> Any:
    return getattr(engine.peer, method)(*given)


def _prepare(engine: _Engine, questions: Questions) -> None:
    for kind, some in questions.items():
        engine.questions[kind] = [engine.peer.prepare(one) for one in some]


def _ask(engine: _Engine, kind: str, numbers: Sequence[int], counting: bool) -> list[Answered]:
    call = engine.peer.count if counting else engine.peer.search
    answered = []
    for number in numbers:
        question = engine.questions[kind][number]
        started = time.perf_counter()
        total = call(question)
        answered.append(Answered((time.perf_counter() - started) * 1_000, total))
    return answered
