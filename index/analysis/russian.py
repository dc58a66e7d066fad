"""Lemmas of Russian words: all that pymorphy3 knows, and a stem where it may fall short."""

import re
import unicodedata
from functools import cache

import Stemmer
from pymorphy3 import MorphAnalyzer
from pymorphy3.units import DictionaryAnalyzer

from index.analysis import kernels
from index.analysis.dictionary import (
    compiled_lookup,
    dictionary,
    is_name,
    letters_dictionary,
    lookup,
)
from index.analysis.normalize import fold_yo

STEM_MARK = "~"
"""Before a stem, so that it meets stems only: ~стал (of сталь) is not стал (of стать)."""

ABBREVIATED = {
    "тыс": "тысяча", "млн": "миллион", "млрд": "миллиард", "трлн": "триллион", "руб": "рубль",
    "долл": "доллар", "кг": "килограмм", "км": "километр", "чел": "человек", "обл": "область",
}  # fmt: skip
"""Numbers and measures as news abbreviates them; г., м., см. and мин. stand for several words."""

_USUAL = re.compile("[а-яё]+")
_DIGIT = re.compile(r"\d")


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("russian", 0)


def dictionary_version() -> str:
    """Which dictionary the lemmas come from: another one asks for a rebuild."""
    meta = dict(dictionary().dictionary.meta)
    return f"{meta.get('source_version', '')}:{meta.get('compiled_at', '')}"


def russian_lemmas(word: str) -> list[str]:
    """The lemmas of a lower-case word, ё as е, without the word itself.

    A word unknown to the dictionary, and one that can only be a name, also gets
    its stem (Snowball): новотроицка and новотроицк then meet, and so do cases
    that the dictionary takes for different surnames (васильев, васильева).
    марта, a month or a name, gets none: ~март is the stem of Мартен.
    """
    if _USUAL.fullmatch(word):
        return lemmas_of_letters(word)
    if not all(unicodedata.name(letter, "") for letter in word):
        return []  # ԯ is newer than some Pythons: the dictionary would stumble
    return _guessed(word, dictionary())


def lemmas_of_letters(word: str) -> list[str]:
    """The same for a word of the letters а to я and ё alone."""
    if word in ABBREVIATED:
        return [ABBREVIATED[word]]
    lemmas, all_names = lookup().lemmas(word)
    if lemmas:
        return _with_stem(lemmas, word, all_names)
    return _guessed(word, letters_dictionary())


def terms_of_letters(word: str) -> tuple[str, ...]:
    """Such a word, ё as е, and its lemmas after it."""
    if kernels.COMPILED and word not in ABBREVIATED and (found := compiled_lookup().terms(word)):
        terms, all_names = found
        if all_names:
            terms.append(STEM_MARK + _stemmer().stemWord(terms[0]))
        return tuple(terms)
    return tuple(dict.fromkeys((fold_yo(word), *lemmas_of_letters(word))))


def _guessed(word: str, morph: MorphAnalyzer) -> list[str]:
    """The lemmas of a word that the dictionary may not have."""
    readings = morph.parse(word)
    unknown = not (readings and _is_known(readings[0][-1])) and not _DIGIT.search(word)
    has_stem = unknown or all(is_name(tag) for _, tag, *_ in readings)
    return _with_stem([lemma for _, _, lemma, *_ in readings], word, has_stem)


def _with_stem(lemmas: list[str], word: str, has_stem: bool) -> list[str]:
    """The lemmas, each once, ё as е, and the stem of the word where it has one."""
    unique = dict.fromkeys(map(fold_yo, lemmas))
    if has_stem:
        unique[STEM_MARK + _stemmer().stemWord(fold_yo(word))] = None
    return list(unique)


def _is_known(steps: tuple[tuple[object, ...], ...]) -> bool:
    """Whether a reading came from the dictionary itself: else others of pymorphy3's units helped.

    Where the dictionary has the word, it alone is asked.
    """
    return len(steps) == 1 and isinstance(steps[0][0], DictionaryAnalyzer)
