"""Do the forms of a word find each other: gold lemmas of Universal Dependencies.

    python -m bench.lemmas DIR

DIR holds *.conllu.gz; files named ru_… and en_… are read. For each part of
speech: the share of pairs of a form and its gold lemma, where they differ, that
share a term; and how often a word meets another: the share of the distinct
forms whose terms meet the terms of a different gold lemma of the same part of
speech. Letters are lower-cased, ё is е. The last line is JSON.
"""

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from index.analysis.analyzer import Analyzer
from index.analysis.normalize import fold_yo, lowered

PARTS = ("PROPN", "NOUN", "VERB", "ADJ")


class Word(NamedTuple):
    """A word as the gold file has it; form and lemma without capitals and ё."""

    language: str
    part: str
    form: str
    lemma: str


def read_words(path: Path) -> Iterator[Word]:
    """The words of a file, in their order, of the parts of speech that are measured."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if len(columns) == 10 and columns[0].isdigit() and columns[3] in PARTS:
                form, lemma = (fold_yo(lowered(text)) for text in columns[1:3])
                if any(map(str.isalpha, form)) and any(map(str.isalpha, lemma)):
                    yield Word(path.name[:2], columns[3], form, lemma)


class Measured(NamedTuple):
    """Shares between 0 and 1, and what they are shares of."""

    pairs: int
    meet: float
    running: int
    running_meet: float
    strangers: float
    missed: list[tuple[str, str]]


def measure(analyzer: Analyzer, words: Counter[Word]) -> Measured:
    """How the words of one language and part of speech do."""

    def terms(text: str) -> set[str]:
        return {term for token in analyzer(text) for term in token.lemmas}

    pairs = {word: count for word, count in words.items() if word.form != word.lemma}
    met = {word: bool(terms(word.form) & terms(word.lemma)) for word in pairs}
    running = sum(pairs.values())
    lemmas_of = defaultdict(set)
    for word in words:
        lemmas_of[word.form].add(word.lemma)
    owners = defaultdict(set)
    for lemma in {word.lemma for word in words}:
        for term in terms(lemma):
            owners[term].add(lemma)
    strange = [
        form
        for form, own in lemmas_of.items()
        if any(owners[term] - own for term in terms(form) if term in owners)
    ]
    return Measured(
        pairs=len(pairs),
        meet=sum(met.values()) / max(1, len(pairs)),
        running=running,
        running_meet=sum(pairs[word] for word, yes in met.items() if yes) / max(1, running),
        strangers=len(strange) / max(1, len(lemmas_of)),
        missed=[(word.form, word.lemma) for word, yes in met.items() if not yes],
    )


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--missed", action="store_true", help="name the pairs that do not meet")
    options = parser.parse_args()
    counted: dict[tuple[str, str], Counter[Word]] = defaultdict(Counter)
    for path in sorted(options.folder.glob("*.conllu.gz")):
        for word in read_words(path):
            counted[word.language, word.part][word] += 1
    analyzer = Analyzer()
    figures: dict[str, dict[str, float]] = {}
    print("                pairs   meet   in running text   meet   meet a stranger")
    for (language, part), words in sorted(counted.items()):
        one = measure(analyzer, words)
        print(
            f"{language} {part:8}{one.pairs:10}   {one.meet:.3f}{one.running:14}   "
            f"  {one.running_meet:.3f}   {one.strangers:.3f}"
        )
        figures[f"{language} {part}"] = {
            "pairs": one.pairs,
            "meet": round(one.meet, 4),
            "running": one.running,
            "running_meet": round(one.running_meet, 4),
            "strangers": round(one.strangers, 4),
        }
        if options.missed:
            print("   ", " ".join(f"{form}/{lemma}" for form, lemma in one.missed))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
