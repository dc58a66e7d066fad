"""Each rule of ranking, shown by a pair of articles: the first must stand above the second."""

from pathlib import Path
from typing import Any

import pytest

from index.article import check_article
from search.parts import Parts
from search.request import SearchRequest
from tests.demo import parts_in

FILLER = "Дождь шёл весь день, трамваи опаздывали, а газеты молчали. "
ENGLISH = "It rained all day long, trams ran late, and papers said nothing at all. "


def ranking(folder: Path, query: str, *articles: dict[str, Any]) -> list[str]:
    """The ids of the hits, best first; the articles are numbered a, b, c …, b before a in time."""
    parts: Parts = parts_in(folder)
    made = [
        check_article({"id": name, "language": "ru", "published_at": "2024-01-01", **fields})
        for name, fields in zip("abcdef", articles, strict=False)
    ]
    parts.engine.write(map(parts.analyse, made))
    found = parts.searcher.find(SearchRequest(q=query)).results
    parts.close()
    return [hit.article.id for hit in found.hits]


@pytest.mark.parametrize(
    ("rule", "query", "better", "worse"),
    [
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
        ("English: the form that was typed is above another form", "ministers",
         {"title": "t", "body": ENGLISH + "Some ministers met.", "language": "en"},
         {"title": "t", "body": ENGLISH + "One minister met.", "language": "en"}),
        ("English: words side by side are above words apart", "cold war",
         {"title": "t", "body": ENGLISH + "The cold war ended. " + ENGLISH},
         {"title": "t", "body": ENGLISH + "The war ended. " + ENGLISH + "It was cold."}),
    ],
    ids=lambda value: value if isinstance(value, str) and " is " in value else "",
)  # fmt: skip
def test_a_rule_of_ranking(
    tmp_path: Path, rule: str, query: str, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    assert ranking(tmp_path / "1", query, better, worse) == ["a", "b"], rule
    assert ranking(tmp_path / "2", query, worse, better) == ["b", "a"], rule


def test_freshness_is_gentle(tmp_path: Path) -> None:
    old = {"title": "Пожар в порту", "body": "пожар " * 5, "published_at": "2010-01-01"}
    new = {"title": "Порт", "body": FILLER * 3 + "пожар", "published_at": "2026-11-01"}
    assert ranking(tmp_path, "пожар", old, new) == ["a", "b"]


def test_variants_of_one_word_count_once(tmp_path: Path) -> None:
    # стали is стать and сталь: an article with both words of one variant is no better for it
    both = {"title": "t", "body": FILLER * 2 + "стали"}
    twice = {"title": "t", "body": FILLER * 2 + "стали стали"}
    assert ranking(tmp_path, "стали", both, twice)[0] == "b"


def test_a_rare_word_counts_for_more_than_a_common_one(tmp_path: Path) -> None:
    common = [{"title": "t", "body": f"пожар номер {n}. {FILLER}"} for n in range(4)]
    rare = {"title": "t", "body": f"динозавр. {FILLER}"}
    assert ranking(tmp_path, "пожар OR динозавр", rare, *common)[0] == "a"


def test_all_of_few_words_must_match_and_most_where_none_has_all(tmp_path: Path) -> None:
    articles = [{"title": "пожар порт"}, {"title": "пожар"}, {"title": "динозавр"}]
    assert ranking(tmp_path / "1", "пожар порт", *articles) == ["a"]
    assert ranking(tmp_path / "2", "пожар порт цирк", *articles) == ["a"]
