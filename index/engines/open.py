"""The engine that a URL names, by its scheme, and the folder that the engine keeps its index in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from index.engines.base import Engine
from index.errors import SettingRefused


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the URLs of one scheme mean. Both functions raise SettingRefused for an invalid URL."""

    open: Callable[[str, str], Engine]
    """URL, name of the analysis → the engine."""
    folder: Callable[[str], Path | None]
    """URL → the folder of the index on this machine; None where it lies elsewhere."""


def open_engine(url: str, analysis: str) -> Engine:
    """The engine at this URL; `whoosh:///srv/poisk/index` (or `whoosh:relative/folder`): ours.

    `analysis` names the analysis of the articles it will be given. Raises SettingRefused.
    """
    return _scheme(url).open(url, analysis)


def engine_folder(url: str) -> Path | None:
    """The folder of the engine at this URL, or None. Opens nothing. Raises SettingRefused."""
    return _scheme(url).folder(url)


def _scheme(url: str) -> Scheme:
    if scheme := SCHEMES.get(urlsplit(url).scheme):
        return scheme
    raise _unknown(url)


def _whoosh_folder(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc or not parts.path:
        raise _unknown(url)
    return Path(unquote(parts.path))


def _open_whoosh(url: str, analysis: str) -> Engine:
    # here, so that who asks only for the folder need not wait for NumPy and Whoosh
    from index.engines.whoosh.engine import WhooshEngine  # noqa: PLC0415

    return WhooshEngine(_whoosh_folder(url), analysis)


def _unknown(url: str) -> SettingRefused:
    shown = re.sub(r"//.*@", "//", url)  # neither user nor password
    return SettingRefused("engine", f"unknown engine URL {shown!r}", "use whoosh:///path/to/folder")


SCHEMES = {"whoosh": Scheme(_open_whoosh, _whoosh_folder)}
"""The engines by the schemes of their URLs."""
