"""The readers' pages, as HTML: what stands there, what it links to, that nothing gets through."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.robotparser import RobotFileParser

import pytest
from flask.testing import FlaskClient

from index.analysis.analyzer import Analyzer
from index.article import Language, check_article
from index.query import Phrase
from search.query.parser import parse
from search.web.app import create_app
from search.web.pages.phrases import PHRASES
from tests.support.demo import parts_in

HTML = {"Accept": "text/html"}
STORY = "/articles/ru-story01-forum-strasbourg"


def page(client: FlaskClient, path: str, status: int = 200, **arguments: object) -> str:
    response = client.get(path, query_string=arguments or None, headers=HTML)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    return response.text


def links(html: str) -> dict[str, str]:
    """Addresses by the text of their links."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return {re.sub("<[^>]+>", "", text).strip(): unescape(href) for href, text in found}


@pytest.mark.parametrize(
    ("count", "ru", "en"),
    [
        ("Мартен", "Найдено 2 статьи", "2 articles found"),
        ("школам", "Найдено 8 статей", "8 articles found"),
    ],
)
def test_the_total_is_shown_with_its_plural(
    client: FlaskClient, count: str, ru: str, en: str
) -> None:
    assert ru in page(client, "/", q=count, ui="ru")
    assert en in page(client, "/", q=count, ui="en")


def test_the_language_is_the_addresss_then_the_browsers_then_the_sites(client: FlaskClient) -> None:
    def language(path: str, accepts: str = "") -> str:
        headers = {**HTML, "Accept-Language": accepts} if accepts else HTML
        (found,) = re.findall(r'<html lang="(..)">', client.get(path, headers=headers).text)
        return str(found)

    assert language("/?ui=en", "ru") == "en"
    assert language("/", "en-GB,en;q=0.9") == "en"
    assert language("/", "ru") == "ru"
    assert language("/", "fr") == "ru"
    assert language("/") == "ru"


def test_the_words_found_are_marked_as_they_stand(client: FlaskClient) -> None:
    html = page(client, "/", q="школам")
    assert {"школам", "школы", "школ"} <= set(re.findall("<mark>(.*?)</mark>", html))


def test_a_facets_value_is_chosen_and_taken_away_by_its_link(client: FlaskClient) -> None:
    chosen = links(page(client, "/", q="школа"))["Диаспора"]
    assert parse_qs(urlsplit(chosen).query)["subject"] == ["Диаспора"]
    html = page(client, chosen)
    assert "Найдено 2 статьи" in html
    both = links(html)["История"]
    assert parse_qs(urlsplit(both).query)["subject"] == ["Диаспора", "История"]
    label = next(text for text in links(html) if text.startswith("Диаспора ("))
    assert "subject" not in parse_qs(urlsplit(links(html)[label]).query)


def test_the_histogram_leads_from_years_to_months_to_days(client: FlaskClient) -> None:
    year = links(page(client, "/", ui="en"))["2024"]
    months = links(page(client, year))
    month = next(href for text, href in months.items() if re.fullmatch(r"[A-Z]\w+ 2024", text))
    days = links(page(client, month))
    day = next(href for text, href in days.items() if re.fullmatch(r"\d+ [A-Z]\w+ 2024", text))
    found = parse_qs(urlsplit(day).query)
    assert found["from"] == found["to"]
    assert len(found["from"][0]) == 10


def test_pages_are_linked_and_keep_what_was_asked(client: FlaskClient) -> None:
    html = page(client, "/", ui="en", lang="ru")
    second = links(html)["2"]
    assert parse_qs(urlsplit(second).query)["lang"] == ["ru"]
    assert 'start="11"' in page(client, second)


def test_nothing_found_says_what_to_try(client: FlaskClient) -> None:
    html = page(client, "/", q="щщщщщ", lang="ru")
    assert "Ничего не найдено" in html
    assert "lang" not in links(html)["искать без фильтров"]


def test_where_nothing_is_found_and_nothing_narrows_no_condition_can_be_lifted(
    client: FlaskClient,
) -> None:
    html = page(client, "/", q="щщщщщ", ui="ru")
    assert "Сократите запрос или измените слова." in html
    assert "искать без фильтров" not in html
    assert "Фильтры" not in html


