"""Golden searches: data that a linguist can extend (tests/golden/demo/searches.yaml)."""

from typing import Any

import pytest
import yaml

from search.parts import Parts
from search.request import SearchRequest, check_request
from tests.support.golden import GOLDEN

SEARCHES: list[dict[str, Any]] = yaml.safe_load(
    (GOLDEN / "demo" / "searches.yaml").read_text(encoding="utf-8")
)
_EXPECTED = {"first", "found", "absent", "none", "total"}
_KNOWN = {"query", "filters", "why"} | _EXPECTED
_PARAMETERS = {"language": "lang"}


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: case["query"][:50] or "(empty)")
def test_a_search_finds_what_its_case_expects(demo: Parts, case: dict[str, Any]) -> None:
    assert set(case) <= _KNOWN, "a case says something that is not checked"
    assert set(case) & _EXPECTED, "a case expects nothing"
    filters = {
        _PARAMETERS.get(name, name): value if isinstance(value, list) else str(value)
        for name, value in case.get("filters", {}).items()
    }
    asked = {"q": case["query"], "per_page": 100, **filters}
    answer = demo.searcher.search(check_request(SearchRequest, asked))
    ids = [hit.id for hit in answer.hits]
    if "first" in case:
        assert ids[:1] == [case["first"]], case["why"]
    assert set(_listed(case, "found")) <= set(ids[:20]), case["why"]
    assert set(_listed(case, "absent")).isdisjoint(ids), case["why"]
    if "total" in case:
        assert answer.total == case["total"], case["why"]
    if case.get("none"):
        assert answer.total == 0, case["why"]


def _listed(case: dict[str, Any], name: str) -> list[str]:
    value = case.get(name, [])
    return [value] if isinstance(value, str) else value
