"""An invalid entry of the registry of fields is an error at import, which names the cure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from index.article import Article
from index.article_field import ArticleField, FacetLabel, Indexed
from index.errors import FieldInvalid
from index.field_rules import check_fields, check_model
from index.schema import FIELDS, FILTER_FIELDS
from search.answer import DuplicateHit, HitAnswer, RelatedHit, _label
from search.request import DeleteRequest, Narrowing, SearchRequest, _filter
from search.web.pages.arguments import KNOWN

TEXT = ArticleField("desk", Indexed.TEXT, query_names=("desk",), other_names="department")
LABELLED = replace(
    TEXT,
    facet="desk",
    parameter="desk",
    filter_help="Only these desks.",
    description="Desk that wrote the article.",
    label=FacetLabel("Отдел", "Desk"),
    byline=4,
)
KEYWORD = replace(LABELLED, indexed=Indexed.KEYWORD, choices=("home", "world"), byline=0)
NOTHING = ArticleField("desk")


def problem(*fields: ArticleField, reserved: Sequence[str] = ()) -> FieldInvalid:
    """The error that these fields are, together with the registry's."""
    with pytest.raises(FieldInvalid) as caught:
        check_fields((*FIELDS, *fields), reserved)
    return caught.value


@pytest.mark.parametrize("field", [TEXT, LABELLED, KEYWORD, NOTHING, replace(TEXT, many=True)])
def test_a_field_of_each_kind_is_valid(field: ArticleField) -> None:
    check_fields((*FIELDS, field))


@pytest.mark.parametrize(
    ("field", "changed", "cure"),
    [
        (TEXT, {"name": "Desk"}, "small Latin letters"),
        (TEXT, {"name": "the desk"}, "small Latin letters"),
        (NOTHING, {"indexed": Indexed.ID}, "Indexed.ID to id"),
        (NOTHING, {"indexed": Indexed.DATE}, "Indexed.DATE to published_at"),
        (TEXT, {"story": True, "many": True}, "remove story"),
        (KEYWORD, {"story": True}, "remove story"),
        (KEYWORD, {"by_default": True}, "remove by_default"),
        (NOTHING, {"query_names": ("desk",)}, "remove query_names"),
        (TEXT, {"query_names": ("Desk",)}, "small letters"),
        (TEXT, {"query_names": ("the desk",)}, "without spaces"),
        (TEXT, {"query_names": ("desk|",)}, "without spaces and signs"),
        (LABELLED, {"indexed": Indexed.NOTHING}, "remove query_names"),
        (LABELLED, {"indexed": Indexed.NOTHING, "query_names": ()}, "remove facet"),
        (TEXT, {"indexed": Indexed.KEYWORD}, "add facet"),
        (LABELLED, {"facet": "", "byline": 0}, "both facet and parameter"),
        (LABELLED, {"parameter": ""}, "both facet and parameter"),
        (LABELLED, {"facet": "desk,room"}, "small Latin letters"),
        (LABELLED, {"parameter": "--desk"}, "small Latin letters"),
        (LABELLED, {"name": "class"}, "small Latin letters"),
        (LABELLED, {"filter_help": ""}, "add filter_help"),
        (LABELLED, {"label": None}, "add label"),
        (LABELLED, {"label": FacetLabel("", "Desk")}, "in Russian and English"),
        (LABELLED, {"description": ""}, "add description"),
        (LABELLED, {"choices": ("home",)}, "remove choices"),
        (KEYWORD, {"choices": ("Home",)}, "choices in small letters"),
        (KEYWORD, {"byline": 4}, "remove byline"),
        (TEXT, {"byline": 4}, "remove byline"),
        (LABELLED, {"byline": -1}, "from 1"),
        (TEXT, {"sorts": ("desk",)}, "remove sorts"),
        (TEXT, {"other_names": "news_desk"}, "without _"),
        (TEXT, {"other_names": "newsDesk"}, "small letters"),
    ],
)
def test_an_entry_that_would_fail_later_is_refused_with_a_cure(
    field: ArticleField, changed: dict[str, Any], cure: str
) -> None:
    error = problem(replace(field, **changed))
    assert error.field == changed.get("name", "desk")
    assert cure in error.cure


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"name": "rubric"}, "the name rubric is there twice"),
        ({"query_names": ("автор",)}, "the query field автор is there twice"),
        ({"facet": "subject"}, "the facet subject is there twice"),
        ({"parameter": "lang"}, "the parameter lang is there twice"),
        ({"byline": 1}, "the place in the byline 1 is there twice"),
        ({"other_names": "headline"}, "the name in other exports headline is there twice"),
        ({"other_names": "imagecredit"}, "the name in other exports imagecredit is there twice"),
    ],
)
def test_no_two_fields_share_a_name(changed: dict[str, Any], cause: str) -> None:
    assert problem(replace(LABELLED, **changed)).cause == cause


def test_no_field_has_the_name_of_one_that_the_index_makes() -> None:
    error = problem(replace(TEXT, name="opening"), reserved=("opening",))
    assert (error.field, error.cure) == ("opening", "use another name")


@pytest.mark.parametrize("name", ["id", "published_at"])
def test_the_registry_has_an_id_and_a_date_that_are_single(name: str) -> None:
    with pytest.raises(FieldInvalid, match="add it to FIELDS"):
        check_fields([field for field in FIELDS if field.name != name])
    changed = [replace(field, many=True) if field.name == name else field for field in FIELDS]
    with pytest.raises(FieldInvalid, match="remove many"):
        check_fields(changed)


def test_the_registry_has_the_same_fields_as_an_article() -> None:
    model = {field.name: field.many for field in FIELDS}
    check_model(FIELDS, model)
    with pytest.raises(FieldInvalid, match=r"desk: .*; add it to index/article.py"):
        check_model((*FIELDS, TEXT), model)
    with pytest.raises(FieldInvalid, match=r"desk: .*; add it to index/schema.py"):
        check_model(FIELDS, {**model, "desk": False})
    with pytest.raises(FieldInvalid, match=r"authors: .*; set many"):
        check_model(FIELDS, {**model, "authors": False})


def test_no_filter_has_the_name_of_another_parameter() -> None:
    models = (Narrowing, SearchRequest, DeleteRequest)
    others = {name for model in models for name in model.model_fields}
    for name in {*others, *KNOWN} - {field.parameter for field in FILTER_FIELDS}:
        with pytest.raises(FieldInvalid, match="use another name for the filter"):
            _filter(replace(LABELLED, parameter=name))


def test_no_label_of_hits_has_the_name_of_another_value_of_a_hit() -> None:
    hits = (HitAnswer, RelatedHit, DuplicateHit)
    others = {name for model in hits for name in model.__struct_fields__} - set(
        Article.model_fields
    )
    assert others
    for name in others:
        with pytest.raises(FieldInvalid, match="hits have a value of this name"):
            _label(replace(LABELLED, name=name))