@pytest.mark.parametrize(("query", "last"), [("школам", 1), ("", 8)])
def test_past_the_last_page_a_link_leads_back(client: FlaskClient, query: str, last: int) -> None:
    html = page(client, "/", q=query, ui="ru", page=50)
    numbers = [int(one) for one in re.findall(r"page=(\d+)\"[^>]*>\d+</a>", html)]
    assert numbers[-1] == last
    assert links(html)["Назад"].endswith(f"page={last}")
    assert "Дальше" not in links(html)


def test_a_relaxed_search_says_so(client: FlaskClient) -> None:
    assert "нет всех слов сразу" in page(client, "/", q="Рябков динозавр Страсбург", ui="ru")


def test_an_article_stands_whole_with_its_related_ones_and_why(client: FlaskClient) -> None:
    html = page(client, STORY)
    assert "В Страсбурге открылся форум русских школ Европы" in html
    assert "Похожие статьи" in html
    assert "общие слова" in html
    assert "12 октября 2023" in html


def test_the_same_text_again_is_named_apart(client: FlaskClient) -> None:
    ids = re.findall(r'href="(/articles/ru-010[78][^"]*)"', page(client, "/", q="", per_page=100))
    assert "Тот же текст" in page(client, ids[0])


def test_hostile_text_is_shown_and_never_runs(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"
    parts = parts_in(tmp_path)
    checked = check_article(
        {
            "id": evil, "title": f"слово {evil}", "lead": evil, "body": f"слово {evil} " * 20,
            "subjects": [evil], "rubric": evil, "source": evil, "authors": [evil],
            "image_credit": evil, "language": "ru",
        }
    )  # fmt: skip
    article = checked.model_copy(update={"url": "javascript:alert(1)"})  # kept by an older Poisk
    other = check_article({**checked.model_dump(), "id": "2", "title": "слово"})
    parts.engine.write(map(parts.analyse, (article, other)))
    client = create_app(parts.settings, parts).test_client()
    found = page(client, "/", q=f"слово {evil}")
    href = next(href for href in links(found).values() if href.startswith("/articles/%3C"))
    for html in (found, page(client, href), page(client, "/", q=evil, subject=evil, ui=evil)):
        tags = re.sub(r'"[^"]*"', '""', html)  # what attributes hold is text
        assert not re.search(r"<script|<img|<[^>]*\sonerror", tags)
        assert "javascript:" not in html
    for path in ("/v1/search", href.replace("/articles", "/v1/articles").partition("?")[0]):
        assert '"url":""' in client.get(path).text
        assert "javascript:" not in client.get(path).text


@pytest.mark.parametrize("query", ["\0", "\u202e", '"><b>', "{{7*7}}", "%", "a" * 5_000])
def test_odd_queries_have_a_page(client: FlaskClient, query: str) -> None:
    html = page(client, "/", q=query)
    assert "49" not in re.sub(r"<[^>]+>|\d+,\d|\d+ мс", "", html)[:200]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/?per_page=x", 400, "per_page"),
        ("/articles/none", 404, "Такой статьи нет"),
        ("/none", 404, "Такой страницы нет"),
    ],
)
def test_an_error_is_a_page_for_readers_with_the_box(
    client: FlaskClient, path: str, status: int, says: str
) -> None:
    html = page(client, path, status)
    assert says in unescape(html)
    assert 'role="search"' in html


@pytest.mark.parametrize(
    "unknown",
    ["utm_source=telegram", "fbclid=x", "yclid=1&utm_medium=a%20b", "qq=1", "=x", "&&", "explain=z",
     "histogram=week", "facets=zzz", "snippet_length=1", "ui=xx", "%00=%00", "%FF=%FF", "a[]=1"],
)  # fmt: skip
def test_a_page_leaves_out_what_it_does_not_know_and_hands_it_to_none_of_its_links(
    client: FlaskClient, unknown: str
) -> None:
    for path in (f"/?q=школа&{unknown}", f"{STORY}?{unknown}", f"/none?{unknown}"):
        html = page(client, path, 404 if "none" in path else 200)
        assert links(html)
        for href in re.findall(r'href="(/[^"]*)"', html):
            assert parse_qs(urlsplit(unescape(href)).query).keys() <= {
                "q", "ui", "lang", "subject", "rubric", "source", "author", "from", "to", "sort",
                "page",
            }  # fmt: skip
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', html)
        assert set(hidden) <= {("ui", "ru"), ("ui", "en")}
    without = page(client, "/?q=школа")
    assert re.findall("<h2>.*", page(client, f"/?q=школа&{unknown}")) == re.findall(
        "<h2>.*", without
    )


