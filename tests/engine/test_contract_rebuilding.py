"""What every engine does: rebuilds and loads of many articles, and checkpoints."""

from collections.abc import Iterator

import pytest

from index import query as q
from index.analysed import AnalysedArticle
from index.article import Article
from index.engines.base import Engine
from index.errors import IndexBusy
from index.results import Checkpoint, LoadProgress
from tests.conftest import OpenHere
from tests.support.contract import ask, matches, scored, word, write
from tests.support.plain import PLAIN, made, plain, rebuild


def test_a_rebuild_keeps_every_article_and_swaps_the_generation(engine: Engine) -> None:
    write(engine, "a", "b", "c")
    engine.write([made("2", "a")], delete=["3"])
    before = engine.stats().generation
    scores = scored(engine, word("a"))
    assert rebuild(engine) == 2
    assert scored(engine, word("a")) == pytest.approx(scores, rel=1e-12)
    assert matches(engine, q.Everything()) == {"1", "2"}
    assert engine.stats().generation != before


def test_a_rebuild_analyses_again_and_keeps_the_name_of_its_analysis(open_here: OpenHere) -> None:
    old, new = open_here(PLAIN), open_here("shouted")
    old.write([made("1", "rain", title="snow")])
    assert new.stats().analysis == PLAIN
    rebuild(new, lambda article: made(article.id, article.title))
    assert matches(new, word("snow")) == {"1"}
    assert matches(new, word("rain")) == set()
    assert new.stats().analysis == "shouted"


def test_a_rebuild_of_more_articles_than_a_batch_keeps_all(engine: Engine) -> None:
    engine.write([made(str(number), "a") for number in range(1_200)])
    assert rebuild(engine) == 1_200
    assert ask(engine, word("a")).total == 1_200


def test_a_rebuild_that_raises_leaves_the_live_generation(engine: Engine) -> None:
    write(engine, "a", "b")
    before = engine.stats().generation

    def failing() -> Iterator[Article]:
        yield made("1", "a").article
        raise RuntimeError("no more articles")

    with pytest.raises(RuntimeError, match="no more articles"):
        rebuild(engine, articles=failing())
    assert matches(engine, q.Everything()) == {"1", "2"}
    assert engine.stats().generation == before
    engine.write([made("3", "c")])
    assert rebuild(engine) == 3
    assert matches(engine, q.Everything()) == {"1", "2", "3"}


def _breaking(article: Article) -> AnalysedArticle:
    if article.id == "2":
        raise ValueError("no analysis")
    return plain(article)


def test_an_article_that_breaks_is_left_out_of_a_load_and_named(engine: Engine) -> None:
    some = [made(one, "rain").article for one in ("1", "2", "3")]
    loaded = list(engine.load(some, _breaking))
    assert sum(one.count for one in loaded) == 2
    failed = dict(item for one in loaded for item in one.failed.items())
    assert failed == {"2": "ValueError: no analysis"}
    assert matches(engine, q.Everything()) == {"1", "3"}


def test_what_changes_during_a_rebuild_is_in_the_new_generation(engine: Engine) -> None:
    engine.write([made("1", "a"), made("2", "a")], checkpoint=Checkpoint("x", 2))
    some = list(engine.reader().scan())
    steps = [
        ([made("3", "a")], ["1"], Checkpoint("x", 4)),
        ([made("4", "a")], [], Checkpoint("x", 5)),
    ]

    def later(new: Engine) -> bool:
        if steps:
            new.write(*steps.pop(0))
            return True
        return False

    loaded = list(engine.rebuild(some, plain, later))
    assert sum(one.count for one in loaded) == 2
    assert matches(engine, q.Everything()) == {"2", "3", "4"}
    assert engine.reader().checkpoint() == Checkpoint("x", 5)


def test_a_checkpoint_is_committed_with_the_articles_and_never_goes_back(engine: Engine) -> None:
    engine.write([made("1", "a")])
    assert engine.reader().checkpoint() is None
    engine.write([made("2", "a")], checkpoint=Checkpoint("x", 7))
    assert engine.reader().checkpoint() == Checkpoint("x", 7)
    engine.write([made("3", "a")])
    assert engine.reader().checkpoint() == Checkpoint("x", 7)
    with pytest.raises(IndexBusy):
        engine.write([made("4", "a")], checkpoint=Checkpoint("x", 6))
    assert matches(engine, q.Everything()) == {"1", "2", "3"}
    engine.write([], checkpoint=Checkpoint("another", 1))
    assert engine.reader().checkpoint() == Checkpoint("another", 1)


def test_a_load_deletes_and_sets_the_checkpoint_at_its_end(engine: Engine) -> None:
    some = [made(str(number), "a").article for number in range(5)]
    loaded = list(engine.load(some, plain, lambda: LoadProgress(["0", "3"], Checkpoint("x", 9))))
    assert sum(one.count for one in loaded) == 5
    assert matches(engine, q.Everything()) == {"1", "2", "4"}
    assert engine.reader().checkpoint() == Checkpoint("x", 9)


def test_a_writer_that_follows_an_older_checkpoint_raises_and_changes_nothing(
    engine: Engine,
) -> None:
    engine.write([made("1", "a")], checkpoint=Checkpoint("x", 7))
    some = [made("2", "a").article]
    for after in (Checkpoint("x", 6), Checkpoint("x", 8), Checkpoint("another", 7)):
        with pytest.raises(IndexBusy):
            engine.write([made("2", "a")], ["1"], Checkpoint("x", 9), after)
        with pytest.raises(IndexBusy):
            list(engine.load(some, plain, lambda: LoadProgress(["1"], Checkpoint("x", 9)), after))
    assert matches(engine, q.Everything()) == {"1"}
    assert engine.reader().checkpoint() == Checkpoint("x", 7)
    engine.write([made("3", "a")], [], Checkpoint("x", 8), Checkpoint("x", 7))
    list(engine.load(some, plain, lambda: LoadProgress((), Checkpoint("x", 9)), Checkpoint("x", 8)))
    assert matches(engine, q.Everything()) == {"1", "2", "3"}
    assert engine.reader().checkpoint() == Checkpoint("x", 9)


def test_a_rebuild_takes_all_that_came_while_the_live_index_was_written_to(engine: Engine) -> None:
    engine.write([made("1", "a")], checkpoint=Checkpoint("x", 1))
    looks = 0

    def later(new: Engine) -> bool:
        nonlocal looks
        looks += 1
        had = new.reader().checkpoint()
        at = had.change if had else 1
        if looks == 1:  # nothing is left, and now a load ends that held the live index
            engine.write([made(str(n), "a") for n in range(2, 6)], checkpoint=Checkpoint("x", 5))
        elif at < 5:
            new.write([made(str(at + 1), "a")], [], Checkpoint("x", at + 1))
            return True
        return False

    list(engine.rebuild(list(engine.reader().scan()), plain, later))
    assert engine.reader().checkpoint() == Checkpoint("x", 5)
    assert matches(engine, q.Everything()) == {"1", "2", "3", "4", "5"}


def test_searches_see_the_old_generation_until_the_swap(engine: Engine) -> None:
    write(engine, "a", "b")
    seen = []

    def looking(article: Article) -> AnalysedArticle:
        seen.append(matches(engine, q.Everything()))
        return plain(article)

    rebuild(engine, looking)
    assert seen == [{"1", "2"}, {"1", "2"}]
