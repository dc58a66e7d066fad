"""Lemmas of English words: lemminflect's, then the Porter2 stem of each."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import Stemmer
from lemminflect.core.Lemmatizer import Lemmatizer

ABBREVIATED = {
    "jan": "january", "feb": "february", "apr": "april", "aug": "august", "sept": "september",
    "sep": "september", "oct": "october", "nov": "november", "dec": "december",
    "tue": "tuesday", "tues": "tuesday", "thu": "thursday", "thur": "thursday",
    "thurs": "thursday", "fri": "friday",
    "gen": "general", "sen": "senator", "lt": "lieutenant", "col": "colonel", "sgt": "sergeant",
    "capt": "captain", "prof": "professor", "calif": "california", "drs": "dr",
    "govt": "government", "gov't": "government", "dept": "department",
    "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "yr": "year", "yrs": "year",
    "km": "kilometer", "kms": "kilometer", "kilometre": "kilometer", "kilometres": "kilometer",
}  # fmt: skip
"""Days, months, ranks and measures as news abbreviates them; sun, sat, mar and wed are words of
their own."""

_DECADE = re.compile(r"\d+'?s")


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english", 0)


def _found(word: str) -> Mapping[str, tuple[str, ...]]:
    """What lemminflect.getAllLemmas finds for a lower-case word.

    That copies all it found, deeply, which takes most of its time; here it is only read.
    """
    lemmas, overrides = _dictionaries()
    found = lemmas.get(word, {})
    return {**found, **overrides[word]} if word in overrides else found


@cache
def _dictionaries() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    lemmatizer = Lemmatizer()
    return lemmatizer._getLemmaDict(), lemmatizer._getOverridesDict()


def english_lemmas(word: str) -> list[str]:
    """The stems of all lemmas of a lower-case word: ran → run, meetings → meet.

    Stems over lemmas, since news asks for both: ran meets running, and
    investigation meets investigators, which are different lemmas.
    A possessive stands for its owner: russia's → russia, o'connor's → o'connor, oconnor.
    """
    if _DECADE.fullmatch(word):  # 1990's → 1990s, 1990
        return [word.replace("'", ""), *word.split("'s")[:1]]
    word = word.removesuffix("'s").removesuffix("'")
    word = ABBREVIATED.get(word, word)
    lemmas = [lemma for group in _found(word).values() for lemma in group]
    stems = [_stemmer().stemWord(lemma.lower()) for lemma in lemmas or [word]]
    if word == "people":  # also a word of its own: peoples
        stems.append("person")
    if "'" in word:
        stems.append(word.replace("'", ""))
    return stems
