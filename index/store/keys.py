"""Access keys: who may search, write, administrate. Only a hash of each is kept.

A secret is 256 random bits, so that one SHA-256 of it is as good as a slow hash.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update

from index.errors import RequestRefused
from index.store.connect import Database
from index.store.tables import keys

_SECRET = re.compile(r"poisk_([a-z2-7]{10})_([A-Za-z0-9_-]{43})")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def is_secret(text: str) -> bool:
    """Whether the text has the form of a key's secret."""
    return _SECRET.fullmatch(text) is not None


def id_of(text: str) -> str:
    """A key's id, given alone or as its secret has it."""
    secret = _SECRET.fullmatch(text)
    return secret[1] if secret else text


class Scope(StrEnum):
    """What a key allows: `write` includes `search`, and `admin` includes everything.

    `metrics` is for the program that collects /metrics, and opens nothing else.
    """

    SEARCH = "search"
    WRITE = "write"
    METRICS = "metrics"
    ADMIN = "admin"

    def allows(self, wanted: "Scope") -> bool:
        """Whether a key of this scope may do what the wanted one may."""
        includes = (self, wanted) == (Scope.WRITE, Scope.SEARCH)
        return self in {wanted, Scope.ADMIN} or includes


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: all but its secret. `origins` are pages that may use it in a browser."""

    id: str
    name: str
    scope: Scope
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    origins: tuple[str, ...]

    @property
    def live(self) -> bool:
        """Whether it may still be used."""
        return self.revoked is None and (self.expires is None or self.expires > datetime.now(UTC))


class Keys:
    """The keys of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        scope: Scope,
        name: str = "",
        expires: datetime | None = None,
        origins: Sequence[str] = (),
    ) -> tuple[Key, str]:
        """A new key and its secret, which is told this once. Raises RequestRefused."""
        key_id = base64.b32encode(secrets.token_bytes(7)).decode().lower()[:10]
        secret = f"poisk_{key_id}_{secrets.token_urlsafe(32)}"
        row = {
            "id": key_id,
            "name": name,
            "scope": scope,
            "hash": _hash(secret),
            "origins": json.dumps(list(map(_origin, origins))),
            "created": time.time(),
            "expires": expires and expires.timestamp(),
        }
        self._database.write(lambda connection: connection.execute(insert(keys), row))
        return self._found(key_id)[0], secret

    def check(self, secret: str) -> Key | None:
        """The live key with this secret; None for all else, whatever it is."""
        shape = _SECRET.fullmatch(secret)
        key, kept = self._found(shape[1]) if shape else (None, "")
        equal = hmac.compare_digest(_hash(secret), kept)
        return key if key and equal and key.live else None

    def all(self) -> list[Key]:
        """Every key, the newest last."""
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(select(keys).order_by(keys.c.created))]

    def revoke(self, key_id: str) -> bool:
        """Ends a key, named by its id or its secret; False where there is none that lives."""
        key_id = id_of(key_id)
        live = update(keys).where(keys.c.id == key_id, keys.c.revoked.is_(None))
        ended = live.values(revoked=time.time())
        return bool(self._database.write(lambda connection: connection.execute(ended).rowcount))

    def origins(self) -> frozenset[str]:
        """The origins of all live keys: a browser asks about those before it sends one."""
        return frozenset(origin for key in self.all() if key.live for origin in key.origins)

    def _found(self, key_id: str) -> tuple[Any, str]:
        with self._database.reading() as connection:
            row = connection.execute(select(keys).where(keys.c.id == key_id)).first()
        return (None, "") if row is None else (_key(row), row.hash)


def _key(row: Any) -> Key:
    return Key(
        row.id,
        row.name,
        Scope(row.scope),
        datetime.fromtimestamp(row.created, UTC),
        None if row.expires is None else datetime.fromtimestamp(row.expires, UTC),
        None if row.revoked is None else datetime.fromtimestamp(row.revoked, UTC),
        tuple(json.loads(row.origins)),
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _origin(origin: str) -> str:
    origin = origin.strip().lower().rstrip("/")
    if origin != "*" and not _ORIGIN.fullmatch(origin):
        raise RequestRefused(
            "origins", f"{origin[:80]!r} is not an origin", "use https://example.ru, or *"
        )
    return origin
