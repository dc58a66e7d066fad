"""Snippets: the best passages of the stored text, its own words marked, all else escaped."""

import html
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer
from index.analysis.sentences import sentences
from index.article import Article, check_article
from index.engines.whoosh.engine import WhooshEngine
from index.query import In, Terms
from search.answer import Highlights, Marked
from search.query.parser import parse
from search.rendering.highlighter import Highlighter
from search.rendering.hits import HitRenderer
from tests.support.hits import highlighting, hit_of

ANALYZER = Analyzer(20_000)
LONG = (
    "Утром в городе шёл дождь, и трамваи опаздывали. "
    "Никто не ждал новостей до самого вечера. "
    "Вечером министр Рябков сообщил, что переговоры отложены. "
    "Журналисты разошлись, а охрана заперла двери. "
) * 3 + "Переговоры с Рябковым продолжатся в Страсбурге, добавил представитель министерства."


Shown = tuple[Article, Marked, tuple[str, ...], Highlights]


def shown(
    query: str, body: str = LONG, title: str = "Заголовок", length: int = 120, lead: str = ""
) -> Shown:
    article = check_article(
        {"id": "1", "title": title, "lead": lead, "body": body, "language": "ru"}
    )
    highlighter = Highlighter(parse(query, ANALYZER).query)
    hit = hit_of(article, highlighter, ANALYZER)
    return article, *HitRenderer(highlighter, ANALYZER, length).render(hit)


def text_of(snippet: str) -> str:
    """A snippet as a reader sees it."""
    return html.unescape(re.sub("</?mark>", "", snippet))


def snippets_of(query: str, body: str = LONG, length: int = 120, lead: str = "") -> list[str]:
    return list(shown(query, body, length=length, lead=lead)[2])


def marked(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall("<mark>(.*?)</mark>", text)]


def test_the_words_are_marked_in_the_form_they_stand_in() -> None:
    _, _, snippets, _ = shown("рябков переговоры страсбург")
    assert {"Переговоры", "Рябковым", "Страсбурге"} <= set(marked(" ".join(snippets)))


def test_the_passage_with_all_the_words_is_first() -> None:
    _, _, snippets, _ = shown("переговоры страсбург")
    assert "Страсбурге" in html.unescape(re.sub("<[^>]+>", "", snippets[0]))


def test_the_title_is_shown_whole_with_its_marks() -> None:
    _, title, _, _ = shown("рябков", title="Рябкову <b>ответили</b> & ушли")
    assert title.title == "<mark>Рябкову</mark> &lt;b&gt;ответили&lt;/b&gt; &amp; ушли"


def test_without_a_match_the_text_begins() -> None:
    _, _, snippets, _ = shown("щщщ")
    assert snippets[0].startswith("Утром в городе")
    assert not marked(snippets[0])


MIXED = (
    "Ту-154 и С-400 летели из Санкт-Петербурга в U.S. за 10 000 рублей. «Рябков» — Ryabkov, "
    "рябкова и Рябковым довольны; O'Connor написал 1,5 статьи о covid-19… Холодная война, "
    "холодной войны и война холодная.\n\nКонец: «Ту 154»."
)


@pytest.mark.parametrize(
    "query",
    [
        "рябков", "ту-154", "154", "С-400", "петербург", "санкт-петербург", "us", "10 000", "10000",
        '"холодная война"', '"рябкова"', "covid19 OR 1.5", "oconnor", "конец -рябков", "туман",
        "рябк*", "ряб* война", "title:рябков", " ".join(MIXED.split()),
    ],
)  # fmt: skip
def test_words_that_the_engine_tells_are_marked_as_those_that_the_text_is_read_for(
    query: str, tmp_path: Path
) -> None:
    article = check_article({"id": "1", "title": MIXED, "lead": MIXED[::-1], "body": MIXED * 3})
    engine = WhooshEngine(tmp_path, "test")
    engine.write([analyse_article(article, ANALYZER.read)])
    highlighter = Highlighter(parse(query, ANALYZER).query)
    (hit,) = engine.reader().search(highlighting(highlighter)).hits
    engine.close()
    renderer = HitRenderer(highlighter, ANALYZER, 120)
    assert renderer.render(hit) == renderer.render(hit_of(article, highlighter, ANALYZER))


