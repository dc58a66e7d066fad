"""Articles and the change log: nothing is lost, nothing is there twice, numbers are in order."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import check_article
from index.errors import (
    ArticleUnknown,
)
from index.store.articles import ArticleStore, ChangeKind
from tests.store.conftest import MakeUrl
from tests.support.stored import article, log, titles


def test_an_article_is_there_as_it_was_sent_when_put_returns(store: ArticleStore, url: str) -> None:
    sent = check_article(
        {"id": "новость/1", "title": "Ё №5", "body": "🙂\n«строка»", "subjects": ["Спорт", "x,y"],
         "published_at": "2026-05-09T10:00:00+03:00"}
    )  # fmt: skip
    written = store.put([sent])
    assert (written.change, written.accepted, written.changed) == (1, 1, 1)
    another = ArticleStore(url)
    assert another.get(["новость/1", "none"]) == {"новость/1": sent}
    assert another.identity == store.identity
    another.close()


def test_numbers_only_grow_and_the_log_is_in_their_order(store: ArticleStore) -> None:
    store.put([article("a"), article("b")])
    store.delete(["a", "none"])
    store.put([article("a"), article("b"), article("c")])
    assert log(store) == [
        (1, "a", ChangeKind.PUT), (2, "b", ChangeKind.PUT), (3, "a", ChangeKind.DELETE),
        (4, "a", ChangeKind.PUT),
        (5, "c", ChangeKind.PUT),
    ]  # fmt: skip
    change = store.change_at(5)
    assert change is not None
    assert abs(datetime.now(UTC) - change.at) < timedelta(minutes=5)
    assert store.change_at(6) is None


def test_the_same_article_again_is_no_change(store: ArticleStore) -> None:
    store.put([article("a")])
    again = store.put([article("a")])
    assert (again.change, again.accepted, again.unchanged) == (1, 1, 1)
    assert store.last() == 1


def test_an_older_article_is_not_taken_even_after_a_deletion(store: ArticleStore) -> None:
    store.put([article("a", "новое", "2026-05-02")])
    old = store.put([article("a", "старое", "2026-05-01")])
    assert (old.stale, old.accepted) == (1, 0)
    assert titles(store) == {"a": "новое"}
    store.delete(["a"])
    assert store.put([article("a", "старое", "2026-05-01")]).stale == 1
    assert store.count() == 0
    store.put([article("a", "новее", "2026-05-03")])
    assert titles(store) == {"a": "новее"}


def test_without_a_time_the_later_sent_is_taken(store: ArticleStore) -> None:
    store.put([article("a", "раз", "2026-05-02")])
    store.put([article("a", "два")])
    store.put([article("a", "три", "2020-01-01")])
    assert titles(store) == {"a": "три"}


def test_of_one_article_twice_in_a_batch_the_later_stays(store: ArticleStore) -> None:
    written = store.put([article("a", "раз"), article("a", "два"), article("a", "два")])
    assert (written.changed, written.unchanged) == (2, 1)
    assert titles(store) == {"a": "два"}


def test_one_article_is_changed_in_one_transaction(store: ArticleStore) -> None:
    store.put([article("a")])
    store.change("a", lambda one: one.model_copy(update={"title": "иначе"}))
    assert titles(store) == {"a": "иначе"}
    with pytest.raises(ArticleUnknown):
        store.change("b", lambda one: one)
    with pytest.raises(ZeroDivisionError):
        store.change("a", lambda _: 1 // 0)  # type: ignore[arg-type,return-value]
    assert store.last() == 2


def test_waiting_changes_are_returned_as_they_are_now_each_article_once(
    store: ArticleStore,
) -> None:
    store.put([article("a"), article("b"), article("c")])
    store.delete(["b"])
    store.put([article("a", "снова")])
    pending = store.pending(0, 100)
    assert pending is not None
    assert pending.last == 5
    there = {one: found and found.title for one, found in pending.articles.items()}
    assert there == {"a": "снова", "b": None, "c": "слово"}
    assert pending.changes == {"a": 5, "b": 4, "c": 3}
    assert store.pending(5, 100) is None


def test_what_was_put_is_what_waits(store: ArticleStore) -> None:
    store.put([article("a"), article("b")])
    again = [article("a", "новое"), article("b"), article("c"), article("c", "снова")]
    assert store.put(again).written == store.pending(2, 100)
    assert store.put(again[:2]).written is None


def test_what_waits_comes_in_parts_bounded_by_number_and_by_size(store: ArticleStore) -> None:
    store.put([article(f"{number:04}", "я" * 100) for number in range(1_200)])
    for limit, size in ((500, 1 << 25), (10_000, 20_000), (10_000, 1)):
        seen: list[str] = []
        after = 0
        while pending := store.pending(after, limit, size):
            assert len(pending.articles) <= limit
            seen += pending.articles
            assert after < pending.last == after + len(pending.articles)
            after = pending.last
        assert seen == [f"{number:04}" for number in range(1_200)]


def test_articles_come_by_id_in_the_order_of_bytes(store: ArticleStore) -> None:
    ids = ["Б", "a", "B", "а", "z/1", "0", "🙂", "é"]
    store.put([article(one) for one in ids])
    assert [one.id for one in store.scan()] == sorted(ids)
    assert [one.id for one in store.scan(after="a")] == [one for one in sorted(ids) if one > "a"]


def test_articles_are_logged_again_as_they_stand(store: ArticleStore) -> None:
    store.put([article("a"), article("b")])
    store.delete(["b"])
    assert store.requeue(["a", "b", "unknown"]) == 6
    assert log(store)[3:] == [
        (4, "a", ChangeKind.PUT), (5, "b", ChangeKind.DELETE), (6, "unknown", ChangeKind.DELETE),
    ]  # fmt: skip


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from("abc"), st.sampled_from(["раз", "два"])),
        max_size=15,
    )
)
def test_any_history_leaves_what_a_dictionary_would(
    new_url: MakeUrl, steps: list[tuple[bool, str, str]]
) -> None:
    store = ArticleStore(new_url())
    expected: dict[str, str] = {}
    changes = 0
    for putting, one, title in steps:
        if putting:
            changes += expected.get(one) != title
            expected[one] = title
            store.put([article(one, title)])
        else:
            changes += expected.pop(one, None) is not None
            store.delete([one])
    assert titles(store) == expected
    assert store.count() == len(expected)
    assert store.last() == changes == len(log(store))
    store.close()


def test_no_more_text_is_held_than_was_asked_for(store: ArticleStore) -> None:
    long = {"title": "слово", "body": "я" * 400_000}
    store.put([check_article({"id": str(number), **long}) for number in range(30)])
    tracemalloc.start()
    try:
        pending = store.pending(0, 500, most=1_000_000)
        assert pending is not None
        assert 1 <= len(pending.articles) <= 2
        del pending
        assert sum(1 for _ in store.scan(most=1_000_000)) == 30
        assert sum(1 for _ in store.scan(most=1)) == 30
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
