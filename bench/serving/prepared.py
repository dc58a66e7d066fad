"""The articles of bench.serve, bench.stages and bench.growth, and Poisk's index of them.

Both are kept in a folder for the next run: one folder for each number of articles, and for each
choice of files that they come from.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.headlines import read_articles, write_articles
from bench.memory import peak
from index.schema import SCHEMA_VERSION
from tests.support.processes import environment

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A folder with so many articles as JSON Lines, in `articles`."""

    folder: Path
    articles: Path
    count: int

    @property
    def poisk(self) -> Path:
        """Poisk's data folder: one for each version of its schema."""
        return self.folder / f"poisk-{SCHEMA_VERSION}"

    def titles(self) -> list[str]:
        """The headlines of all articles."""
        return [one["title"] for one in read_articles(self.articles)]


def prepare(
    data: Path, count: int, files: Sequence[Path] = (), write_again: bool = False
) -> Prepared:
    """Writes the articles, made or those of the files, unless they are there."""
    folder = data / _name(count, files)
    folder.mkdir(exist_ok=True)
    articles, counted = folder / "articles.jsonl", folder / "count"
    if write_again:
        counted.unlink(missing_ok=True)
    if not counted.exists():
        counted.write_text(str(write_articles(articles, count, DATA, files)))
    return Prepared(folder, articles, int(counted.read_text()))


def build(prepared: Prepared, again: bool = False) -> dict[str, float]:
    """Loads the articles into Poisk unless they are; how fast, or {} if they were there."""
    done = prepared.folder / f"{prepared.poisk.name}-built"
    if again:
        done.unlink(missing_ok=True)
    if done.exists():
        return {}
    loading = _load(prepared)
    print_loading("poisk", loading)
    done.touch()
    return loading


def print_loading(name: str, one: Mapping[str, float]) -> None:
    """How fast one was loaded."""
    print(
        f"{name}: {one['rate']:.0f} articles/s, at most {one['peak_mib']:.0f} MiB, "
        f"{one['disk_mib']:.0f} MiB on disk"
    )


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """One run at a time uses the folder."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that uses {data}", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name(count: int, files: Sequence[Path]) -> str:
    """The folder's name; of files it says which ones, and how they were last changed."""
    if not files:
        return str(count)
    states = [(str(path.resolve()), path.stat().st_mtime_ns) for path in files]
    return f"{count}-{hashlib.sha256(repr(states).encode()).hexdigest()[:8]}"


def _load(prepared: Prepared) -> dict[str, float]:
    """Runs `poisk load`; articles a second, memory and disk in MiB."""
    shutil.rmtree(prepared.poisk, ignore_errors=True)
    prepared.poisk.mkdir()
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "search.cli.main", "load", str(prepared.articles)],
        env=environment(prepared.poisk), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as command:  # fmt: skip
        try:
            most = peak(command)
        except BaseException:
            command.terminate()
            raise
    seconds = time.perf_counter() - started
    if command.returncode:
        raise SystemExit(f"poisk load {prepared.articles} failed, or rejected an article")
    files = sum(path.stat().st_size for path in prepared.poisk.rglob("*") if path.is_file())
    return {"rate": prepared.count / seconds, "peak_mib": sum(most), "disk_mib": files / 2**20}