@pytest.mark.parametrize("words", ["рябков", "рябков страсбург", "щщщ", "журналисты страсбург"])
def test_of_a_long_text_whole_sentences_are_shown(words: str) -> None:
    _, _, snippets, _ = shown(words, "Слово за слово. " * 2_000 + LONG + " Слово за слово." * 2_000)
    assert all(snippet.strip("… ")[-1] in ".," for snippet in snippets)


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.sampled_from("Тту-154 10.,'Aa\n»«\u00ad\u00a0"), min_size=1, max_size=60), st.data()
)
def test_any_word_of_any_text_is_marked_where_it_stands(text: str, data: st.DataObject) -> None:
    article = check_article({"id": "1", "title": "т", "body": "а " + text})
    analysed = analyse_article(article, ANALYZER.read)
    token = data.draw(st.sampled_from(ANALYZER(article.body)))
    highlighter = Highlighter(Terms(token.lemmas, (In("body"),), token.form))
    with TemporaryDirectory() as folder:
        engine = WhooshEngine(Path(folder), "test")
        engine.write([analysed])
        (hit,) = engine.reader().search(highlighting(highlighter)).hits
        engine.close()
    renderer = HitRenderer(highlighter, ANALYZER, 120)
    assert renderer.render(hit) == renderer.render(hit_of(article, highlighter, ANALYZER))


def test_a_phrase_is_marked_only_where_it_stands_as_one() -> None:
    body = "Война была холодная. А холодная война была долгой. Холодной войны не стало."
    assert marked(" ".join(snippets_of('"холодная война"', body, 400))) == ["холодная", "война"]


def test_an_exact_word_is_marked_only_in_that_form() -> None:
    body = "Школа открыта. В школе шумно. Школы закрыты."
    assert marked(" ".join(snippets_of('"школе"', body, 400))) == ["школе"]
    assert marked(" ".join(snippets_of("школе", body, 400))) == ["Школа", "школе", "Школы"]


def test_a_hyphenated_word_is_marked_once_and_its_part_alone_where_that_was_asked() -> None:
    body = "Самолёт Ту-154 стал библиотекой."
    assert marked(snippets_of("Ту-154", body)[0]) in (["Ту-154"], ["Ту", "154"])
    assert marked(snippets_of("154", body)[0]) in (["Ту-154"], ["154"])


def test_an_excluded_word_is_not_marked() -> None:
    _, _, snippets, _ = shown("переговоры -трамваи")
    assert "трамваи" not in marked(" ".join(snippets))


def test_a_prefix_highlights_the_whole_word() -> None:
    _, _, snippets, _ = shown("журнал*")
    assert "Журналисты" in marked(" ".join(snippets))


@pytest.mark.parametrize("length", [40, 120, 240, 2_000])
@pytest.mark.parametrize("body", [LONG, LONG.replace(".", ","), LONG.replace(" ", "\n")])
def test_a_snippet_is_no_longer_than_asked_and_cuts_no_word(length: int, body: str) -> None:
    article, _, snippets, highlights = shown("рябков страсбург", body, length=length)
    words = set(re.findall(r"\w+", body))
    assert len(highlights.snippets) == len(snippets) > 0
    for snippet, passage in zip(snippets, highlights.snippets, strict=True):
        assert passage.end - passage.start <= length
        assert set(re.findall(r"\w+", text_of(snippet))) <= words
        stands = re.sub(r"\s+", " ", article.body[passage.start : passage.end])
        assert text_of(snippet).removeprefix("… ").removesuffix(" …") == stands


def test_whole_sentences_are_shown_where_they_fit() -> None:
    (snippet,) = snippets_of("рябков сообщил", length=70)
    assert text_of(snippet) == "Вечером министр Рябков сообщил, что переговоры отложены."
    (two,) = snippets_of("рябков сообщил", length=110)
    assert text_of(two).endswith("отложены. Журналисты разошлись, а охрана заперла двери.")


def test_of_a_long_sentence_the_part_with_the_words_is_shown_and_that_it_goes_on() -> None:
    body = "слово за словом " * 30 + "министр Рябков сказал " + "слово за словом " * 30
    (snippet,) = snippets_of("рябков", body)
    assert marked(snippet) == ["Рябков"]
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")


