"""What is wrong with a request and what to send instead, from pydantic's findings."""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from index.errors import RequestRefused
from search.plurals import counted

_ELSEWHERE = {
    "since": "from", "after": "from", "until": "to", "before": "to",
    "query": "q", "search": "q", "language": "lang", "tag": "subject", "category": "subject",
    "limit": "per_page", "size": "per_page", "hits_per_page": "per_page", "order": "sort",
    "cursor": "after", "search_after": "after", "page_token": "after",
}  # fmt: skip
"""What other services call the same: no letters in common, yet it is clear what is meant."""


@cache
def parameters(model: type[BaseModel]) -> Mapping[str, Any]:
    """The types of a model's parameters, by the names that they are sent under."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def request_error(error: ValidationError, model: type[BaseModel]) -> RequestRefused:
    """The first thing that is wrong, its name, and what to send instead."""
    errors = error.errors(include_url=False)
    # txt=… is no missing text: a wrong name explains the missing one
    found = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    name = _name(found)
    message = found["msg"].removeprefix("Value error, ")
    kind = _kind(found["type"], found.get("ctx", {}))
    match found["type"]:
        case "extra_forbidden":
            known = _known(model, found["loc"])
            return RequestRefused(name, "unknown parameter", _nearest_name(name, known))
        case "missing":
            return RequestRefused(name, "missing parameter", "send it")
        case "literal_error" | "enum":
            expected = str(found["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
            cure = _nearest(str(found["input"]), expected.split(", "))
            cause = f"unknown value {str(found['input'])[:80]!r}"
            return RequestRefused(name, cause, cure, "choice", expected)
        case (
            "value_error" | "too_deep" | "too_many" | "other_search" | "beside_after" as compared
        ) if found["loc"] == () or isinstance(found["loc"][-1], int):
            # found by comparing parameters: its message names the one to change
            field, _, cure = message.partition(": ")
            cause = _COMPARED.get(compared, "out of range")
            return RequestRefused(f"{name}.{field}".strip("."), cause, cure, *kind)
        case "value_error" | "period" | "cursor" as meant:
            cause = "invalid cursor" if meant == "cursor" else "invalid value"
            return RequestRefused(name, cause, message, *kind)
        case other:
            return RequestRefused(name, "invalid value", _cure(other, found.get("ctx", {})), *kind)


def _name(found: ErrorDetails) -> str:
    """lang.0 is lang to who asks; searches.1.per_page says which search."""
    place = found["loc"]
    if len(place) > 1 and isinstance(place[-1], int) and place[:-1] != ("searches",):
        place = place[:-1]
    # a name may be as long as an address
    return ".".join(map(str, place))[:200]


def _known(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The names that were possible at this place."""
    for step in place[:-1]:
        if isinstance(step, str):
            model = parameters(model)[step].__args__[0]  # searches: tuple[SearchRequest, ...]
    return sorted(parameters(model))


def _nearest_name(name: str, known: list[str]) -> str:
    last = name.rpartition(".")[2].casefold()
    if _ELSEWHERE.get(last) in known:
        return f"did you mean {_ELSEWHERE[last]!r}?"
    return _nearest(last, known) if known else "remove it"


def _nearest(given: str, known: Iterable[str]) -> str:
    """The nearest of the names that are known, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(given.casefold(), names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"send one of {', '.join(names)}"


_COMPARED = {
    "other_search": "the cursor belongs to another search",
    "beside_after": "page and after cannot be combined",
}
_BOUNDS = {
    "greater_than_equal": "ge", "less_than_equal": "le", "too_deep": "most",
    "string_too_long": "max_length", "too_long": "max_length",
}  # fmt: skip


def _kind(kind: str, bounds: Mapping[str, Any]) -> tuple[str, object]:
    """What the pages call it, and the bound in it."""
    if kind in _BOUNDS:
        return kind, bounds[_BOUNDS[kind]]
    return ("number" if kind.startswith("int") else "period" if kind == "period" else ""), ""


def _cure(kind: str, bounds: Mapping[str, Any]) -> str:  # noqa: PLR0911  # one cure a kind
    match kind:
        case "greater_than_equal":
            return f"send {bounds['ge']} or more"
        case "less_than_equal":
            return f"send {bounds['le']} or less"
        case "string_too_long":
            return f"send at most {counted(bounds['max_length'], 'character')}"
        case "too_long":
            return f"send at most {counted(bounds['max_length'], 'value')}"
        case "string_too_short":
            return f"send at least {counted(bounds['min_length'], 'character')}"
        case "too_short":
            return f"send at least {counted(bounds['min_length'], 'value')}"
        case "bool_parsing" | "bool_type":
            return "send true or false"
        case "tuple_type":
            return "send a list"
        case "model_type" | "dict_type":
            return 'send an object, for example {"q": "мир"}'
        case _ if kind.startswith("string"):
            return "send a string of valid Unicode"
        case _ if kind.startswith(("int", "finite")):
            return "send a whole number of at most nine digits"
        case _:
            return "see the description of this operation in /docs"
