"""What an article is, and what is refused as one."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated, Any, Literal, NoReturn, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from index.errors import ArticleRefused
from index.field_rules import check_model
from index.moments import AMBIGUOUS, Ambiguous, fixed, read_moment
from index.schema import FIELDS

Language = Literal["ru", "en"]

MAX_ID = 512
MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_LINE = 4_096
MAX_LABELS = 64

# C0 and C1 but tab and newline; U+FEFF (a byte order mark amid text); lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
_NEWLINE = re.compile("\r\n?|\u2028|\u2029|\x85")
_CYRILLIC = re.compile("[\u0400-\u04ff]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]+")


def clean(text: str) -> str:
    """The text in NFC, its newlines as \\n, control characters stripped."""
    if _is_clean(text):
        return text
    return unicodedata.normalize("NFC", _CONTROL.sub("", _NEWLINE.sub("\n", text)))


def _is_clean(text: str) -> bool:
    """Whether clean() would return the text as it is. False of some clean texts too."""
    rest = text.replace("\n", "").replace("\xa0", "")
    return rest.isprintable() and unicodedata.is_normalized("NFC", text)


def detect_language(text: str) -> Language:
    """`ru` where Cyrillic letters are at least a third of the letters, else `en`.

    A third, not a half: a Russian text about foreign firms is full of Latin names.
    """
    sample = text[:20_000]
    cyrillic, latin = (sum(map(len, runs.findall(sample))) for runs in (_CYRILLIC, _LATIN))
    return "ru" if cyrillic and cyrillic * 2 >= latin else "en"


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    if _is_clean(value):
        return value.strip()
    if not _is_whole(value):
        raise PydanticCustomError("half_character", "half a character")
    return clean(value).strip()


def _is_whole(text: str) -> bool:
    """False where it holds half a character: \\ud83d without its \\ude00."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _line(value: Any) -> Any:
    value = _text(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _id(value: Any) -> Any:
    # JSON feeds number their articles: 230396 is the id "230396".
    return _line(str(value) if type(value) is int else value)


def as_id(text: str) -> str:
    """The id that an article has which was sent with this one, as in an address."""
    return str(_id(text))


def _labels(value: Any) -> Any:
    """A list of labels, each once, in the order given; one string is one label."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple) and all(isinstance(label, str) for label in value):
        return tuple(dict.fromkeys(line for label in value if (line := _line(label))))
    return value


def _moment(value: Any, info: ValidationInfo) -> Any:
    """A moment with its offset; what has none is in the context's zone (see check_article)."""
    return _moment_in((info.context or {}).get("zone", UTC), value)


def _moment_in(zone: tzinfo, value: Any) -> Any:
    if isinstance(value, str) and not _is_whole(value):
        raise ValueError("not a date")
    if value is None or (isinstance(value, str) and not clean(value).strip()):
        return None
    if isinstance(value, str):
        try:
            return read_moment(clean(value), zone)
        except Ambiguous as error:
            raise PydanticCustomError("ambiguous_date", AMBIGUOUS) from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        return fixed(value, zone)
    raise ValueError("not a date")


def _is_too_long(text: str) -> bool:
    return len(text) * 4 > MAX_BODY_BYTES and len(text.encode()) > MAX_BODY_BYTES


_ADDRESS = r"^($|[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#])"
"""What a page may link to: `javascript:` and the like would run in a reader's browser."""

# Strict: bytes are no text.
Text = Annotated[str, BeforeValidator(_text), Field(strict=True)]
Line = Annotated[str, BeforeValidator(_line), Field(strict=True, max_length=MAX_LINE)]
Address = Annotated[
    str, BeforeValidator(_line), Field(strict=True, max_length=MAX_LINE, pattern=_ADDRESS)
]
Label = Annotated[str, Field(strict=True, max_length=MAX_LINE)]
Labels = Annotated[tuple[Label, ...], BeforeValidator(_labels), Field(max_length=MAX_LABELS)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]


def _language_of(values: Mapping[str, Any]) -> Language:
    return detect_language(
        " ".join(str(values.get(name) or "") for name in ("title", "lead", "body"))
    )


class Article(BaseModel):
    """One article, checked: NFC, no control characters, times with zones, a language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, BeforeValidator(_id), Field(strict=True, min_length=1, max_length=MAX_ID)]
    url: Address = ""
    title: Line = ""
    lead: Text = ""
    body: Text = ""
    language: Language
    subjects: Labels = ()
    rubric: Line = ""
    source: Line = ""
    authors: Labels = ()
    image_credit: Line = ""
    published_at: Moment = None
    updated_at: Moment = None

    @model_validator(mode="before")
    @classmethod
    def _language_from_text(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and not values.get("language"):
            return {**values, "language": _language_of(values)}
        return values

    @model_validator(mode="after")
    def _not_empty(self) -> "Article":
        if not self.title and not self.body and not self.lead:
            raise PydanticCustomError("no_text", "no text")
        for name, text in (("lead", self.lead), ("body", self.body)):
            if _is_too_long(text):
                raise PydanticCustomError("text_too_long", "too long", {"field": name})
        return self


def dumped(article: Article, without: set[str] | None = None) -> str:
    """The article as JSON, to be kept; without these fields."""
    return article.model_dump_json(exclude_defaults=True, exclude=without)


def as_url(kept: str) -> str:
    """The address, or "" if it is not http or https: earlier versions kept any text."""
    return kept if re.match(_ADDRESS, kept) else ""


def undumped(kept: str | bytes, texts: Mapping[str, str] | None = None) -> Article:
    """The article that was dumped: it was checked before, which takes three times as long.

    `texts` are fields that were kept apart.
    """
    values = {**json.loads(kept), **(texts or {})}
    values["url"] = as_url(values.get("url", ""))
    for name in _LABELS & values.keys():
        values[name] = tuple(values[name])
    for name in _MOMENTS & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    return _BLANK.model_copy(update=values)


_BLANK = Article.model_construct(id="", language="ru")
check_model(
    FIELDS,
    {name: get_origin(field.annotation) is tuple for name, field in Article.model_fields.items()},
)
_LABELS = {field.name for field in FIELDS if field.many}
_MOMENTS = {"published_at", "updated_at"}
_LANGUAGES = get_args(Language)

_READERS: Mapping[str, Callable[[Any], Any]] = {
    **{
        field.name: _labels if field.many else _line
        for field in FIELDS
        if field.name not in _MOMENTS
    },
    "id": _id,
    "language": lambda sent: sent,
    "lead": _text,
    "body": _text,
}


def _usual(values: Any, zone: tzinfo) -> Article | None:
    """The article as the model makes it, in a third of the time.

    None where the model may refuse it: the model says why.
    """
    if type(values) is not dict:
        return None
    made: dict[str, Any] = {}
    try:
        for name, value in values.items():
            if name in _MOMENTS:
                made[name] = _moment_in(zone, value)
            elif value is not None or name == "id":
                made[name] = read = _READERS[name](value)
                if not _fits(name, read):
                    return None
    except (KeyError, TypeError, ValueError):  # an unknown field, no text, no date
        return None
    if not made.get("language"):
        made["language"] = _language_of(values)
    if not made.get("id") or made["language"] not in _LANGUAGES or not _has_text(made):
        return None
    return _BLANK.model_copy(update=made)


def _fits(name: str, value: Any) -> bool:
    """Whether the value of a field that is no date has its type and its length."""
    if name in _LABELS:
        is_labels = type(value) is tuple and len(value) <= MAX_LABELS
        return is_labels and all(type(one) is str and len(one) <= MAX_LINE for one in value)
    if type(value) is not str:
        return False
    if name in {"lead", "body"}:
        return not _is_too_long(value)
    if name == "url":
        return len(value) <= MAX_LINE and re.match(_ADDRESS, value) is not None
    return len(value) <= (MAX_ID if name == "id" else MAX_LINE)


def _has_text(made: Mapping[str, Any]) -> bool:
    return bool(made.get("title") or made.get("lead") or made.get("body"))


_CURES = {
    "id": f"send an id of 1 to {MAX_ID} characters that never changes",
    "url": "send an absolute address such as https://example.org/news/1, or no url",
    "language": "send ru, en or no language: Poisk detects it from the text",
    "published_at": "send ISO 8601: 2026-05-09 or 2026-05-09T10:00:00+03:00",
    "updated_at": "send ISO 8601: 2026-05-09 or 2026-05-09T10:00:00+03:00",
    **dict.fromkeys(_LABELS, f"send a list of at most {MAX_LABELS} strings"),
}


def check_article(values: Mapping[str, Any], zone: tzinfo = UTC) -> Article:
    """The article made of these values; a date without a zone is in `zone`.

    Raises ArticleRefused with the field and the cure.
    """
    if (usual := _usual(values, zone)) is not None:
        return usual
    try:
        return Article.model_validate(values, context={"zone": zone})
    except ValidationError as error:
        _refuse(error)


def _refuse(error: ValidationError) -> NoReturn:
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    match first["type"], name:
        case "extra_forbidden", _:
            cause, cure = "unknown field", "remove it, or rename it to a known field"
        case "missing", _:
            cause, cure = "missing", _CURES.get(name, "send it")
        case "text_too_long", _:
            name, cause = first["ctx"]["field"], f"larger than {MAX_BODY_BYTES // 2**20} MiB"
            cure = "send only the text, or split the article"
        case "no_text", _:
            name, cause = "title", "the article has no text"
            cure = "send a title, a lead or a body"
        case "half_character", _:
            cause = "half a character (a surrogate such as \\ud83d without its other half)"
            cure = "send the whole character, or remove this half"
        case "ambiguous_date", _:
            cause, cure = AMBIGUOUS, "write the year first: 2026-05-09 (ISO 8601)"
        case "value_error", _:
            cause, cure = "not a date", _CURES.get(name, "send a date")
        case (("string_too_short" | "too_short"), _):
            cause, cure = "empty", _CURES.get(name, "send it")
        case (("string_too_long" | "too_long"), _):
            cause = "too long"
            cure = _CURES.get(name, f"send at most {MAX_LINE} characters")
        case "string_pattern_mismatch", _:
            cause, cure = "not an http or https address", _CURES.get(name, "send another")
        case "literal_error", _:
            cause, cure = "unknown language", _CURES.get(name, "send another")
        case _:
            cause, cure = "wrong type", _CURES.get(name, "send a string")
    raise ArticleRefused(name, cause, cure) from error
