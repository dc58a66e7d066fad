"""What must hold of the registry of fields; it is checked once, when it is imported.

An invalid entry would fail much later: when an article is indexed, counted or shown.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import Final, NamedTuple

from index.article_field import ArticleField, Indexed
from index.errors import FieldInvalid


class _Rule(NamedTuple):
    """What must not be said of a field, and what to do if it is."""

    broken: Callable[[ArticleField], object]
    cause: str
    cure: str


_LABELLED = (Indexed.TEXT, Indexed.KEYWORD)
_SMALL = re.compile("[a-z][a-z0-9_]*")


def _is_hit_label(field: ArticleField) -> bool:
    return field.indexed is Indexed.TEXT and bool(field.facet)


_RULES: Final = (
    _Rule(
        lambda field: not _SMALL.fullmatch(field.name) or iskeyword(field.name),
        "the name is no attribute in small letters",
        "use small Latin letters, digits and _",
    ),
    _Rule(
        lambda field: (field.indexed is Indexed.ID) != (field.name == "id"),
        "the key of articles is the field id alone",
        "give Indexed.ID to id and to no other field",
    ),
    _Rule(
        lambda field: (field.indexed is Indexed.DATE) != (field.name == "published_at"),
        "the index holds one date, that of published_at",
        "give Indexed.DATE to published_at and to no other field",
    ),
    _Rule(
        lambda field: field.many and field.indexed in {Indexed.ID, Indexed.DATE},
        "an article has one id and one date",
        "remove many",
    ),
    _Rule(
        lambda field: field.story and (field.indexed is not Indexed.TEXT or field.many),
        "snippets are made of text fields that have one value",
        "remove story, or use Indexed.TEXT without many",
    ),
    _Rule(
        lambda field: field.by_default and field.indexed is not Indexed.TEXT,
        "words are searched for in text fields only",
        "remove by_default, or use Indexed.TEXT",
    ),
    _Rule(
        lambda field: field.query_names and field.indexed in {Indexed.ID, Indexed.NOTHING},
        "a query field needs something in the index that it searches",
        "remove query_names, or use Indexed.TEXT or Indexed.KEYWORD",
    ),
    _Rule(
        lambda field: any(
            not name.isidentifier() or name != name.lower() for name in field.query_names
        ),
        "a query field is not one word in small letters",
        "write it in small letters, without spaces and signs",
    ),
    _Rule(
        lambda field: field.facet and field.indexed not in _LABELLED,
        "only labels are counted",
        "remove facet, or use Indexed.TEXT or Indexed.KEYWORD",
    ),
    _Rule(
        lambda field: field.indexed is Indexed.KEYWORD and not field.facet,
        "a keyword is in the index as a label of its facet, and there is no facet",
        "add facet, or use Indexed.NOTHING",
    ),
    _Rule(
        lambda field: bool(field.facet) != bool(field.parameter),
        "a facet and a filter need each other: pages link a facet's values to the filter",
        "add both facet and parameter, or remove both",
    ),
    _Rule(
        lambda field: any(
            name and not _SMALL.fullmatch(name) for name in (field.facet, field.parameter)
        ),
        "the facet or the parameter is no name in small letters",
        "use small Latin letters, digits and _",
    ),
    _Rule(
        lambda field: field.parameter and not field.filter_help,
        "nothing says what the filter does",
        "add filter_help",
    ),
    _Rule(
        lambda field: field.facet and not (field.label and all(field.label)),
        "pages cannot name the facet",
        "add label, in Russian and English",
    ),
    _Rule(
        lambda field: _is_hit_label(field) and not field.description,
        "hits have the field, and the API cannot say what it is",
        "add description",
    ),
    _Rule(
        lambda field: field.choices and field.indexed is not Indexed.KEYWORD,
        "only a keyword has a list of choices",
        "remove choices, or use Indexed.KEYWORD",
    ),
    _Rule(
        lambda field: any(choice != choice.lower() for choice in field.choices),
        "a choice has capital letters, and query text is compared in small ones",
        "write the choices in small letters",
    ),
    _Rule(
        lambda field: field.byline and not _is_hit_label(field),
        "hits do not have the value that their byline would show",
        "remove byline, or use Indexed.TEXT with a facet",
    ),
    _Rule(
        lambda field: field.byline < 0,
        "places in the byline are counted from 1",
        "use a place from 1",
    ),
    _Rule(
        lambda field: field.sorts and field.indexed not in {Indexed.ID, Indexed.DATE},
        "hits are sorted by the id and the date only",
        "remove sorts",
    ),
    _Rule(
        lambda field: any(
            not name.isalnum() or name != name.lower() for name in field.other_names.split()
        ),
        "names in other exports are compared in small letters, without signs",
        "write other_names in small letters, without _ and -",
    ),
)
"""What would fail later, of one field alone."""


def check_fields(fields: Sequence[ArticleField], reserved: Collection[str] = ()) -> None:
    """Raises FieldInvalid with the name of a field that would fail later, and the cure.

    `reserved` are the fields of an index that are no fields of an article.
    """
    for field in fields:
        for rule in _RULES:
            if rule.broken(field):
                raise FieldInvalid(field.name, rule.cause, rule.cure)
        if field.name in reserved:
            cause = "the index has a field of its own with this name"
            raise FieldInvalid(field.name, cause, "use another name")
    for name in ("id", "published_at"):
        if all(field.name != name for field in fields):
            raise FieldInvalid(name, "the registry does not have it", "add it to FIELDS")
    _check_unique("name", fields, lambda field: (field.name,))
    _check_unique("query field", fields, lambda field: field.query_names)
    _check_unique("facet", fields, lambda field: filter(None, (field.facet,)))
    _check_unique("parameter", fields, lambda field: filter(None, (field.parameter,)))
    _check_unique("place in the byline", fields, lambda field: filter(None, (field.byline,)))
    _check_unique("order of hits", fields, lambda field: field.sorts)
    _check_unique(
        "name in other exports",
        fields,
        lambda field: (field.name.replace("_", ""), *field.other_names.split()),
    )


def _check_unique(
    kind: str,
    fields: Iterable[ArticleField],
    values: Callable[[ArticleField], Iterable[object]],
) -> None:
    seen: set[object] = set()
    for field in fields:
        for value in values(field):
            if value in seen:
                cause = f"the {kind} {value} is there twice"
                raise FieldInvalid(field.name, cause, "give each field its own")
            seen.add(value)


def check_model(fields: Iterable[ArticleField], many: Mapping[str, bool]) -> None:
    """Raises FieldInvalid where the registry and the model of an article differ.

    `many` says of each attribute of the model whether it has several values.
    """
    registered = {field.name: field.many for field in fields}
    for name in registered.keys() - many.keys():
        raise FieldInvalid(name, "Article has no such attribute", "add it to index/article.py")
    for name in many.keys() - registered.keys():
        raise FieldInvalid(name, "FIELDS does not have it", "add it to index/schema.py")
    for name, several in many.items():
        if registered[name] != several:
            cause = "the registry and Article differ in whether it has several values"
            raise FieldInvalid(name, cause, "set many if and only if the type is Labels")
