"""The parameters that may stand in the path of a route: `{id}` in `/v1/articles/{id}`."""

import re
from dataclasses import dataclass
from typing import Literal

_NAMED = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class PathParameter:
    """How a parameter is described, and how it is read from the path."""

    description: str
    type: Literal["string", "integer"] = "string"
    """Its type in OpenAPI; handlers always receive a text."""
    converter: str = "default"
    """The name of Werkzeug's converter; that of an article's id is registered in app.py."""


PATH_PARAMETERS = {
    "id": PathParameter(
        "The article's id, percent-encoded: `p%2Frelated` is the id `p/related`. Slashes need "
        "no encoding if the path has no other meaning, as in `news/12`.",
        converter="article_id",
    ),
    "number": PathParameter(
        "Number of the change, from the answer to a writing request.", type="integer"
    ),
}
"""All of them, by the names that paths have in braces."""


def parameters_of(path: str) -> dict[str, PathParameter]:
    """The parameters of a route's path, in order. Raises KeyError for an unknown one."""
    return {name: PATH_PARAMETERS[name] for name in _NAMED.findall(path)}


def rule_of(path: str) -> str:
    """The path as Werkzeug writes it: `/v1/articles/<article_id:id>`. Raises KeyError."""
    return _NAMED.sub(lambda name: f"<{PATH_PARAMETERS[name[1]].converter}:{name[1]}>", path)
