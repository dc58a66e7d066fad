"""What a route of the API is: all that is said of it, once.

The blueprint serves it, openapi.py describes it, and docs/api.md is tested against it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel

from index.store.keys import Scope
from search.answer import Problem
from search.parts import Parts
from search.settings import Settings
from search.web.api.inputs import Input
from search.web.headers import STRICT, ContentPolicy


class Limit(Enum):
    """Routes whose requests are counted together."""

    SEARCH = "search"
    WRITE = "write"
    CHANGES = "changes"
    """Counted apart from writing, so that waiting for a change never delays the next one."""

    def rate(self, settings: Settings) -> str:
        """How many requests are allowed, such as "60 per minute"; empty: any number."""
        return settings.search_limit if self is Limit.SEARCH else settings.write_limit


@dataclass(frozen=True, slots=True)
class RouteError:
    """An error that only some routes have, as their description names it."""

    status: int
    says: str
    model: type[Problem] = Problem


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with another status than the route's."""

    answer: BaseModel
    status: int


PathValues = Mapping[str, str]
"""What stands in the path of an address, by name: the id of an article."""

Handler = Callable[[Parts, Any, PathValues], BaseModel | Reply]
"""Answers a checked request. The mapping has the values in the path: `id`, `number`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method and a path, what it takes, what it answers, and who may use it."""

    method: str
    path: str
    name: str
    """The operationId; counters in /metrics have it, too."""
    summary: str
    request: type[BaseModel]
    answer: type[BaseModel]
    handler: Handler
    input: Input
    """Where the request stands in what is sent, and how it is read."""
    example: str
    """A shell command for /docs."""
    status: int = 200
    other_status: int | None = None
    """The status of a Reply."""
    scope: Scope = Scope.SEARCH
    limit: Limit = Limit.SEARCH
    errors: tuple[RouteError, ...] = ()
    """Those that routes of its kind do not have (openapi.py knows the others)."""
    idempotent: bool = False
    """Whether it takes an Idempotency-Key."""
    content_policy: ContentPolicy = STRICT
