"""What every engine does: readers, terms, explanations and statistics."""

from collections.abc import Callable, Iterable

import pytest

from index import query as q
from index.analysed import AnalysedArticle
from index.engines.base import Engine
from index.results import Checkpoint, EngineRequest, Page
from tests.support.contract import ask, in_row, matches, scored, word, write
from tests.support.plain import PLAIN, made, plain, rebuild


def test_articles_are_found_by_id_and_unknown_ids_are_left_out(engine: Engine) -> None:
    write(engine, "a", "b", "c")
    engine.write([made("2", "new")], delete=["3"])
    kept = engine.reader().articles(["3", "2", "nobody", "1", "", "2"])
    assert {one: article.body for one, article in kept.items()} == {"1": "a", "2": "new"}
    assert engine.reader().articles([]) == {}


@pytest.mark.parametrize("article_id", ["ид", "a b", "A", "/news/1?x=2#y", "1" * 512, "я" * 512])
def test_an_id_is_kept_to_the_letter(engine: Engine, article_id: str) -> None:
    engine.write([made(article_id, "old"), made("other", "other")])
    engine.write([made(article_id, "new")])
    assert engine.reader().articles([article_id])[article_id].body == "new"
    assert engine.reader().articles([article_id[:-1]]) == {}
    engine.write([], delete=[article_id])
    assert ask(engine, q.Everything()).total == 1


def test_a_scan_gives_every_live_article_once(engine: Engine) -> None:
    write(engine, "a", "b", "c")
    engine.write([made("2", "new"), made("4", "d")], delete=["3"])
    bodies = sorted((article.id, article.body) for article in engine.reader().scan())
    assert bodies == [("1", "a"), ("2", "new"), ("4", "d")]


def test_frequencies_count_live_articles(engine: Engine) -> None:
    write(engine, "a a b", "a", "b", "a c")
    engine.write([made("2", "b")], delete=["4"])
    assert dict(engine.reader().frequencies("body", ["a", "b", "c", "x"])) == {
        "a": 1,
        "b": 3,
        "c": 0,
        "x": 0,
    }
    assert dict(engine.reader().frequencies("title", ["a"])) == {"a": 0}


def test_terms_are_returned_in_order_with_the_number_of_live_articles(engine: Engine) -> None:
    write(engine, "rain rain snow", "rain", "hail", "raining яд ёж")
    engine.write([made("2", "rainbow")], delete=["3"])
    terms = engine.reader().terms("body_exact")
    assert list(terms.items()) == [
        ("rain", 1),
        ("rainbow", 1),
        ("raining", 1),
        ("snow", 1),
        ("яд", 1),
        ("ёж", 1),
    ]


def test_terms_can_be_those_that_start_with_a_prefix(engine: Engine) -> None:
    write(engine, "rain raid ran", "rain снег", "снега")
    reader = engine.reader()
    assert list(reader.terms("body_exact", "rai").items()) == [("raid", 1), ("rain", 2)]
    assert list(reader.terms("body_exact", prefix="снег").items()) == [("снег", 1), ("снега", 1)]
    assert not reader.terms("body_exact", "x")
    assert not reader.terms("title", "r")
    assert not reader.terms("nothing")


def test_the_first_terms_are_returned_up_to_the_limit(engine: Engine) -> None:
    for number in range(0, 700, 100):  # several commits, and more terms than are read at once
        engine.write([made(str(number), " ".join(f"t{n:03}" for n in range(number, 700)))])
    engine.write([], delete=["0"])
    reader = engine.reader()
    assert list(reader.terms("body_exact", limit=2).items()) == [("t100", 1), ("t101", 1)]
    assert list(reader.terms("body_exact", "t6", 1).items()) == [("t600", 6)]
    assert len(reader.terms("body_exact", limit=1_000)) == 600
    assert not reader.terms("body_exact", limit=0)


def _changes(engine: Engine) -> None:
    engine.write([made("1", "snow", title="new"), made("9", "rain")], delete=["2"])


def _merges(engine: Engine) -> None:
    for number in range(10, 60):
        engine.write([made(str(number), "rain")], delete=["3"])


def _rebuilds(engine: Engine) -> None:
    _changes(engine)
    rebuild(engine)
    _changes(engine)


@pytest.mark.parametrize("change", [_changes, _merges, _rebuilds])
def test_a_reader_goes_on_answering_as_before_whatever_is_written(
    engine: Engine, change: Callable[[Engine], None]
) -> None:
    write(engine, "rain", "rain snow", "hail snow")
    engine.write([made("4", "rain raid")], checkpoint=Checkpoint("x", 1))
    reader = engine.reader()

    def everything() -> list[object]:
        asked = EngineRequest(word("rain"), facets=("language",), histogram="year")
        return [
            reader.search(asked),
            reader.articles(["1", "2", "9"]),
            sorted(article.id for article in reader.scan()),
            reader.count(),
            reader.frequencies("body", ["rain", "snow"]),
            reader.terms("body", "ra"),
            reader.explain(EngineRequest(word("rain")), ["1", "2", "3"]),
            reader.checkpoint(),
        ]

    before = everything()
    half = reader.scan()
    seen = [next(half).id]
    change(engine)
    assert everything() == before
    assert sorted([*seen, *(article.id for article in half)]) == ["1", "2", "3", "4"]
    assert engine.reader().count() != reader.count() or engine.reader().terms("title")


