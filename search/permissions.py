"""Which of Poisk's files everybody on this machine can read, and closing them.

Files are made private (index/private.py), but those of an older Poisk, or of somebody's chmod,
may not be. A group's rights are left alone: an operator gives them on purpose.
"""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from index.engines.open import engine_folder
from search.plurals import counted
from search.settings import Settings

_log = logging.getLogger("poisk.permissions")
_OTHERS = stat.S_IROTH | stat.S_IWOTH


def exposed_files(settings: Settings) -> tuple[Path, ...]:
    """Poisk's files that users outside its group can read or write, sorted."""
    return tuple(sorted({path for one in _own(settings) for path in _open_to_all(one)}))


def exposure_warning(files: tuple[Path, ...]) -> str:
    """What is wrong with such files, and the cure."""
    more = f" and {counted(len(files) - 1, 'more file')}" if len(files) > 1 else ""
    return (
        f"every user of this machine can read {files[0]}{more}; "
        "run `poisk check --repair` to make them private"
    )


def make_private(files: tuple[Path, ...]) -> None:
    """Takes these files' permissions from everybody outside their group. Raises OSError."""
    for path in files:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~stat.S_IRWXO)


def _own(settings: Settings) -> Iterator[Path]:
    """The counts of requests, the database with what lies beside it, and the index."""
    yield from settings.data_dir.absolute().glob("limits.bin")
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        database = Path(url.database).absolute()
        yield from database.parent.glob(f"{database.name}*")
    if folder := engine_folder(settings.engine_url):
        yield folder.absolute()


def _open_to_all(path: Path) -> Iterator[Path]:
    """The files here and below that others can get at: a closed folder closes what is in it."""
    if any(not _may_enter(folder) for folder in path.parents):
        return
    for folder, folders, names in os.walk(path):
        if not _may_enter(Path(folder)):
            folders.clear()
            continue
        yield from (file for name in names if _may_read(file := Path(folder, name)))
    if path.is_file() and _may_read(path):
        yield path


def _may_enter(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def _may_read(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & _OTHERS)
    except FileNotFoundError:  # a commit has removed it
        return False


def warn_exposed(settings: Settings) -> None:
    """One line in the log where everybody can read what Poisk keeps."""
    if files := exposed_files(settings):
        _log.warning("%s", exposure_warning(files))
