"""Do the forms of a word find each other, and does a word find strangers?

    python -m bench.lemmas DIR [--missed]

DIR holds CoNLL-U files of Universal Dependencies, ru_*.conllu.gz and en_*.conllu.gz.
Their gold lemmas judge the analysis that articles and queries go through. Letters
are lower-cased, ё is е. For each part of speech, a file, a language and all:

    types    distinct pairs of a form and its lemma, where they differ
    meet     the share of them where form and lemma share a term
    tokens   the same pairs in running text, each as often as it stands there
    clean    the share of types that meet, without those that the file itself marks as
             mistyped (Typo=Yes): nobody's analysis makes ammazing of amazing
    strange  the share of distinct forms that also meet some other lemma of the same
             part of speech
    random   of 100,000 random pairs of forms of different lemmas, how many in a
             million meet

A hyphenated word meets another as a whole, or if all its parts do. `name` stands for
all nouns and proper nouns that are written with a capital. The last line is JSON.
"""

import argparse
import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from index.analysis.analyzer import Analyzer
from index.analysis.normalize import fold_yo, lowered

PARTS = ("PROPN", "NOUN", "VERB", "ADJ")
NAME = "name"
_RANDOM_PAIRS = 100_000
_SEED = 17

Readings = tuple[frozenset[str], ...]
"""The terms of a word as a whole; then of each of its parts, if it has any."""


class Word(NamedTuple):
    """A word as the gold file has it; form and lemma without capitals and ё."""

    part: str
    form: str
    lemma: str
    mistyped: bool


def read_words(path: Path) -> Iterator[Word]:
    """The words of a file in their order, of the parts of speech that are measured."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if len(columns) != 10 or not columns[0].isdigit() or columns[3] not in PARTS:
                continue
            form, lemma = (fold_yo(lowered(text)) for text in columns[1:3])
            if not any(map(str.isalpha, form)) or not any(map(str.isalpha, lemma)):
                continue
            mistyped = "Typo=Yes" in columns[5]
            yield Word(columns[3], form, lemma, mistyped)
            if columns[3] in {"PROPN", "NOUN"} and columns[1][0].isupper():
                yield Word(NAME, form, lemma, mistyped)


def readings_by(analyzer: Analyzer) -> Callable[[str], Readings]:
    """What a word is found by, remembered."""

    @cache
    def readings(text: str) -> Readings:
        tokens = analyzer(text)
        terms = tuple(frozenset(token.lemmas) for token in tokens)
        one_word = bool(tokens) and tokens[-1].end <= tokens[0].end
        return terms if one_word else (frozenset(), *terms)  # and/or: parts without a whole

    return readings


def meet(one: Readings, other: Readings) -> bool:
    """Whether one word finds the other."""
    if not one[0].isdisjoint(other[0]):
        return True
    same_length = len(one) == len(other) > 1
    return same_length and not any(map(frozenset.isdisjoint, one[1:], other[1:]))


class Measured(NamedTuple):
    """Shares between 0 and 1, and what they are shares of."""

    types: int
    meet: float
    tokens: int
    tokens_meet: float
    clean: float
    strange: float
    random: float


def measure(readings: Callable[[str], Readings], words: Counter[Word]) -> Measured:
    """How the words of one part of speech do, each with how often it stands in the text."""
    pairs = different(words)
    met = {word: meet(readings(word.form), readings(word.lemma)) for word in pairs}
    clean = [yes for word, yes in met.items() if not word.mistyped]
    tokens = sum(pairs.values())
    return Measured(
        types=len(pairs),
        meet=_share(met.values()),
        tokens=tokens,
        tokens_meet=sum(pairs[word] for word, yes in met.items() if yes) / max(1, tokens),
        clean=_share(clean),
        strange=strange(readings, words),
        random=random_meetings(readings, words),
    )


def different(words: Counter[Word]) -> Counter[Word]:
    """The words whose form is not their lemma; mistyped only where it always is."""
    typed = {word for word in words if not word.mistyped}
    pairs: Counter[Word] = Counter()
    for word, count in words.items():
        right = word._replace(mistyped=False)
        if word.form != word.lemma:
            pairs[right if right in typed else word] += count
    return pairs


def _share(answers: Iterable[bool]) -> float:
    answers = list(answers)
    return sum(answers) / max(1, len(answers))


def strange(readings: Callable[[str], Readings], words: Counter[Word]) -> float:
    """The share of forms that meet a lemma which is theirs nowhere in the files."""
    owners: dict[str, set[str]] = defaultdict(set)
    own: dict[str, set[str]] = defaultdict(set)
    for word in words:
        own[word.form].add(word.lemma)
        for term in readings(word.lemma)[0]:
            owners[term].add(word.lemma)
    return _share(
        any(owners.get(term, set()) - lemmas for term in readings(form)[0])
        for form, lemmas in own.items()
    )


def random_meetings(readings: Callable[[str], Readings], words: Counter[Word]) -> float:
    """The share of random pairs of forms of different lemmas that meet."""
    chance = random.Random(_SEED)
    drawn = iter(chance.choices(sorted(words), k=2 * _RANDOM_PAIRS))
    return _share(
        meet(readings(one.form), readings(other.form))
        for one, other in zip(drawn, drawn, strict=True)
        if one.lemma != other.lemma and one.form != other.form
    )


def groups(folder: Path) -> Iterator[tuple[str, str, Counter[Word]]]:
    """(files, part of speech, words): each file, each language, all."""
    files = {path: Counter(read_words(path)) for path in sorted(folder.glob("*.conllu.gz"))}
    scopes = {path.name.removesuffix(".conllu.gz"): [words] for path, words in files.items()}
    for language in ("ru", "en"):
        scopes[language] = [words for path, words in files.items() if path.name[:2] == language]
    scopes["all"] = list(files.values())
    for scope, counts in scopes.items():
        together = sum(counts, Counter[Word]())
        for part in (*PARTS, NAME):
            chosen = Counter({word: n for word, n in together.items() if word.part == part})
            if chosen:
                yield scope, part, chosen


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--missed", action="store_true", help="name the pairs that do not meet")
    options = parser.parse_args()
    readings = readings_by(Analyzer())
    figures: dict[str, dict[str, float]] = {}
    heads = ("types", "meet", "tokens", "meet", "clean", "strange", "random")
    print(f"{'':24}" + "".join(f"{head:>9}" for head in heads))
    for scope, part, words in groups(options.folder):
        one = measure(readings, words)
        print(
            f"{scope:18}{part:6}{one.types:9}{one.meet:9.3f}{one.tokens:9}{one.tokens_meet:9.3f}"
            f"{one.clean:9.3f}{one.strange:9.3f}{one.random * 1e6:9.0f}"
        )
        figures[f"{scope} {part}"] = {
            name: round(value, 6) for name, value in one._asdict().items()
        }
        if options.missed and scope in {"ru", "en"}:
            missed = [
                f"{word.form}/{word.lemma}"
                for word in sorted(different(words))
                if not meet(readings(word.form), readings(word.lemma))
            ]
            print("   ", *missed)
    if not figures:
        raise SystemExit(f"{options.folder} has no ru_*.conllu.gz or en_*.conllu.gz")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
