"""Who asks: a principal with scopes, whichever way it proves itself. API keys are one way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Request

from index.errors import KeyRefused
from index.store.keys import Scope
from search.parts import Parts


@dataclass(frozen=True, slots=True)
class Principal:
    """A program or a person that is known.

    Requests are counted and remembered under `id`: each authenticator gives ids that no other
    one gives. `origins` are the sites whose pages may act for it (CORS).
    """

    id: str
    scopes: frozenset[Scope]
    origins: tuple[str, ...] = ()

    def allows(self, scope: Scope) -> bool:
        """Whether one of its scopes includes this one."""
        return any(one.allows(scope) for one in self.scopes)


Authenticator = Callable[[Request], Principal | None]
"""Who sent a request; None where it has no credentials of this kind.

Raises KeyRefused where it has some and they are not valid. An authenticator that reads a cookie
must refuse requests from pages of other sites: browsers send cookies with those, too.
"""


def api_keys(parts: Parts) -> Authenticator:
    """Knows those that send a key, in Authorization or X-API-Key."""

    def authenticate(request: Request) -> Principal | None:
        if not (secret := _secret(request)):
            return None
        if (key := parts.keys.check(secret)) is None:
            cause = "the key is unknown, expired or revoked"
            raise KeyRefused("Authorization", cause, "create a new one")
        return Principal(key.id, frozenset({key.scope}), key.origins)

    return authenticate


def first_principal(
    authenticators: Iterable[Authenticator], request: Request
) -> tuple[Principal | None, KeyRefused | None]:
    """Who the first authenticator knows, or the error that it raised: then no other is asked."""
    for authenticate in authenticators:
        try:
            if principal := authenticate(request):
                return principal, None
        except KeyRefused as error:
            return None, error
    return None, None


def _secret(request: Request) -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return secret.strip()
    return request.headers.get("X-API-Key", "").strip()
