"""The parts for a command. Imports stand in the functions, so that `poisk --help` is quick."""

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
"""The cure where there is no data."""


@contextmanager
def opened_parts(
    required: "DataKind | None" = None, cure: str = LOAD, report: bool = True
) -> "Iterator[Parts]":
    """The parts for this process's settings, closed at the end of the block.

    `required` is the data that must exist: without it SettingRefused is raised, with the cure.
    A command that may create a new data folder requires None. With `report`, the place of the
    data is printed on standard error; a command that needs no data prints none.
    """
    from search.parts import join_parts
    from search.settings import read_settings

    settings = read_settings()
    if report:
        report_location(settings, required, cure)
    parts = join_parts(settings)
    try:
        yield parts
    finally:
        parts.close()


def report_location(
    settings: "Settings", required: "DataKind | None" = None, cure: str = LOAD
) -> None:
    """Prints on standard error where the data lies, once a command, and whether it is new.

    Raises SettingRefused if required data is missing, or if the data folder is a file.
    """
    from search.data_location import DataLocation

    context = click.get_current_context().meta
    location = DataLocation(settings)
    is_new = False
    location.check()
    if required and not location.has(required):
        raise location.missing(required, cure)
    if not required and "poisk.place" not in context:
        is_new = not location.has("data")
    if "poisk.place" not in context:
        context["poisk.place"] = True
        new = " (new: it did not exist before)" if is_new else ""
        click.echo(f"{location}{new}", err=True)


def may_begin(settings: "Settings") -> bool:
    """Asks whether to create a store, if there is none and the command runs in a terminal."""
    from search.data_location import DataLocation

    location = DataLocation(settings)
    if location.has("store") or not sys.stdin or not sys.stdin.isatty():
        return False
    return click.confirm(f"There is no store in {location.store}. Create one?", err=True)
