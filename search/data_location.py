"""Where this process's data lies, and whether anything lies there yet."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from index.engines.open import engine_folder
from index.errors import PoiskError, SettingRefused
from search.settings import Settings

DataKind = Literal["store", "index", "data"]
"""What a command needs to find; `data` is either of the two."""


@dataclass(frozen=True, slots=True)
class DataLocation:
    """The store and the index that the settings name."""

    settings: Settings

    def __str__(self) -> str:
        """In words: one folder, or where the settings name them apart, both."""
        if not self.settings.database and not self.settings.engine:
            return f"data folder: {self.settings.data_dir.absolute()}"
        return f"store: {self.store}; index: {self.index}"

    @property
    def store(self) -> str:
        """The store in words, without a password."""
        from index.store.connect import without_password  # noqa: PLC0415  # a fifth of a second

        if self.settings.database:
            return without_password(self.settings.database)
        return str(self.settings.data_dir.absolute())

    def check(self) -> None:
        """Raises SettingRefused for an unknown engine, or a file in the place of a folder."""
        own: dict[str, Path] = {}
        if self.settings.engine and (index := self._folder()):
            own["POISK_ENGINE"] = index
        if not (self.settings.engine and self.settings.database):
            own["POISK_DATA_DIR"] = self.settings.data_dir.absolute()
        for setting, folder in own.items():
            there = next(one for one in (folder, *folder.parents) if os.path.exists(one))  # noqa: PTH110  # Path raises where it may not look
            if not os.path.isdir(there):  # noqa: PTH112
                cause = f"{there} is a file, not a folder"
                raise SettingRefused(setting, cause, f"set {setting} to a folder")

    def has(self, kind: DataKind) -> bool:
        """Whether it is there. Makes nothing. Raises StoreUnavailable where nobody can tell.

        An index elsewhere counts as there: its engine reports if it is not.
        """
        folder = self._folder()
        if kind == "index":
            return folder is None or folder.exists()
        if kind == "data" and folder and folder.exists():
            return True
        from index.store.connect import store_exists  # noqa: PLC0415

        return store_exists(self.settings.database_url)

    def missing(self, kind: DataKind, cure: str) -> PoiskError:
        """What to tell where it is not there; `cure` is what else helps."""
        if kind == "index":
            field, name = "engine", "index"
            where = self.index if self.settings.engine else str(self.settings.data_dir.absolute())
        else:
            field, name = "database", "store" if kind == "store" else "data"
            where = self.store
        own = f"POISK_{field.upper()}" if getattr(self.settings, field) else "POISK_DATA_DIR"
        return SettingRefused(own, f"there is no {name} in {where}", f"correct {own}, or {cure}")

    @property
    def index(self) -> str:
        """The index in words: its folder, or a URL without user and password."""
        if folder := self._folder():
            return str(folder)
        url = urlsplit(self.settings.engine_url)
        return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()

    def _folder(self) -> Path | None:
        """The folder of the index, None where the engine keeps it elsewhere."""
        return engine_folder(self.settings.engine_url)
