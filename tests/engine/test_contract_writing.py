"""What every engine does: adding, replacing and deleting articles in commits."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from index import query as q
from index.analysed import AnalysedArticle, FieldTerms
from index.engines.base import Engine
from index.errors import IndexUnavailable
from index.results import EngineRequest, Results
from tests.conftest import IndexFolders, OpenHere
from tests.support.contract import ask, in_row, matches, scored, word, write
from tests.support.plain import PLAIN, made, rebuild


def test_an_article_with_a_known_id_is_replaced(engine: Engine) -> None:
    write(engine, "snow", "snow")
    engine.write([made("1", "rain")])
    assert matches(engine, word("snow")) == {"2"}
    assert matches(engine, word("rain")) == {"1"}


def test_put_replace_and_delete_are_one_commit(engine: Engine) -> None:
    write(engine, "old", "old", "old")
    engine.write([made("1", "new"), made("4", "new")], delete=["2", "unknown"])
    assert matches(engine, word("new")) == {"1", "4"}
    assert matches(engine, word("old")) == {"3"}
    assert matches(engine, q.Everything()) == {"1", "3", "4"}


def test_of_two_articles_with_one_id_the_later_stays(engine: Engine) -> None:
    engine.write([made("1", "earlier"), made("1", "later")])
    assert matches(engine, q.Everything()) == {"1"}
    assert matches(engine, word("later")) == {"1"}
    assert matches(engine, word("earlier")) == set()


def test_an_article_both_put_and_deleted_is_put(engine: Engine) -> None:
    write(engine, "old")
    engine.write([made("1", "new")], delete=["1"])
    assert matches(engine, word("new")) == {"1"}


def test_a_deleted_article_can_come_back(engine: Engine) -> None:
    write(engine, "a", "a")
    engine.write([], delete=["1"])
    assert matches(engine, q.Everything()) == {"2"}
    engine.write([made("1", "a")])
    assert matches(engine, word("a")) == {"1", "2"}


def test_all_articles_can_be_deleted(engine: Engine) -> None:
    write(engine, "a b", "a")
    engine.write([], delete=["1", "2"])
    results = ask(engine, q.Everything(), facets=("language",), histogram="day")
    assert results == Results(0, (), {"language": ()}, ())
    assert matches(engine, q.Or((word("a"), in_row("a", "b"), q.Prefix("a", ("body",))))) == set()
    assert engine.stats().articles == 0
    assert rebuild(engine) == 0
    engine.write([made("3", "a")])
    assert matches(engine, word("a")) == {"3"}


def test_an_empty_commit_makes_an_index_and_changes_nothing(engine: Engine) -> None:
    engine.write([])
    assert matches(engine, q.Everything()) == set()
    write(engine, "a")
    engine.write([], delete=["unknown"])
    assert matches(engine, q.Everything()) == {"1"}


def test_a_put_that_raises_leaves_the_index_as_it_was(engine: Engine) -> None:
    write(engine, "old", "old")

    def failing() -> Iterator[AnalysedArticle]:
        yield made("1", "new")
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        engine.write(failing(), delete=["2"])
    assert matches(engine, word("old")) == {"1", "2"}
    assert matches(engine, word("new")) == set()
    engine.write([made("3", "new")])
    assert matches(engine, word("new")) == {"3"}


def test_deletions_that_raise_leave_the_index_as_it_was(engine: Engine) -> None:
    def failing() -> Iterator[str]:
        yield "1"
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        engine.write([made("1")], delete=failing())
    with pytest.raises(IndexUnavailable):
        ask(engine, q.Everything())
    write(engine, "old")
    with pytest.raises(RuntimeError, match="broke off"):
        engine.write([], delete=failing())
    assert matches(engine, word("old")) == {"1"}


class Broken(Mapping[str, FieldTerms]):
    """Fields that cannot be read to the end: an article that fails amid the commit."""

    def __getitem__(self, name: str) -> FieldTerms:
        raise RuntimeError("a broken article")

    def __iter__(self) -> Iterator[str]:
        return iter(("body",))

    def __len__(self) -> int:
        return 1


def test_an_article_that_fails_amid_the_commit_leaves_the_index_as_it_was(engine: Engine) -> None:
    write(engine, "old", "old")
    with pytest.raises(RuntimeError, match="broken article"):
        engine.write([made("1", "new"), replace(made("4"), fields=Broken())], delete=["2"])
    assert matches(engine, word("old")) == {"1", "2"}
    assert matches(engine, word("new")) == set()
    engine.write([made("1", "newer")], delete=["2"])
    assert matches(engine, q.Everything()) == {"1"}


QUERIES: tuple[q.Query, ...] = (
    word("snow"),
    word("snow", "rain", fields=[q.In("title", 2.0), q.In("body")]),
    in_row("snow", "rain", slop=1),
)


@pytest.mark.parametrize("query", QUERIES)
def test_deleted_articles_do_not_count_in_scores(new_folder: IndexFolders, query: q.Query) -> None:
    survivors = [made("1", "snow rain", title="snow"), made("2", "rain wind wind wind")]
    deleted = [made("3", "snow " * 40), made("4", "rain", title="rain rain snow")]
    used, fresh = new_folder()(PLAIN), new_folder()(PLAIN)
    used.write([survivors[0], *deleted, made("2", "snow snow snow")])
    used.write([survivors[1]], delete=["3"])
    used.write([], delete=["4"])
    fresh.write(survivors)
    assert scored(used, query) == pytest.approx(scored(fresh, query), rel=1e-12)


@pytest.mark.parametrize("query", QUERIES)
def test_scores_do_not_depend_on_the_number_of_commits(
    new_folder: IndexFolders, query: q.Query
) -> None:
    articles = [made(str(n), "snow " * (n % 4) + "rain " * (n % 3) + "wind") for n in range(12)]
    at_once, in_turn = new_folder()(PLAIN), new_folder()(PLAIN)
    at_once.write(articles)
    for start in range(0, 12, 3):
        in_turn.write(articles[start : start + 3])
    assert scored(in_turn, query) == pytest.approx(scored(at_once, query), rel=1e-12)


def test_an_engine_opened_again_sees_everything(open_here: OpenHere) -> None:
    engine = open_here(PLAIN)
    write(engine, "a", "b", "c")
    engine.write([made("2", "a")], delete=["3"])
    before = scored(engine, word("a"))
    engine.close()
    again = open_here(PLAIN)
    assert scored(again, word("a")) == before
    assert matches(again, q.Everything()) == {"1", "2"}


def test_an_engine_sees_what_another_in_the_same_folder_commits(open_here: OpenHere) -> None:
    reader, writer = open_here(PLAIN), open_here(PLAIN)
    writer.write([made("1", "a")])
    assert matches(reader, q.Everything()) == {"1"}
    for number in range(2, 6):
        writer.write([made(str(number), "a")])
        assert len(matches(reader, word("a"))) == number
    rebuild(writer)
    writer.write([], delete=["1"])
    assert matches(reader, q.Everything()) == {"2", "3", "4", "5"}


def test_before_the_first_commit_the_index_is_unavailable(engine: Engine) -> None:
    asked = (
        lambda: ask(engine, q.Everything()),
        lambda: engine.reader().articles(["1"]),
        lambda: list(engine.reader().scan()),
        lambda: engine.reader().frequencies("body", ["a"]),
        engine.reader,
        lambda: engine.reader().explain(EngineRequest(q.Everything()), ["1"]),
        lambda: rebuild(engine),
        engine.stats,
    )
    for one in asked:
        with pytest.raises(IndexUnavailable):
            one()
