"""Files and folders that only the user who runs Poisk can read: articles, keys' hashes.

Each gets its rights when it is made, a file 600 and a folder 700: a umask belongs to the whole
process, and there would be a moment when others can read. What is there already keeps its rights:
an operator may have given a group access on purpose (`poisk check` says what everybody can read).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_FILE, _FOLDER = 0o600, 0o700


def make_folder(path: Path) -> None:
    """Makes the folder, and those above it that are missing, where it is not there yet."""
    if not path.parent.exists():
        make_folder(path.parent)
    path.mkdir(mode=_FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Makes the file, empty, where it is not there yet: for a library that opens it by its name.

    SQLite gives its -wal and -shm the rights of the database. A file that is there is not
    opened: to close it would end the locks that this process holds on it. Raises nothing:
    the library that opens the file says what is wrong.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))


def open_private(path: Path, mode: str) -> IO[Any]:
    """As `open`; a file that this makes is private."""
    return open(path, mode, opener=_opener)  # Path.open takes no opener


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE)
