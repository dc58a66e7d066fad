"""What the compiled loops of the analysis find is what Python finds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.analysed import analyse_article
from index.analysis import kernels
from index.analysis.analyzer import Analyzer
from index.analysis.dictionary import dictionary
from index.analysis.names import keys_of
from index.analysis.normalize import fold_yo
from index.analysis.russian import terms_of_letters
from index.article import check_article
from tests.support.demo import demo_articles

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="there is no C compiler")
ANALYZER = Analyzer(20_000)

_PIECES = [
    *"aPhбЯё19 \u00a0\u2009.,+#'’_-\u2010\u0301\u00ad\u200b\ufeffʼ½²٣中ǅßİ\n\U0001d400\U0001f600",
    *("10 000", "C++", "C#", "Ph.D", "U.S.", "А.С.Пушкин", "Ту-154", "О'Коннор", "1,5", "x" * 129),
]
TEXTS = st.text() | st.lists(st.sampled_from(_PIECES), max_size=20).map("".join)


@given(TEXTS)
def test_a_text_has_the_same_words(text: str) -> None:
    words, starts = ANALYZER.read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", False)
        assert ANALYZER.read(text) == (words, starts)


@given(st.builds(dict, title=TEXTS, lead=TEXTS, body=TEXTS, subjects=st.lists(TEXTS, max_size=3)))
def test_an_article_has_the_same_terms(fields: dict[str, object]) -> None:
    article = check_article({**fields, "id": "1", "title": f"Рябков {fields['title']}"})
    analysed = analyse_article(article, ANALYZER.read)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", False)
        assert analyse_article(article, ANALYZER.read) == analysed


def test_the_articles_of_the_demo_have_the_same_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = list(demo_articles())
    analysed = [analyse_article(article, ANALYZER.read) for article in articles]
    monkeypatch.setattr(kernels, "COMPILED", False)
    assert [analyse_article(article, ANALYZER.read) for article in articles] == analysed


_RUSSIAN = "".join(map(chr, range(ord("а"), ord("я") + 1))) + "ё"
_MADE = st.text(_RUSSIAN, min_size=1, max_size=12) | st.lists(
    st.sampled_from(["еле", "но", "ёлк", "пере", "вод", "ива", "нов", "ами", "ый", "ейш", "е"]),
    min_size=1,
    max_size=5,
).map("".join)


@example("е" * 60)
@example("марта")
@given(_MADE)
def test_a_russian_word_has_the_same_terms(word: str) -> None:
    terms = terms_of_letters(word)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", False)
        assert terms_of_letters(word) == terms


@pytest.mark.parametrize("prefix", ["ели", "перее", "стал", "ё", "нью", "иванов"])
def test_every_word_of_the_dictionary_has_the_same_terms(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {word for word, *_ in dictionary().iter_known_word_parses(prefix) if "-" not in word}
    words |= set(map(fold_yo, words))
    terms = list(map(terms_of_letters, words))
    monkeypatch.setattr(kernels, "COMPILED", False)
    assert list(map(terms_of_letters, words)) == terms


@example("tsceschtc")
@given(st.text("aeciyxchtskzjw'щджтсксаеюß", max_size=20) | st.text(max_size=20))
def test_a_name_has_the_same_keys(name: str) -> None:
    form = name.lower()
    lemmas = (form, f"~{form}", form[:-1])
    keys = keys_of("Ая", form, lemmas)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", False)
        assert keys_of("Ая", form, lemmas) == keys
