"""A hit as it is shown: its title marked whole, its best passages, and where they stand."""

from typing import Literal

from index.analysis.analyzer import Analyzer
from index.analysis.sentences import Span
from index.results import Hit, HitText
from index.schema import TITLE
from search.answer import Highlights, Marked, Passage
from search.rendering.highlighter import Highlighter, Match
from search.rendering.snippets import as_html, excerpts, marked, opening

_SNIPPETS = 2
_FIELDS: tuple[Literal["lead", "body"], ...] = ("lead", "body")


class HitRenderer:
    """Renders the hits of one query."""

    def __init__(self, highlighter: Highlighter, analyzer: Analyzer, length: int) -> None:
        self._highlighter = highlighter
        self._analyzer = analyzer
        self._length = length

    def render(
        self, hit: Hit, opening_only: bool = False
    ) -> tuple[Marked, tuple[str, ...], Highlights]:
        """The title as HTML, the snippets as HTML, the offsets of both.

        The hit has the words of `Highlighter.terms` and `Highlighter.prefixes`. Of a text that is
        cut, what is shown is analysed. `opening_only`: the snippet is the opening of the article.
        """
        marks = self._title_marks(hit)
        passages = [] if opening_only else self._passages(hit)
        passages = passages or self._opening(hit)
        snippets = [marked(hit.texts[one.field], one.start, one.end, one.marks) for one in passages]
        return (
            Marked(title=as_html(hit.fields.title, marks)),
            tuple(snippets),
            Highlights(title=marks, snippets=tuple(passages)),
        )

    def _title_marks(self, hit: Hit) -> tuple[Span, ...]:
        title = hit.texts[TITLE]
        if TITLE not in hit.words:
            return ()
        if TITLE in hit.cut:
            return self._spans(title, 0, len(title))
        return tuple([span for span, _ in self._matches(hit, TITLE)])

    def _matches(self, hit: Hit, field: str) -> list[Match]:
        return self._highlighter.matches_at(hit.texts[field], hit.words[field], self._analyzer)

    def _passages(self, hit: Hit) -> list[Passage]:
        """From lead and body, the lead first."""
        passages: list[Passage] = []
        for field in _FIELDS:
            if field not in hit.words or len(passages) == _SNIPPETS:
                continue
            text, cut = hit.texts[field], field in hit.cut
            for one in excerpts(text, self._matches(hit, field), self._length):
                marks = self._spans(text, one.start, one.end) if cut else one.spans
                if marks and len(passages) < _SNIPPETS:
                    passages.append(Passage(field=field, start=one.start, end=one.end, marks=marks))
        return passages

    def _opening(self, hit: Hit) -> list[Passage]:
        """The first passage of the first text that there is."""
        for field in _FIELDS:
            if one := opening(hit.texts[field], self._length):
                return [Passage(field=field, start=one.start, end=one.end, marks=())]
        return []

    def _spans(self, text: HitText, start: int, end: int) -> tuple[Span, ...]:
        """The matched words of a part, read from itself: of its text not all were known."""
        matches = self._highlighter.matches(self._analyzer(text.read(start, end)))
        return tuple((start + begin, start + stop) for (begin, stop), _ in matches)
