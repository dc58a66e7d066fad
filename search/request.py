"""The typed door: what may be asked, with bounds, and the error that names the cure."""

from collections.abc import Mapping
from functools import cache, cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from index.article_field import ArticleField
from index.errors import FieldInvalid, RequestRefused
from index.results import Sort
from index.schema import FACETS, FILTER_FIELDS, Facet, Interval
from search.cursor import MAX_CURSOR, Cursor, read_cursor, search_digest
from search.query.dates import period
from search.validation import parameters, request_error

MAX_PAGED_HITS = 10_000
"""Hits that can be paged to by number; `after` goes on past any depth."""

MOST_SEARCHES = 6
MOST_HITS = 60
"""What one multi-search may ask for together: its answer should take less than a second."""

_VALUES = 100


def _labels(value: Any, info: ValidationInfo) -> Any:
    """Labels, in an address also one string; an empty one, as a form sends it, is none."""
    values = [value] if isinstance(value, str) and info.mode != "json" else value
    if not isinstance(values, list | tuple):
        return value
    return tuple(values if len(values) > _VALUES else (one for one in values if one != ""))


FilterValues = Annotated[
    tuple[Annotated[str, Field(max_length=4_096)], ...],
    Field(max_length=_VALUES),
    BeforeValidator(_labels),
]


def _names(value: Any, info: ValidationInfo) -> Any:
    """Facet names, in an address also one string with commas between."""
    if info.mode == "json":
        return tuple(value) if isinstance(value, list) else value
    values = [value] if isinstance(value, str) else value
    if isinstance(values, list | tuple) and all(isinstance(one, str) for one in values):
        return tuple(name for one in values for name in one.split(",") if name)
    return value


def _whole(value: Any) -> Any:
    """JSON has one kind of numbers: 33.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _choices(value: Any, info: ValidationInfo) -> Any:
    """One of a few values, in an address also one string."""
    if isinstance(value, str) and info.mode != "json":
        return (value,)
    return tuple(value) if isinstance(value, list) else value


_OTHER_PARAMETERS = {
    *("q", "query", "from", "to", "since", "until", "sort", "page", "per_page", "after", "facets"),
    *("histogram", "snippet_length", "explain", "timings", "dry_run", "expect", "ui", "json"),
    *("help", "digest", "cursor", "chosen"),
}
"""Parameters of searches, deletions, pages and commands that are no filters by a field, and other
attributes of a request."""


def _filter(field: ArticleField) -> tuple[Any, Any]:
    """The type of a filter by this field, and what the API says of it."""
    if field.parameter in _OTHER_PARAMETERS:
        cause = f"the parameter {field.parameter} is another part of a request"
        raise FieldInvalid(field.name, cause, "use another name for the filter")
    chosen = tuple[Literal[field.choices], ...] if field.choices else FilterValues  # type: ignore[name-defined]
    kind = Annotated[chosen, BeforeValidator(_choices)] if field.choices else chosen
    return kind, Field((), description=field.filter_help)


if TYPE_CHECKING:  # their names are known when the schema has been read
    _Filters = _Request
    _FacetName = Facet
else:
    _Filters = create_model(
        "_Filters",
        __base__=_Request,
        **{field.parameter: _filter(field) for field in FILTER_FIELDS},
    )
    _FacetName = Literal[FACETS]


class Narrowing(_Filters):
    """Filters. Several values of one field match articles with any of them."""

    since: str = Field(
        "",
        alias="from",
        description="Published in or after this year, month or day, in the site's time zone.",
    )
    until: str = Field(
        "",
        alias="to",
        description="Published in or before this year, month or day, in the site's time zone.",
    )

    @field_validator("since", "until")
    @classmethod
    def _is_period(cls, value: str) -> str:
        if value:
            try:
                period(value)
            except ValueError as error:
                cure = "send 2026, 2026-05 or 2026-05-09"
                raise PydanticCustomError("period", cure) from error
        return value

    def chosen(self, field: ArticleField) -> tuple[str, ...]:
        """The values of the filter by this field."""
        values: tuple[str, ...] = getattr(self, field.parameter)
        return values


_narrowed = attrgetter(*Narrowing.model_fields)


class SearchRequest(Narrowing):
    """A search. Several values of one filter match articles with any of them."""

    q: str = Field(
        "", max_length=200_000, description="The query text. If empty, every article matches."
    )
    sort: Sort = Field(Sort.RELEVANCE, description="The order of hits.")
    page: Whole = Field(
        1,
        ge=1,
        le=MAX_PAGED_HITS,
        description=f"Page of hits, from 1, within the first {MAX_PAGED_HITS:,} hits.",
    )
    per_page: Whole = Field(10, ge=1, le=100, description="Hits per page.")
    after: str = Field(
        "",
        max_length=MAX_CURSOR,
        description="Continue after the previous answer: send its page.next with the same q, "
        "filters and sort. Works at any depth; use it instead of page.",
    )
    facets: Annotated[tuple[_FacetName, ...], BeforeValidator(_names)] = Field(
        FACETS, description="Facets to count, separated by commas. If empty, none."
    )
    histogram: Interval | None = Field(None, description="Count matches by year, month or day.")
    snippet_length: Whole = Field(240, ge=40, le=2_000, description="Characters of a snippet.")
    explain: bool = Field(False, description="Explain the score of each hit.")
    timings: bool = Field(False, description="Say how long each stage of the search took.")

    @field_validator("histogram", mode="before")
    @classmethod
    def _no_histogram(cls, value: Any, info: ValidationInfo) -> Any:
        return None if value == "" and info.mode != "json" else value

    @field_validator("after")
    @classmethod
    def _is_cursor(cls, value: str) -> str:
        if value:
            try:
                read_cursor(value)
            except ValueError as error:
                cure = "send page.next of the previous answer; to filter by date, use from and to"
                raise PydanticCustomError("cursor", cure) from error
        return value

    @cached_property
    def cursor(self) -> Cursor | None:
        """Where to go on; None: from the page's number."""
        return read_cursor(self.after) if self.after else None

    @cached_property
    def digest(self) -> str:
        """What a cursor of this search has: that of its query, filters and order."""
        chosen = [
            sorted(set(value)) if isinstance(value, tuple) else value for value in _narrowed(self)
        ]
        return search_digest(self.q, self.sort, chosen)

    @model_validator(mode="after")
    def _goes_on(self) -> "SearchRequest":
        if self.cursor and self.page > 1:
            cure = "page: send either page or after"
            raise PydanticCustomError("beside_after", cure)
        if self.cursor and self.cursor.search != self.digest:
            cure = "after: send the same q, filters and sort as before, or remove after"
            raise PydanticCustomError("other_search", cure)
        return self

    @model_validator(mode="after")
    def _not_too_deep(self) -> "SearchRequest":
        if self.page * self.per_page > MAX_PAGED_HITS:
            cure = "page: send a page within the first {most} hits, or continue with after"
            raise PydanticCustomError("too_deep", cure, {"most": MAX_PAGED_HITS})
        return self


