"""The engine that a URL names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from index.engines.base import Engine
from index.engines.whoosh.engine import WhooshEngine
from index.errors import SettingRefused


def open_engine(url: str, analysis: str) -> Engine:
    """`whoosh:///srv/poisk/index` (or `whoosh:relative/folder`): the embedded engine.

    `analysis` names the analysis of the articles it will be given.
    """
    parts = urlsplit(url)
    if parts.scheme == "whoosh" and parts.path and not parts.netloc:
        return WhooshEngine(Path(unquote(parts.path)), analysis)
    raise SettingRefused("engine", f"unknown engine URL {url!r}", "use whoosh:///path/to/folder")
