"""Each rule of ranking, shown by a pair of articles: the first must stand above the second."""

from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest

from index.article import check_article
from search.parts import Parts
from search.request import SearchRequest
from tests.support.demo import parts_in

FILLER = "Дождь шёл весь день, трамваи опаздывали, а газеты молчали. "
ENGLISH = "It rained all day long, trams ran late, and papers said nothing at all. "


def ranking(folder: Path, query: str, *articles: dict[str, Any]) -> list[str]:
    """The ids of the hits, best first; the articles are called a, b, c …, all of one day."""
    return list(scores(folder, query, *articles))


def scores(folder: Path, query: str, *articles: dict[str, Any], **asked: Any) -> dict[str, float]:
    """The hits as `ranking` gives them, each with its score."""
    parts: Parts = parts_in(folder)
    made = [
        check_article({"id": name, "language": "ru", "published_at": "2024-01-01", **fields})
        for name, fields in zip(ascii_lowercase, articles, strict=False)
    ]
    parts.engine.write(map(parts.analyse, made))
    found = parts.searcher.find(SearchRequest(q=query, **asked)).results
    parts.close()
    return {hit.fields.id: hit.score for hit in found.hits}


RULES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("an exact headline is above everything", "холодная осень",
     {"title": "Холодная осень"},
     {"title": "О погоде", "body": "холодная осень " * 30}),
    ("the form that was typed is above another form", "школам",
     {"title": "t", "body": FILLER + "Помогли школам."},
     {"title": "t", "body": FILLER + "Помогла школа."}),
    ("the title is above the body", "форум",
     {"title": "Форум открыт", "body": FILLER * 2},
     {"title": "Открытие", "body": FILLER + "Прошёл форум. " + FILLER}),
    ("words side by side are above words apart", "русский музей",
     {"title": "t", "body": FILLER + "Открыт русский музей. " + FILLER},
     {"title": "t", "body": FILLER + "Открыт музей. " + FILLER + "Сказал русский."}),
    ("the beginning is above the end", "пожар",
     {"title": "t", "body": "Начался пожар. " + FILLER * 8},
     {"title": "t", "body": FILLER * 8 + "Начался пожар. "}),
    ("more of a word is above less", "пожар",
     {"title": "t", "body": "пожар и пожар, " + FILLER * 2},
     {"title": "t", "body": "пожар и дождь, " + FILLER * 2}),
    ("a short article is above a long one", "пожар",
     {"title": "t", "body": FILLER + "Начался пожар."},
     {"title": "t", "body": FILLER + "Начался пожар." + FILLER * 20}),
    ("a fresh article is above an old one that is as good", "пожар",
     {"title": "Пожар в порту", "published_at": "2026-10-01"},
     {"title": "Пожар в цеху", "published_at": "2016-10-01"}),
    ("an old exact headline is above fresh articles", "пожар в порту",
     {"title": "Пожар в порту", "published_at": "1999-01-01"},
     {"title": "Пожар в порту: пожар в порту потушен", "published_at": "2026-11-01"}),
    ("lead is above body", "форум",
     {"title": "t", "lead": "Открыт форум", "body": FILLER * 4},
     {"title": "t", "lead": "Открыт сезон", "body": FILLER * 3 + "Форум."}),
    ("a word of the lead is above a word as early in the body", "форум",
     {"title": "t", "lead": "Открыт форум", "body": "Сегодня утром " + FILLER},
     {"title": "t", "lead": "Сегодня утром", "body": "Открыт форум " + FILLER}),
    ("the title is above the lead", "форум",
     {"title": "Форум открыт", "lead": "Сегодня утром", "body": FILLER * 2},
     {"title": "Сегодня утром", "lead": "Форум открыт", "body": FILLER * 2}),
    ("words in the order typed are above the other order", "русский музей",
     {"title": "t", "body": FILLER + "Открыт русский музей. " + FILLER},
     {"title": "t", "body": FILLER + "Открыт музей русский. " + FILLER}),
    ("one word between is above many between", "русский музей",
     {"title": "t", "body": FILLER + "Русский новый музей открыт сегодня. " + FILLER},
     {"title": "t", "body": FILLER + "Русский сегодня открыт, новый музей. " + FILLER}),
    ("an exact headline is above a longer one, punctuation aside", "елка в музее русского языка",
     {"title": "Ёлка — в «Музее русского языка»!"},
     {"title": "Елка в музее русского языка: фото", "body": "Елка в музее русского языка."}),
    ("a subject counts beside the body", "экология",
     {"title": "t", "body": FILLER + "Говорили про экологию. ", "subjects": ["Экология"]},
     {"title": "t", "body": FILLER + "Говорили про экологию. ", "subjects": ["Погода"]}),
    ("more words of a sentence are above fewer", "где в Томске нашли старинные колокола храма",
     {"title": "t", "body": FILLER + "Нашли колокола храма в Томске. " + FILLER},
     {"title": "t", "body": FILLER + "Нашли деньги в Томске. " + FILLER}),
    ("English: the title is above the body", "forum",
     {"title": "Forum opened", "body": ENGLISH * 2},
     {"title": "An opening", "body": ENGLISH + "A forum was held. " + ENGLISH}),
    ("English: the form that was typed is above another form", "ministers",
     {"title": "t", "body": ENGLISH + "Some ministers met.", "language": "en"},
     {"title": "t", "body": ENGLISH + "One minister met.", "language": "en"}),
    ("English: words side by side are above words apart", "cold war",
     {"title": "t", "body": ENGLISH + "The cold war ended. " + ENGLISH},
     {"title": "t", "body": ENGLISH + "The war ended. " + ENGLISH + "It was cold."}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "query", "better", "worse"), RULES, ids=[rule for rule, *_ in RULES]
)
def test_a_rule_of_ranking(
    tmp_path: Path, rule: str, query: str, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    assert ranking(tmp_path / "1", query, better, worse) == ["a", "b"], rule
    assert ranking(tmp_path / "2", query, worse, better) == ["b", "a"], rule


def test_an_exact_headline_is_above_every_bonus_together(tmp_path: Path) -> None:
    old = {"title": "Пожар в порту", "body": FILLER * 30, "published_at": "1990-01-01"}
    text = "пожар в порту " * 9
    new = {"title": text, "lead": text, "body": text, "subjects": ["пожар", "порт"]}
    others = [{"title": "t", "body": FILLER} for _ in range(20)]
    found = ranking(tmp_path, "пожар в порту", {**new, "published_at": "2026-11-01"}, old, *others)
    assert found == ["b", "a"]


def test_freshness_is_gentle(tmp_path: Path) -> None:
    old = {"title": "Пожар в порту", "body": "пожар " * 5, "published_at": "2010-01-01"}
    new = {"title": "Порт", "body": FILLER * 3 + "пожар", "published_at": "2026-11-01"}
    assert ranking(tmp_path, "пожар", old, new) == ["a", "b"]


def test_freshness_gives_a_tenth_at_most_and_nothing_to_an_article_without_a_date(
    tmp_path: Path,
) -> None:
    same = {"title": "Пожар", "body": FILLER}
    dates = ["1970-01-02", "2025-11-01", "2999-01-01", None]
    articles = [{**same, "published_at": one} for one in dates]
    found = scores(tmp_path, "пожар порт", *articles)
    ancient, recent, future, undated = (found[name] for name in "abcd")
    assert ancient < recent < future
    assert ancient == pytest.approx(undated)
    assert future == pytest.approx(ancient * 1.1, rel=1e-3)


def test_the_best_variant_of_a_word_counts_and_never_the_sum(tmp_path: Path) -> None:
    # стали is стать and сталь: the article with стали has three variants, with сталью two
    articles = [{"title": "t", "body": f"{FILLER} {word}"} for word in ("стали", "сталью", "стал")]
    others = [{"title": "t", "body": FILLER} for _ in range(20)]
    found = scores(tmp_path, "стали", *articles, *others)
    assert set(found) == {"a", "b", "c"}
    assert found["b"] == pytest.approx(found["c"], rel=1e-4)
    assert found["b"] < found["a"] < 1.5 * found["b"], "better for the typed form alone"


def test_a_rare_form_weighs_no_more_than_a_common_form_of_its_word(tmp_path: Path) -> None:
    common = [{"title": "t", "body": f"школа {FILLER}"} for _ in range(4)]
    rare = {"title": "t", "body": f"школами {FILLER}"}
    found = scores(tmp_path, "школу дом", rare, *common)
    assert found["a"] == pytest.approx(found["b"], rel=1e-4)


def test_a_rare_word_counts_for_more_than_a_common_one(tmp_path: Path) -> None:
    common = [{"title": "t", "body": f"пожар номер {n}. {FILLER}"} for n in range(4)]
    rare = {"title": "t", "body": f"динозавр один. {FILLER}"}
    found = scores(tmp_path, "пожар OR динозавр", *common, rare)
    assert next(iter(found)) == "e"
    assert found["e"] > 1.5 * found["a"]


def test_a_score_is_the_same_whatever_is_filtered_and_whichever_page(tmp_path: Path) -> None:
    articles = [
        {"title": f"Пожар {n}", "body": FILLER * n, "subjects": ["Порт" if n % 2 else "Цех"]}
        for n in range(1, 6)
    ]
    everything = scores(tmp_path / "1", "пожар", *articles)
    filtered = scores(tmp_path / "2", "пожар", *articles, subject=("Порт",))
    second = scores(tmp_path / "3", "пожар", *articles, page=2, per_page=2)
    newest = scores(tmp_path / "4", "пожар", *articles, sort="newest")
    assert set(filtered) == {"a", "c", "e"}
    assert list(second) == list(everything)[2:4]
    for found in (filtered, second, newest):
        assert found == {name: pytest.approx(everything[name]) for name in found}


def test_all_of_few_words_must_match_and_most_where_none_has_all(tmp_path: Path) -> None:
    articles = [{"title": "пожар порт"}, {"title": "пожар"}, {"title": "динозавр"}]
    assert ranking(tmp_path / "1", "пожар порт", *articles) == ["a"]
    assert ranking(tmp_path / "2", "пожар порт цирк", *articles) == ["a"]


def test_what_is_asked_to_the_letter_is_never_relaxed(tmp_path: Path) -> None:
    articles = [{"title": "пожар порт"}, {"title": "порт цирк"}, {"title": "пожарный порт"}]
    assert set(ranking(tmp_path / "1", "порт цирк -цирк", *articles)) == {"a", "c"}
    assert ranking(tmp_path / "2", "title:пожар порт", *articles) == ["a"]
    assert ranking(tmp_path / "3", "порт date:1999", *articles) == []
    assert ranking(tmp_path / "4", "порт lang:en", *articles) == []
