"""The one tree of errors: each names the field that is at fault and the cure."""


class PoiskError(Exception):
    """Anything Poisk refuses or cannot do.

    `field` is what is at fault (a field, a parameter, a setting; may be empty),
    `cause` says what is wrong with it, `cure` what to do about it.
    """

    def __init__(self, field: str, cause: str, cure: str) -> None:
        super().__init__(field, cause, cure)
        self.field = field
        self.cause = cause
        self.cure = cure

    def __str__(self) -> str:
        subject = f"{self.field}: " if self.field else ""
        return f"{subject}{self.cause}; {self.cure}"


class ArticleRefused(PoiskError):
    """An article that cannot be taken in."""


class RequestRefused(PoiskError):
    """A request that cannot be understood; the caller can correct it.

    `kind` names what is wrong, for the pages, which have words of their own for it in both
    languages ("": they have none); `bound` is the number or the names in those words.
    """

    def __init__(
        self, field: str, cause: str, cure: str, kind: str = "", bound: object = ""
    ) -> None:
        super().__init__(field, cause, cure)
        self.kind = kind
        self.bound = bound


class SettingRefused(PoiskError):
    """A setting that has no meaning."""


class FieldInvalid(PoiskError):
    """An entry of the registry of fields that would fail later: its author can correct it."""


class ArticleUnknown(PoiskError):
    """No article has this id."""


class ChangeUnknown(PoiskError):
    """No change has this number."""


class IndexUnavailable(PoiskError):
    """The index is missing, of another version, or cannot be opened."""


class IndexBusy(PoiskError):
    """Another process is writing to the index."""


class RebuildRunning(IndexBusy):
    """A rebuild runs already, or waits for its turn; `number` is its number."""

    def __init__(self, number: int, how: str) -> None:
        cure = "wait until it is done: `GET /v1/changes` shows its progress"
        super().__init__("rebuild", f"number {number} {how}", cure)
        self.number = number


class StoreUnavailable(PoiskError):
    """The store is missing, damaged, or cannot be reached."""


class StoreDamaged(StoreUnavailable):
    """The store's file is damaged: a backup takes its place."""


class StoreFull(PoiskError):
    """There is no room to take anything in."""


class KeyRefused(PoiskError):
    """A key is missing, or unknown, expired or revoked; `sent` says whether there was one."""

    def __init__(self, field: str, cause: str, cure: str, sent: bool = True) -> None:
        super().__init__(field, cause, cure)
        self.sent = sent


class KeyForbidden(PoiskError):
    """A key that may do something else; `scope` is the one that is needed ("": another origin)."""

    def __init__(self, field: str, cause: str, cure: str, scope: str = "") -> None:
        super().__init__(field, cause, cure)
        self.scope = scope
