"""What every engine does, one sentence a test: the same suite for each of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import log
from typing import TypedDict, Unpack

import pytest

from index import query as q
from index.analysed import AnalysedArticle, FieldTerms
from index.article import Article
from index.engines.base import Engine
from index.errors import IndexBusy, IndexUnavailable
from index.results import Bucket, Checkpoint, EngineRequest, FacetValue, Page, Results, Sort
from index.schema import HEADLINE, NAMES, Facet, Interval
from tests.conftest import OpenHere, Places
from tests.support.plain import PLAIN, made, plain, rebuild, seconds

BODY = (q.In("body"),)


def word(*variants: str, fields: Sequence[q.In] = BODY) -> q.Terms:
    return q.Terms(variants, tuple(fields), variants[0])


def in_row(*words: str, slop: int = 0, fields: Sequence[q.In] = BODY) -> q.Phrase:
    return q.Phrase(tuple((one,) for one in words), tuple(fields), slop)


def subject(*values: str) -> q.Filter:
    return q.Filter("subject", values)


class Asked(TypedDict, total=False):
    """What a test may ask for beside the query; as in EngineRequest, but the page is long."""

    filters: tuple[q.Filter, ...]
    dates: q.Range
    sort: Sort
    page: Page
    facets: tuple[Facet, ...]
    facet_limit: int
    histogram: Interval
    zone: str
    highlight_terms: tuple[tuple[str, str], ...]


def ask(engine: Engine, query: q.Query, **rest: Unpack[Asked]) -> Results:
    return engine.reader().search(replace(EngineRequest(query, page=Page(limit=100)), **rest))


def scored(engine: Engine, query: q.Query) -> dict[str, float]:
    return {hit.article.id: hit.score for hit in ask(engine, query).hits}


def ids(engine: Engine, query: q.Query, **rest: Unpack[Asked]) -> list[str]:
    return [hit.article.id for hit in ask(engine, query, **rest).hits]


def found(engine: Engine, query: q.Query) -> set[str]:
    results = ask(engine, query)
    assert results.total == len(results.hits)
    return {hit.article.id for hit in results.hits}


def write(engine: Engine, *bodies: str) -> None:
    """One article a body, with the ids 1, 2, 3 …"""
    engine.write([made(str(number), body) for number, body in enumerate(bodies, 1)])


# Where the words of the hits stand


def test_hits_tell_where_the_marked_terms_stand_in_each_text(engine: Engine) -> None:
    engine.write([made("1", "snow and raining snow", title="snow")])
    (hit,) = ask(engine, q.Everything(), highlight_terms=(("body", "snow"), ("title", "snow"))).hits
    assert hit.words == {"title": [(0, 0)], "body": [(0, 0), (3, 17)]}


def test_a_word_is_told_once_whichever_of_its_terms_are_marked(engine: Engine) -> None:
    engine.write([made("1", "snow raining")])
    highlight_terms = (("body", "rain"), ("body", "raining"), ("body_exact", "raining"))
    (hit,) = ask(engine, q.Everything(), highlight_terms=highlight_terms).hits
    assert hit.words == {"body": [(1, 5)]}


def test_a_word_far_from_the_one_before_is_told_where_it_stands(engine: Engine) -> None:
    for gap in (253, 254, 255, 256, 600):
        engine.write([made("1", f"snow{' ' * gap}rain snow")])
        (hit,) = ask(
            engine, q.Everything(), highlight_terms=(("body", "rain"), ("body", "snow"))
        ).hits
        assert hit.words == {"body": [(0, 0), (1, 4 + gap), (2, 9 + gap)]}


def test_of_each_hit_its_own_words_are_told_whatever_their_order(engine: Engine) -> None:
    write(engine, "snow", "rain snow", "rain rain snow", "hail")
    engine.write([made("2", "hail hail hail snow")])
    hits = ask(engine, word("snow"), highlight_terms=(("body", "snow"),)).hits
    assert {hit.article.id: hit.words["body"] for hit in hits} == {
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


# Clauses


def test_a_term_is_found_where_any_of_its_variants_stands(engine: Engine) -> None:
    write(engine, "сталь дорожает", "цены стали расти", "дождь")
    assert found(engine, word("сталь", "стали")) == {"1", "2"}


def test_a_term_is_found_only_in_the_fields_that_are_asked_for(engine: Engine) -> None:
    engine.write([made("1", "rain", title="snow"), made("2", "snow", title="rain")])
    assert found(engine, word("snow", fields=[q.In("title")])) == {"1"}
    assert found(engine, word("snow", fields=[q.In("title"), q.In("body")])) == {"1", "2"}


def test_a_term_that_stands_nowhere_finds_nothing(engine: Engine) -> None:
    write(engine, "rain")
    assert found(engine, word("snow")) == set()
    assert found(engine, word("rain", fields=[q.In("names")])) == set()
    assert found(engine, q.Terms((), BODY)) == set()


def test_the_exact_space_knows_the_form_and_not_the_lemma(engine: Engine) -> None:
    write(engine, "raining")
    assert found(engine, word("rain")) == {"1"}
    assert found(engine, word("rain", fields=[q.In("body_exact")])) == set()
    assert found(engine, word("raining", fields=[q.In("body_exact")])) == {"1"}


def test_a_headline_is_one_term(engine: Engine) -> None:
    engine.write([made("1", title="Snow in May"), made("2", title="Snow in May again")])
    assert found(engine, word("snow in may", fields=[q.In(HEADLINE)])) == {"1"}


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
    assert "weights=(0.5,)" in engine.reader().explain(query, ["1"])["1"].clause
    assert "weights" not in engine.reader().explain(word("сталь"), ["1"])["1"].clause


def test_a_phrase_wants_its_parts_in_order_and_next_to_each_other(engine: Engine) -> None:
    write(engine, "cold war ends", "war cold", "cold long war", "war and cold war")
    assert found(engine, in_row("cold", "war")) == {"1", "4"}


def test_a_phrase_with_slop_lets_so_many_foreign_words_between_two_parts(engine: Engine) -> None:
    write(engine, "a x b y c", "a x x b c", "b a c", "a b c")
    assert found(engine, in_row("a", "b", "c")) == {"4"}
    assert found(engine, in_row("a", "b", "c", slop=1)) == {"1", "4"}
    assert found(engine, in_row("a", "b", "c", slop=2)) == {"1", "2", "4"}


def test_a_part_of_a_phrase_may_be_any_of_its_variants(engine: Engine) -> None:
    write(engine, "холодная война", "холодной войны", "холодный мир")
    query = q.Phrase((("холодная", "холодной"), ("война", "войны")), BODY)
    assert found(engine, query) == {"1", "2"}
    assert found(engine, q.Phrase((("холодная",), ()), BODY)) == set()
    assert found(engine, q.Phrase((), BODY)) == set()


def test_a_phrase_is_not_found_across_two_fields_or_two_articles(engine: Engine) -> None:
    engine.write([made("1", "war", title="cold"), made("2", "cold"), made("3", "war")])
    assert (
        found(engine, in_row("cold", "war", slop=9, fields=[q.In("title"), q.In("body")])) == set()
    )
    write(engine, "war cold", "war cold", "war cold")  # one article's end, the next one's start
    for slop in (0, 1, 9):
        assert found(engine, in_row("cold", "war", slop=slop)) == set()


def test_a_phrase_is_not_found_across_two_subjects(engine: Engine) -> None:
    engine.write([made("1", subjects=["cold", "war"]), made("2", subjects=["cold war"])])
    assert found(engine, in_row("cold", "war", slop=9, fields=[q.In("subjects")])) == {"2"}


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
    assert found(engine, in_row("very", "very", slop=1)) == {"2"}


def test_a_prefix_scores_one_in_each_article_with_a_term_that_starts_so(engine: Engine) -> None:
    write(engine, "москва москвич", "московский", "минск")
    fields = ("body_exact",)
    assert scored(engine, q.Prefix("моск", fields)) == {"1": 1.0, "2": 1.0}
    assert scored(engine, q.Prefix("москв", fields)) == {"1": 1.0}
    assert scored(engine, q.Prefix("лондон", fields)) == {}
    assert scored(engine, q.Prefix("моск", ("title_exact",))) == {}


def test_a_range_takes_its_start_in_and_leaves_its_end_out(engine: Engine) -> None:
    engine.write([made(day, published_at=day) for day in ("2020-05-08", "2020-05-09")])
    engine.write([made("undated")])
    eighth, ninth = seconds("2020-05-08"), seconds("2020-05-09")
    assert scored(engine, q.Range(eighth, ninth)) == {"2020-05-08": 0.0}
    assert found(engine, q.Range(since=ninth)) == {"2020-05-09"}
    assert found(engine, q.Range(until=ninth)) == {"2020-05-08"}


def test_a_range_open_at_both_ends_takes_the_dated_articles(engine: Engine) -> None:
    engine.write([made("dated", published_at="1969-07-20"), made("undated")])
    assert found(engine, q.Range()) == {"dated"}


def test_a_filter_takes_articles_with_one_of_its_values_to_the_letter(engine: Engine) -> None:
    engine.write(
        [
            made("1", subjects=["Спорт", "Наука"]),
            made("2", subjects=["спорт"]),
            made("3", subjects=["Наука"]),
        ]
    )
    assert scored(engine, subject("Спорт")) == {"1": 0.0}
    assert found(engine, subject("Спорт", "Наука")) == {"1", "3"}
    assert found(engine, subject("Спор")) == set()
    assert found(engine, subject()) == set()


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
    assert found(engine, q.Filter(facet, (value,))) == {"1"}


def test_and_adds_the_scores_of_articles_that_match_all(engine: Engine) -> None:
    write(engine, "a b", "a", "b")
    left, right = scored(engine, word("a")), scored(engine, word("b"))
    both = scored(engine, q.And((word("a"), word("b"), q.Everything())))
    assert both == pytest.approx({"1": left["1"] + right["1"]})


def test_and_of_no_clauses_is_nothing(engine: Engine) -> None:
    write(engine, "a")
    assert found(engine, q.And(())) == set()


def test_or_adds_the_scores_of_the_clauses_that_match(engine: Engine) -> None:
    write(engine, "a b", "a", "b", "c")
    left, right = scored(engine, word("a")), scored(engine, word("b"))
    either = scored(engine, q.Or((word("a"), word("b"))))
    expected = {"1": left["1"] + right["1"], "2": left["2"], "3": right["3"]}
    assert either == pytest.approx(expected)


def test_or_can_want_several_of_its_clauses(engine: Engine) -> None:
    write(engine, "a b c", "a b", "a", "d")
    clauses = (word("a"), word("b"), word("c"))
    assert found(engine, q.Or(clauses, at_least=2)) == {"1", "2"}
    assert found(engine, q.Or(clauses, at_least=3)) == {"1"}
    assert found(engine, q.Or(clauses, at_least=4)) == set()


def test_clauses_that_score_zero_count_for_at_least(engine: Engine) -> None:
    engine.write([made("1", "a", subjects=["S"]), made("2", "a"), made("3", subjects=["S"])])
    assert found(engine, q.Or((word("a"), subject("S")), at_least=2)) == {"1"}


def test_or_of_no_clauses_is_nothing(engine: Engine) -> None:
    write(engine, "a")
    assert found(engine, q.Or(())) == set()


def test_not_finds_the_other_articles_and_scores_zero(engine: Engine) -> None:
    write(engine, "a", "a b", "b")
    assert scored(engine, q.Not(word("a"))) == {"3": 0.0}
    assert found(engine, q.Not(word("x"))) == {"1", "2", "3"}
    assert found(engine, q.And((word("b"), q.Not(word("a"))))) == {"3"}
    assert found(engine, q.And((q.Not(word("a")), q.Not(word("b"))))) == set()
    assert found(engine, q.Not(q.Not(word("a")))) == {"1", "2"}


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
    assert found(engine, word(key, fields=[q.In(NAMES)])) == {"1", "2"}


# Filters and facets


@pytest.fixture
def labelled(engine: Engine) -> Engine:
    """Five articles with subjects and sources; `snow` stands in all but the last."""
    engine.write(
        [
            made("1", "snow", subjects=["Sports"], source="TASS"),
            made("2", "snow", subjects=["Sports", "Travel"], source="RIA"),
            made("3", "snow", subjects=["Travel"], source="RIA"),
            made("4", "снег snow снег снег", subjects=["Наука"]),
            made("5", "rain", subjects=["Travel", "Rain"], source="TASS"),
        ]
    )
    return engine


def facet(engine: Engine, name: Facet, query: q.Query, **rest: Unpack[Asked]) -> list[FacetValue]:
    asked: Asked = {**rest, "facets": (name,)}
    return list(ask(engine, query, **asked).facets[name])


def test_facets_count_the_matches_most_frequent_first_then_by_letter(labelled: Engine) -> None:
    assert facet(labelled, "subject", word("snow")) == [
        FacetValue("Sports", 2),
        FacetValue("Travel", 2),
        FacetValue("Наука", 1),
    ]
    assert facet(labelled, "source", word("snow")) == [FacetValue("RIA", 2), FacetValue("TASS", 1)]
    assert facet(labelled, "language", word("snow")) == [FacetValue("en", 3), FacetValue("ru", 1)]
    assert facet(labelled, "author", word("snow")) == []


def test_only_the_facets_that_are_asked_for_are_counted(labelled: Engine) -> None:
    assert ask(labelled, q.Everything()).facets == {}
    asked = ask(labelled, q.Everything(), facets=("source", "rubric")).facets
    assert set(asked) == {"source", "rubric"}


def test_facets_count_all_matches_and_not_only_the_page(labelled: Engine) -> None:
    counted = facet(labelled, "source", word("snow"), page=Page(limit=0))
    assert counted == [FacetValue("RIA", 2), FacetValue("TASS", 1)]


def test_filters_narrow_the_hits_and_the_total(labelled: Engine) -> None:
    filters = (subject("Sports", "Travel"), q.Filter("source", ("RIA",)))
    results = ask(labelled, word("snow"), filters=filters)
    assert (results.total, {hit.article.id for hit in results.hits}) == (2, {"2", "3"})


def test_filters_do_not_change_scores(labelled: Engine) -> None:
    narrowed = ask(labelled, word("snow"), filters=(subject("Sports"),))
    assert {hit.article.id: hit.score for hit in narrowed.hits} == {
        one: score for one, score in scored(labelled, word("snow")).items() if one in {"1", "2"}
    }


def test_a_facet_is_counted_without_its_own_filter(labelled: Engine) -> None:
    counted = facet(labelled, "subject", word("snow"), filters=(subject("Sports"),))
    assert counted == [
        FacetValue("Sports", 2, selected=True),
        FacetValue("Travel", 2),
        FacetValue("Наука", 1),
    ]


def test_a_facet_is_counted_with_the_filters_of_other_facets(labelled: Engine) -> None:
    filters = (subject("Sports"), q.Filter("source", ("RIA",)))
    assert facet(labelled, "subject", word("snow"), filters=filters) == [
        FacetValue("Travel", 2),
        FacetValue("Sports", 1, selected=True),
    ]
    assert facet(labelled, "source", word("snow"), filters=filters) == [
        FacetValue("RIA", 1, selected=True),
        FacetValue("TASS", 1),
    ]


def test_a_selected_value_is_listed_even_where_it_counts_zero(labelled: Engine) -> None:
    filters = (subject("Rain", "Nowhere"),)
    assert facet(labelled, "subject", word("snow"), filters=filters) == [
        FacetValue("Sports", 2),
        FacetValue("Travel", 2),
        FacetValue("Наука", 1),
        FacetValue("Rain", 0, selected=True),
        FacetValue("Nowhere", 0, selected=True),
    ]


def test_a_selected_value_is_listed_once(labelled: Engine) -> None:
    filters = (subject("Nowhere", "Nowhere"),)
    counted = facet(labelled, "subject", word("rain"), filters=filters)
    assert [value.value for value in counted] == ["Rain", "Travel", "Nowhere"]


def test_a_selected_value_is_listed_with_its_count_beyond_the_limit(labelled: Engine) -> None:
    filters = (subject("Наука"),)
    assert facet(labelled, "subject", word("snow"), filters=filters, facet_limit=1) == [
        FacetValue("Sports", 2),
        FacetValue("Наука", 1, selected=True),
    ]


def test_two_filters_of_one_facet_both_hold(labelled: Engine) -> None:
    filters = (subject("Sports"), subject("Travel"))
    assert ids(labelled, word("snow"), filters=filters) == ["2"]
    counted = facet(labelled, "subject", word("snow"), filters=filters)
    assert counted == [
        FacetValue("Sports", 2, selected=True),
        FacetValue("Travel", 2, selected=True),
        FacetValue("Наука", 1),
    ]


# Dates


@pytest.fixture
def dated(engine: Engine) -> Engine:
    """Articles whose ids are their dates, and one without."""
    days = ["2020-05-09", "1969-12-31", "2020-05-01", "2021-01-01"]
    engine.write([made(day, "snow", published_at=day) for day in days])
    engine.write(
        [
            made("undated", "snow snow"),
            made("evening", "rain", published_at="2020-05-09T23:59:59Z"),
            made("zone", "rain", published_at="2021-01-01T01:00:00+03:00"),
        ]
    )
    return engine


def test_dates_narrow_the_hits_and_the_total(dated: Engine) -> None:
    may = q.Range(seconds("2020-05-01"), seconds("2020-06-01"))
    results = ask(dated, q.Everything(), dates=may)
    assert results.total == 3
    assert {hit.article.id for hit in results.hits} == {"2020-05-01", "2020-05-09", "evening"}


def test_dates_narrow_what_facets_count(dated: Engine) -> None:
    since_2021 = q.Range(since=seconds("2021-01-01"))
    assert facet(dated, "language", q.Everything(), dates=since_2021) == [FacetValue("en", 1)]


def test_a_histogram_by_year_counts_in_utc(dated: Engine) -> None:
    assert ask(dated, q.Everything(), histogram="year").histogram == (
        Bucket("1969-01-01", 1),
        Bucket("2020-01-01", 4),
        Bucket("2021-01-01", 1),
    )


def test_a_histogram_by_month_leaves_empty_months_out(dated: Engine) -> None:
    assert ask(dated, q.Everything(), histogram="month").histogram == (
        Bucket("1969-12-01", 1),
        Bucket("2020-05-01", 3),
        Bucket("2020-12-01", 1),
        Bucket("2021-01-01", 1),
    )


def test_a_histogram_by_day_counts_a_day_from_midnight_to_midnight(dated: Engine) -> None:
    assert ask(dated, word("rain"), histogram="day").histogram == (
        Bucket("2020-05-09", 1),
        Bucket("2020-12-31", 1),
    )


@pytest.mark.parametrize(
    ("zone", "interval", "moments", "buckets"),
    [
        ("Europe/Moscow", "day", ["2024-05-09T20:59:59Z", "2024-05-09T21:00:00Z"],
         [("2024-05-09", 1), ("2024-05-10", 1)]),
        ("Europe/Moscow", "month", ["2024-04-30T20:59:59Z", "2024-04-30T22:30:00Z"],
         [("2024-04-01", 1), ("2024-05-01", 1)]),
        ("Europe/Moscow", "year", ["2023-12-31T20:59:59Z", "2023-12-31T21:00:00Z"],
         [("2023-01-01", 1), ("2024-01-01", 1)]),
        ("Asia/Kathmandu", "day", ["2024-05-09T18:14:59Z", "2024-05-09T18:15:00Z"],
         [("2024-05-09", 1), ("2024-05-10", 1)]),
        # 10 March has 23 hours in New York, 3 November 25.
        ("America/New_York", "day",
         ["2024-03-10T04:59:59Z", "2024-03-10T05:00:00Z", "2024-03-11T03:59:59Z",
          "2024-03-11T04:00:00Z"],
         [("2024-03-09", 1), ("2024-03-10", 2), ("2024-03-11", 1)]),
        ("America/New_York", "day",
         ["2024-11-03T03:59:59Z", "2024-11-03T04:00:00Z", "2024-11-04T04:59:59Z",
          "2024-11-04T05:00:00Z"],
         [("2024-11-02", 1), ("2024-11-03", 2), ("2024-11-04", 1)]),
        # Samoa had no 30 December 2011.
        ("Pacific/Apia", "day", ["2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"],
         [("2011-12-29", 1), ("2011-12-31", 1)]),
        ("America/New_York", "day", ["0001-01-01T01:00:00Z", "2024-05-09T12:00:00Z"],
         [("0001-01-01", 1), ("2024-05-09", 1)]),
        ("Europe/Moscow", "year", ["9999-12-31T23:00:00Z"], [("9999-01-01", 1)]),
        ("UTC", "day", ["2024-05-09T23:59:59Z", "2024-05-10T00:00:00Z"],
         [("2024-05-09", 1), ("2024-05-10", 1)]),
    ],
)  # fmt: skip
def test_a_histogram_counts_by_the_days_of_the_zone_asked_for(
    engine: Engine,
    zone: str,
    interval: Interval,
    moments: list[str],
    buckets: list[tuple[str, int]],
) -> None:
    engine.write([made(one, published_at=one) for one in moments])
    found = ask(engine, q.Everything(), histogram=interval, zone=zone).histogram
    assert [(one.start, one.count) for one in found] == buckets


def test_one_index_answers_in_every_zone(engine: Engine) -> None:
    engine.write([made("1", published_at="2024-05-09T22:30:00Z")])
    starts = [
        ask(engine, q.Everything(), histogram="day", zone=zone).histogram[0].start
        for zone in ("UTC", "Europe/Moscow", "America/New_York", "UTC")
    ]
    assert starts == ["2024-05-09", "2024-05-10", "2024-05-09", "2024-05-09"]


def test_half_a_second_before_1970_is_in_1969(engine: Engine) -> None:
    engine.write([made("1", published_at="1969-12-31T23:59:59.5Z")])
    assert ask(engine, q.Everything(), histogram="day").histogram == (Bucket("1969-12-31", 1),)


def test_a_histogram_counts_what_the_filters_let_through(dated: Engine) -> None:
    dated.write([made("2022", "snow", published_at="2022-01-01", subjects=["S"])])
    results = ask(dated, word("snow"), histogram="year", filters=(subject("S"),))
    assert results.histogram == (Bucket("2022-01-01", 1),)


def test_without_an_interval_there_is_no_histogram(dated: Engine) -> None:
    assert ask(dated, q.Everything()).histogram == ()


# Order and pages


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
    by_id = {hit.article.id: hit.score for hit in newest.hits}
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
        yield [hit.article.id for hit in found.hits]
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
        if turn > 2:  # what the last page ended with is gone
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


def test_a_hit_has_the_whole_article(engine: Engine) -> None:
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
    assert hit.article == one.article


# Writing


def test_an_article_with_a_known_id_is_replaced(engine: Engine) -> None:
    write(engine, "snow", "snow")
    engine.write([made("1", "rain")])
    assert found(engine, word("snow")) == {"2"}
    assert found(engine, word("rain")) == {"1"}


def test_put_replace_and_delete_are_one_commit(engine: Engine) -> None:
    write(engine, "old", "old", "old")
    engine.write([made("1", "new"), made("4", "new")], delete=["2", "unknown"])
    assert found(engine, word("new")) == {"1", "4"}
    assert found(engine, word("old")) == {"3"}
    assert found(engine, q.Everything()) == {"1", "3", "4"}


def test_of_two_articles_with_one_id_the_later_stays(engine: Engine) -> None:
    engine.write([made("1", "earlier"), made("1", "later")])
    assert found(engine, q.Everything()) == {"1"}
    assert found(engine, word("later")) == {"1"}
    assert found(engine, word("earlier")) == set()


def test_an_article_both_put_and_deleted_is_put(engine: Engine) -> None:
    write(engine, "old")
    engine.write([made("1", "new")], delete=["1"])
    assert found(engine, word("new")) == {"1"}


def test_a_deleted_article_can_come_back(engine: Engine) -> None:
    write(engine, "a", "a")
    engine.write([], delete=["1"])
    assert found(engine, q.Everything()) == {"2"}
    engine.write([made("1", "a")])
    assert found(engine, word("a")) == {"1", "2"}


def test_all_articles_can_be_deleted(engine: Engine) -> None:
    write(engine, "a b", "a")
    engine.write([], delete=["1", "2"])
    results = ask(engine, q.Everything(), facets=("language",), histogram="day")
    assert results == Results(0, (), {"language": ()}, ())
    assert found(engine, q.Or((word("a"), in_row("a", "b"), q.Prefix("a", ("body",))))) == set()
    assert engine.stats().articles == 0
    assert rebuild(engine) == 0
    engine.write([made("3", "a")])
    assert found(engine, word("a")) == {"3"}


def test_an_empty_commit_makes_an_index_and_changes_nothing(engine: Engine) -> None:
    engine.write([])
    assert found(engine, q.Everything()) == set()
    write(engine, "a")
    engine.write([], delete=["unknown"])
    assert found(engine, q.Everything()) == {"1"}


def test_a_put_that_raises_leaves_the_index_as_it_was(engine: Engine) -> None:
    write(engine, "old", "old")

    def failing() -> Iterator[AnalysedArticle]:
        yield made("1", "new")
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        engine.write(failing(), delete=["2"])
    assert found(engine, word("old")) == {"1", "2"}
    assert found(engine, word("new")) == set()
    engine.write([made("3", "new")])
    assert found(engine, word("new")) == {"3"}


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
    assert found(engine, word("old")) == {"1"}


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
    assert found(engine, word("old")) == {"1", "2"}
    assert found(engine, word("new")) == set()
    engine.write([made("1", "newer")], delete=["2"])
    assert found(engine, q.Everything()) == {"1"}


QUERIES: tuple[q.Query, ...] = (
    word("snow"),
    word("snow", "rain", fields=[q.In("title", 2.0), q.In("body")]),
    in_row("snow", "rain", slop=1),
)


@pytest.mark.parametrize("query", QUERIES)
def test_deleted_articles_do_not_count_in_scores(places: Places, query: q.Query) -> None:
    survivors = [made("1", "snow rain", title="snow"), made("2", "rain wind wind wind")]
    gone = [made("3", "snow " * 40), made("4", "rain", title="rain rain snow")]
    used, fresh = places()(PLAIN), places()(PLAIN)
    used.write([survivors[0], *gone, made("2", "snow snow snow")])
    used.write([survivors[1]], delete=["3"])
    used.write([], delete=["4"])
    fresh.write(survivors)
    assert scored(used, query) == pytest.approx(scored(fresh, query), rel=1e-12)


@pytest.mark.parametrize("query", QUERIES)
def test_scores_do_not_depend_on_the_number_of_commits(places: Places, query: q.Query) -> None:
    articles = [made(str(n), "snow " * (n % 4) + "rain " * (n % 3) + "wind") for n in range(12)]
    at_once, in_turn = places()(PLAIN), places()(PLAIN)
    at_once.write(articles)
    for start in range(0, 12, 3):
        in_turn.write(articles[start : start + 3])
    assert scored(in_turn, query) == pytest.approx(scored(at_once, query), rel=1e-12)


def test_an_engine_opened_again_sees_everything(place: OpenHere) -> None:
    engine = place(PLAIN)
    write(engine, "a", "b", "c")
    engine.write([made("2", "a")], delete=["3"])
    before = scored(engine, word("a"))
    engine.close()
    again = place(PLAIN)
    assert scored(again, word("a")) == before
    assert found(again, q.Everything()) == {"1", "2"}


def test_an_engine_sees_what_another_on_the_same_place_commits(place: OpenHere) -> None:
    reader, writer = place(PLAIN), place(PLAIN)
    writer.write([made("1", "a")])
    assert found(reader, q.Everything()) == {"1"}
    for number in range(2, 6):
        writer.write([made(str(number), "a")])
        assert len(found(reader, word("a"))) == number
    rebuild(writer)
    writer.write([], delete=["1"])
    assert found(reader, q.Everything()) == {"2", "3", "4", "5"}


def test_before_the_first_commit_the_index_is_unavailable(engine: Engine) -> None:
    asked = (
        lambda: ask(engine, q.Everything()),
        lambda: engine.reader().articles(["1"]),
        lambda: list(engine.reader().scan()),
        lambda: engine.reader().frequencies("body", ["a"]),
        engine.reader,
        lambda: engine.reader().explain(q.Everything(), ["1"]),
        lambda: rebuild(engine),
        engine.stats,
    )
    for one in asked:
        with pytest.raises(IndexUnavailable):
            one()


# Rebuilding


def test_a_rebuild_keeps_every_article_and_swaps_the_generation(engine: Engine) -> None:
    write(engine, "a", "b", "c")
    engine.write([made("2", "a")], delete=["3"])
    before = engine.stats().generation
    scores = scored(engine, word("a"))
    assert rebuild(engine) == 2
    assert scored(engine, word("a")) == pytest.approx(scores, rel=1e-12)
    assert found(engine, q.Everything()) == {"1", "2"}
    assert engine.stats().generation != before


def test_a_rebuild_analyses_anew_and_keeps_the_name_of_its_analysis(place: OpenHere) -> None:
    old, new = place(PLAIN), place("shouted")
    old.write([made("1", "rain", title="snow")])
    assert new.stats().analysis == PLAIN
    rebuild(new, lambda article: made(article.id, article.title))
    assert found(new, word("snow")) == {"1"}
    assert found(new, word("rain")) == set()
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
    assert found(engine, q.Everything()) == {"1", "2"}
    assert engine.stats().generation == before
    engine.write([made("3", "c")])
    assert rebuild(engine) == 3
    assert found(engine, q.Everything()) == {"1", "2", "3"}


def _breaking(article: Article) -> AnalysedArticle:
    if article.id == "2":
        raise ValueError("no analysis")
    return plain(article)


def test_an_article_that_breaks_is_left_out_of_a_load_and_named(engine: Engine) -> None:
    some = [made(one, "rain").article for one in ("1", "2", "3")]
    told = list(engine.load(some, _breaking))
    assert sum(one.count for one in told) == 2
    failed = dict(item for one in told for item in one.failed.items())
    assert failed == {"2": "ValueError: no analysis"}
    assert found(engine, q.Everything()) == {"1", "3"}


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

    engine_told = list(engine.rebuild(some, plain, later))
    assert sum(one.count for one in engine_told) == 2
    assert found(engine, q.Everything()) == {"2", "3", "4"}
    assert engine.reader().checkpoint() == Checkpoint("x", 5)


def test_a_mark_is_committed_with_the_articles_and_never_goes_back(engine: Engine) -> None:
    engine.write([made("1", "a")])
    assert engine.reader().checkpoint() is None
    engine.write([made("2", "a")], checkpoint=Checkpoint("x", 7))
    assert engine.reader().checkpoint() == Checkpoint("x", 7)
    engine.write([made("3", "a")])
    assert engine.reader().checkpoint() == Checkpoint("x", 7)
    with pytest.raises(IndexBusy):
        engine.write([made("4", "a")], checkpoint=Checkpoint("x", 6))
    assert found(engine, q.Everything()) == {"1", "2", "3"}
    engine.write([], checkpoint=Checkpoint("another", 1))
    assert engine.reader().checkpoint() == Checkpoint("another", 1)


def test_a_load_deletes_and_marks_at_its_end(engine: Engine) -> None:
    some = [made(str(number), "a").article for number in range(5)]
    told = list(engine.load(some, plain, lambda: (["0", "3"], Checkpoint("x", 9))))
    assert sum(one.count for one in told) == 5
    assert found(engine, q.Everything()) == {"1", "2", "4"}
    assert engine.reader().checkpoint() == Checkpoint("x", 9)


def test_who_goes_on_from_a_mark_that_the_index_has_left_is_told_and_changes_nothing(
    engine: Engine,
) -> None:
    engine.write([made("1", "a")], checkpoint=Checkpoint("x", 7))
    some = [made("2", "a").article]
    for after in (Checkpoint("x", 6), Checkpoint("x", 8), Checkpoint("another", 7)):
        with pytest.raises(IndexBusy):
            engine.write([made("2", "a")], ["1"], Checkpoint("x", 9), after)
        with pytest.raises(IndexBusy):
            list(engine.load(some, plain, lambda: (["1"], Checkpoint("x", 9)), after))
    assert found(engine, q.Everything()) == {"1"}
    assert engine.reader().checkpoint() == Checkpoint("x", 7)
    engine.write([made("3", "a")], [], Checkpoint("x", 8), Checkpoint("x", 7))
    list(engine.load(some, plain, lambda: ((), Checkpoint("x", 9)), Checkpoint("x", 8)))
    assert found(engine, q.Everything()) == {"1", "2", "3"}
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
    assert found(engine, q.Everything()) == {"1", "2", "3", "4", "5"}


def test_searches_see_the_old_generation_until_the_swap(engine: Engine) -> None:
    write(engine, "a", "b")
    seen = []

    def looking(article: Article) -> AnalysedArticle:
        seen.append(found(engine, q.Everything()))
        return plain(article)

    rebuild(engine, looking)
    assert seen == [{"1", "2"}, {"1", "2"}]


# Looking into the index


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


# Terms


def test_terms_are_told_in_order_with_the_number_of_live_articles(engine: Engine) -> None:
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


def test_the_first_terms_are_told_up_to_the_limit(engine: Engine) -> None:
    for number in range(0, 700, 100):  # several commits, and more terms than are read at once
        engine.write([made(str(number), " ".join(f"t{n:03}" for n in range(number, 700)))])
    engine.write([], delete=["0"])
    reader = engine.reader()
    assert list(reader.terms("body_exact", limit=2).items()) == [("t100", 1), ("t101", 1)]
    assert list(reader.terms("body_exact", "t6", 1).items()) == [("t600", 6)]
    assert len(reader.terms("body_exact", limit=1_000)) == 600
    assert not reader.terms("body_exact", limit=0)


# One state, asked several things


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
            reader.explain(word("rain"), ["1", "2", "3"]),
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
    assert [hit.article.id for hit in reader.search(EngineRequest(word("rain"))).hits] == ["1", "2"]


def test_an_explanation_has_what_each_clause_gave(engine: Engine) -> None:
    write(engine, "a b", "b", "c")
    bonus = q.Boost(word("b"), 2.0)
    query = q.Prefer(q.Or((word("a"), word("c"))), (bonus,))
    explained = engine.reader().explain(query, ["1"]).get("1")
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
    explained = engine.reader().explain(q.And((word("a"), q.Not(word("b")))), ["2"]).get("2")
    assert explained is not None
    assert explained.score is None
    assert [part.score for part in explained.parts] == [None, None]


def test_an_unknown_article_has_no_explanation(engine: Engine) -> None:
    write(engine, "a", "a")
    engine.write([], delete=["2"])
    assert not engine.reader().explain(word("a"), ["2", "nobody"])
    assert not engine.reader().explain(word("a"), [])


def test_several_articles_are_explained_as_each_alone(engine: Engine) -> None:
    write(engine, "a b", "b", "a a c", "c")
    query = q.Or((q.And((word("a"), q.Not(word("c")))), in_row("a", "b"), word("b")))
    together = engine.reader().explain(query, ["3", "nobody", "1", "2"])
    assert together == {
        one: explained
        for one in "312"
        for explained in engine.reader().explain(query, [one]).values()
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
        assert found(engine, word(form, fields=[q.In("body_exact")])) == {"1"}
    assert found(engine, q.Prefix("ыыы", ("body_exact",))) == {"1"}


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
