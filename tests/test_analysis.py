"""What a text becomes: golden words that a linguist can extend, and what holds for any text."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from index.analysis.analyzer import Analyzer, analysis_version
from index.analysis.names import named
from index.analysis.stopwords import STOPWORDS

WORDS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "golden" / "analysis" / "words.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


def terms(analyzer: Analyzer, word: str) -> set[str]:
    """The terms of a word: those of the whole, where it has parts."""
    first, *_ = analyzer(word)
    return set(first.lemmas)


def keys(analyzer: Analyzer, name: str) -> set[str]:
    return {key for key, _ in named(analyzer(name))}


@pytest.mark.parametrize("forms", WORDS["meet"], ids=lambda forms: forms[0])
def test_forms_of_one_word_meet(analyzer: Analyzer, forms: list[str]) -> None:
    missed = [form for form in forms if not terms(analyzer, forms[0]) & terms(analyzer, form)]
    assert missed == []


@pytest.mark.parametrize("pair", WORDS["apart"], ids="/".join)
def test_different_words_stay_apart(analyzer: Analyzer, pair: tuple[str, str]) -> None:
    one, other = pair
    assert not terms(analyzer, one) & terms(analyzer, other)


@pytest.mark.parametrize("forms", WORDS["names_meet"], ids=lambda forms: forms[0])
def test_a_name_meets_itself_in_the_other_alphabet(analyzer: Analyzer, forms: list[str]) -> None:
    assert [form for form in forms if not keys(analyzer, forms[0]) & keys(analyzer, form)] == []


@pytest.mark.parametrize("pair", WORDS["names_apart"], ids="/".join)
def test_different_names_stay_apart(analyzer: Analyzer, pair: tuple[str, str]) -> None:
    one, other = pair
    assert not keys(analyzer, one) & keys(analyzer, other)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from("абвёйАБВabcABC0159-‑.,'’\u00ad\u0301 \n«»\"()№%"), max_size=60
)


@given(_TEXTS)
def test_every_token_stands_in_the_text_where_it_says(text: str) -> None:
    analyzer = Analyzer(1_000)
    tokens = analyzer(text)
    for token in tokens:
        assert text[token.start : token.end] == token.surface
        assert token.form
        assert token.lemmas[0] == token.form
        assert len(set(token.lemmas)) == len(token.lemmas)
    for before, after in pairwise(tokens):
        assert before.position <= after.position <= before.position + 20
        assert before.start <= after.start


@given(_TEXTS)
def test_the_same_text_gives_the_same_tokens(text: str) -> None:
    assert Analyzer(1_000)(text) == Analyzer(1_000)(text)


def test_a_hyphenated_word_is_found_whole_and_in_parts(analyzer: Analyzer) -> None:
    tokens = analyzer("Самолёт Ту-154 сел")
    assert [(token.surface, token.position) for token in tokens] == [
        ("Самолёт", 0), ("Ту-154", 1), ("Ту", 1), ("154", 2), ("сел", 3),
    ]  # fmt: skip


def test_stop_words_keep_their_places(analyzer: Analyzer) -> None:
    tokens = analyzer("быть или не быть")
    assert [token.position for token in tokens] == [0, 1, 2, 3]
    assert {"или", "не"} <= STOPWORDS


def test_the_cache_of_word_forms_is_bounded_and_tells_its_use() -> None:
    analyzer = Analyzer(cached_forms=10)
    analyzer("раз " * 50 + " ".join(f"слово{number}" for number in range(100)))
    use = analyzer.cache_use()
    assert use.size == use.limit == 10
    assert use.hits >= 49
    assert use.misses >= 100


def test_the_version_names_the_dictionary() -> None:
    assert analysis_version() == analysis_version()
    assert "ru:" in analysis_version()
