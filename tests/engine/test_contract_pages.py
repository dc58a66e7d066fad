"""What every engine does: the order of hits, and pages of them."""

from collections.abc import Iterator

import pytest

from index import query as q
from index.engines.base import Engine
from index.results import Hit, Page, Sort
from tests.support.contract import ask, ids, scored, word
from tests.support.hits import content, fields_of, texts_of
from tests.support.plain import made, rebuild


def test_the_newest_come_first_and_the_undated_last(dated: Engine) -> None:
    assert ids(dated, word("snow"), sort=Sort.NEWEST) == [
        "2021-01-01",
        "2020-05-09",
        "2020-05-01",
        "1969-12-31",
        "undated",
    ]


def test_the_oldest_come_first_and_the_undated_last(dated: Engine) -> None:
    assert ids(dated, word("snow"), sort=Sort.OLDEST) == [
        "1969-12-31",
        "2020-05-01",
        "2020-05-09",
        "2021-01-01",
        "undated",
    ]


def test_the_best_come_first_and_among_equals_the_newest(dated: Engine) -> None:
    assert ids(dated, word("snow")) == [
        "undated",
        "2021-01-01",
        "2020-05-09",
        "2020-05-01",
        "1969-12-31",
    ]


def test_among_equally_good_articles_the_undated_come_last(dated: Engine) -> None:
    assert ids(dated, q.Everything())[-1] == "undated"


def test_hits_sorted_by_date_keep_their_scores(dated: Engine) -> None:
    newest = ask(dated, word("snow"), sort=Sort.NEWEST)
    by_id = {hit.fields.id: hit.score for hit in newest.hits}
    assert by_id == scored(dated, word("snow"))
    assert all(by_id.values())


@pytest.mark.parametrize("sort", Sort)
def test_pages_one_after_another_are_the_whole(engine: Engine, sort: Sort) -> None:
    days = ["2020-05-09", "2020-05-08", None]
    engine.write([made(str(n), "a " * (n % 5 + 1), published_at=days[n % 3]) for n in range(25)])
    whole = ids(engine, word("a"), sort=sort)
    pages = [
        ids(engine, word("a"), sort=sort, page=Page(offset=start, limit=10))
        for start in (0, 10, 20, 30)
    ]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert [one for page in pages for one in page] == whole
    assert ask(engine, word("a"), page=Page(offset=30, limit=10)).total == 25


TIED = {"b": None, "ж": None, "я": "2020-05-09", "a": "2020-05-09", "\U0001f600": "2020-05-09"}
"""Ids, of which some letters order otherwise in UTF-16, and when each was published."""


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.RELEVANCE, ["a", "я", "\U0001f600", "b", "ж"]),
        (Sort.NEWEST, ["a", "я", "\U0001f600", "b", "ж"]),
        (Sort.OLDEST, ["a", "я", "\U0001f600", "b", "ж"]),
        (Sort.ID, ["a", "b", "ж", "я", "\U0001f600"]),
    ],
)
def test_what_is_equal_is_ordered_by_id_whenever_it_was_written(
    engine: Engine, sort: Sort, expected: list[str]
) -> None:
    for article_id, day in TIED.items():  # in commits of their own
        engine.write([made(article_id, "snow", published_at=day)])
    assert ids(engine, word("snow"), sort=sort) == expected
    engine.write([made("b", "snow")])
    assert ids(engine, word("snow"), sort=sort) == expected
    rebuild(engine)
    assert ids(engine, word("snow"), sort=sort) == expected


def walked(engine: Engine, sort: Sort, limit: int, most: int = 100) -> Iterator[list[str]]:
    """Page after page, each after the last one's key."""
    page = Page(limit=limit)
    for _ in range(most):
        found = ask(engine, word("a"), sort=sort, page=page)
        yield [hit.fields.id for hit in found.hits]
        if found.next is None:
            return
        page = Page(limit=limit, after=found.next)
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_pages_after_the_last_one_s_key_are_the_whole(
    engine: Engine, sort: Sort, limit: int
) -> None:
    days = ["2020-05-09", "2020-05-08", None]
    engine.write([made(str(n), "a " * (n % 3 + 1), published_at=days[n % 3]) for n in range(25)])
    pages = list(walked(engine, sort, limit))
    assert [one for page in pages for one in page] == ids(engine, word("a"), sort=sort)
    assert len(pages) == -(-25 // limit)


def test_after_a_key_the_total_and_the_counts_are_those_of_all(labelled: Engine) -> None:
    first = ask(labelled, q.Everything(), facets=("subject",), page=Page(limit=1))
    second = ask(
        labelled, q.Everything(), facets=("subject",), page=Page(limit=1, after=first.next)
    )
    assert (second.total, second.facets) == (first.total, first.facets)
    assert first.hits != second.hits


def test_after_a_key_hits_can_be_left_out(engine: Engine) -> None:
    engine.write([made(str(n), "a") for n in range(9)])
    key = ask(engine, word("a"), sort=Sort.ID, page=Page(limit=3)).next
    assert ids(engine, word("a"), sort=Sort.ID, page=Page(2, 3, key)) == ["5", "6", "7"]
    assert ask(engine, word("a"), sort=Sort.ID, page=Page(2, 4, key)).next is None


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST, Sort.ID])
def test_pages_by_date_or_id_go_on_where_they_were_while_others_are_written(
    engine: Engine, sort: Sort
) -> None:
    stay = {f"k{n:02}": ["2020-05-09", "2020-05-08", None][n % 3] for n in range(20)}
    engine.write([made(one, "a", published_at=day) for one, day in stay.items()])
    seen: list[str] = []
    for turn, page in enumerate(walked(engine, sort, 3)):
        seen += page
        others = [
            made(f"{letter}{turn}", "a", published_at=f"20{20 + turn}-05-09") for letter in "az"
        ]
        engine.write([*others, made(f"m{turn}", "a")], [f"a{turn - 1}", f"m{turn - 1}"])
        if turn > 2:  # what the last page ended with was deleted
            engine.write([], [one for one in page[-1:] if one not in stay])
        if turn > 8 and sort is not Sort.ID:
            break
    assert len(seen) == len(set(seen))
    assert [one for one in seen if one in stay] == [
        one for one in ids(engine, word("a"), sort=sort) if one in stay
    ][: sum(one in stay for one in seen)]


def test_a_key_whose_article_was_deleted_still_says_where_to_go_on(engine: Engine) -> None:
    engine.write([made(one, "a") for one in "bdf"])
    key = ask(engine, word("a"), sort=Sort.ID, page=Page(limit=2)).next
    engine.write([made("c", "a"), made("e", "a")], ["d"])
    assert ids(engine, word("a"), sort=Sort.ID, page=Page(limit=9, after=key)) == ["e", "f"]


def test_a_hit_has_the_fields_and_the_texts_of_its_article(engine: Engine) -> None:
    one = made(
        "https://example.org/1",
        "Тело «статьи»\nи ещё строка",
        title="Ёлка",
        subjects=["A", "B"],
        authors=["Кто-то"],
        published_at="2020-05-09T10:00:00.5+03:00",
        image_credit="Фото: кто-то",
    )
    engine.write([one])
    (hit,) = ask(engine, q.Everything()).hits
    assert content(hit) == content(Hit(fields_of(one.article), hit.score, texts_of(one.article)))
    assert engine.reader().articles([hit.fields.id]) == {hit.fields.id: one.article}
