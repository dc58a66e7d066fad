"""pymorphy3's dictionary and its guesses, in half of their time.

pymorphy3 makes the lemma of each reading again, by several steps. Here it is made by a rule of the
reading's paradigm, which is made once. What is found is the same.
"""

from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pymorphy3 import MorphAnalyzer
from pymorphy3.lang.ru import DEFAULT_UNITS
from pymorphy3.units import (
    DictionaryAnalyzer,
    KnownPrefixAnalyzer,
    KnownSuffixAnalyzer,
    UnknAnalyzer,
    UnknownPrefixAnalyzer,
)

from index.analysis import kernels

_NAMES = frozenset({"Surn", "Name", "Patr", "Geox", "Orgn", "Trad"})


class Tag(Protocol):
    """The grammar of a reading."""

    grammemes: frozenset[str]


Parse = tuple[str, Tag, str, float, tuple[tuple[Any, ...], ...]]
"""A reading as pymorphy3 has it: the word, its tag, the lemma, a score, the units that found it."""


class _Rule(NamedTuple):
    """How the lemma is made of a form: what is cut off at both ends, and what is put there.

    `end` is a negative index, or None for nothing.
    """

    start: int
    end: int | None
    prefix: str
    suffix: str
    tag: Tag
    is_name: bool


class _Rules(dict[tuple[int, int], _Rule]):
    """The rules by (number of a paradigm, index of the form in it), each made once."""

    def __init__(self, dictionary: Any) -> None:
        self._dictionary = dictionary

    def __missing__(self, form: tuple[int, int]) -> _Rule:
        number, index = form
        known = self._dictionary
        paradigm = known.paradigms[number]  # the suffixes of its forms, their tags, their prefixes
        count = len(paradigm) // 3
        tag = known.gramtab[paradigm[count + index]]
        rule = _Rule(0, None, "", "", tag, is_name(tag))
        if index:  # the first form is the lemma
            suffix = known.suffixes[paradigm[index]]
            rule = rule._replace(
                start=len(known.paradigm_prefixes[paradigm[2 * count + index]]),
                end=-len(suffix) if suffix else None,
                prefix=known.paradigm_prefixes[paradigm[2 * count]],
                suffix=known.suffixes[paradigm[0]],
            )
        self[form] = rule
        return rule


@cache
def _rules_of(dictionary: Any) -> _Rules:
    return _Rules(dictionary)


class Lookup(DictionaryAnalyzer):  # type: ignore[misc]
    """What the dictionary has of a word; е may stand for ё."""

    def init(self, morph: Any) -> None:
        """Binds it to an analyzer."""
        super().init(morph)
        self._rules = _rules_of(self.dict)
        self._similar = self.dict.words.similar_items

    def lemmas(self, word: str) -> tuple[list[str], bool]:
        """The lemma of each reading, and whether all readings are names; none if it is unknown."""
        lemmas: list[str] = []
        all_names = True
        rules = self._rules
        for spelled, forms in self._similar(word, self.morph.char_substitutes):
            for form in forms:
                start, end, prefix, suffix, _, is_name = rules[form]
                lemmas.append(prefix + spelled[start:end] + suffix)
                all_names = all_names and is_name
        return lemmas, all_names

    def parse(self, _word: str, word_lower: str, _seen: set[Any]) -> list[Parse]:
        """See pymorphy3: the readings of a word."""
        parses: list[Parse] = []
        for spelled, forms in self._similar(word_lower, self.morph.char_substitutes):
            for form in forms:
                start, end, prefix, suffix, tag, _ = self._rules[form]
                lemma = prefix + spelled[start:end] + suffix
                parses.append((spelled, tag, lemma, 1.0, ((self, spelled, *form),)))
        return parses


class _UnknownPrefix(UnknownPrefixAnalyzer):  # type: ignore[misc]
    """Words of the dictionary after any prefix."""

    def init(self, morph: Any) -> None:
        super().init(morph)
        self.dict_analyzer = Lookup()
        self.dict_analyzer.init(morph)


def _faster(unit: Any) -> Any:
    """A unit of pymorphy3, or a list of some, the dictionary looked up here."""
    if isinstance(unit, list):
        return [_faster(one) for one in unit]
    if isinstance(unit, UnknownPrefixAnalyzer):
        return _UnknownPrefix()
    return Lookup() if isinstance(unit, DictionaryAnalyzer) else unit


_UNITS = [_faster(unit) for unit in DEFAULT_UNITS]


@cache
def dictionary() -> MorphAnalyzer:
    """pymorphy3 for any word. All readings count alike: no estimate of how likely each is."""
    return MorphAnalyzer(result_type=None, probability_estimator_cls=None, units=_UNITS)


class _LettersAnalyzer(MorphAnalyzer):  # type: ignore[misc]
    """Another analyzer with the units alone that read words of small Russian letters.

    The others find no numbers, initials and hyphens in such a word; trying takes a third of the
    time.
    """

    def __init__(self, morph: MorphAnalyzer) -> None:
        self.__dict__.update(morph.__dict__)
        self._init_units([found for unit in _UNITS if (found := _for_letters(unit))])


_FOR_LETTERS = (
    DictionaryAnalyzer,
    KnownPrefixAnalyzer,
    UnknownPrefixAnalyzer,
    KnownSuffixAnalyzer,
    UnknAnalyzer,
)


def _for_letters(unit: Any) -> Any:
    if isinstance(unit, list):
        return [one for one in unit if isinstance(one, _FOR_LETTERS)]
    return unit if isinstance(unit, _FOR_LETTERS) else None


@cache
def letters_dictionary() -> MorphAnalyzer:
    """pymorphy3 for words of small Russian letters."""
    return _LettersAnalyzer(dictionary())


@cache
def compiled_lookup() -> "kernels.dictionary.Lookup":
    """The dictionary alone, for words of small Russian letters, compiled."""
    known = dictionary().dictionary
    with (Path(known.path) / "words.dawg").open("rb") as file:
        words = mmap(file.fileno(), 0, access=ACCESS_READ)
    names = list(map(is_name, known.gramtab))
    return kernels.dictionary.Lookup(
        words, known.paradigms, known.suffixes, known.paradigm_prefixes, names
    )


@cache
def lookup() -> Lookup:
    """The dictionary alone."""
    unit = Lookup()
    unit.init(dictionary())
    return unit


def is_name(tag: Tag) -> bool:
    """Whether a reading is a name of a person, a place or a firm."""
    return not _NAMES.isdisjoint(tag.grammemes)