@pytest.mark.parametrize(
    "sentence",
    [
        "Стихи А. С. Пушкина читали всю ночь.",
        "Договор подписан в 2017 г. Москва его выполнила.",
        "Курс вырос на 5 тыс. Рублей не хватило.",
        "The speech of Mr. Smith was short.",
        "На ул. Ленина открыли музей.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence: str) -> None:
    text = f"Раз два три. {sentence} Четыре пять."
    assert sentence in [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize("end", [".", "!", "?", "…", "?!", ".»", '."', "...", "!)"])
def test_a_sentence_ends_at_its_mark(end: str) -> None:
    text = f"Раз два{end} Три четыре."
    assert [text[a:b] for a, b in sentences(text)] == [f"Раз два{end}", "Три четыре."]


def test_a_second_passage_is_shown_for_words_that_the_first_lacks() -> None:
    assert len(snippets_of("трамваи")) == 1
    first, second = snippets_of("трамваи страсбург")
    assert marked(first) == ["трамваи"]
    assert marked(second) == ["Страсбурге"]


def test_words_that_begin_alike_are_told_apart() -> None:
    body = "Собрание президиума отложили. " + "Шёл дождь. " * 40 + "Президента ждали весь день."
    first, second = snippets_of("президент президиум", body)
    assert marked(first) == ["президиума"]
    assert marked(second) == ["Президента"]


def test_a_word_that_begins_unlike_its_lemma_is_of_its_clause() -> None:
    body = "Шли домой. " + "Лил дождь. " * 40 + "Шла война, люди ждали."
    (snippet,) = snippets_of("человек идти", body)
    assert marked(snippet) == ["Шла", "люди"]


def test_the_lead_is_shown_before_the_body_where_both_have_the_words() -> None:
    lead, body = snippets_of("рябков", lead="Рябкова ждут в Страсбурге.")
    assert text_of(lead) == "Рябкова ждут в Страсбурге."
    assert marked(body) == ["Рябков"]


def test_an_article_without_text_has_no_snippet() -> None:
    article, title, snippets, highlights = shown("заголовок", body="")
    assert (snippets, highlights.snippets) == ((), ())
    assert marked(title.title) == ["Заголовок"]
    assert highlights.title == ((0, len(article.title)),)


@pytest.mark.parametrize(
    "body",
    ["Слово один. " * 16_000, "слово один " * 16_000, "слово" + "." * 190_000,
     "слово" + '."' * 90_000, "слово" * 40_000 + " слово", "А. " * 60_000 + "слово"],
    ids=["sentences", "one sentence", "dots", "quotes", "one word", "initials"],
)  # fmt: skip
def test_a_text_of_any_making_is_shown_with_work_in_step_with_its_length(body: str) -> None:
    # each of these took from half a minute to hours where a passage looked at all found words
    _, _, snippets, highlights = shown("слово один два", body)
    assert 1 <= len(snippets) <= 2
    assert all(one.end - one.start <= 120 for one in highlights.snippets)


def test_a_word_far_down_a_long_text_is_found() -> None:
    body = LONG * 150 + " Динозавр найден."
    assert marked(" ".join(snippets_of("динозавр", body))) == ["Динозавр"]


_PIECES = st.lists(
    st.sampled_from(
        [
            "Рябков",
            "рябковым",
            "слово",
            "<b>",
            "&amp;",
            "й",
            "🙂",
            "и",
            ".",
            "!",
            "…",
            " ",
            "\n",
            "«",
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    max_size=60,
)


@given(_PIECES, st.integers(40, 200))
def test_offsets_point_at_what_is_marked_and_nothing_is_left_unescaped(
    pieces: list[str], length: int
) -> None:
    article, title, snippets, highlights = shown(
        "рябков слово", " ".join(["Рябков", *pieces]), "Рябков " + "".join(pieces), length
    )
    assert [article.title[start:end] for start, end in highlights.title] == marked(title.title)
    for snippet, passage in zip(snippets, highlights.snippets, strict=True):
        text = getattr(article, passage.field)
        assert [text[start:end] for start, end in passage.marks] == marked(snippet)
        assert passage.start <= passage.end <= len(text)
        assert not re.search("<(?!/?mark>)", snippet)