def test_a_reader_first_asked_after_a_change_answers_as_before_it(engine: Engine) -> None:
    write(engine, "rain", "rain snow", "hail snow")
    reader = engine.reader()
    _rebuilds(engine)
    assert reader.terms("body") == {"hail": 1, "rain": 2, "snow": 2}
    assert [hit.fields.id for hit in reader.search(EngineRequest(word("rain"))).hits] == ["1", "2"]


def test_an_explanation_has_what_each_clause_gave(engine: Engine) -> None:
    write(engine, "a b", "b", "c")
    bonus = q.Boost(word("b"), 2.0)
    query = q.Prefer(q.Or((word("a"), word("c"))), (bonus,))
    explained = engine.reader().explain(EngineRequest(query), ["1"]).get("1")
    assert explained is not None
    assert explained.clause == "Prefer"
    assert explained.score == pytest.approx(scored(engine, query)["1"])
    either, preferred = explained.parts
    assert (either.clause, preferred.clause) == ("Or", "Boost")
    assert either.score == pytest.approx(scored(engine, word("a"))["1"])
    assert preferred.score == pytest.approx(scored(engine, bonus)["1"])
    assert [part.score for part in either.parts] == [either.score, None]
    assert all("Terms" in part.clause for part in either.parts)
    assert either.parts[0].parts == ()


def test_an_explanation_says_where_the_article_does_not_match(engine: Engine) -> None:
    write(engine, "a", "b")
    query = q.And((word("a"), q.Not(word("b"))))
    explained = engine.reader().explain(EngineRequest(query), ["2"]).get("2")
    assert explained is not None
    assert explained.score is None
    assert [part.score for part in explained.parts] == [None, None]


def test_an_unknown_article_has_no_explanation(engine: Engine) -> None:
    write(engine, "a", "a")
    engine.write([], delete=["2"])
    assert not engine.reader().explain(EngineRequest(word("a")), ["2", "nobody"])
    assert not engine.reader().explain(EngineRequest(word("a")), [])


def test_several_articles_are_explained_as_each_alone(engine: Engine) -> None:
    write(engine, "a b", "b", "a a c", "c")
    query = q.Or((q.And((word("a"), q.Not(word("c")))), in_row("a", "b"), word("b")))
    together = engine.reader().explain(EngineRequest(query), ["3", "nobody", "1", "2"])
    assert together == {
        one: explained
        for one in "312"
        for explained in engine.reader().explain(EngineRequest(query), [one]).values()
    }


def test_stats_count_live_articles_by_language(engine: Engine) -> None:
    engine.write([made("1", "слово"), made("2", "word"), made("3", "word"), made("4", "word")])
    engine.write([], delete=["4"])
    stats = engine.stats()
    assert stats.articles == engine.reader().count() == 3
    assert dict(stats.languages) == {"ru": 1, "en": 2}
    assert stats.analysis == PLAIN
    assert stats.segments >= 1
    assert stats.size > 0
    assert stats.generation


def test_articles_survive_odd_text(engine: Engine) -> None:
    odd = "ѣ 日本語 😀 \u200b a\u0301 \U0001f468\u200d\U0001f469 " + "ы" * 300
    engine.write([made("1", odd), made("2", "плюс", title="ы " * 2_000)])
    for form, _ in plain(engine.reader().articles(["1"])["1"]).fields["body_exact"].terms():
        assert matches(engine, word(form, fields=[q.In("body_exact")])) == {"1"}
    assert matches(engine, q.Prefix("ыыы", ("body_exact",))) == {"1"}


def many(count: int) -> Iterable[AnalysedArticle]:
    for number in range(count):
        body = f"all w{number % 7} " + "x " * (number % 11)
        yield made(str(number), body, subjects=[f"s{number % 5}"])


def test_counts_are_exact_over_many_articles(engine: Engine) -> None:
    engine.write(many(500))
    results = ask(engine, word("w3"), facets=("subject",), page=Page(limit=3))
    numbers = [number for number in range(500) if number % 7 == 3]
    assert results.total == len(numbers)
    assert {value.value: value.count for value in results.facets["subject"]} == {
        f"s{rest}": sum(number % 5 == rest for number in numbers) for rest in range(5)
    }
    assert len(results.hits) == 3
