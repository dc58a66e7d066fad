"""What every engine does: words, phrases and prefixes, and where they stand in a hit."""

from dataclasses import replace
from math import log

import pytest

from index import query as q
from index.engines.base import Engine
from index.results import EngineRequest
from index.schema import HEADLINE
from tests.support.contract import BODY, ask, in_row, matches, scored, word, write
from tests.support.plain import made


def test_hits_say_where_the_highlighted_terms_stand_in_each_text(engine: Engine) -> None:
    engine.write([made("1", "snow and raining snow", title="snow")])
    (hit,) = ask(engine, q.Everything(), highlight_terms=(("body", "snow"), ("title", "snow"))).hits
    assert hit.words == {"title": [(0, 0)], "body": [(0, 0), (3, 17)]}


def test_a_word_is_returned_once_whichever_of_its_terms_are_highlighted(engine: Engine) -> None:
    engine.write([made("1", "snow raining")])
    highlight_terms = (("body", "rain"), ("body", "raining"), ("body_exact", "raining"))
    (hit,) = ask(engine, q.Everything(), highlight_terms=highlight_terms).hits
    assert hit.words == {"body": [(1, 5)]}


def test_a_word_far_from_the_one_before_is_returned_where_it_stands(engine: Engine) -> None:
    for gap in (253, 254, 255, 256, 600):
        engine.write([made("1", f"snow{' ' * gap}rain snow")])
        (hit,) = ask(
            engine, q.Everything(), highlight_terms=(("body", "rain"), ("body", "snow"))
        ).hits
        assert hit.words == {"body": [(0, 0), (1, 4 + gap), (2, 9 + gap)]}


def test_of_each_hit_its_own_words_are_returned_whatever_their_order(engine: Engine) -> None:
    write(engine, "snow", "rain snow", "rain rain snow", "hail")
    engine.write([made("2", "hail hail hail snow")])
    hits = ask(engine, word("snow"), highlight_terms=(("body", "snow"),)).hits
    assert {hit.fields.id: hit.words["body"] for hit in hits} == {
        "1": [(0, 0)],
        "2": [(3, 15)],
        "3": [(2, 10)],
    }


def test_a_hit_without_the_marked_terms_tells_no_words(engine: Engine) -> None:
    write(engine, "snow")
    (hit,) = ask(engine, q.Everything(), highlight_terms=(("body", "rain"), ("title", "snow"))).hits
    assert not hit.words
    (hit,) = ask(engine, q.Everything()).hits
    assert not hit.words


def test_a_term_is_found_where_any_of_its_variants_stands(engine: Engine) -> None:
    write(engine, "сталь дорожает", "цены стали расти", "дождь")
    assert matches(engine, word("сталь", "стали")) == {"1", "2"}


def test_a_term_is_found_only_in_the_fields_that_are_asked_for(engine: Engine) -> None:
    engine.write([made("1", "rain", title="snow"), made("2", "snow", title="rain")])
    assert matches(engine, word("snow", fields=[q.In("title")])) == {"1"}
    assert matches(engine, word("snow", fields=[q.In("title"), q.In("body")])) == {"1", "2"}


def test_a_term_that_stands_nowhere_finds_nothing(engine: Engine) -> None:
    write(engine, "rain")
    assert matches(engine, word("snow")) == set()
    assert matches(engine, word("rain", fields=[q.In("names")])) == set()
    assert matches(engine, q.Terms((), BODY)) == set()


def test_the_exact_field_knows_the_form_and_not_the_lemma(engine: Engine) -> None:
    write(engine, "raining")
    assert matches(engine, word("rain")) == {"1"}
    assert matches(engine, word("rain", fields=[q.In("body_exact")])) == set()
    assert matches(engine, word("raining", fields=[q.In("body_exact")])) == {"1"}


def test_a_headline_is_one_term(engine: Engine) -> None:
    engine.write([made("1", title="Snow in May"), made("2", title="Snow in May again")])
    assert matches(engine, word("snow in may", fields=[q.In(HEADLINE)])) == {"1"}


def test_a_term_scores_bm25f_over_its_fields(engine: Engine) -> None:
    engine.write(
        [
            made("1", "snow rain snow", title="snow"),
            made("2", "rain rain rain rain rain", title="rain rain"),
            made("3", "rain"),
        ]
    )
    fields = (q.In("title", 3.0, 0.5), q.In("body", 1.0, 0.75))
    title_length, body_length = (1 + 2 + 0) / 3, (3 + 5 + 1) / 3
    pooled = 3.0 * 1 / (0.5 + 0.5 * 1 / title_length) + 2 / (0.25 + 0.75 * 3 / body_length)
    idf = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = idf * pooled * (1.5 + 1) / (1.5 + pooled)
    assert scored(engine, q.Terms(("snow",), fields, k1=1.5)) == pytest.approx({"1": expected})


def test_a_term_scores_as_its_best_variant_and_not_as_their_sum(engine: Engine) -> None:
    write(engine, "сталь стали стали", "сталь дождь дождь", "дождь дождь дождь")
    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    both = scored(engine, word("сталь", "стали"))
    assert both == pytest.approx({"1": idf * 2 * 2.2 / (1.2 + 2), "2": idf * 1.0})


def test_a_rare_variant_weighs_no_more_than_a_common_one(engine: Engine) -> None:
    write(engine, "сталь", "сталь", "сталь", "стали", "дождь")
    assert len(set(scored(engine, word("сталь", "стали")).values())) == 1


