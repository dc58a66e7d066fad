"""The demo articles in an index of their own: the first golden suite."""

from pathlib import Path

from index.article import Article
from index.sources.open import open_source
from search.cli.data import DEMO
from search.parts import Parts, join_parts
from search.settings import Settings


def demo_articles() -> list[Article]:
    """The articles that ship with the project."""
    with open_source(str(DEMO)) as reading:
        return [one for one in reading if isinstance(one, Article)]


def parts_in(folder: Path) -> Parts:
    """Parts whose index lies in the folder, whatever the environment says."""
    settings = Settings(
        data_dir=folder,
        engine="",
        store="",
        search_limit="",
        write_limit="",
        time_zone="UTC",
        _env_file=None,
    )
    return join_parts(settings)


def demo_in(folder: Path) -> Parts:
    """The demo articles, loaded."""
    parts = parts_in(folder)
    parts.loader.load(demo_articles())
    return parts