class DeleteRequest(Narrowing):
    """Which articles to delete. First count them with a dry run, then send that count."""

    dry_run: bool = Field(True, description="Only count the articles, without deleting them.")
    expect: Whole | None = Field(
        None, ge=0, description="Number of articles that the dry run counted."
    )


class ChangeRequest(_Request):
    """Whether to wait for a change."""

    wait: float = Field(
        0.0, ge=0, le=30, description="Seconds to wait for the change to become searchable."
    )


class MultiSearchRequest(_Request):
    """Several searches at once, answered in their order."""

    searches: tuple[SearchRequest, ...] = Field(
        min_length=1,
        max_length=MOST_SEARCHES,
        description=f"Up to {MOST_SEARCHES} searches. Together they may ask for {MOST_HITS} hits.",
    )

    @model_validator(mode="after")
    def _not_too_many(self) -> "MultiSearchRequest":
        if sum(one.per_page for one in self.searches) > MOST_HITS:
            cure = "searches: ask for at most {most} hits together: the sum of per_page"
            raise PydanticCustomError("too_many", cure, {"most": MOST_HITS})
        return self


class RelatedOptions(_Request):
    """Which related articles are wanted."""

    lang: Literal["same", "other", "any"] = Field(
        "any", description="Articles in the same language, in the other one, or in any."
    )
    time: Literal["any", "earlier", "latest"] = Field(
        "any",
        description="any: of any time; earlier: published before the article; "
        "latest: the newest of the best matches.",
    )
    limit: Whole = Field(10, ge=1, le=50, description="Largest number of related articles.")


class RelatedRequest(RelatedOptions):
    """A text whose related articles are wanted: a draft, a press release."""

    title: str = Field("", max_length=4_096, description="The headline of the text, if it has one.")
    text: str = Field(min_length=1, max_length=400_000, description="The text.")
    exclude: FilterValues = Field((), description="Ids of articles to exclude.")


class AnalyzeRequest(_Request):
    """A text whose tokens are wanted."""

    text: str = Field(max_length=20_000, description="The text.")


R = TypeVar("R", bound=BaseModel)


def check_request(model: type[R], values: Mapping[str, Any]) -> R:
    """The request made of these values. Raises RequestRefused with the parameter and the cure."""
    try:
        return model.model_validate(values, by_alias=True, by_name=False)
    except ValidationError as error:
        raise request_error(error, model) from error


def check_json(model: type[R], values: Mapping[str, Any], data: bytes) -> R:
    """As check_request, of a JSON object: types are those that the API's description names.

    `data` is the object in UTF-8 without a BOM; `values` is the same object, parsed.
    An address has only strings, so there 0 is a number or false; in JSON `explain: 0` is refused.
    """
    try:
        return model.model_validate_json(data, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        check_request(model, values)  # what an address may not say either is the first error
        raise request_error(error, model) from error


@cache
def several(model: type[BaseModel]) -> frozenset[str]:
    """The parameters that may be given several times."""
    return frozenset(name for name, kind in parameters(model).items() if "tuple" in str(kind))


def from_arguments(model: type[R], arguments: Mapping[str, list[str]]) -> R:
    """The request made of a URL's arguments, each with all its values."""
    known, listed = parameters(model), several(model)
    values: dict[str, Any] = {}
    for name, given in arguments.items():
        if len(given) > 1 and name in known and name not in listed:
            raise RequestRefused(name, f"sent {len(given)} times", "send it once")
        values[name] = given if name in listed else given[-1]
    return check_request(model, values)
