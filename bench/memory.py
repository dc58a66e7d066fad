"""How much memory and CPU a command and the processes that it starts take."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple, Self

_EVERY = 1.0
"""Seconds between two looks. The system walks all pages at each, and the process waits."""


class Memory(NamedTuple):
    """MiB of all processes, what several share counted once: their own, and mapped files'."""

    own: float
    mapped: float


def peak(command: subprocess.Popen[bytes]) -> Memory:
    """Waits for the command; what it took where own and mapped memory together were most."""
    most = Memory(0, 0)
    while command.poll() is None:
        most = max(most, resident(command.pid), key=sum)
        with suppress(subprocess.TimeoutExpired):
            command.wait(_EVERY)
    return most


class Watch:
    """Looks at a process, and at those that it started, as long as its block runs.

    `most`: what they took where own and mapped memory together were most.
    """

    def __init__(self, process: int) -> None:
        self.most = Memory(0, 0)
        self._process = process
        self._ended = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.most = max(self.most, resident(self._process), key=sum)
            if self._ended.wait(_EVERY):
                return


def resident(process: int) -> Memory:
    """What a process and those that it started take now."""
    own = mapped = 0
    for one in processes_of(process):
        with suppress(OSError):  # it has just ended
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                name, _, size = line.partition(":")
                if name == "Pss_Anon":
                    own += int(size.split()[0])
                elif name in {"Pss_File", "Pss_Shmem"}:
                    mapped += int(size.split()[0])
    return Memory(own / 1024, mapped / 1024)


def cpu_seconds(process: int) -> float:
    """CPU time, user and system, of a process and of those that it started and that still run."""
    ticks = 0
    for one in processes_of(process):
        with suppress(OSError):  # it has just ended
            values = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(values[11]) + int(values[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def machine_seconds() -> tuple[float, float, float]:
    """CPU time of all cores since the start: in all, not idle, and of this process.

    This process's is with that of the commands that it has run to their end.
    """
    ticks = [*map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])]
    idle = ticks[3] + ticks[4]
    in_all, busy = (one / os.sysconf("SC_CLK_TCK") for one in (sum(ticks), sum(ticks) - idle))
    own = os.times()
    return in_all, busy, own.user + own.system + own.children_user + own.children_system


def processes_of(process: int) -> Iterator[int]:
    """The process, and those that it started and that still run."""
    yield process
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in thread.read_text().split():
                yield from processes_of(int(child))