def test_a_variant_counts_as_often_as_it_stands_times_its_weight(engine: Engine) -> None:
    write(engine, "школа", "лицей", "лицей лицей", "школа лицей", "дождь дождь")
    idf = log(1 + (5 - 4 + 0.5) / (4 + 0.5))
    query = q.Terms(("школа", "лицей"), (q.In("body", b=0.0),), "школа", weights=(1.0, 0.5))
    expected = {"1": idf, "2": idf * 0.5 * 2.2 / (1.2 + 0.5), "3": idf, "4": idf}
    assert scored(engine, query) == pytest.approx(expected)


def test_a_word_of_one_variant_may_have_a_weight(engine: Engine) -> None:
    write(engine, "лицей", "дождь")
    query = q.Terms(("лицей",), BODY, weights=(0.25,))
    assert scored(engine, query) == pytest.approx({"1": log(2) * 0.25 * 2.2 / (1.2 + 0.25)})
    assert scored(engine, q.Or((query, word("дождь"))))["1"] == scored(engine, query)["1"]


def test_weights_of_one_do_not_change_a_score(engine: Engine) -> None:
    write(engine, "сталь стали стали", "сталь", "дождь")
    plain_word = word("сталь", "стали")
    assert scored(engine, replace(plain_word, weights=(1.0, 1.0))) == scored(engine, plain_word)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, 1.0, 1.0)], ids=str)
def test_weights_are_one_for_each_variant_and_above_zero(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="weight"):
        q.Terms(("сталь", "стали"), BODY, weights=weights)


def test_an_explanation_tells_weights_where_they_are_not_one(engine: Engine) -> None:
    write(engine, "сталь")
    query = q.Terms(("сталь",), BODY, weights=(0.5,))
    weighted, usual = (
        engine.reader().explain(EngineRequest(one), ["1"])["1"].clause
        for one in (query, word("сталь"))
    )
    assert "weights=(0.5,)" in weighted
    assert "weights" not in usual


def test_a_phrase_wants_its_parts_in_order_and_next_to_each_other(engine: Engine) -> None:
    write(engine, "cold war ends", "war cold", "cold long war", "war and cold war")
    assert matches(engine, in_row("cold", "war")) == {"1", "4"}


def test_a_phrase_with_slop_lets_so_many_foreign_words_between_two_parts(engine: Engine) -> None:
    write(engine, "a x b y c", "a x x b c", "b a c", "a b c")
    assert matches(engine, in_row("a", "b", "c")) == {"4"}
    assert matches(engine, in_row("a", "b", "c", slop=1)) == {"1", "4"}
    assert matches(engine, in_row("a", "b", "c", slop=2)) == {"1", "2", "4"}


def test_a_part_of_a_phrase_may_be_any_of_its_variants(engine: Engine) -> None:
    write(engine, "холодная война", "холодной войны", "холодный мир")
    query = q.Phrase((("холодная", "холодной"), ("война", "войны")), BODY)
    assert matches(engine, query) == {"1", "2"}
    assert matches(engine, q.Phrase((("холодная",), ()), BODY)) == set()
    assert matches(engine, q.Phrase((), BODY)) == set()


def test_a_phrase_is_not_found_across_two_fields_or_two_articles(engine: Engine) -> None:
    engine.write([made("1", "war", title="cold"), made("2", "cold"), made("3", "war")])
    assert (
        matches(engine, in_row("cold", "war", slop=9, fields=[q.In("title"), q.In("body")]))
        == set()
    )
    write(engine, "war cold", "war cold", "war cold")  # one article's end, the next one's start
    for slop in (0, 1, 9):
        assert matches(engine, in_row("cold", "war", slop=slop)) == set()


def test_a_phrase_is_not_found_across_two_subjects(engine: Engine) -> None:
    engine.write([made("1", subjects=["cold", "war"]), made("2", subjects=["cold war"])])
    assert matches(engine, in_row("cold", "war", slop=9, fields=[q.In("subjects")])) == {"2"}


def test_a_phrase_scores_bm25f_over_the_places_where_it_can_end(engine: Engine) -> None:
    write(engine, "a b x a b b", "a x", "b x")
    idf = 2 * log(1 + (3 - 2 + 0.5) / (2 + 0.5))  # each part stands in two of three articles
    # With slop 1 the phrase ends at every b: positions 1, 4 and 5.
    pooled = 3 / (0.25 + 0.75 * 6 / (10 / 3))
    expected = idf * pooled * 2.2 / (1.2 + pooled)
    assert scored(engine, in_row("a", "b", slop=1)) == pytest.approx({"1": expected})


def test_each_word_is_scored_with_its_own_saturation(engine: Engine) -> None:
    write(engine, "a a b b", "a b")
    soft, hard = q.Terms(("a",), BODY, k1=5.0), q.Terms(("b",), BODY, k1=0.0)
    apart = [scored(engine, one) for one in (soft, hard)]
    together = scored(engine, q.And((soft, hard)))
    assert together == pytest.approx({one: apart[0][one] + apart[1][one] for one in "12"})


def test_two_equal_parts_of_a_phrase_want_two_words(engine: Engine) -> None:
    write(engine, "very good", "very very good")
    assert matches(engine, in_row("very", "very", slop=1)) == {"2"}


def test_a_prefix_scores_one_in_each_article_with_a_term_that_starts_so(engine: Engine) -> None:
    write(engine, "москва москвич", "московский", "минск")
    fields = ("body_exact",)
    assert scored(engine, q.Prefix("моск", fields)) == {"1": 1.0, "2": 1.0}
    assert scored(engine, q.Prefix("москв", fields)) == {"1": 1.0}
    assert scored(engine, q.Prefix("лондон", fields)) == {}
    assert scored(engine, q.Prefix("моск", ("title_exact",))) == {}