def test_the_api_goes_on_refusing_what_it_does_not_know(client: FlaskClient) -> None:
    for name in ("utm_source", "fbclid"):
        refused = client.get("/v1/search", query_string={"q": "US", name: "x"})
        assert refused.status_code == 400
        assert refused.get_json()["field"] == name


def test_of_an_argument_that_is_given_twice_the_last_one_counts(client: FlaskClient) -> None:
    html = page(client, "/?q=форум&q=школам&page=7&page=1&sort=&sort=oldest&ui=ru&ui=en")
    assert "8 articles found" in html
    assert 'value="школам"' in html
    assert '<b aria-current="true">oldest first</b>' in html
    twice = page(client, "/?lang=ru&lang=ru&subject=&subject=")
    assert parse_qs(urlsplit(links(twice)["сначала старые"]).query)["lang"] == ["ru"]


REFUSED_PAGES = [
    ({"page": "0"}, "нужно число не меньше 1", "must be 1 or more"),
    ({"page": "-1"}, "нужно число не меньше 1", "must be 1 or more"),
    ({"page": "abc"}, "нужно целое число", "must be a whole number"),
    ({"page": "1.5"}, "нужно целое число", "must be a whole number"),
    ({"page": "9" * 5_000}, "нужно целое число", "must be a whole number"),
    ({"page": "1001"}, "только первые 10000 статей", "Only the first 10000 articles"),
    ({"per_page": "1000"}, "нужно число не больше 100", "must be 100 or less"),
    ({"from": "xyz"}, "нужен год, месяц или день", "must be a year, month or day"),
    ({"to": "2024-02-30"}, "нужен год, месяц или день", "must be a year, month or day"),
    ({"sort": "foo"}, "relevance, newest, oldest", "must be one of relevance, newest, oldest"),
    ({"lang": "fr"}, "нужно одно из значений: ru, en", "must be one of ru, en"),
    ({"q": "а" * 200_001}, "не больше 200000 знаков", "at most 200000 characters"),
    ({"subject": "а" * 4_097}, "не больше 4096 знаков", "at most 4096 characters"),
    (
        {"subject": list(map(str, range(101)))},
        "не больше 100 значений",
        "may have at most 100 values",
    ),
]


@pytest.mark.parametrize(("arguments", "ru", "en"), REFUSED_PAGES, ids=lambda one: ascii(one)[:40])
def test_a_page_tells_what_is_wrong_in_its_language_and_leads_back_to_the_search(
    client: FlaskClient, arguments: dict[str, str], ru: str, en: str
) -> None:
    (name,) = arguments
    for ui, says, back in (
        ("ru", ru, "Искать без этого параметра"), ("en", en, "Search without this parameter"),
    ):  # fmt: skip
        html = unescape(page(client, "/", 400, rubric="Статьи", **{**arguments, "ui": ui}))
        (main,) = re.findall(r"<main.*?>(.*?)</main>", html, re.DOTALL)
        assert says in main
        words = set(re.findall(r"[A-Za-z_]{2,}", re.sub("<[^>]+>", "", main)))
        assert ui == "en" or words <= {name, "relevance", "newest", "oldest", "id", "ru", "en"}
        assert ui == "ru" or not re.search("[а-яё]", main, re.IGNORECASE)
        kept = parse_qs(urlsplit(links(html)[back]).query)
        assert name not in kept
        assert kept["rubric"] == ["Статьи"]
        page(client, links(html)[back])


@pytest.mark.parametrize(("path", "method", "status"), [
    ("/articles/none", "GET", 404), ("/none", "GET", 404), ("/", "POST", 405),
    (STORY, "DELETE", 405),
])  # fmt: skip
def test_the_other_refusals_of_pages_are_in_both_languages_too(
    client: FlaskClient, path: str, method: str, status: int
) -> None:
    for ui, other in (("ru", "[A-Za-z]{2,}"), ("en", "[А-Яа-яё]")):
        response = client.open(f"{path}?ui={ui}", method=method, headers=HTML)
        assert response.status_code == status
        assert ("Allow" in response.headers) == (status == 405)
        (main,) = re.findall(r"<main.*?>(.*?)</main>", response.text, re.DOTALL)
        assert not re.search(other, re.sub("<[^>]+>", "", main))


