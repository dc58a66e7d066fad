"""Keys of names, the same in both alphabets: Рябков, Ryabkov and Riabkov meet in one.

A key is the consonants of a name, sounds that the two spellings confuse as one
letter, vowels left out but for the place of a first one. It is made to find the
same news told in another language, where several names agree; it is too coarse
to search for one name alone.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from index.analysis import kernels
from index.analysis.normalize import is_cyrillic, is_latin
from index.analysis.russian import STEM_MARK
from index.analysis.stopwords import STOPWORDS
from index.analysis.token import Token

_SHORTEST = 3

# Longer spellings first. Each sound has one letter on the right.
_SOUNDS = {
    # Cyrillic
    "дж": "j", "тс": "s", "кс": "ks", "ж": "j", "ч": "c", "щ": "x", "ш": "x", "ц": "s",
    "з": "s", "с": "s", "к": "k", "х": "g", "г": "g", "в": "v", "ф": "f", "б": "b", "п": "p",
    "д": "d", "т": "t", "л": "l", "м": "m", "н": "n", "р": "r",
    # Latin
    "shch": "x", "tsch": "c", "sch": "x", "tch": "c", "dzh": "j", "ch": "c", "sh": "x",
    "zh": "j", "kh": "g", "gh": "g", "ph": "f", "th": "t", "ck": "k", "ts": "s", "tz": "s",
    "dj": "j", "x": "ks", "q": "k", "j": "j", "w": "v", "c": "k", "z": "s", "s": "s", "k": "k",
    "g": "g", "h": "g", "v": "v", "f": "f", "b": "b", "p": "p", "d": "d", "t": "t", "l": "l",
    "m": "m", "n": "n", "r": "r",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_SOFT_C = re.compile("c(?=[eiy])")
_ACRONYM = 4
_TWICE = re.compile(r"(.)\1+")
_VOWELS = "aeiouyаеёиоуыэюяй"
_FIRST_VOWEL = re.compile(f"[{_VOWELS}]")
_COMPILED = kernels.names.Keys(_SOUNDS, _VOWELS, _SHORTEST, STEM_MARK) if kernels.COMPILED else None


@lru_cache(maxsize=50_000)
def name_key(word: str) -> str:
    """The key of one lower-case word; "" where too little of it is left."""
    spelled = _SOFT_C.sub("s", word) if "c" in word else word
    key = "".join(map(_SOUNDS.__getitem__, _SOUND.findall(spelled)))
    if _TWICE.search(key):
        key = _TWICE.sub(r"\1", key)
    if _FIRST_VOWEL.match(word):
        key = "a" + key
    return key if len(key) >= _SHORTEST else ""


def named(tokens: Iterable[Token]) -> Iterator[tuple[str, Token]]:
    """(key, token) of every word that is written as a name; one word may have several keys."""
    for token in tokens:
        if token.surface[0].isupper():  # asked here too: most words fall out
            for key in keys_of(token.surface, token.form, token.lemmas):
                yield key, token


def keys_of(surface: str, form: str, lemmas: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a word that is written as a name: with a capital, and one word.

    IBM is no name: its letters are those of Обама.
    """
    if (
        surface[0].isupper()
        and not (len(surface) <= _ACRONYM and surface.isupper())
        and form not in STOPWORDS
        and "-" not in form
    ):
        return _keys(form, lemmas)
    return ()


def _keys(form: str, lemmas: tuple[str, ...]) -> tuple[str, ...]:
    if _COMPILED and kernels.COMPILED:
        return _COMPILED.of(form, lemmas)
    if is_cyrillic(form):  # рябковым: the lemma рябков has the key that Ryabkov has
        spellings = [lemma for lemma in lemmas if not lemma.startswith(STEM_MARK)]
    elif is_latin(form):
        spellings = [form.removesuffix("'s")]
    else:
        return ()
    return tuple(dict.fromkeys(key for word in spellings if (key := name_key(word))))
