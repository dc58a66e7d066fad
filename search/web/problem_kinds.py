"""Which error is which problem: the one table of statuses and codes.

problems.py answers with it, a route names its errors, and openapi.py describes them.
"""

from dataclasses import dataclass

from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    ExpectationFailed,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    NotImplemented,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    RequestTimeout,
    RequestURITooLarge,
    ServiceUnavailable,
    TooManyRequests,
    UnprocessableEntity,
    UnsupportedMediaType,
)

from index.errors import (
    ArticleRefused,
    ArticleUnknown,
    ChangeUnknown,
    IndexBusy,
    IndexUnavailable,
    KeyForbidden,
    KeyRefused,
    PoiskError,
    RebuildRunning,
    RequestRefused,
    SettingRefused,
    StoreFull,
    StoreUnavailable,
)
from search.answer import Problem, RebuildProblem

ErrorType = type[PoiskError] | type[HTTPException]


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What is always the same in the problems of one kind."""

    status: int
    code: str
    """Stable: programs rely on it."""
    title: str = ""
    """Empty: HTTP's own name of the status."""
    detail: str = ""
    """What is wrong. For errors of HTTP that were raised without a sentence, in place of Werkzeug's
    sentence for readers of a page; of our own errors, only the docs show it."""
    cure: str = "see /docs"
    """What to do; for errors of HTTP only."""
    field: str = ""
    """What is wrong in the request; for errors of HTTP only."""
    model: type[Problem] = Problem

    @property
    def meaning(self) -> str:
        """What is wrong, as a sentence."""
        return self.detail or f"{self.title}."


PROBLEMS: dict[ErrorType, ProblemKind] = {
    # Errors of our own: each has its own field, cause and cure.
    RequestRefused: ProblemKind(400, "request-refused", "The request is invalid"),
    ArticleRefused: ProblemKind(422, "article-refused", "The article is invalid"),
    ArticleUnknown: ProblemKind(404, "article-unknown", "No article has this id"),
    ChangeUnknown: ProblemKind(404, "change-unknown", "No change has this number"),
    RebuildRunning: ProblemKind(
        409, "rebuild-running", "A rebuild is already running",
        detail="A rebuild is already waiting or running: `number` is its number.",
        model=RebuildProblem,
    ),
    IndexBusy: ProblemKind(
        409, "index-busy", "The index is busy",
        detail="Another process is writing to the index, or changes are not indexed yet.",
    ),
    KeyRefused: ProblemKind(401, "key-refused", "Missing or invalid key"),
    KeyForbidden: ProblemKind(
        403, "key-forbidden", "The key does not allow this",
        detail="The key has another scope, or is for pages of another site.",
    ),
    StoreFull: ProblemKind(507, "store-full", "The disk is almost full"),
    StoreUnavailable: ProblemKind(503, "store-unavailable", "The store is unavailable"),
    IndexUnavailable: ProblemKind(503, "index-unavailable", "The index is unavailable"),
    SettingRefused: ProblemKind(500, "setting-refused", "A setting of Poisk is wrong"),
    # Errors of HTTP.
    BadRequest: ProblemKind(
        400, "bad-request",
        detail="This is not a valid HTTP request.",
        cure="percent-encode letters in the address, for example with "
        "curl -G --data-urlencode 'q=лицей'",
    ),
    NotFound: ProblemKind(
        404, "not-found",
        detail="This path does not exist.",
        cure="check the address; /docs lists the paths",
        field="path",
    ),
    MethodNotAllowed: ProblemKind(
        405, "method-not-allowed",
        detail="This path does not accept this method.",
        cure="use one of the methods in Allow",
    ),
    RequestTimeout: ProblemKind(
        408, "too-slow",
        detail="The request arrived too slowly or not completely.",
        cure="send the request faster, or split it",
    ),
    Conflict: ProblemKind(
        409, "not-answered-yet",
        detail="A request with this Idempotency-Key is still running.",
        cure="send the request again in a few seconds",
    ),
    RequestEntityTooLarge: ProblemKind(
        413, "body-too-large",
        detail="The body is too large.",
        cure="split the request into smaller ones",
        field="body",
    ),
    RequestURITooLarge: ProblemKind(
        414, "address-too-long",
        detail="The address is longer than 32 KiB.",
        cure="shorten the query, or send it with POST /v1/search",
        field="path",
    ),
    UnsupportedMediaType: ProblemKind(
        415, "not-json",
        detail="The body is not JSON, or its compression is not gzip.",
        cure="send application/json or application/x-ndjson, "
        "compressed with gzip or not at all",
    ),
    ExpectationFailed: ProblemKind(
        417, "unknown-expectation",
        detail="The header Expect is not 100-continue.",
        cure="remove the Expect header, or send Expect: 100-continue",
    ),
    UnprocessableEntity: ProblemKind(
        422, "same-key-other-body",
        detail="This Idempotency-Key was used for another request or body.",
        cure="use a new Idempotency-Key for every new request",
    ),
    TooManyRequests: ProblemKind(
        429, "too-many-requests",
        detail="Too many requests: Retry-After says how many seconds to wait.",
        cure="wait for the number of seconds in Retry-After",
    ),
    RequestHeaderFieldsTooLarge: ProblemKind(
        431, "header-too-large",
        detail="There are too many headers, or they are too large.",
        cure="send fewer or shorter headers",
    ),
    InternalServerError: ProblemKind(
        500, "internal-error",
        detail="Poisk failed to answer this request. The error is in its log.",
        cure="report this to the operator of this service: the log has the cause",
    ),
    NotImplemented: ProblemKind(
        501, "unknown-transfer-coding",
        detail="The header Transfer-Encoding is not chunked.",
        cure="remove Transfer-Encoding, or send Transfer-Encoding: chunked",
    ),
    ServiceUnavailable: ProblemKind(
        503, "busy",
        detail="Poisk is already reading as many large bodies as it can.",
        cure="send the request again in a few seconds",
    ),
}  # fmt: skip
"""Every error that is answered with a problem of its own kind."""
