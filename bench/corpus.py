"""A corpus of any size for speed: real sentences recombined, the vocabulary growing as in text.

Sentences come from ../shared/data where it is there, else from a generator whose
words follow Zipf's law. Where these run out, new words come as Heaps' law has it,
V = 3.2 · n^0.615: 100,000 articles of 200 words of news have some 100,000 forms.
"""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from index.analysis.normalize import fold_yo
from index.article import Language

SUBJECTS = (
    "Политика", "Общество", "Диаспора", "Культура", "Образование", "Спорт", "Путешествия",
    "Религия", "История", "Наука", "Космос", "Русский язык",
)  # fmt: skip
DAYS = 3 * 365
_WORDS = 200
_SYLLABLES = {"ru": "ва ру ко ми та но ле сы про гра чи бу жем ской", "en": "ba ro ka mi ter no"}
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Made:
    """An article as every engine is given it: the same tokens."""

    number: int
    language: Language
    tokens: Sequence[str]
    text: str
    subjects: tuple[str, ...]
    day: int


class Corpus:
    """Makes articles; the same seed makes the same ones."""

    def __init__(self, data: Path, seed: int = 11) -> None:
        self._random = random.Random(seed)
        sentences = _real_sentences(data) or _generated_sentences(self._random)
        self.real = data.exists()
        self._pool = {
            language: [(text, _tokens(text)) for text in some]
            for language, some in sentences.items()
        }
        self._words = 0
        self._invented = 0
        self._seen: set[str] = set()

    def articles(self, count: int, start: int = 0) -> Iterator[Made]:
        """So many articles of some 200 words."""
        for number in range(start, start + count):
            yield self._article(number)

    def _article(self, number: int) -> Made:
        chosen = self._random
        language: Language = "ru" if chosen.random() < 0.7 else "en"
        pool = self._pool[language]
        texts: list[str] = []
        tokens: list[str] = []
        while len(tokens) < _WORDS:
            text, some = pool[int(chosen.random() * len(pool))]
            texts.append(text)
            tokens += some
        self._words += len(tokens)
        self._seen.update(tokens)
        while len(self._seen) + self._invented < 3.2 * self._words**0.615:
            self._invented += 1
            word = self._new_word(language)
            texts.append(word.capitalize() + ".")
            tokens.append(word)
        subjects = tuple(chosen.sample(SUBJECTS, chosen.choices((1, 2, 3), (6, 3, 1))[0]))
        text = " ".join(texts)
        return Made(number, language, tokens, text, subjects, int(chosen.random() * DAYS))

    def _new_word(self, language: str) -> str:
        syllables = _SYLLABLES[language].split()
        return "".join(self._random.choices(syllables, k=4)) + str(self._invented)


def _tokens(text: str) -> list[str]:
    return [fold_yo(word.lower()) for word in _WORD.findall(text)]


def _real_sentences(data: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(data.glob("retrieval/*/articles.jsonl.gz")):
        language = path.parent.name[:2]
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line).get("text", "")
                sentences = (" ".join(one.split()) for one in _SENTENCE.split(text))
                found.setdefault(language, []).extend(
                    one for one in sentences if 5 <= len(one.split()) <= 60
                )
    return found


def _generated_sentences(chosen: random.Random) -> dict[str, list[str]]:
    made = {}
    for language, syllables in _SYLLABLES.items():
        parts = syllables.split()
        words = ["".join(chosen.choices(parts, k=chosen.randint(1, 4))) for _ in range(40_000)]
        weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
        made[language] = [
            " ".join(chosen.choices(words, cum_weights=weights, k=chosen.randint(6, 25))) + "."
            for _ in range(30_000)
        ]
    return made