def test_without_an_index_the_pages_say_so_in_their_language(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    client = create_app(parts.settings, parts).test_client()
    for path in ("/", "/articles/1"):
        assert "Поиск сейчас не работает" in page(client, f"{path}?ui=ru", 503)
        assert "Search is currently unavailable" in page(client, f"{path}?ui=en", 503)


def test_an_error_is_a_problem_for_programs(client: FlaskClient) -> None:
    for headers in ({"Accept": "*/*"}, {"Accept": "application/json"}, {}):
        assert client.get("/none", headers=headers).mimetype == "application/problem+json"
    assert client.get("/v1/none", headers=HTML).mimetype == "application/problem+json"


@pytest.mark.parametrize("path", ["/", STORY, "/docs", "/v1/search", "/none"])
def test_nothing_may_run_or_be_fetched_from_elsewhere(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if path != "/v1/search":
        assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!demo\.example)', response.text)
        assert not re.search(r"<script|\sstyle=|\son\w+=", response.text)


def test_the_styles_are_served_and_kept(client: FlaskClient) -> None:
    with client.get("/static/poisk.css") as response:
        assert response.status_code == 200
        assert "max-age=3600" in response.headers["Cache-Control"]


def test_an_articles_page_names_the_article_on_its_site_as_the_canonical_one(
    client: FlaskClient,
) -> None:
    url = client.get(f"/v1{STORY}").get_json()["article"]["url"]
    assert f'<link rel="canonical" href="{url}">' in page(client, STORY)
    assert "canonical" not in page(client, "/")


def test_the_icon_is_there_and_kept(client: FlaskClient) -> None:
    with client.get("/favicon.ico") as icon:
        assert icon.mimetype == "image/x-icon"
        assert icon.data.startswith(b"\0\0\1\0")
        assert len(icon.data) < 4_096
        assert "max-age=86400" in icon.headers["Cache-Control"]
        known = {"If-None-Match": icon.headers["ETag"]}
        with client.get("/favicon.ico", headers=known) as same:
            assert same.status_code == 304
    for path in ("/", STORY, "/docs", "/none"):
        html = client.get(path, headers=HTML).text
        icons = re.findall(r'<link rel="icon" href="([^"]*)"', html)
        assert icons == ["/favicon.ico", "/static/favicon.svg"]
    with client.get("/static/favicon.svg") as drawn:
        assert drawn.mimetype == "image/svg+xml"


def test_crawlers_are_kept_from_results_and_the_api_and_not_from_articles(
    client: FlaskClient,
) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert "max-age" in answer.headers["Cache-Control"]
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    for path, allowed in (
        ("/", True), (STORY, True), (f"{STORY}?ui=ru", True), ("/static/poisk.css", True),
        ("/?q=школа", False), ("/?page=2", False), ("/v1/search?q=a", False),
    ):  # fmt: skip
        assert rules.can_fetch("AnyBot", f"https://site.ru{path}") == allowed, path
    below = client.get("/robots.txt", environ_overrides={"SCRIPT_NAME": "/find"}).text
    assert "Disallow: /find/v1/" in below


def test_the_docs_page_names_every_operation_and_error(client: FlaskClient) -> None:
    html = page(client, "/docs")
    document = client.get("/openapi.json").get_json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert f'id="{operation["operationId"]}"' in html
            assert f"{method.upper()} {path}" in html
    for code in ("request-refused", "article-unknown", "index-unavailable", "internal-error"):
        assert f'id="{code}"' in html
    targets = set(re.findall(r'id="([^"]+)"', html))
    assert {href[1:] for href in re.findall(r'href="(#[^"]+)"', html)} <= targets


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_the_hint_shows_as_an_exact_phrase_is_read_as_one(language: Language) -> None:
    phrase = str(PHRASES["hint"][language]).split(", ")[1]
    assert isinstance(parse(phrase, Analyzer()).query, Phrase)


def test_every_phrase_is_in_both_languages_with_its_plural_forms() -> None:
    for name, phrase in PHRASES.items():
        assert set(phrase) == {"ru", "en"}, name
        if isinstance(phrase["ru"], dict):
            assert set(phrase["ru"]) == {"one", "few", "many", "other"}
            assert isinstance(phrase["en"], dict)
            assert set(phrase["en"]) == {"one", "other"}
