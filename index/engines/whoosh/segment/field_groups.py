"""Which fields are stored together, and as which columns.

The fields of a group share their terms and postings: a word that is sought in all texts of a
story is looked up once, and its postings are read once. A posting says for each column how often
the term stands there. The exact fields have columns only: each form stands in its field, too.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from index.query import In
from index.schema import DEFAULT_FIELDS, EXACT, EXACT_OF, OPENING, TEXT_FIELDS

STORY_GROUP: Final = "story"
_TOGETHER = (*DEFAULT_FIELDS, OPENING)

GROUPS: Final[dict[str, tuple[str, ...]]] = {STORY_GROUP: _TOGETHER} | {
    name: (name,) for name in TEXT_FIELDS if name not in _TOGETHER and name not in EXACT_OF
}
"""The fields of each group, in the order of their columns; a field on its own gives its name.

After the columns of F fields come F more: how often the term stands there as the form of a word,
as in the exact field; 0 where the field has none.
"""


class Column(NamedTuple):
    """A field's group, its number among the group's fields, and whether it is an exact field."""

    group: str
    number: int
    exact: bool = False

    @property
    def row(self) -> int:
        """The column's row in tables of frequencies."""
        return self.number + len(GROUPS[self.group]) if self.exact else self.number


COLUMNS: Final[dict[str, Column]] = {
    name: Column(group, number)
    for group, fields in GROUPS.items()
    for number, name in enumerate(fields)
}
COLUMNS.update({EXACT[name]: COLUMNS[name]._replace(exact=True) for name in EXACT})


class Rows(NamedTuple):
    """Fields of one group: their rows in tables of frequencies, and their indices in a query."""

    group: str
    rows: tuple[int, ...]
    indices: tuple[int, ...]

    @property
    def exact(self) -> bool:
        """Whether they are exact fields, where they are of one kind."""
        return self.rows[0] >= len(GROUPS[self.group])

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of their fields in the group."""
        fields = len(GROUPS[self.group])
        return tuple([row % fields for row in self.rows])


@lru_cache(maxsize=1_000)
def by_group(fields: tuple[In, ...]) -> tuple[Rows, ...]:
    """The fields by their groups; those that there are not are left out."""
    return _by(fields, lambda column: (column.group,))


@lru_cache(maxsize=1_000)
def by_kind(fields: tuple[In, ...]) -> tuple[Rows, ...]:
    """The same, exact fields apart from others."""
    return _by(fields, lambda column: (column.group, column.exact))


def _by(fields: tuple[In, ...], key: Callable[[Column], tuple[object, ...]]) -> tuple[Rows, ...]:
    by_key: dict[tuple[object, ...], list[tuple[Column, int]]] = {}
    for index, in_field in enumerate(fields):
        if column := COLUMNS.get(in_field.field):
            by_key.setdefault(key(column), []).append((column, index))
    return tuple(
        Rows(
            some[0][0].group,
            tuple([column.row for column, _ in some]),
            tuple([index for _, index in some]),
        )
        for some in by_key.values()
    )
