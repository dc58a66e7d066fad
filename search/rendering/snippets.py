"""Snippets: the best passages of a text for a query, the matched words marked.

A passage is made of whole sentences where they fit, of whole words otherwise.
It is better the more different words of the query it has; of equals the earlier
one is taken. A text of more than SNIPPET_WHOLE characters is not read whole: passages
are sought around SNIPPET_OFFSETS offsets where matched words stand close together.
"""

import html
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence, Set
from typing import NamedTuple

from index.analysis.sentences import Span
from index.analysis.tokenize import MAX_WORD
from index.results import HitText
from search.relevance import SNIPPET_OFFSETS, SNIPPET_WHOLE
from search.rendering import kernels
from search.rendering.highlighter import Match

_SPACES = re.compile(r"\s+")
_OTHER_SPACES = re.compile(r"\s{2,}|[^\S ]")
"""Spaces that are not one ordinary space."""
_OPENS, _CLOSES = "\x01", "\x02"
"""What stands for the tags until all else is escaped once; no article has such characters."""


class Excerpt(NamedTuple):
    """A passage of a text: `text[start:end]`, and the spans of the matched words in it.

    `clauses` has a bit for each clause of the query that it has.
    """

    start: int
    end: int
    spans: tuple[Span, ...]
    clauses: int = 0


