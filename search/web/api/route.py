"""One operation of the API, as it is described."""

from dataclasses import dataclass

from pydantic import BaseModel

from index.store.keys import Scope


class NoParameters(BaseModel):
    """A request without parameters."""

    model_config = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Operation:
    """Where it is, what goes in, what comes out, with which status, and whose key opens it."""

    method: str
    path: str
    name: str
    says: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    status: int = 200
    scope: Scope = Scope.SEARCH
    dry_status: tuple[int, ...] = ()
    """The status, too, of an answer that changed nothing."""
