"""What a text becomes: tokens with their terms. The one analysis of articles and queries."""

import re
from array import array
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import lemminflect
import Stemmer

from index.analysis import kernels
from index.analysis.english import english_lemmas
from index.analysis.names import keys_of
from index.analysis.normalize import (
    fold_yo,
    is_cyrillic,
    is_latin,
    is_mixed,
    lookalikes,
    lowered,
)
from index.analysis.russian import dictionary_version, russian_lemmas, terms_of_letters
from index.analysis.token import Token, Word, word_of
from index.analysis.tokenize import MAX_WORD, WORD, parts

ANALYSIS_VERSION = 5
"""Raised when the same text gives other terms: an older index must be rebuilt."""

_NO_WORD = word_of("")
_LETTERS = re.compile("([а-яё]+)|[a-z]+")
"""Most words: small letters of one alphabet. The first group is a Russian word."""
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_DIGIT = re.compile(r"\d")


class CacheUse(NamedTuple):
    """The cache of word forms: how often it knew a word, how often not, and its size."""

    hits: int
    misses: int
    size: int
    limit: int


class Analyzer:
    """Texts into tokens. Safe for threads; keeps what the words met last become."""

    def __init__(self, cached_forms: int = 200_000) -> None:
        self._known = _Known(cached_forms)
        self._asked = 0

    def __call__(self, text: str) -> list[Token]:
        """The tokens of a text, in order; positions count words from 0."""
        tokens: list[Token] = []
        add, known, make = tokens.append, self._known.__getitem__, Token._make
        position = asked = 0
        for match in WORD.finditer(text):
            surface = match[0]
            asked += 1
            word = known(surface)
            if not word.form:
                continue
            start = match.start()
            add(make((surface, start, start + len(surface), position, word.form, word.lemmas)))
            for at, (first, end, part) in enumerate(word.parts, position):
                place = (surface[first:end], start + first, start + end)
                add(Token(*place, at, part.form, part.lemmas))
            position += len(word.parts) or 1
        self._asked += asked
        return tokens

    def words(self, text: str) -> list[Word]:
        """The words of a text, in order: what its tokens become."""
        surfaces = WORD.findall(text)
        self._asked += len(surfaces)
        return list(map(self._known.__getitem__, surfaces))

    def forms(self, text: str) -> Iterator[str]:
        """The forms of a text's tokens, in order; no dictionary is asked for new words."""
        known = self._known
        for surface in WORD.findall(text):
            if len(surface) > MAX_WORD:
                continue
            if (word := known.get(surface)) is not None:
                if word.form:
                    yield word.form
                    for _, _, part in word.parts:
                        yield part.form
            elif form := word_form(surface):
                yield form
                pieces = () if surface.isalnum() else parts(surface)
                for start, end in pieces[1:] and pieces:
                    if part_form := word_form(surface[start:end]):
                        yield part_form

    def read(self, text: str) -> tuple[list[Word], "array[int]"]:
        """The words of a text, in order, and where each starts."""
        known = self._known
        if kernels.COMPILED:
            words, starts = kernels.words.read(text, known, WORD.match)
        else:
            matches = list(WORD.finditer(text))
            words = [known[match[0]] for match in matches]
            starts = array("I", [match.start() for match in matches])
        self._asked += len(words)
        return words, starts

    def cache_use(self) -> CacheUse:
        """How well the cache of word forms does; threads may count a little less."""
        known = self._known
        return CacheUse(max(0, self._asked - known.misses), known.misses, known.size(), known.limit)


class _Known(dict[str, Word]):
    """What surfaces become. Full, it forgets those that were not met since it was last full."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.misses = 0
        self._half = max(1, limit // 2)
        self._before: dict[str, Word] = {}

    def __missing__(self, surface: str) -> Word:
        if len(surface) > MAX_WORD:
            return _NO_WORD
        word = self._before.pop(surface, None)
        if word is None:
            self.misses += 1
            word = _word(surface, self)
        if len(self) >= self._half:
            self._before = dict(self)
            self.clear()
        self[surface] = word
        return word

    def size(self) -> int:
        """How many surfaces are known."""
        return len(self) + len(self._before)


def _word(surface: str, known: Mapping[str, Word]) -> Word:
    """What a surface becomes, its parts too (Ту-154, 10 000)."""
    word = surface.lower()
    letters = _LETTERS.fullmatch(word)
    if letters and word != surface and (same := known.get(word)):
        form, lemmas = same.form, same.lemmas  # Школа after школа
    elif letters:
        form, lemmas = _terms_of_letters(word, letters.lastindex == 1)
    else:
        form, lemmas = word_terms(surface)
    if not form:
        return _NO_WORD
    keys = tuple(map(word_of, keys_of(surface, form, lemmas))) if surface[0].isupper() else ()
    if letters or surface.isalnum():
        return Word(form, lemmas, keys)
    pieces = parts(surface)
    found = [(start, end, known[surface[start:end]]) for start, end in pieces[1:] and pieces]
    return Word(form, lemmas, keys, tuple(part for part in found if part[2].form))


def _terms_of_letters(word: str, is_russian: bool) -> tuple[str, tuple[str, ...]]:
    if is_russian:
        terms = terms_of_letters(word)
        return terms[0], terms
    return word, tuple(dict.fromkeys((word, *english_lemmas(word))))


def analysis_version() -> str:
    """All that decides which terms a text gives; an index keeps it and is rebuilt when it moves."""
    return (
        f"{ANALYSIS_VERSION};ru:{dictionary_version()}"
        f";en:{lemminflect.__version__};snowball:{Stemmer.version()}"
    )


def word_terms(surface: str) -> tuple[str, tuple[str, ...]]:
    """A word's form and its terms, the form first among them."""
    word = _spelled(surface)
    if letters := _LETTERS.fullmatch(word):
        return _terms_of_letters(word, letters.lastindex == 1)
    form = fold_yo(word)
    terms = [form, *_lemmas(word)]
    if "-" in form:
        terms += [term.replace("-", "") for term in terms]  # covid-19, covid19
    if _DIGIT.search(form):
        terms += [other for term in terms for other in lookalikes(term)]  # 1с, 1c
    return form, tuple(dict.fromkeys(terms))


def word_form(surface: str) -> str:
    """A word's form alone: the same, without looking for its terms."""
    return fold_yo(_spelled(surface))


def _spelled(surface: str) -> str:
    word = surface.lower()
    if _LETTERS.fullmatch(word):  # most words
        return word
    word = lowered(surface).replace(" ", "")  # 10 000 is 10000
    if is_mixed(word) and (readings := lookalikes(word)):
        return readings[0]  # Cовет typed with a Latin C
    return word


def _lemmas(word: str) -> list[str]:
    if "." in word or "," in word:
        return _dotted(word)
    if is_cyrillic(word):
        return russian_lemmas(word)
    if is_latin(word):
        return english_lemmas(word)
    return []


def _dotted(word: str) -> list[str]:
    """u.s. → us; 1,5 → 1.5; 1,000 → 1000."""
    if not word[0].isdigit():
        return [word.replace(".", "")] if is_latin(word) else []  # т.е. is not те
    if _GROUPED.fullmatch(word):
        return [re.sub("[.,]", "", word), word.replace(",", ".")]
    return [word.replace(",", ".")]
