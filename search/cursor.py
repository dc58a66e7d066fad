"""Where a search goes on: an opaque text that a program sends back as it was given.

It holds the last hit's sort key, so that going on costs the same at any depth and is not
disturbed by what is written meanwhile. It also holds what else decides the order: the hour
that freshness is counted from, and which reading of the query was taken. It is no secret:
whoever makes one by hand only goes on from another place.
"""

import hashlib
from base64 import b64decode, urlsafe_b64encode
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.article import MAX_ID
from index.results import SortKey

MAX_CURSOR = 4_096
"""Characters: an id has 512, of four bytes each at most."""
_SECONDS = Field(ge=-(10**12), le=10**12)


class Cursor(BaseModel):
    """Where to go on, and of which search."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    search: str = Field(max_length=32)
    """The digest of the search's query, filters and order."""
    now: Annotated[int, _SECONDS]
    reading: int = Field(ge=0, le=99)
    """Which reading of the query text was taken."""
    score: float = Field(ge=-1e30, le=1e30, allow_inf_nan=False)
    published: Annotated[int, _SECONDS] | None
    id: str = Field(max_length=MAX_ID)

    @property
    def key(self) -> SortKey:
        """The last hit's key."""
        return SortKey(self.score, self.published, self.id)


def cursor_text(search: str, now: int, reading: int, last: SortKey) -> str:
    """The cursor of these values as it is handed out; every answer has one: none is checked."""
    values = (search, now, reading, last.score, last.published, last.id)
    packed = msgspec.json.encode(dict(zip(Cursor.model_fields, values, strict=True)))
    return urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The cursor that was handed out as this text. Raises ValueError."""
    packed = text.encode("ascii")
    try:
        decoded = b64decode(packed + b"=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        return Cursor.model_validate_json(decoded)
    except ValidationError as error:
        raise ValueError("not a cursor") from error


def search_digest(*values: Any) -> str:
    """A short digest of what decides which hits there are, and in which order."""
    return hashlib.blake2b(msgspec.json.encode(values), digest_size=8).hexdigest()
