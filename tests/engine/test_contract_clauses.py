"""What every engine does: filters, ranges and the clauses that are made of other clauses."""

import pytest

from index import query as q
from index.engines.base import Engine
from index.schema import NAMES, Facet
from tests.support.contract import matches, scored, subject, word, write
from tests.support.plain import made, seconds


def test_a_range_takes_its_start_in_and_leaves_its_end_out(engine: Engine) -> None:
    engine.write([made(day, published_at=day) for day in ("2020-05-08", "2020-05-09")])
    engine.write([made("undated")])
    eighth, ninth = seconds("2020-05-08"), seconds("2020-05-09")
    assert scored(engine, q.Range(eighth, ninth)) == {"2020-05-08": 0.0}
    assert matches(engine, q.Range(since=ninth)) == {"2020-05-09"}
    assert matches(engine, q.Range(until=ninth)) == {"2020-05-08"}


def test_a_range_open_at_both_ends_takes_the_dated_articles(engine: Engine) -> None:
    engine.write([made("dated", published_at="1969-07-20"), made("undated")])
    assert matches(engine, q.Range()) == {"dated"}


def test_a_filter_takes_articles_with_one_of_its_values_to_the_letter(engine: Engine) -> None:
    engine.write(
        [
            made("1", subjects=["Спорт", "Наука"]),
            made("2", subjects=["спорт"]),
            made("3", subjects=["Наука"]),
        ]
    )
    assert scored(engine, subject("Спорт")) == {"1": 0.0}
    assert matches(engine, subject("Спорт", "Наука")) == {"1", "3"}
    assert matches(engine, subject("Спор")) == set()
    assert matches(engine, subject()) == set()


@pytest.mark.parametrize(
    ("facet", "value"),
    [
        ("subject", "Sports"),
        ("language", "en"),
        ("rubric", "Interview"),
        ("source", "TASS"),
        ("author", "Jane Doe"),
    ],
)
def test_every_facet_can_be_filtered(engine: Engine, facet: Facet, value: str) -> None:
    labels = {"subjects": ["Sports"], "rubric": "Interview", "source": "TASS"}
    engine.write([made("1", "a word", authors=["Jane Doe"], **labels), made("2", "слово")])
    assert matches(engine, q.Filter(facet, (value,))) == {"1"}


def test_and_adds_the_scores_of_articles_that_match_all(engine: Engine) -> None:
    write(engine, "a b", "a", "b")
    left, right = scored(engine, word("a")), scored(engine, word("b"))
    both = scored(engine, q.And((word("a"), word("b"), q.Everything())))
    assert both == pytest.approx({"1": left["1"] + right["1"]})


def test_and_of_no_clauses_is_nothing(engine: Engine) -> None:
    write(engine, "a")
    assert matches(engine, q.And(())) == set()


def test_or_adds_the_scores_of_the_clauses_that_match(engine: Engine) -> None:
    write(engine, "a b", "a", "b", "c")
    left, right = scored(engine, word("a")), scored(engine, word("b"))
    either = scored(engine, q.Or((word("a"), word("b"))))
    expected = {"1": left["1"] + right["1"], "2": left["2"], "3": right["3"]}
    assert either == pytest.approx(expected)


def test_or_can_want_several_of_its_clauses(engine: Engine) -> None:
    write(engine, "a b c", "a b", "a", "d")
    clauses = (word("a"), word("b"), word("c"))
    assert matches(engine, q.Or(clauses, at_least=2)) == {"1", "2"}
    assert matches(engine, q.Or(clauses, at_least=3)) == {"1"}
    assert matches(engine, q.Or(clauses, at_least=4)) == set()


def test_clauses_that_score_zero_count_for_at_least(engine: Engine) -> None:
    engine.write([made("1", "a", subjects=["S"]), made("2", "a"), made("3", subjects=["S"])])
    assert matches(engine, q.Or((word("a"), subject("S")), at_least=2)) == {"1"}


def test_or_of_no_clauses_is_nothing(engine: Engine) -> None:
    write(engine, "a")
    assert matches(engine, q.Or(())) == set()


def test_not_finds_the_other_articles_and_scores_zero(engine: Engine) -> None:
    write(engine, "a", "a b", "b")
    assert scored(engine, q.Not(word("a"))) == {"3": 0.0}
    assert matches(engine, q.Not(word("x"))) == {"1", "2", "3"}
    assert matches(engine, q.And((word("b"), q.Not(word("a"))))) == {"3"}
    assert matches(engine, q.And((q.Not(word("a")), q.Not(word("b"))))) == set()
    assert matches(engine, q.Not(q.Not(word("a")))) == {"1", "2"}


def test_everything_finds_every_article_and_scores_zero(engine: Engine) -> None:
    write(engine, "a", "b")
    assert scored(engine, q.Everything()) == {"1": 0.0, "2": 0.0}


def test_a_boost_multiplies_the_score_and_leaves_the_matches(engine: Engine) -> None:
    write(engine, "a", "b")
    plain_score = scored(engine, word("a"))["1"]
    assert scored(engine, q.Boost(word("a"), 2.5)) == pytest.approx({"1": plain_score * 2.5})
    assert scored(engine, q.Boost(word("a"), 0.0)) == {"1": 0.0}


def test_a_constant_gives_every_match_its_score(engine: Engine) -> None:
    write(engine, "a a a", "a b c", "b")
    assert scored(engine, q.Constant(word("a"), 7.5)) == {"1": 7.5, "2": 7.5}


def test_prefer_adds_bonuses_to_matches_and_adds_no_match(engine: Engine) -> None:
    write(engine, "a b", "a", "b")
    base, bonus = scored(engine, word("a")), scored(engine, word("b"))
    preferred = scored(engine, q.Prefer(word("a"), (word("b"), q.Constant(word("b"), 3.0))))
    assert preferred == pytest.approx({"1": base["1"] + bonus["1"] + 3.0, "2": base["2"]})


def test_fresh_lifts_new_articles_by_their_age(engine: Engine) -> None:
    days = {"now": "2020-01-31", "half": "2020-01-21", "quarter": "2020-01-11"}
    engine.write([made(name, published_at=day) for name, day in days.items()])
    query = q.Fresh(q.Constant(q.Everything(), 10.0), 0.8, 10 * 86_400, seconds("2020-01-31"))
    assert scored(engine, query) == pytest.approx({"now": 18.0, "half": 14.0, "quarter": 12.0})


def test_fresh_takes_articles_from_the_future_as_new(engine: Engine) -> None:
    engine.write([made("1", published_at="2030-01-01")])
    query = q.Fresh(q.Constant(q.Everything(), 1.0), 1.0, 86_400, seconds("2020-01-01"))
    assert scored(engine, query) == {"1": 2.0}


def test_fresh_leaves_undated_articles_their_score(engine: Engine) -> None:
    engine.write([made("1")])
    query = q.Fresh(q.Constant(q.Everything(), 1.0), 1.0, 86_400, seconds("2020-01-01"))
    assert scored(engine, query) == {"1": 1.0}


def test_a_name_has_one_key_in_both_alphabets(engine: Engine) -> None:
    write(engine, "приехал Рябков", "Ryabkov came", "rain")
    ((key, _),) = made("1", "Ryabkov").fields[NAMES].terms()
    assert matches(engine, word(key, fields=[q.In(NAMES)])) == {"1", "2"}
