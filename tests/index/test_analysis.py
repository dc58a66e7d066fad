"""What a text becomes: golden words that a linguist can extend, and what holds for any text."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from lemminflect import getAllLemmas
from pymorphy3 import MorphAnalyzer

from bench.lemmas import groups, measure, readings_by
from index.analysis import english, russian
from index.analysis.analyzer import Analyzer, analysis_version
from index.analysis.dictionary import dictionary, letters_dictionary, lookup
from index.analysis.names import named
from index.analysis.normalize import is_cyrillic
from index.analysis.russian import STEM_MARK
from index.analysis.stopwords import STOPWORDS
from tests.support.demo import demo_articles
from tests.support.golden import GOLDEN
from tests.support.shared import data

WORDS: dict[str, Any] = yaml.safe_load(
    (GOLDEN / "analysis" / "words.yaml").read_text(encoding="utf-8")
)
ANALYZER = Analyzer(20_000)


def terms(word: str) -> set[str]:
    """The terms of a word: those of the whole, where it has parts."""
    first, *_ = ANALYZER(word)
    return set(first.lemmas)


def keys(name: str) -> set[str]:
    return {key for key, _ in named(ANALYZER(name))}


# --- golden words ----------------------------------------------------------------------------


@pytest.mark.parametrize("forms", WORDS["meet"], ids=lambda forms: str(forms[0]))
def test_forms_of_one_word_meet(forms: list[Any]) -> None:
    first, *others = map(str, forms)
    assert terms(first)
    assert [form for form in others if not terms(first) & terms(form)] == []


@pytest.mark.parametrize("pair", WORDS["apart"], ids="/".join)
def test_different_words_stay_apart(pair: tuple[str, str]) -> None:
    one, other = pair
    assert not terms(one) & terms(other)


@pytest.mark.parametrize(("word", "expected"), WORDS["terms"].items(), ids=str)
def test_a_word_becomes_these_terms(word: str, expected: list[str]) -> None:
    plain = [term for term in sorted(terms(word)) if not term.startswith(STEM_MARK)]
    assert plain == sorted(expected)


@pytest.mark.parametrize("forms", WORDS["names_meet"], ids=lambda forms: forms[0])
def test_a_name_meets_itself_in_the_other_alphabet(forms: list[str]) -> None:
    first, *others = forms
    assert [form for form in others if not keys(first) & keys(form)] == []


@pytest.mark.parametrize("pair", WORDS["names_apart"], ids="/".join)
def test_different_names_stay_apart(pair: tuple[str, str]) -> None:
    one, other = pair
    assert not keys(one) & keys(other)


@pytest.mark.parametrize(("text", "expected"), WORDS["tokens"].items(), ids=str)
def test_a_text_has_these_words(text: str, expected: list[Any]) -> None:
    found = [f"{token.surface}/{token.position}" for token in ANALYZER(text)]
    assert found == list(map(str, expected))


def test_the_golden_words_are_enough_to_trust() -> None:
    assert len(WORDS["meet"]) >= 40


def test_names_of_real_texts_find_their_other_forms() -> None:
    """The bar of bench/lemmas.py, on gold lemmas beside the project."""
    readings = readings_by(ANALYZER)
    shares = {
        scope: measure(readings, words)
        for scope, part, words in groups(data("lemmas"))
        if part == "PROPN" and scope in {"ru", "all"}
    }
    assert shares["ru"].types > 400
    assert shares["ru"].meet >= 0.99
    assert shares["all"].meet >= 0.975
    assert shares["all"].strange <= 0.05


# --- any text --------------------------------------------------------------------------------

_ODD = "абвёйЁЙАБВabcABCßİıﬁ½①٣中я0159-\u2010\u2011.,'’ʼ`\u00ad\u200b\u0301\u0306\u0308 \u00a0\n"
_TEXTS = st.one_of(
    st.text(),
    st.text(st.sampled_from(_ODD + '«»"()№%@/:'), max_size=60),
    st.lists(st.sampled_from(["Ту-154", "1 000 000", "3,5", "U.S.", "O’Neill", "при́нцип", " ",
                               "-"]), max_size=9).map("".join),
)  # fmt: skip


@given(_TEXTS)
@example("а-" * 200)
@example("1 000 " * 50)
@example("a." * 300)
@example("\ud800")
def test_every_token_stands_in_the_text_where_it_says(text: str) -> None:
    for token in ANALYZER(text):
        assert text[token.start : token.end] == token.surface
        assert token.surface.strip() == token.surface


@given(_TEXTS)
def test_positions_and_offsets_never_go_back(text: str) -> None:
    tokens = ANALYZER(text)
    assert not tokens or tokens[0].position == 0
    for before, after in pairwise(tokens):
        assert before.position <= after.position <= before.position + 1
        assert before.start <= after.start


@given(_TEXTS)
def test_a_token_has_its_form_first_and_a_bounded_number_of_terms(text: str) -> None:
    for token in ANALYZER(text):
        assert token.form
        assert all(token.lemmas)
        assert token.lemmas[0] == token.form
        assert len(set(token.lemmas)) == len(token.lemmas) <= 40


@given(_TEXTS)
def test_the_number_of_tokens_is_bounded_by_the_text(text: str) -> None:
    assert len(ANALYZER(text)) <= 2 * len(text)


def test_what_the_dictionaries_tell_inside_is_what_they_answer() -> None:
    texts = (f"{one.title} {one.body} ok okay ph нейросетевик" for one in demo_articles())
    words = {token.form for text in texts for token in ANALYZER(text)}
    latin = [word for word in words if word.isascii() and word.isalpha()]
    cyrillic = [word for word in words if word.isalpha() and not word.isascii()]
    assert min(len(latin), len(cyrillic)) > 1_000
    for word in latin:
        stems = list(map(english._stemmer().stemWord, _lemminflect(word) or [word]))
        assert english.english_lemmas(word)[: len(stems)] == stems
    morphology = MorphAnalyzer()
    for word in cyrillic:
        readings = dictionary().parse(word)
        assert russian._is_known(readings[0][-1]) == morphology.word_is_known(word), word


def test_the_faster_dictionary_has_the_readings_of_pymorphy3_in_its_order() -> None:
    plain = MorphAnalyzer(result_type=None, probability_estimator_cls=None)
    words = {token.form for one in demo_articles() for token in ANALYZER(one.body)}
    cyrillic = [word for word in words if is_cyrillic(word)]
    letters = [word for word in cyrillic if word.isalpha()]
    letters += [word[2:] for word in letters] + [f"{word}ёв" for word in letters]
    for word in (*cyrillic, "мини-юбка", "псевдокошками", "полусладкие", "смотри-ка", "по-волчьи"):
        assert _readings(dictionary(), word) == _readings(plain, word)
    for word in filter(russian._USUAL.fullmatch, letters):
        expected = _readings(plain, word)
        assert _readings(letters_dictionary(), word) == expected
        if plain.word_is_known(word):
            assert lookup().lemmas(word)[0] == [lemma for _, _, lemma in expected]


def _readings(morph: MorphAnalyzer, word: str) -> list[tuple[str, str, str]]:
    return [(spelled, str(tag), lemma) for spelled, tag, lemma, *_ in morph.parse(word)]


def _lemminflect(word: str) -> list[str]:
    word = english.ABBREVIATED.get(word, word)
    return [lemma.lower() for group in getAllLemmas(word).values() for lemma in group]


@given(_TEXTS)
def test_a_cache_changes_nothing(text: str) -> None:
    assert Analyzer(cached_forms=1)(text) == ANALYZER(text)


@given(st.text(st.sampled_from("абвгёйшщьъАБ"), min_size=1, max_size=12))
def test_capitals_change_no_term_of_a_russian_word(word: str) -> None:
    assert terms(word) == terms(word.upper())


@given(st.text(st.sampled_from("абвгёйшщь"), min_size=1, max_size=12), st.integers(1, 12))
def test_a_soft_hyphen_changes_no_term(word: str, place: int) -> None:
    assert terms(word[:place] + "\u00ad" + word[place:]) == terms(word)


@given(_TEXTS)
def test_keys_of_names_are_short_latin_consonants(text: str) -> None:
    for key, _ in named(ANALYZER(text)):
        assert len(key) >= 3
        assert key.isascii()
        assert key.isalpha()


# --- the cache, the version, threads ---------------------------------------------------------


def test_stop_words_stay_among_the_tokens() -> None:
    forms = [token.form for token in ANALYZER("быть или не быть")]
    assert forms == ["быть", "или", "не", "быть"]
    assert {"или", "не"} <= STOPWORDS


def test_stop_words_are_written_as_forms_are() -> None:
    assert {
        word for word in STOPWORDS if [token.form for token in ANALYZER(word)] != [word]
    } == set()


def test_a_run_without_an_end_is_no_word() -> None:
    assert [token.surface for token in ANALYZER("x" * 129 + " конец")] == ["конец"]
    assert [token.surface for token in ANALYZER("x" * 128)] == ["x" * 128]


def test_the_cache_of_word_forms_is_bounded_and_tells_its_use() -> None:
    analyzer = Analyzer(cached_forms=10)
    analyzer("раз " * 50 + " ".join(f"слово{number}" for number in range(100)))
    use = analyzer.cache_use()
    assert 0 < use.size <= use.limit == 10
    assert (use.hits, use.misses) == (49, 101)


@given(_TEXTS)
def test_forms_alone_are_those_of_the_tokens_and_no_dictionary_is_asked(text: str) -> None:
    new = Analyzer(20_000)
    expected = [token.form for token in ANALYZER(text)]
    assert list(new.forms(text)) == list(ANALYZER.forms(text)) == expected
    assert new.cache_use().size == 0


def test_a_new_cache_has_not_been_used() -> None:
    assert Analyzer(cached_forms=10).cache_use() == (0, 0, 0, 10)


def test_threads_may_share_an_analyzer() -> None:
    analyzer = Analyzer(cached_forms=50)
    texts = [f"Рябков{number} встретил министров {number} раз" for number in range(200)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(analyzer, texts)) == list(map(ANALYZER, texts))


def test_the_version_names_all_that_terms_come_from() -> None:
    version = analysis_version()
    assert version == analysis_version()
    assert [part.split(":")[0] for part in version.split(";")[1:]] == ["ru", "en", "snowball"]
