"""The parts for a command, closed at its end. Imports stand inside: `poisk --help` is quick."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from search.data_location import DataKind
    from search.parts import Parts
    from search.settings import Settings

LOAD = "load articles with `poisk load FILE`"
"""What helps where there is no data."""


@contextmanager
def opened_parts(
    finds: "DataKind | None" = None, cure: str = LOAD, tells: bool = True
) -> "Iterator[Parts]":
    """The parts for this process's settings; says on standard error where their data lies.

    `finds` is what must be there already, or SettingRefused is raised with the cure; None for a
    command that may begin a new data folder. A command that needs no data does not tell.
    """
    from search.parts import join_parts
    from search.settings import read_settings

    settings = read_settings()
    if tells:
        report_location(settings, finds, cure)
    parts = join_parts(settings)
    try:
        yield parts
    finally:
        parts.close()


def report_location(
    settings: "Settings", finds: "DataKind | None" = None, cure: str = LOAD
) -> None:
    """Says where the data lies, once a command, and that it is new where it is.

    Raises SettingRefused where what must be there is not, or a file stands there.
    """
    from search.data_location import DataLocation

    context = click.get_current_context().meta
    location = DataLocation(settings)
    is_new = False
    location.check()
    if finds and not location.has(finds):
        raise location.missing(finds, cure)
    if not finds and "poisk.place" not in context:
        is_new = not location.has("data")
    if "poisk.place" not in context:
        context["poisk.place"] = True
        new = " (new: it did not exist before)" if is_new else ""
        click.echo(f"{location}{new}", err=True)


def may_begin(settings: "Settings") -> bool:
    """Asks whether a new store shall be made, where there is none and somebody can answer."""
    from search.data_location import DataLocation

    location = DataLocation(settings)
    if location.has("store") or not sys.stdin or not sys.stdin.isatty():
        return False
    return click.confirm(f"There is no store in {location.store}. Create one?", err=True)
