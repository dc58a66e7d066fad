"""Snippets: the best passages of the stored text, its own words marked, all else escaped."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis.analyzer import Analyzer
from index.article import check_article
from search.parser import parse
from search.showing import Showing

ANALYZER = Analyzer(20_000)
LONG = (
    "Утром в городе шёл дождь, и трамваи опаздывали. "
    "Никто не ждал новостей до самого вечера. "
    "Вечером министр Рябков сообщил, что переговоры отложены. "
    "Журналисты разошлись, а охрана заперла двери. "
) * 3 + "Переговоры с Рябковым продолжатся в Страсбурге, добавил представитель министерства."


def shown(query: str, body: str = LONG, title: str = "Заголовок", length: int = 120):  # type: ignore[no-untyped-def]
    article = check_article({"id": "1", "title": title, "body": body, "language": "ru"})
    return article, *Showing(parse(query, ANALYZER).query, ANALYZER, length).of(article)


def marks(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall("<mark>(.*?)</mark>", text)]


def test_the_words_are_marked_in_the_form_they_stand_in() -> None:
    _, _, snippets, _ = shown("рябков переговоры страсбург")
    assert {"Переговоры", "Рябковым", "Страсбурге"} <= set(marks(" ".join(snippets)))


def test_the_passage_with_all_the_words_is_first() -> None:
    _, _, snippets, _ = shown("переговоры страсбург")
    assert "Страсбурге" in html.unescape(re.sub("<[^>]+>", "", snippets[0]))


def test_the_title_is_shown_whole_with_its_marks() -> None:
    _, title, _, _ = shown("рябков", title="Рябкову <b>ответили</b> & ушли")
    assert title.title == "<mark>Рябкову</mark> &lt;b&gt;ответили&lt;/b&gt; &amp; ушли"


def test_without_a_match_the_text_begins() -> None:
    _, _, snippets, _ = shown("щщщ")
    assert snippets[0].startswith("Утром в городе")
    assert not marks(snippets[0])


def test_a_phrase_is_marked_only_where_it_stands_as_one() -> None:
    body = "Война была холодная. А холодная война была долгой."
    _, _, snippets, _ = shown('"холодная война"', body=body, length=400)
    assert marks(" ".join(snippets)) == ["холодная война"] or marks(" ".join(snippets)) == [
        "холодная",
        "война",
    ]


def test_an_excluded_word_is_not_marked() -> None:
    _, _, snippets, _ = shown("переговоры -трамваи")
    assert "трамваи" not in marks(" ".join(snippets))


def test_a_beginning_marks_the_whole_word() -> None:
    _, _, snippets, _ = shown("журнал*")
    assert "Журналисты" in marks(" ".join(snippets))


@pytest.mark.parametrize("length", [40, 120, 240, 2_000])
def test_a_snippet_is_not_much_longer_than_asked_and_cuts_no_word(length: int) -> None:
    _, _, snippets, highlights = shown("рябков", length=length)
    words = set(re.findall(r"\w+", LONG))
    for snippet in snippets:
        plain = html.unescape(re.sub("<[^>]+>", "", snippet))
        assert len(plain) <= length * 1.5 + 40
        assert set(re.findall(r"\w+", plain)) <= words
    assert len(highlights.snippets) == len(snippets)


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
    assert [article.title[start:end] for start, end in highlights.title] == marks(title.title)
    for snippet, passage in zip(snippets, highlights.snippets, strict=True):
        text = getattr(article, passage.field)
        assert [text[start:end] for start, end in passage.marks] == marks(snippet)
        assert passage.start <= passage.end <= len(text)
        assert not re.search("<(?!/?mark>)", snippet)
