"""The table of contents: which segments there are, who is deleted, how far the index has come.

Whoosh pickles it into a file of its own for every commit. Behind that stands a
checksum, which Whoosh does not read: one bit of a pickle may be another article's
deletion, or another change's number.
"""

import os
import re
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from index.errors import IndexUnavailable
from index.private import make_file

INDEX_NAME = "MAIN"
_NAME = re.compile(rf"_{INDEX_NAME}_([0-9]+)\.toc")
_CHECKSUM = 4


class CommitPoint(NamedTuple):
    """Names one commit: its folder, its number there, and which file its table of contents is."""

    folder: str
    number: int
    file: tuple[int, int]


class SafeStorage(FileStorage):  # type: ignore[misc]  # Whoosh has no types
    """A renamed file is checked and on the disk before its new name is, and both before it is over.

    Whoosh renames tables of contents only. What it makes here is private.
    """

    def create_file(self, name: str, **options: Any) -> Any:
        make_file(Path(self.folder) / name)
        return super().create_file(name, **options)

    def lock(self, name: str) -> Any:
        make_file(Path(self.folder) / name)
        return super().lock(name)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:  # noqa: ARG002
        folder = Path(self.folder)
        checksum = zlib.crc32((folder / oldname).read_bytes())
        with (folder / oldname).open("ab") as file:
            file.write(checksum.to_bytes(_CHECKSUM, "big"))
            file.flush()
            os.fsync(file.fileno())
        (folder / oldname).replace(folder / newname)
        sync(folder)


def newest(folder: Path) -> CommitPoint:
    """The newest commit point. Raises IndexUnavailable if there is none."""
    try:
        names = [path.name for path in folder.iterdir()]
        numbers = [int(match[1]) for name in names if (match := _NAME.fullmatch(name))]
        if not numbers:
            raise _broken(folder, "the folder has no commit point")
        file = path_of(folder, max(numbers)).stat()
    except FileNotFoundError as error:
        raise _broken(folder, "the folder is missing") from error
    return CommitPoint(folder.name, max(numbers), (file.st_ino, file.st_mtime_ns))


def read(folder: Path) -> TOC:
    """The newest commit point, checked. Raises IndexUnavailable if it is damaged.

    The same error is raised if a commit or a swap removes it at this moment: read again.
    """
    number = newest(folder).number
    path = path_of(folder, number)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _broken(path, "the file is missing") from error
    if zlib.crc32(data[:-_CHECKSUM]).to_bytes(_CHECKSUM, "big") != data[-_CHECKSUM:]:
        raise _broken(path, "the file is damaged")
    try:
        return TOC.read(FileStorage(str(folder)), INDEX_NAME, number)
    except Exception as error:  # a pickle raises whatever the classes that it names raise
        # not the error's own text, which may name a path: clients see this message
        raise _broken(path, f"the file cannot be read ({type(error).__name__})") from error


def path_of(folder: Path, number: int) -> Path:
    """The file of the commit point with this number."""
    return folder / f"_{INDEX_NAME}_{number}.toc"


def sync(path: Path) -> None:
    """Ensures that the file, or the folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _broken(path: Path, cause: str) -> IndexUnavailable:
    return IndexUnavailable(str(path), cause, "run `poisk rebuild`")