class _Matches:
    """The matches of a text, in order, to be looked up by offset: a long text has thousands."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self.all = matches
        self.starts = [span[0] for span, _ in matches]

    def inside(self, start: int, end: int) -> Sequence[Match]:
        """Those that stand whole in `text[start:end]`."""
        inside = self.all[bisect_left(self.starts, start) : bisect_left(self.starts, end)]
        return inside[:-1] if inside and inside[-1][0][1] > end else inside

    def count(self, start: int, end: int) -> int:
        """How many start in `text[start:end]`."""
        return bisect_left(self.starts, end) - bisect_left(self.starts, start)


def excerpts(text: HitText, matches: Sequence[Match], length: int) -> list[Excerpt]:
    """The best passages of at most `length` characters each, in the order of the text.

    There are two at most; the second one has clauses that the first lacks.
    """
    candidates = _candidates(text, _Matches(matches), length)
    if len(candidates) == 1:
        return candidates
    missing = 0
    for _, clause in matches:
        missing |= 1 << clause
    first = _best(candidates, missing)
    if first is None:
        return candidates[:1]
    missing &= ~first.clauses
    if not missing:
        return [first]
    others = [one for one in candidates if one.end <= first.start or one.start >= first.end]
    second = _best(others, missing)
    if second is None:
        return [first]
    return [first, second] if first.start < second.start else [second, first]


def opening(text: HitText, length: int) -> Excerpt | None:
    """The first passage of a text; None if it is empty."""
    bounds = text.sentences(0, length + 1)
    return _passage(text, bounds, _Matches(()), 0, length) if bounds else None


def _best(passages: Sequence[Excerpt], missing: int) -> Excerpt | None:
    """The first of those that have the most of the missing clauses; None if none has any."""
    best, most = None, 0
    for passage in passages:
        if (count := (passage.clauses & missing).bit_count()) > most:
            best, most = passage, count
    return best


def _candidates(text: HitText, matches: _Matches, length: int) -> list[Excerpt]:
    """The passages from each sentence on that has a match."""
    bounds, size = _sentences_near(text, matches, length), len(text)
    passages: list[Excerpt] = []
    last = -1
    for offset in matches.starts if bounds else ():
        number = max(0, bisect_right(bounds, (offset, size)) - 1)
        if number != last:
            passages.append(_passage(text, bounds, matches, number, length))
            last = number
    return passages


def _sentences_near(text: HitText, matches: _Matches, length: int) -> Sequence[Span]:
    """The sentences of the text; of a long one those around the offsets with the most clauses.

    A sentence that begins further than `length` before such an offset would be cut anyway.
    """
    if (size := len(text)) <= SNIPPET_WHOLE:
        return text.sentences(0, size)
    bounds: list[Span] = []
    for left, right in _joined(_richest_offsets(matches, length), length):
        start = 0 if left <= 0 else _word_start(text, left)
        bounds += ((max(a, start), min(b, right)) for a, b in text.sentences(start, right))
    return bounds


def _joined(offsets: Sequence[int], length: int) -> list[Span]:
    """The stretches around the offsets, those that meet in one."""
    stretches: list[Span] = []
    for offset in sorted(offsets):
        left, right = offset - length, offset + 2 * length
        if stretches and left <= stretches[-1][1]:
            left = stretches.pop()[0]
        stretches.append((left, right))
    return stretches


def _richest_offsets(matches: _Matches, length: int) -> list[int]:
    """Offsets from which a text of this length has the most clauses, then most of the rest.

    Of equals the first is taken.
    """
    missing = {clause for _, clause in matches.all}
    offsets: list[int] = []
    while missing and len(offsets) < SNIPPET_OFFSETS:
        best = _richest(matches, missing, length)
        start = matches.starts[best]
        offsets.append(start)
        missing -= {clause for _, clause in matches.inside(start, start + length)}
        missing.discard(matches.all[best][1])  # of a word longer than the length
    return offsets


def _richest(matches: _Matches, missing: Set[int], length: int) -> int:
    """The match from which a text of this length has the most of the missing clauses."""
    inside: Counter[int] = Counter()
    best = most = end = 0
    for first, start in enumerate(matches.starts):
        while end < len(matches.all) and matches.starts[end] < start + length:
            clause = matches.all[end][1]
            if clause in missing:
                inside[clause] += 1
            end += 1
        if len(inside) > most:
            best, most = first, len(inside)
            if most == len(missing):
                break
        clause = matches.all[first][1]
        if clause in missing:
            inside[clause] -= 1
            if not inside[clause]:
                del inside[clause]
    return best


def _word_start(text: HitText, offset: int) -> int:
    """The start of a word near the offset, so that none is cut; the offset in a very long one."""
    space = _SPACES.search(text.read(offset, offset + MAX_WORD))
    return offset + space.end() if space else offset


def _passage(
    text: HitText, bounds: Sequence[Span], matches: _Matches, first: int, length: int
) -> Excerpt:
    """From the first sentence on while sentences fit; a part of it if it does not fit."""
    start, end = bounds[first]
    if end - start > length:
        start, end = _window(text, start, end, matches, length)
    else:
        longest = start + length
        for following in range(first + 1, len(bounds)):
            if bounds[following][1] > longest:
                break
            end = bounds[following][1]
    inside = matches.inside(start, end)
    clauses = 0
    for _, clause in inside:
        clauses |= 1 << clause
    return Excerpt(start, end, tuple([span for span, _ in inside]), clauses)


def _window(text: HitText, start: int, end: int, matches: _Matches, length: int) -> Span:
    """The part of a long sentence that has the most matches, cut between words."""
    left = start
    if inside := [span[0] for span, _ in matches.inside(start, end)]:
        crowded = max(inside, key=lambda offset: matches.count(offset, offset + length // 2))
        left = max(start, crowded - length // 3)
    if left > start:
        space = text.read(left, left + length // 3).find(" ")
        left += space + 1  # nothing where there is no space
    right = min(end, left + length)
    if right < end:
        middle = left + length // 2
        space = text.read(middle, right).rfind(" ")
        right = middle + space if space >= 0 else right
    return left, right


def marked(text: HitText, start: int, end: int, spans: Sequence[Span]) -> str:
    """The passage as HTML: escaped, its matched words in <mark>, … where the text goes on."""
    first = max(0, start - MAX_WORD)
    read = text.read(first, end + 1)
    shown = as_html(read[start - first : end - first], spans, start)
    if start and _goes_on(read[: start - first]):
        shown = "… " + shown
    return shown + " …" if _is_cut(read, end - first) else shown


def as_html(passage: str, spans: Sequence[Span], start: int = 0) -> str:
    """The same of a passage that stands alone; the spans are those of a text in which it starts."""
    if kernels.COMPILED:
        return kernels.html.as_html(passage, spans, start)
    shown, last = "", 0
    for begin, end in spans:
        before, word = passage[last : begin - start], passage[begin - start : end - start]
        shown += f"{before}{_OPENS}{word}{_CLOSES}"
        last = end - start
    shown += passage[last:]
    if not passage.isprintable() or "  " in passage:  # a look that costs a tenth of the search
        shown = _OTHER_SPACES.sub(" ", shown)
    shown = html.escape(shown)
    return shown.replace(_OPENS, "<mark>").replace(_CLOSES, "</mark>") if spans else shown


def _goes_on(before: str) -> bool:
    """Whether a sentence goes on after this text."""
    before = before.rstrip(" «“\"'(—–-")
    return bool(before) and before[-1] not in '.!?…»”"\n:'


def _is_cut(text: str, end: int) -> bool:
    """Whether a sentence goes on at this offset."""
    return end < len(text) and text[end - 1] not in '.!?…»”"' and text[end] != "\n"
