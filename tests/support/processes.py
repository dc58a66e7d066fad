"""Real processes for tests: the command, and a served Poisk."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
ZONE = "UTC"
"""Of the commands and servers that tests start, whatever the machine's is."""


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """This process's environment with the index in the folder, and these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POISK_")}
    ours = {f"POISK_{name.upper()}": str(value) for name, value in settings.items()}
    return {
        **kept,
        "POISK_DATA_DIR": str(folder),
        "POISK_TIME_ZONE": ZONE,
        "PYTHONPATH": str(ROOT),
        **ours,
    }


def poisk(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the command to its end; what it says of the data folder is left out."""
    done = subprocess.run(
        [sys.executable, "-m", "search.cli.main", *arguments],
        env=environment(folder), input=given, capture_output=True, text=True, timeout=120,
        check=False, encoding="utf-8",
    )  # fmt: skip
    lines = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(line for line in lines if not line.startswith("data folder: "))
    return done


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


SERVE = ("-m", "search.cli.main", "serve")
GUNICORN = ("-m", "gunicorn", "wsgi:app")
"""The two ways to serve Poisk."""


@contextmanager
def served(
    folder: Path,
    command: tuple[str, ...] = SERVE,
    cwd: Path = ROOT,
    **settings: object,
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A served Poisk: its address and its first process, ended when the block ends."""
    port = free_port()
    log = folder / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=environment(folder, port=port, **settings),
            cwd=cwd, stdout=output, stderr=output, text=True,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/healthz", process, log)
        yield address, process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[str], log: Path) -> None:
    for _ in range(300):
        try:
            with urlopen(address, timeout=5):
                return
        except URLError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def children(pid: int) -> Mapping[int, str]:
    """The processes that a process started, by id."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(one): Path(f"/proc/{one}/cmdline").read_text() for one in tasks}
