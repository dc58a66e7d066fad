"""Articles of half a megabyte and more: found and shown with work in step with what is shown."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread, current_thread
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer
from index.analysis.token import Token
from index.article import Article, check_article
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.segment.stored_fields import Unpacker
from index.query import PHRASE_POSITIONS
from index.results import FIRST_POSITIONS, MAX_POSITIONS
from search.answer import HitAnswer
from search.fair_lock import FairLock
from search.query.parser import parse
from search.related import NAMES_READ, VARIED, Related
from search.rendering.highlighter import Highlighter
from search.rendering.hits import HitRenderer
from search.request import RelatedOptions, RelatedRequest, SearchRequest
from search.searcher import Searcher
from search.web.app import create_app
from search.web.pages.views import LINES
from tests.support.demo import parts_in
from tests.support.processes import served

WORDS = 60_000
RUSSIAN = "Министр сказал слово о погоде, и слово записали. "
ENGLISH = "The minister said a word on weather, and the word was noted. "


class Counting(Analyzer):
    """An analyzer that counts the characters it is given."""

    characters = 0

    def __call__(self, text: str) -> list[Token]:
        self.characters += len(text)
        return super().__call__(text)


ANALYZER = Counting(20_000)


def article(one: str, body: str) -> Article:
    return check_article({"id": one, "title": f"Статья {one}", "body": body})


BODIES = {
    "word": "word " * WORDS + "the last dinosaur",
    "слово": "слово " * WORDS + "последний динозавр",
    "prose-ru": RUSSIAN * 10_000 + "Последний динозавр найден в Сибири. " + RUSSIAN * 100,
    "prose-en": ENGLISH * 8_000 + "The last dinosaur was found in Siberia. " + ENGLISH * 100,
    "dots": "точка " + "." * 500_000 + " динозавр",
    "lines": "абзац" + "\n" * 500_000 + "динозавр",
    "hyphens": "а-" * 100_000 + "а динозавр",
    "short": "Обычная новость: динозавр и слово, word.",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(Path(tmp_path_factory.mktemp("fat")), "test")
    engine.write([analyse_article(article(*one), ANALYZER.read) for one in BODIES.items()])
    yield engine
    engine.close()


@pytest.fixture
def searcher(engine: WhooshEngine) -> Searcher:
    return Searcher(engine, ANALYZER, snippet_seconds=60)


@pytest.fixture
def related(engine: WhooshEngine) -> Related:
    return Related(engine, ANALYZER)


def hits(searcher: Searcher, q: str, **rest: object) -> dict[str, HitAnswer]:
    answer = searcher.search(SearchRequest.model_validate({"q": q, **rest}))
    return {hit.id: hit for hit in answer.hits}


@pytest.mark.parametrize("q", ["динозавр", "динозавры", "диноз*", '"динозавр"', "dinosaur*"])
def test_a_word_at_the_end_of_a_long_text_is_found_and_shown(searcher: Searcher, q: str) -> None:
    for one, hit in hits(searcher, q).items():
        shown = [
            BODIES[one][start:end] for passage in hit.highlights.snippets
            for start, end in passage.marks
        ]  # fmt: skip
        assert shown in (["динозавр"], ["dinosaur"]), one


@pytest.mark.parametrize(
    ("q", "one"), [("слово динозавр", "prose-ru"), ("word dinosaur", "prose-en")]
)
def test_of_a_common_and_a_rare_word_both_are_shown(searcher: Searcher, q: str, one: str) -> None:
    hit = hits(searcher, q)[one]
    assert any(word in text for text in hit.snippets for word in ("динозавр<", "dinosaur<"))
    assert all("<mark>" in text for text in hit.snippets)


@pytest.mark.parametrize(
    ("q", "one"),
    [("слово", "слово"), ("word", "word"), ('"word word"', "word"), ("сло*", "слово"),
     ("минист*", "prose-ru"), ('"the word"', "prose-en")],
)  # fmt: skip
def test_every_found_word_of_a_passage_is_marked_though_not_all_of_its_text_were_returned(
    searcher: Searcher, q: str, one: str
) -> None:
    passage, *_ = hits(searcher, q)[one].highlights.snippets
    text = BODIES[one][passage.start : passage.end]
    found = Highlighter(parse(q, ANALYZER).query).matches(ANALYZER(text))
    assert found
    assert [(start - passage.start, end - passage.start) for start, end in passage.marks] == [
        span for span, _ in found
    ]


@pytest.mark.parametrize(
    "q",
    ["word", "слово", '"word word"', "сло*", "word слово министр динозавр", "слово -погода",
     " ".join(ENGLISH.split()), "title:статья", "(word OR слово) министр"],
)  # fmt: skip
@pytest.mark.parametrize("length", [40, 240, 2_000])
def test_what_is_analysed_for_a_page_is_bounded_by_what_it_shows(
    searcher: Searcher, q: str, length: int
) -> None:
    ANALYZER.characters = 0
    found = hits(searcher, q, snippet_length=length, per_page=100)
    returned = 3 * max(MAX_POSITIONS, FIRST_POSITIONS) * 10  # the words of three texts, each alone
    assert ANALYZER.characters < 4 * len(q) + len(found) * (returned + 2 * length)


def test_no_more_words_of_a_text_are_returned_than_are_needed_for_its_passages(
    searcher: Searcher,
) -> None:
    found = searcher.find(SearchRequest(q="word слово министр the", per_page=100))
    for hit in found.results.hits:
        for field, words in hit.words.items():
            assert len(words) <= MAX_POSITIONS
            assert field not in hit.cut or len(words) <= FIRST_POSITIONS


def test_of_an_ordinary_text_all_words_are_returned(searcher: Searcher) -> None:
    found = searcher.find(SearchRequest(q="слово word динозавр", per_page=100))
    (hit,) = (hit for hit in found.results.hits if hit.fields.id == "short")
    assert not hit.cut
    assert [BODIES["short"][start] for _, start in hit.words["body"]] == ["д", "с", "w"]


def test_a_phrase_is_sought_at_the_first_places_of_its_words(tmp_path: Path) -> None:
    bodies = {
        "early": "раз два " + "раз " * (PHRASE_POSITIONS + 10),
        "late": "раз " * (PHRASE_POSITIONS + 10) + "два",
        "rare": "три " * (PHRASE_POSITIONS + 10) + "раз два",
    }
    engine = WhooshEngine(tmp_path, "test")
    for one in bodies.items():
        engine.write([analyse_article(article(*one), ANALYZER.read)])
    found = hits(Searcher(engine, ANALYZER), '"раз два"')
    engine.close()
    assert set(found) == {"early", "rare"}


def test_related_articles_are_found_and_kept_apart_among_the_longest(related: Related) -> None:
    for one in ("prose-ru", "prose-en"):
        twin = article("copy", BODIES[one])
        answer = related.to_article(twin, RelatedOptions(limit=50))
        assert [hit.id for hit in answer.duplicates] == [one]
        assert {"short"} <= {hit.id for hit in answer.hits}
        assert all(hit.because for hit in answer.hits)


@pytest.mark.parametrize("body", [*BODIES.values(), " ".join(map(str, range(50_000)))])
def test_what_is_analysed_for_related_articles_is_bounded(related: Related, body: str) -> None:
    ANALYZER.characters = 0
    related.to_text(RelatedRequest(text=body[:400_000], limit=50))
    longest = 20
    most = longest * (VARIED + len(BODIES) * (3 * MAX_POSITIONS + NAMES_READ))
    assert ANALYZER.characters < most


def test_of_a_draft_the_words_that_stand_most_often_are_asked_for(related: Related) -> None:
    strange = " ".join(f"b{number}" for number in range(2 * VARIED))
    answer = related.to_text(
        RelatedRequest(text=f"{strange} динозавр динозавр динозавра динозавра")
    )
    assert "short" in {hit.id for hit in answer.hits}


def test_a_page_shows_the_whole_of_a_body_of_many_lines_in_a_bounded_number_of_elements(
    tmp_path: Path,
) -> None:
    parts = parts_in(tmp_path)
    body = "".join(f"строка {number}\n \n" for number in range(3_000))
    parts.engine.write([parts.analyse(article("lines", body))])
    page = create_app(parts.settings, parts).test_client().get("/articles/lines").text
    parts.close()
    assert page.count("<p") < LINES + 20
    assert [int(one) for one in re.findall(r"строка (\d+)", page)] == list(range(3_000))
    assert "\n \n" not in page.partition('class="lines"')[2].partition("</p>")[0]


PATHS = [
    "/v1/search?q=word",
    "/v1/search?q=word&per_page=100&snippet_length=2000&explain=true",
    '/v1/search?q="word word"',
    "/v1/search?q=слов*",
    "/v1/articles/слово-0/related",
    "/articles/слово-0",
    "/v1/search?q=динозавр",
]


def test_a_service_with_very_long_articles_answers_everyone_within_seconds(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    long = [article(f"{word}-{at}", f"{word} " * 60_000) for word in ("word", "слово")
            for at in range(5)]  # fmt: skip
    parts.engine.write(map(parts.analyse, [*long, article("ordinary", "Динозавр найден.")]))
    parts.close()
    with served(tmp_path, ("-m", "gunicorn", "wsgi:app"), workers=1, threads=4) as (at, _):

        def seconds(path: str) -> float:
            started = time.monotonic()
            with urlopen(at + quote(path, safe="/?=&*"), timeout=60) as response:
                assert response.read()
            return time.monotonic() - started

        with ThreadPoolExecutor(4) as threads:
            took = list(threads.map(seconds, PATHS * 2))
    assert max(took) < 10  # four at a time on one worker; each took that long alone before


def test_another_search_is_answered_between_two_hits_of_a_long_page(
    engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1_000_000))  # each time it is read, a second has passed
    searcher = Searcher(engine, ANALYZER, turn := FairLock(lambda: float(next(clock))))
    render, rendered = HitRenderer.render, list[str]()
    short = Thread(target=hits, args=(searcher, "погода"), name="short")

    def rendering(*hit: Any, **options: Any) -> Any:
        rendered.append(current_thread().name)
        if len(rendered) == 1:
            short.start()
            while not turn._waiting:  # until it asks for its turn
                time.sleep(0.001)
        return render(*hit, **options)

    monkeypatch.setattr(HitRenderer, "render", rendering)
    long = hits(searcher, "слово OR word OR динозавр", per_page=100)
    short.join(10)
    assert len(long) > 2
    assert "short" in rendered[:6]  # it gives way too, between its own steps
    assert len(rendered) > len(long)


@pytest.mark.parametrize("filler", ["слово о погоде. ", "words on weather. "])
def test_of_a_text_of_any_length_only_the_blocks_near_its_words_are_read(
    filler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks: list[int] = []
    unpack = Unpacker.block

    def counted(self: Unpacker, number: int) -> bytes:
        blocks.append(number)
        return unpack(self, number)

    engine = WhooshEngine(tmp_path, "test")
    lengths = {"one": 50, "two": 20_000, "three": 60_000}
    for one, length in lengths.items():
        body = filler * (length // 2) + f"Динозавр {one} найден. " + filler * (length // 2)
        engine.write([analyse_article(article(one, body), ANALYZER.read)])
    monkeypatch.setattr(Unpacker, "block", counted)
    read = []
    for one in lengths:
        blocks.clear()
        (snippet,) = hits(Searcher(engine, ANALYZER), f"динозавр {one}")[one].snippets
        assert "Динозавр" in snippet
        read.append(len(blocks))
    engine.close()
    assert read[0] == 1
    assert read[1] == read[2] <= 5
