"""Settings, all from the environment (POISK_…) or a .env file; none is read at import."""

import logging
import warnings
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingRefused
from index.sources.markup import HtmlMode

_log = logging.getLogger("poisk.settings")


class Settings(BaseSettings):
    """The settings of Poisk. The variable of each is POISK_ and its name in upper case."""

    model_config = SettingsConfigDict(env_prefix="POISK_", env_file=".env", extra="ignore")

    engine: str = Field(
        "",
        description="URL of the search engine; if empty, the built-in one in `data_dir`.",
        examples=["whoosh:///srv/poisk/index"],
    )
    database: str = Field(
        "",
        description="URL of the store's database; if empty, SQLite in `data_dir`.",
        examples=["postgresql+psycopg://poisk@db.example.ru/poisk"],
    )
    archive: str = Field("", description="Old name of `POISK_DATABASE`, read in this release only.")
    data_dir: Path = Field(
        Path("data"), description="Folder of the built-in index and the SQLite store."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(2, ge=1, le=64, description="Number of web worker processes.")
    threads: int = Field(4, ge=1, le=64, description="Threads per web worker.")
    site_name: str = Field("Poisk", description="Name at the top of the pages.")
    language: Literal["ru", "en"] = Field(
        "ru", description="Language of the pages if the reader's browser asks for neither."
    )
    time_zone: str = Field(
        "",
        description="Time zone of days and of dates without a zone; if empty, the machine's.",
        examples=["Europe/Moscow"],
    )
    cached_forms: int = Field(
        200_000, ge=1_000, description="Analysed word forms that each worker keeps in memory."
    )
    snippets_ms: int = Field(
        100,
        ge=1,
        description="Milliseconds of work (CPU time) that the snippets of an answer may take; the "
        "hits that are left then show the opening of the article.",
    )
    cached_answer_bytes: int = Field(
        8 * 1024 * 1024,
        ge=0,
        description="Answers that each worker keeps for searches that come again, in bytes of "
        "JSON; 0: none.",
    )
    max_request_bytes: int = Field(
        4 * 1024 * 1024, ge=1_024, description="Largest request body, in bytes."
    )

    max_load_bytes: int = Field(
        4 * 1024 * 1024 * 1024,
        ge=1_024,
        description="Largest body of `POST /v1/articles`, in bytes, decompressed.",
    )
    min_free_bytes: int = Field(
        256 * 1024 * 1024,
        ge=0,
        description="Poisk refuses new articles when less disk space is free; searching continues.",
    )
    search_key_required: bool = Field(
        False, description="Whether API searches need a key; the pages never do."
    )
    proxies: int = Field(0, ge=0, le=10, description="Number of reverse proxies in front of Poisk.")
    metrics_open: bool = Field(
        False, description="Whether other machines may read /metrics without a key."
    )
    search_limit: str = Field(
        "6000 per minute",
        description="API searches per key or address; empty: no limit.",
    )
    write_limit: str = Field(
        "1200 per minute",
        description="Writing requests per key; empty: no limit.",
    )

    html: HtmlMode = Field(
        "auto",
        description="Which texts are HTML: auto (those that look like HTML), always or never.",
    )
    key: str = Field("", repr=False, description="The key that `poisk load --to` sends.")

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError(
                    "not an IANA time zone such as Europe/Moscow, Asia/Almaty or UTC"
                ) from error
        return value

    @field_validator("search_limit", "write_limit")
    @classmethod
    def _is_limit(cls, value: str) -> str:
        """A limit that nobody understands would be none."""
        if value:
            from limits import parse_many  # noqa: PLC0415  # a tenth of a second of each command

            try:
                parse_many(value)
            except ValueError as error:
                raise ValueError("not a limit such as 6000 per minute") from error
        return value

    @model_validator(mode="after")
    def _database_by_its_old_name(self) -> Self:
        if self.archive and not self.database:
            self.database = self.archive
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone: as set, else this machine's, else UTC."""
        return ZoneInfo(self.time_zone or _machine_zone())

    @property
    def database_url(self) -> str:
        """The store's URL, the default filled in."""
        return self.database or f"sqlite:///{(self.data_dir / 'archive.sqlite').absolute()}"

    @property
    def engine_url(self) -> str:
        """The engine's URL, the default filled in."""
        return self.engine or f"whoosh:{(self.data_dir / 'index').absolute()}"


def _machine_zone() -> str:
    """The IANA name of the zone that this machine is set to; UTC where it has none."""
    import tzlocal  # noqa: PLC0415  # some hundredths of a second of each command

    try:
        with warnings.catch_warnings(action="ignore"):
            name: str = tzlocal.get_localzone_name() or "UTC"
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # TZ=MSK-3, or a machine set to two zones
        return "UTC"
    return name


def read_settings() -> Settings:
    """The settings of this process. Raises SettingRefused with the variable and the cure."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "POISK_" + "_".join(map(str, first["loc"])).upper()
        raise SettingRefused(
            name, first["msg"].removeprefix("Value error, "), "correct it or remove it"
        ) from error
    if settings.archive:
        _log.warning("POISK_ARCHIVE is now POISK_DATABASE: rename it, the next release ignores it")
    return settings
