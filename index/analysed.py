"""An article ready for an engine: its terms by field, its facet values, its moment."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from itertools import chain
from math import floor
from operator import attrgetter
from typing import NamedTuple

from index.analysis import kernels
from index.analysis.sentences import Span, sentences
from index.analysis.token import Token, Word, word_of
from index.article import Article
from index.article_field import ArticleField
from index.schema import (
    ANALYSED,
    BODY,
    EXACT,
    FACET_FIELDS,
    HEADLINE,
    LEAD,
    NAMES,
    OPENING,
    OPENING_WORDS,
    STORY,
    TEXTS,
    TITLE,
    Facet,
)

AnalyseText = Callable[[str], Sequence[Token]]
"""A text → its tokens."""
Read = Callable[[str], tuple[Sequence[Word], Sequence[int]]]
"""A text → its words, each as an analyzer keeps it, and where each starts.

That is less than tokens, and in half the time.
"""

_KEYS = attrgetter("keys")
_GAP = 100
"""Positions between two values of one field, so that no phrase spans two subjects."""


@dataclass(frozen=True, slots=True)
class FieldTerms:
    """The words of one field in their order in the text, and where each stands.

    The terms of `words[i]`, its form alone where the field is `exact`, stand at
    `positions[i]`; positions never descend. `length` is how many positions there are. An exact
    field has the words of its field, where they stand there.
    """

    length: int
    words: Sequence[Word]
    positions: Sequence[int]
    exact: bool = False

    def terms(self) -> Iterator[tuple[str, int]]:
        """Every term and its position, in the order of positions."""
        for word, position in zip(self.words, self.positions, strict=True):
            for term in (word.form,) if self.exact else word.lemmas:
                yield term, position

    def by_term(self) -> Mapping[str, Sequence[int]]:
        """The ascending positions of each term, each once."""
        found: dict[str, list[int]] = {}
        for term, position in self.terms():
            at = found.setdefault(term, [])
            if not at or at[-1] < position:
                at.append(position)
        return found


@dataclass(frozen=True, slots=True)
class AnalysedArticle:
    """What an engine is given. `published` is in unix seconds, None without a date.

    `starts` has for each text of the story where in it each position's word starts; parts
    start with their whole. `sentences` has the sentences of lead and body, for snippets.
    """

    article: Article
    fields: Mapping[str, FieldTerms]
    facets: Mapping[Facet, tuple[str, ...]]
    published: int | None
    starts: Mapping[str, Sequence[int]] = dataclass_field(default_factory=dict)
    sentences: Mapping[str, Sequence[Span]] = dataclass_field(default_factory=dict)


AnalyseArticle = Callable[[Article], AnalysedArticle]
"""An article → its terms, as an engine takes them."""


def analyse_article(article: Article, read: Read) -> AnalysedArticle:
    """The article's terms in every field of the schema that has any."""
    texts = {field.name: _joined(values(article, field), read) for field in TEXTS}
    fields: dict[str, FieldTerms] = {}
    for name in ANALYSED:
        if texts[name].words:
            fields[name] = texts[name].terms()
            fields[EXACT[name]] = texts[name].terms(exact=True)
    story = [texts[name] for name in STORY]
    if (opening := _opening(story)).words:
        fields[OPENING] = opening.terms()
    if headline := headline_key(texts[TITLE].whole):
        fields[HEADLINE] = FieldTerms(1, (word_of(headline),), (0,))
    if names := [key for text in story for key in _keys(text.words)]:
        fields[NAMES] = FieldTerms(len(names), names, range(len(names)))
    starts = {name: texts[name].starts for name in STORY if texts[name].words}
    spans = {LEAD: sentences(article.lead), BODY: sentences(article.body)}
    return AnalysedArticle(article, fields, _facets(article), _seconds(article), starts, spans)


def whole(
    articles: Iterable[Article],
    analyse: Callable[[Article], AnalysedArticle],
    failed: dict[str, str],
) -> Iterator[AnalysedArticle]:
    """The articles analysed; the errors of those that break go to `failed`, by id."""
    for article in articles:
        try:
            analysed = analyse(article)
        except Exception as error:  # whatever it is, the others go on
            failed[article.id] = f"{type(error).__name__}: {error}"
        else:
            yield analysed


def headline_key(words: Iterable[Word]) -> str:
    """A title as one term: its forms in order, without punctuation; "" where it has no words."""
    return " ".join(word.form.replace("-", " ") for word in words if word.form)


def _keys(words: Sequence[Word]) -> list[Word]:
    """The keys of the words that may be names, in order."""
    if kernels.COMPILED:
        return kernels.words.keys(words)
    return list(chain.from_iterable(map(_KEYS, words)))


class _Text(NamedTuple):
    """The words of a field, parts after their whole, and where they stand; whole words alone.

    `starts[position]` is where in its value a position's whole word starts.
    """

    length: int = 0
    words: Sequence[Word] = ()
    positions: Sequence[int] = ()
    whole: Sequence[Word] = ()
    starts: Sequence[int] = ()

    def terms(self, exact: bool = False) -> FieldTerms:
        return FieldTerms(self.length, self.words, self.positions, exact)


_NO_TEXT = _Text()


@dataclass(slots=True)
class _Joining:
    """A text that is put together, value by value."""

    words: list[Word] = dataclass_field(default_factory=list)
    positions: "array[int]" = dataclass_field(default_factory=partial(array, "I"))
    whole: list[Word] = dataclass_field(default_factory=list)
    starts: "array[int]" = dataclass_field(default_factory=partial(array, "I"))

    def add(self, words: Sequence[Word], starts: Sequence[int], position: int) -> int:
        """Words with their parts, from the position on; the position after them."""
        if kernels.COMPILED:
            return kernels.words.join(
                self.words, self.positions, self.whole, self.starts, words, starts, position
            )
        for word, start in zip(words, starts, strict=True):
            if not word.form:
                continue
            count = len(word.parts) or 1
            self.words += [word, *(part for _, _, part in word.parts)]
            self.positions.append(position)
            if word.parts:
                self.positions.extend(range(position, position + count))
            self.whole.append(word)
            self.starts.extend([start] * count)
            position += count
        return position


def _joined(values: Iterable[str], read: Read) -> _Text:
    """The words of the values, one value after another with a gap between."""
    filled = [value for value in values if value]
    if not filled:
        return _NO_TEXT
    text = _Joining()
    start = length = 0
    for value in filled:
        words, beginnings = read(value)
        position = text.add(words, beginnings, start)
        if position > start:
            length += position - start
            start = position + _GAP
    return _Text(length, text.words, text.positions, text.whole, text.starts)


def _opening(texts: Iterable[_Text]) -> _Text:
    """The first words of the texts, one after another."""
    words: list[Word] = []
    positions = array("I")
    length = 0
    for text in texts:
        count = bisect_left(text.positions, OPENING_WORDS - length)
        words += text.words[:count]
        positions.extend(length + position for position in text.positions[:count])
        length = positions[-1] + 1 if positions else 0
    return _Text(length, words, positions)


def values(article: Article, field: ArticleField) -> tuple[str, ...]:
    """The article's values of the field; of a field that has one value, that one, "" or not."""
    value = getattr(article, field.name)
    return value if field.many else (value,)


def _facets(article: Article) -> dict[Facet, tuple[str, ...]]:
    return {
        field.facet: labels
        for field in FACET_FIELDS
        if (labels := tuple(filter(None, values(article, field))))
    }


def _seconds(article: Article) -> int | None:
    return None if article.published_at is None else floor(article.published_at.timestamp())
