"""A hit as it is shown: its title marked whole, its best passages, and where they stand."""

from collections.abc import Mapping, Sequence
from typing import Literal

from index.analysis.analyzer import Analyzer
from index.article import Article
from index.schema import TITLE
from search.answer import Highlights, Marked, Passage
from search.snippets import SCANNED, Excerpt, Span, Wanted, excerpts, marked, tokens_at

Words = Mapping[str, Sequence[tuple[int, int]]]
"""By field: (position, start in the text) of words."""

_SNIPPETS = 2
_FIELDS: tuple[Literal["lead", "body"], ...] = ("lead", "body")


class Showing:
    """Shows the articles found by one query."""

    def __init__(self, wanted: Wanted, analyzer: Analyzer, length: int) -> None:
        self._wanted = wanted
        self._analyzer = analyzer
        self._length = length

    def of(
        self, article: Article, words: Words | None = None
    ) -> tuple[Marked, tuple[str, ...], Highlights]:
        """The title as HTML, the snippets as HTML, the offsets of both.

        `words` are a hit's, of `Wanted.terms`; without them the texts are analysed.
        """
        marks = tuple(span for span, _ in self._found(article.title, TITLE, words))
        title = marked(article.title, Excerpt(0, len(article.title), marks))
        passages = self._passages(article, words)
        return (
            Marked(title=title),
            tuple(marked(getattr(article, one.field), _excerpt(one)) for one in passages),
            Highlights(title=marks, snippets=tuple(passages)),
        )

    def _found(self, text: str, field: str, words: Words | None) -> list[tuple[Span, int]]:
        if words is None:
            return self._wanted.found(self._analyzer(text))
        return self._wanted.found([*tokens_at(text, words.get(field, ()), self._analyzer)])

    def _passages(self, article: Article, words: Words | None) -> list[Passage]:
        """From lead and body, the lead first; the text's beginning where no word is found."""
        passages: list[Passage] = []
        plain: list[Passage] = []
        for field in _FIELDS:
            text: str = getattr(article, field)
            found = self._found(text[:SCANNED], field, words)
            for one in excerpts(text, found, self._length, _SNIPPETS):
                passage = Passage(field=field, start=one.start, end=one.end, marks=one.marks)
                (passages if one.marks else plain).append(passage)
        return (passages or plain[:1])[:_SNIPPETS]


def _excerpt(passage: Passage) -> Excerpt:
    return Excerpt(passage.start, passage.end, passage.marks)
