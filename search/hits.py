"""A hit as it is shown: its title marked whole, its best passages, and where they stand."""

from collections.abc import Mapping, Sequence, Set
from typing import Literal

from index.analysis.analyzer import Analyzer
from index.analysis.sentences import Span
from index.article import Article
from index.schema import TITLE
from search.answer import Highlights, Marked, Passage
from search.snippets import SCANNED, Excerpt, Highlighter, Match, excerpts, marked

Words = Mapping[str, Sequence[tuple[int, int]]]
"""By field: (position, start in the text) of words."""
Sentences = Mapping[str, Sequence[Span]]
"""By field: where its sentences start and end."""

_UNKNOWN: Sentences = {}
_SNIPPETS = 2
_FIELDS: tuple[Literal["lead", "body"], ...] = ("lead", "body")


class HitRenderer:
    """Renders the hits of one query."""

    def __init__(self, highlighter: Highlighter, analyzer: Analyzer, length: int) -> None:
        self._highlighter = highlighter
        self._analyzer = analyzer
        self._length = length

    def render(
        self,
        article: Article,
        words: Words | None = None,
        cut: Set[str] = frozenset(),
        sentences: Sentences = _UNKNOWN,
    ) -> tuple[Marked, tuple[str, ...], Highlights]:
        """The title as HTML, the snippets as HTML, the offsets of both.

        `words`, `cut` and `sentences` are a hit's, of `Highlighter.terms` and
        `Highlighter.prefixes`; without them the texts are read again. Of a text that is cut,
        what is shown is analysed.
        """
        known = None if TITLE in cut else words
        marks = tuple(span for span, _ in self._matches(article.title, TITLE, known))
        title = marked(article.title, Excerpt(0, len(article.title), marks))
        passages = self._passages(article, words, cut, sentences)
        return (
            Marked(title=title),
            tuple(marked(getattr(article, one.field), _excerpt(one)) for one in passages),
            Highlights(title=marks, snippets=tuple(passages)),
        )

    def _matches(self, text: str, field: str, words: Words | None) -> list[Match]:
        if words is None:
            return self._highlighter.matches(self._analyzer(text[:SCANNED]))
        return self._highlighter.matches_at(text, words.get(field, ()), self._analyzer)

    def _passages(
        self, article: Article, words: Words | None, cut: Set[str], sentences: Sentences
    ) -> list[Passage]:
        """From lead and body, the lead first; the text's beginning where no word is found."""
        passages: list[Passage] = []
        for field in _FIELDS:
            text: str = getattr(article, field)
            matches = self._matches(text, field, words)
            if not matches:
                continue
            for one in excerpts(text, matches, self._length, _SNIPPETS, sentences.get(field)):
                marks = self._spans(text, one) if field in cut else one.spans
                if marks:
                    passages.append(Passage(field=field, start=one.start, end=one.end, marks=marks))
        return passages[:_SNIPPETS] or self._beginning(article, sentences)

    def _beginning(self, article: Article, sentences: Sentences) -> list[Passage]:
        """The first passage of the first text that there is."""
        for field in _FIELDS:
            text: str = getattr(article, field)
            for one in excerpts(text, (), self._length, 1, sentences.get(field)):
                return [Passage(field=field, start=one.start, end=one.end, marks=())]
        return []

    def _spans(self, text: str, shown: Excerpt) -> tuple[Span, ...]:
        """The matched words of a passage, read from itself: of its text not all were known."""
        found = self._highlighter.matches(self._analyzer(text[shown.start : shown.end]))
        return tuple((shown.start + start, shown.start + end) for (start, end), _ in found)


def _excerpt(passage: Passage) -> Excerpt:
    return Excerpt(passage.start, passage.end, passage.marks)
