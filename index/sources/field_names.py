"""The names that others give to an article's fields: `headline` is a title, `pubDate` a date."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from index.article import MAX_ID, clean
from index.moments import of_unix
from index.schema import FIELDS

NAMES: Final[Mapping[str, str]] = {
    **{field.name.replace("_", ""): field.name for field in FIELDS},
    **{name: field.name for field in FIELDS for name in field.other_names.split()},
}
"""Common names of others' fields, in small letters alone, and the article's."""


def article_fields(
    values: Mapping[str, Any], mapping: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Any]]:
    """An article's fields among others'; fields that mean nothing here are left out.

    `mapping` names the article's field for others' ("" leaves one out) and goes before
    the common names; a field's own name goes before a common one; of two common names
    the first in the line counts. What is empty does not count.
    """
    found: dict[str, Any] = {}
    for given, value in values.items():
        mapped = (mapping or {}).get(given)
        name = mapped if mapped is not None else field_of(given)
        rank = 0 if mapped is not None else 1 if given == name else 2
        if name and value not in (None, "", []) and rank < found.get(name, (3, None))[0]:
            found[name] = (rank, value)
        if mapped == "id" and value and field_of(given) == "url":
            found.setdefault("url", (2, value))  # --map id=link: it stays the address, too
    for name, (_, value) in found.items():
        yield name, _as_ours(name, value)


def field_of(name: str) -> str:
    """The article's field of this name, its own or a common one; "" where there is none."""
    return NAMES.get(_letters(name), "")


@lru_cache(maxsize=1_024)
def _letters(name: str) -> str:
    """pubDate, pub_date and pub-date are pubdate; @timestamp is timestamp, _id is id."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _as_ours(field: str, value: Any) -> Any:
    """The value as an article has it: en-GB is en, 1700000000 the moment so many seconds on."""
    if field == "language" and isinstance(value, str):
        return value.strip().lower().replace("_", "-").partition("-")[0]
    if field in {"published_at", "updated_at"} and type(value) in {int, float}:
        with suppress(OverflowError, ValueError):  # it stays a number, which is no date
            return of_unix(value)
    return value


def id_of_rejected(fields: Mapping[str, Any]) -> str:
    """The id of what is rejected, as far as it has one: it may be as wrong as the rest."""
    value = fields.get("id", "")
    return clean(str(value)[:MAX_ID]) if isinstance(value, str | int) else ""
