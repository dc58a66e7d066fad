"""What a route of the API is: all that is said of it, once.

The blueprint serves it, openapi.py describes it, and docs/api.md is tested against it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel
from werkzeug.exceptions import Conflict, TooManyRequests, UnprocessableEntity

from index.errors import KeyForbidden, KeyRefused, RequestRefused, StoreFull, StoreUnavailable
from index.store.keys import Scope
from search.answer import Answer
from search.parts import Parts
from search.settings import Settings
from search.web.api.inputs import Input
from search.web.headers import STRICT, ContentPolicy
from search.web.problem_kinds import ErrorType


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
class Reply:
    """An answer with another status than the route's."""

    answer: Answer
    status: int


_EVERYWHERE: tuple[ErrorType, ...] = (
    RequestRefused,
    KeyRefused,
    KeyForbidden,
    TooManyRequests,
    StoreUnavailable,
)
"""Errors that any route may have."""

PathValues = Mapping[str, str]
"""What stands in the path of an address, by name: the id of an article."""

Handler = Callable[[Parts, Any, PathValues], Answer | Reply]
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
    answer: type[Answer]
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
    errors: tuple[ErrorType, ...] = ()
    """Those of its handler."""
    idempotent: bool = False
    """Whether it takes an Idempotency-Key."""
    content_policy: ContentPolicy = STRICT

    @property
    def all_errors(self) -> tuple[ErrorType, ...]:
        """What it may answer with: the errors of every route, of its input, of its handler."""
        of_keys = (Conflict, UnprocessableEntity, StoreFull) if self.idempotent else ()
        return (*_EVERYWHERE, *self.input.errors, *of_keys, *self.errors)
