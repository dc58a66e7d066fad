"""What a text becomes: tokens with their terms. The one analysis of articles and queries."""

import re
from functools import lru_cache
from typing import NamedTuple

import lemminflect
import Stemmer

from index.analysis.english import english_lemmas
from index.analysis.normalize import (
    fold_yo,
    is_cyrillic,
    is_latin,
    is_mixed,
    lookalikes,
    lowered,
)
from index.analysis.russian import dictionary_version, russian_lemmas
from index.analysis.token import Token
from index.analysis.tokenize import parts, words

ANALYSIS_VERSION = 4
"""Raised when the same text gives other terms: an older index must be rebuilt."""

_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_DIGIT = re.compile(r"\d")


class CacheUse(NamedTuple):
    """The cache of word forms: how often it knew a word, how often not, and its size."""

    hits: int
    misses: int
    size: int
    limit: int


class Analyzer:
    """Texts into tokens. Safe for threads; keeps the terms of the forms met last."""

    def __init__(self, cached_forms: int = 200_000) -> None:
        self._limit = cached_forms
        self._terms = lru_cache(maxsize=cached_forms)(word_terms)

    def __call__(self, text: str) -> list[Token]:
        """The tokens of a text, in order; positions count words from 0."""
        tokens: list[Token] = []
        add, known, make = tokens.append, self._terms, Token._make
        position = 0
        for start, end in words(text):
            surface = text[start:end]
            form, lemmas = known(surface)
            if not form:
                continue
            add(make((surface, start, end, position, form, lemmas)))
            if not surface.isalnum():
                position = self._add_parts(tokens, text, start, end, position)
            position += 1
        return tokens

    def _add_parts(self, tokens: list[Token], text: str, start: int, end: int, at: int) -> int:
        """Adds the parts of a word that has any (Ту-154, 10 000); the last part's position."""
        position = at - 1
        pieces = parts(text, start, end)
        for part_start, part_end in pieces if len(pieces) > 1 else ():
            surface = text[part_start:part_end]
            form, lemmas = self._terms(surface)
            if form:
                position += 1
                tokens.append(Token(surface, part_start, part_end, position, form, lemmas))
        return max(position, at)

    def cache_use(self) -> CacheUse:
        """How well the cache of word forms does."""
        use = self._terms.cache_info()
        return CacheUse(use.hits, use.misses, use.currsize, self._limit)


def analysis_version() -> str:
    """All that decides which terms a text gives; an index keeps it and is rebuilt when it moves."""
    return (
        f"{ANALYSIS_VERSION};ru:{dictionary_version()}"
        f";en:{lemminflect.__version__};snowball:{Stemmer.version()}"
    )


def word_terms(surface: str) -> tuple[str, tuple[str, ...]]:
    """A word's form and its terms, the form first among them."""
    word = lowered(surface).replace(" ", "")  # 10 000 is 10000
    if is_mixed(word) and (readings := lookalikes(word)):
        word = readings[0]  # Cовет typed with a Latin C
    form = fold_yo(word)
    terms = [form, *_lemmas(word)]
    if "-" in form:
        terms += [term.replace("-", "") for term in terms]  # covid-19, covid19
    if _DIGIT.search(form):
        terms += [other for term in terms for other in lookalikes(term)]  # 1с, 1c
    return form, tuple(dict.fromkeys(terms))


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
