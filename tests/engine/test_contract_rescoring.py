"""What every engine does: bonuses only for the best matches, those in the rescoring window."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from index import query as q
from index.engines.base import Engine
from index.results import EngineRequest, Hit, Page, Sort
from tests.support.contract import ask, ids, scored, subject, word
from tests.support.plain import made

NEWEST = "2020-05-09"


@pytest.fixture
def four(engine: Engine) -> Engine:
    """For `a`, the articles 4, 3, 2, 1 from the best down; all but 4 have the bonus of `b`."""
    engine.write(
        [
            made("1", "a b c c c", subjects=["Спорт"], published_at=NEWEST),
            made("2", "a a b c c", subjects=["Спорт"], published_at="2020-05-08"),
            made("3", "a a a b c", subjects=["Наука"], published_at="2020-05-07"),
            made("4", "a a a a c", subjects=["Спорт"], published_at="2020-05-06"),
        ]
    )
    return engine


PREFERRED = q.Prefer(word("a"), (q.Constant(word("b"), 10.0),))


def bonuses(engine: Engine, query: q.Query = PREFERRED, window: int | None = None) -> list[str]:
    """The articles whose scores have the bonus."""
    given = scored(engine, query, rescoring_window=window)
    return sorted(one for one, score in given.items() if score > 9)


def test_every_match_has_bonuses_where_there_is_no_window(four: Engine) -> None:
    assert bonuses(four) == ["1", "2", "3"]


def test_only_the_best_without_bonuses_have_them(four: Engine) -> None:
    assert bonuses(four, window=1) == []  # the best match has no `b`
    assert bonuses(four, window=2) == ["3"]
    assert bonuses(four, window=3) == ["2", "3"]


def test_those_outside_the_window_keep_their_scores_and_come_last(four: Engine) -> None:
    plain = scored(four, word("a"))
    given = scored(four, PREFERRED, rescoring_window=2)
    assert given == pytest.approx(plain | {"3": plain["3"] + 10})
    assert ids(four, PREFERRED, rescoring_window=2) == ["3", "4", "2", "1"]


@pytest.mark.parametrize("window", [4, 5, 100])
def test_a_window_as_large_as_the_matches_is_none(four: Engine, window: int) -> None:
    assert ask(four, PREFERRED, rescoring_window=window) == ask(four, PREFERRED)


def test_all_that_tie_with_the_last_of_the_window_are_in_it(engine: Engine) -> None:
    engine.write([made(one, "a b") for one in "xyz"] + [made("w", "a b c")])
    assert bonuses(engine, window=1) == ["x", "y", "z"]
    everything = q.Prefer(q.Everything(), (q.Constant(word("b"), 10.0),))
    assert bonuses(engine, everything, window=1) == ["w", "x", "y", "z"]


def test_the_window_has_matches_that_pass_filters_and_dates(four: Engine) -> None:
    sport = ids(four, PREFERRED, filters=(subject("Спорт"),), rescoring_window=2)
    assert sport == ["2", "4", "1"]
    later = ids(four, PREFERRED, dates=q.Range(since=1_588_809_600), rescoring_window=1)
    assert later == ["3", "2", "1"]  # from 2020-05-07 on


def test_the_window_changes_no_total_and_no_count(four: Engine) -> None:
    with_window = ask(four, PREFERRED, facets=("subject",), histogram="day", rescoring_window=1)
    without = ask(four, PREFERRED, facets=("subject",), histogram="day")
    assert (with_window.total, with_window.facets) == (without.total, without.facets)
    assert with_window.histogram == without.histogram


@pytest.mark.parametrize(
    "above",
    [
        lambda query: q.And((query, word("a"))),
        lambda query: q.Or((query, q.Constant(word("nowhere"), 1000.0))),
        lambda query: q.Fresh(query, 0.1, 86_400, 1_589_000_000),
        lambda query: q.Boost(query, 2.0),
        lambda query: q.Prefer(query, (word("c"),)),
    ],
)
def test_the_window_reaches_bonuses_below_other_clauses(
    four: Engine, above: Callable[[q.Query], q.Query]
) -> None:
    assert bonuses(four, above(PREFERRED), window=2) == ["3"]


def test_what_scores_above_all_without_bonuses_is_in_the_window(four: Engine) -> None:
    query = q.Or((PREFERRED, q.Constant(subject("Наука"), 1000.0)))
    (best,) = bonuses(four, query, window=1)
    assert best == "3"
    assert scored(four, query, rescoring_window=1)[best] > 1010


def test_bonuses_in_an_exclusion_change_nothing(four: Engine) -> None:
    query = q.And((word("a"), q.Not(q.Prefer(word("nowhere"), (word("b"),)))))
    assert scored(four, query, rescoring_window=1) == scored(four, query)


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST, Sort.ID])
def test_in_other_orders_every_hit_has_its_bonuses(four: Engine, sort: Sort) -> None:
    given = scored(four, PREFERRED, sort=sort, rescoring_window=1)
    assert given == pytest.approx(scored(four, PREFERRED))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 30])
@pytest.mark.parametrize("window", [1, 2, 5, 20])
def test_pages_of_any_size_after_each_other_are_the_whole_whatever_the_window(
    engine: Engine, window: int, limit: int
) -> None:
    bodies = ["a " * (n % 7 + 1) + "b " * (n % 3) + "c " * (n % 5) for n in range(30)]
    engine.write([made(str(number), body) for number, body in enumerate(bodies)])
    request = EngineRequest(PREFERRED, page=Page(limit=30), rescoring_window=window)
    whole = engine.reader().search(request).hits
    assert len({hit.fields.id for hit in whole}) == 30
    by_key: list[Hit] = []
    by_offset: list[Hit] = []
    page = Page(limit=limit)
    for offset in range(0, 30, limit):
        found = engine.reader().search(replace(request, page=page))
        by_key += found.hits
        by_offset += engine.reader().search(replace(request, page=Page(offset, limit))).hits
        page = Page(limit=limit, after=found.next)
    assert tuple(by_key) == tuple(by_offset) == whole


def test_an_explanation_has_the_score_of_the_hit_in_and_outside_the_window(four: Engine) -> None:
    request = EngineRequest(PREFERRED, rescoring_window=2)
    scores = {hit.fields.id: hit.score for hit in four.reader().search(request).hits}
    explained = four.reader().explain(request, ["1", "2", "3", "4"])
    assert {one: explanation.score for one, explanation in explained.items()} == scores
    assert [len(explained[one].parts) for one in "1234"] == [1, 1, 2, 2]


def test_a_window_holds_an_article_at_least() -> None:
    with pytest.raises(ValueError, match="window of 0"):
        EngineRequest(PREFERRED, rescoring_window=0)
