"""The folders of an index: one generation live, the next built beside it and swapped in.

ROOT/CURRENT      the name of the live generation's folder, and a line feed
ROOT/g000001/     a Whoosh index, and poisk.json: which versions wrote it, and a checksum
"""

import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from whoosh.index import FileIndex

from index.engines.whoosh.segment.commit_point import INDEX_NAME, SafeStorage, sync
from index.engines.whoosh.whoosh_schema import schema
from index.engines.whoosh.write.commit import locked
from index.errors import IndexUnavailable
from index.private import make_folder, open_private
from index.schema import SCHEMA_VERSION

_META = "poisk.json"
_NAME = re.compile("g([0-9]{6,})")


@dataclass(frozen=True, slots=True)
class Versions:
    """What an index was written with."""

    schema: int
    analysis: str


class Stamp(NamedTuple):
    """Which file or folder it is, and when it last changed, in nanoseconds."""

    file: int
    changed: int


_MISSING = Stamp(0, 0)


def stamp_of(path: str | Path) -> Stamp:
    """The stamp of a file or folder now; one that nothing else has where it is missing."""
    try:
        found = os.stat(path)  # noqa: PTH116  # each search asks: a Path costs as much again
    except FileNotFoundError:
        return _MISSING
    return Stamp(found.st_ino, found.st_mtime_ns)


class Generations:
    """The generations below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._current = root / "CURRENT"
        self._current_path = str(self._current)

    def stamp(self) -> Stamp:
        """Another one after each swap."""
        return stamp_of(self._current_path)

    def current(self) -> Path | None:
        """The live generation's folder; None before the first.

        Raises IndexUnavailable if CURRENT names no folder.
        """
        before = None
        while (name := self._named()) is not None:
            if name and (folder := self.root / name).is_dir():
                return folder
            if name == before:
                raise IndexUnavailable(
                    str(self._current),
                    "the file does not name an index folder",
                    "run `poisk rebuild`",
                )
            before = name  # a swap may have removed the folder between two looks
        return None

    def existing(self) -> Path:
        """As `current`, but raises IndexUnavailable before the first, too."""
        if (folder := self.current()) is None:
            raise IndexUnavailable("", "there is no index yet", "load articles with `poisk load`")
        return folder

    def intact(self) -> Path | None:
        """As `current`, but None if CURRENT names no folder: a rebuild replaces such an index."""
        name = self._named()
        return self.root / name if name and (self.root / name).is_dir() else None

    def _named(self) -> str | None:
        """The name in CURRENT; None if there is no such file, "" if it names no generation."""
        try:
            text = self._current.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None
        name = text.removesuffix("\n")  # a flipped line feed is damage too
        return name if name != text and _NAME.fullmatch(name) else ""

    def _folders(self) -> Iterator[Path]:
        return (path for path in self.root.glob("g*") if _NAME.fullmatch(path.name))

    @contextmanager
    def next(self, analysis: str) -> Iterator[Path]:
        """An empty generation; removed at the end if it was not swapped in."""
        folder = self._create(analysis)
        try:
            yield folder
        finally:
            if self.intact() != folder:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def rebuilding(self, analysis: str) -> Iterator[Path]:
        """As `next`, and nobody else rebuilds meanwhile. Raises IndexBusy.

        Removes the folders that killed rebuilds left.
        """
        make_folder(self.root)
        with locked(self.root, "REBUILD"):
            with self.locked():
                current = self.intact()
                for folder in self._folders():
                    if folder != current:
                        shutil.rmtree(folder, ignore_errors=True)
            with self.next(analysis) as new:
                yield new

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else makes the first generation meanwhile. Raises IndexBusy."""
        make_folder(self.root)
        with locked(self.root):
            yield

    def _create(self, analysis: str) -> Path:
        """An empty generation beside the live one."""
        names = [self._named() or "", *(path.name for path in self._folders())]
        numbers = [int(name[1:]) for name in names if name]
        folder = self.root / f"g{max(numbers, default=0) + 1:06}"
        make_folder(folder)
        FileIndex.create(SafeStorage(str(folder)), schema(), INDEX_NAME).close()
        write_versions(folder, Versions(SCHEMA_VERSION, analysis))
        for path in folder.iterdir():
            sync(path)
        sync(folder)
        return folder

    def swap(self, folder: Path) -> None:
        """Makes the folder the live generation; the one before is removed.

        Readers that still have an old generation's files open go on reading them.
        """
        old = self.intact()
        temporary = self.root / "CURRENT.new"
        with open_private(temporary, "w") as file:
            file.write(folder.name + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._current)
        sync(self.root)
        if old and old != folder:
            shutil.rmtree(old, ignore_errors=True)


class OneGeneration(Generations):
    """One generation alone, live or not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.parent)
        self._folder = folder

    def stamp(self) -> Stamp:
        return _MISSING  # one generation is never swapped

    def current(self) -> Path:
        return self._folder

    def intact(self) -> Path:
        return self._folder


def versions(folder: Path) -> Versions:
    """The versions that wrote the generation. Raises IndexUnavailable if they cannot be read."""
    try:
        meta = json.loads((folder / _META).read_text())
        checksum = meta.pop("checksum")
        read = Versions(**meta)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise IndexUnavailable(
            str(folder / _META),
            "this version of Poisk cannot read the index",
            "run `poisk rebuild`",
        ) from error
    if checksum != _checksum(read):
        raise IndexUnavailable(str(folder / _META), "the file is damaged", "run `poisk rebuild`")
    return read


def write_versions(folder: Path, current: Versions) -> None:
    """Notes the versions that write the generation."""
    meta = asdict(current) | {"checksum": _checksum(current)}
    with open_private(folder / _META, "w") as file:
        file.write(json.dumps(meta))


def _checksum(noted: Versions) -> int:
    return zlib.crc32(json.dumps(asdict(noted)).encode())


def check_versions(folder: Path) -> Versions:
    """As `versions`; raises IndexUnavailable where another schema wrote the generation."""
    read = versions(folder)
    if read.schema != SCHEMA_VERSION:
        raise IndexUnavailable(
            str(folder),
            f"the index has schema {read.schema}, but this version of Poisk reads schema "
            f"{SCHEMA_VERSION}",
            "run `poisk rebuild`",
        )
    return read
