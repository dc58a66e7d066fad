"""The indexer: changes in order, each once, whatever happens."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import IndexBusy
from index.ingest.indexer import BATCH, MANY, Stop
from index.results import Checkpoint
from search.cli.checking import check
from search.parts import Parts
from tests.support.demo import parts_in
from tests.support.indexing import article, caught_up, checkpoint, many_in_small_commits, titles


def test_changes_are_taken_in_batches_and_the_checkpoint_goes_with_them(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(BATCH + 3)])
    assert parts.indexer.step()
    assert checkpoint(parts) == BATCH == parts.engine.reader().count()
    assert parts.indexer.step()
    assert checkpoint(parts) == parts.store.last() == parts.engine.reader().count()
    assert not parts.indexer.step()


def test_many_changes_are_taken_in_bulk_with_deletions_and_repetitions(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(MANY)])
    parts.store.delete(["5", "6"])
    parts.store.put([article(6, "снова"), article(7, "иначе")])
    assert parts.indexer.step()
    assert not parts.indexer.step()
    found = titles(parts)
    assert len(found) == MANY - 1
    assert "5" not in found
    assert (found["6"], found["7"]) == ("снова", "иначе")
    assert checkpoint(parts) == parts.store.last()


def test_a_bulk_ends_at_the_change_that_was_the_last_when_it_began(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(MANY)])
    read = parts.store.pending

    def pending(after: int, limit: int) -> Any:
        parts.store.put([article(-after - 1)])  # a writer that never stops
        return read(after, limit)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts.store, "pending", pending)
        assert parts.indexer.step()
    assert MANY <= checkpoint(parts) < parts.store.last() + BATCH
    caught_up(parts)
    assert parts.engine.reader().count() == parts.store.count()


def test_a_bulk_that_dies_goes_on_where_its_last_commit_ended(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_in_small_commits(parts, monkeypatch)
    parts.store.delete(["5"])
    loading = parts.indexer.load()
    next(loading)
    next(loading)
    del loading
    done = checkpoint(parts)
    assert 0 < done < len(titles(parts)) < MANY - 1  # the last batch was read in part
    assert set(titles(parts)) >= {str(n) for n in range(done) if n != 5}
    assert "5" not in titles(parts)
    caught_up(parts)
    assert len(titles(parts)) == MANY - 1


def test_an_indexer_whose_index_was_swapped_leaves_nothing_out(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.store.put([article(n) for n in range(3)])
    rebuilding = parts.indexer.rebuild()
    next(rebuilding)
    parts.store.put([article(n) for n in range(3, 6)])
    read = parts.store.pending
    caught_up(parts)

    def swapped(after: int, limit: int) -> Any:
        """A rebuild that knows of fewer changes is swapped in when the indexer has begun."""
        monkeypatch.setattr(parts.store, "pending", lambda *_: None)
        list(rebuilding)
        monkeypatch.setattr(parts.store, "pending", read)
        return read(after, limit)

    parts.store.put([article(6)])
    monkeypatch.setattr(parts.store, "pending", swapped)
    with pytest.raises(IndexBusy):
        parts.indexer.step()
    caught_up(parts)
    assert len(titles(parts)) == 7
    assert check(parts).well


def test_after_a_death_before_the_commit_the_next_goes_on_at_the_same_place(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.store.put([article(1), article(2)])

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parts.engine, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        parts.indexer.step()
    monkeypatch.undo()
    assert checkpoint(parts) == 0
    assert parts.engine.reader().count() == 0
    caught_up(parts)
    assert titles(parts) == {"1": "слово", "2": "слово"}


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 6), st.sampled_from(["один", "два", "три"])),
        st.tuples(st.just("delete"), st.integers(0, 6), st.just("")),
        st.tuples(st.sampled_from(["index", "rebuild", "reopen"]), st.just(0), st.just("")),
    ),
    max_size=20,
)


@settings(max_examples=30)
@given(steps=_STEPS)
def test_any_history_ends_with_the_store_and_the_index_alike(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    parts = parts_in(folder)
    parts.indexer.repair()
    expected: dict[str, str] = {}
    for what, number, title in steps:
        match what:
            case "put":
                parts.store.put([article(number, title)])
                expected[str(number)] = title
            case "delete":
                parts.store.delete([str(number)])
                expected.pop(str(number), None)
            case "index":
                parts.indexer.step()
            case "rebuild":
                list(parts.indexer.rebuild())
            case _:
                parts.close()
                parts = parts_in(folder)
    caught_up(parts)
    assert titles(parts) == expected
    assert check(parts).well
    parts.close()


def test_asked_to_stop_a_bulk_and_a_rebuild_end_with_the_commit_at_hand(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_in_small_commits(parts, monkeypatch)
    before = parts.engine.stats().generation
    monkeypatch.setattr(parts.indexer, "_stop", Stop(asked=True))
    parts.indexer.step()
    assert 0 < checkpoint(parts) < parts.store.last()
    parts.engine.write([], [], Checkpoint("another", 1))
    parts.indexer.repair()
    assert parts.engine.stats().generation == before
    monkeypatch.undo()
    parts.indexer.repair()
    assert parts.engine.reader().count() == MANY
