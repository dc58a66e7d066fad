"""The folders of an index: one generation live, the next built beside it and swapped in.

ROOT/CURRENT      the name of the live generation's folder
ROOT/g000001/     a Whoosh index, and poisk.json: which versions wrote it
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex

from index.engines.whoosh.commit import INDEX_NAME, locked, sync
from index.engines.whoosh.layout import schema
from index.errors import IndexUnavailable
from index.schema import SCHEMA_VERSION

_META = "poisk.json"


@dataclass(frozen=True, slots=True)
class Versions:
    """What an index was written with."""

    schema: int
    analysis: str


class Generations:
    """The generations below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Path | None:
        """The live generation's folder; None before the first."""
        try:
            return self.root / (self.root / "CURRENT").read_text().strip()
        except FileNotFoundError:
            return None

    @contextmanager
    def next(self, analysis: str) -> Iterator[Path]:
        """An empty generation; removed at the end where it was not swapped in."""
        folder = self._create(analysis)
        try:
            yield folder
        finally:
            if self.current() != folder:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def rebuilding(self, analysis: str) -> Iterator[Path]:
        """As `next`, and nobody else rebuilds meanwhile. Raises IndexBusy.

        What rebuilds that were killed left is removed.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root, "REBUILD"):
            with self.locked():
                for other in self.root.glob("g[0-9]*"):
                    if other != self.current():
                        shutil.rmtree(other, ignore_errors=True)
            with self.next(analysis) as folder:
                yield folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else makes the first generation meanwhile. Raises IndexBusy."""
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root):
            yield

    def _create(self, analysis: str) -> Path:
        """An empty generation beside the live one."""
        taken = [int(path.name[1:]) for path in self.root.glob("g[0-9]*")]
        folder = self.root / f"g{max(taken, default=0) + 1:06}"
        folder.mkdir(parents=True)
        FileIndex.create(FileStorage(str(folder)), schema(), INDEX_NAME).close()
        meta = Versions(SCHEMA_VERSION, analysis)
        (folder / _META).write_text(json.dumps(asdict(meta)))
        for path in folder.iterdir():
            sync(path)
        sync(folder)
        return folder

    def swap(self, folder: Path) -> None:
        """Makes the folder the live generation; the one before is removed.

        Readers that still have an old generation's files open go on reading them.
        """
        old = self.current()
        temporary = self.root / "CURRENT.new"
        with temporary.open("w") as file:
            file.write(folder.name + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.root / "CURRENT")
        sync(self.root)
        if old:
            shutil.rmtree(old, ignore_errors=True)


class OneGeneration(Generations):
    """One generation alone, live or not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.parent)
        self._folder = folder

    def current(self) -> Path:
        return self._folder


def versions(folder: Path) -> Versions:
    """What wrote the generation. Raises IndexUnavailable where that cannot be read."""
    try:
        return Versions(**json.loads((folder / _META).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise IndexUnavailable(
            str(folder), "is no index that this version can read", "run `poisk rebuild`"
        ) from error


def check_versions(folder: Path) -> Versions:
    """As `versions`; raises IndexUnavailable where another schema wrote the generation."""
    found = versions(folder)
    if found.schema != SCHEMA_VERSION:
        raise IndexUnavailable(
            str(folder),
            f"has schema {found.schema}, this version reads {SCHEMA_VERSION}",
            "run `poisk rebuild`",
        )
    return found
