"""Requests with an Idempotency-Key: each runs once, and its answer is repeated for a day."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from flask import Response, g, request
from werkzeug.exceptions import Conflict, UnprocessableEntity

from index.errors import PoiskError, RequestRefused
from index.store.idempotency import IdempotencyKeys, SavedAnswer
from search.parts import Parts

_LONGEST = 255


def answer_once(
    parts: Parts, answer: Callable[[], Response], digest: Callable[[], str | None]
) -> Response:
    """Answers the request; one that was sent before with its Idempotency-Key, as before.

    `digest` is the SHA-256 of the body, None if its end never came. Raises RequestRefused for
    a key that is too long, Conflict while the request still runs, and UnprocessableEntity
    where the key was used for another request.
    """
    name = request.headers.get("Idempotency-Key", "")
    if not name:
        return answer()
    if len(name) > _LONGEST:
        cure = f"send at most {_LONGEST} characters"
        raise RequestRefused("Idempotency-Key", "too long", cure)
    answers, key_id = IdempotencyKeys(parts.store.database), g.principal.id
    if remembered := answers.begin(key_id, name):
        return _repeated(remembered, _digest_of_request(digest()))
    with _forgotten_if_it_fails(answers, key_id, name):
        response = answer()
        if whole := _digest_of_request(digest()):
            text = response.get_data(as_text=True)
            answers.finish(key_id, name, SavedAnswer(whole, response.status_code, text))
        else:  # when it is sent again it is whole, and so another request
            answers.forget(key_id, name)
    return response


def renew(parts: Parts) -> None:
    """Tells that the request still runs, so that no other process takes it for abandoned."""
    if name := request.headers.get("Idempotency-Key", ""):
        IdempotencyKeys(parts.store.database).renew(g.principal.id, name)


def _digest_of_request(body: str | None) -> str | None:
    """The digest of method, path and body; None without the body's."""
    whole = f"{request.method} {request.path} {body}"
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest() if body else None


def _repeated(remembered: SavedAnswer, digest: str | None) -> Response:
    if not remembered.status:
        raise Conflict("A request with this Idempotency-Key is still running.")
    if digest != remembered.digest:
        raise UnprocessableEntity("This Idempotency-Key was used for another request.")
    return Response(remembered.body, status=remembered.status, mimetype="application/json")


@contextmanager
def _forgotten_if_it_fails(answers: IdempotencyKeys, key_id: str, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(PoiskError):  # on a full disk this fails too, and the first error counts
            answers.forget(key_id, name)
        raise
