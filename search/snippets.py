"""Snippets: the best passages of a text for a query, the matched words marked.

A passage is made of whole sentences where they fit, of whole words otherwise.
It is better the more different words of the query it has; of equals the earlier
one is taken. A text of more than WHOLE characters is not read whole: passages are
sought around a few offsets where matched words stand close together.
"""

import html
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from index.analysis.analyzer import Analyzer
from index.analysis.sentences import Span
from index.analysis.token import Token
from index.analysis.tokenize import MAX_WORD, WORD
from index.query import Not, Phrase, Prefix, Query, Terms, children
from index.results import HitText
from index.schema import EXACT, STORY
from search.query.clauses import is_exact

WHOLE = 20_000
"""Characters of a text that is cut into sentences whole; of a longer one, what is near words."""
_WORD = MAX_WORD + 32
"""Characters that are read to find a word: it and what follows it."""
_NEAR = 4
"""Offsets in a longer text around which passages are sought."""

_SPACES = re.compile(r"\s+")
_OTHER_SPACES = re.compile(r"\s{2,}|[^\S ]")
"""Spaces that are not one ordinary space."""
_OPENS, _CLOSES = "\x01", "\x02"
"""What stands for the tags until all else is escaped once; no article has such characters."""

Match = tuple[Span, int]
"""The span of a matched word, and the number of its clause in the query."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage of a text: `text[start:end]`, and the spans of the matched words in it."""

    start: int
    end: int
    spans: tuple[Span, ...]


class Highlighter:
    """The words of a query, to be recognised among the tokens of a text."""

    def __init__(self, query: Query) -> None:
        self._clauses = list(_positive(query))
        self._terms: dict[str, int] = {}
        self._forms: dict[str, int] = {}
        self._phrases: list[tuple[int, Phrase]] = []
        self._prefixes: list[tuple[int, str]] = []
        self._in_words: dict[str, list[Match]] = {}
        for number, clause in enumerate(self._clauses):
            match clause:
                case Terms() if is_exact(clause):
                    self._forms.setdefault(clause.surface, number)
                case Terms():
                    for variant in clause.variants:
                        self._terms.setdefault(variant, number)
                case Phrase():
                    self._phrases.append((number, clause))
                case Prefix(start):
                    self._prefixes.append((number, start))

    def prefixes(self) -> tuple[tuple[str, str], ...]:
        """The (field, start of terms)s whose positions an engine is asked for."""
        return tuple((EXACT[name], start) for name in STORY for _, start in self._prefixes)

    def terms(self) -> tuple[tuple[str, str], ...]:
        """The (field, term)s whose positions an engine is asked for."""
        lemmas, forms = set(self._terms), set(self._forms)
        for _, phrase in self._phrases:
            (forms if is_exact(phrase) else lemmas).update(chain.from_iterable(phrase.parts))
        return tuple(
            (space, term)
            for name in STORY
            for space, terms in ((name, lemmas), (EXACT[name], forms))
            for term in terms
        )

    def matches_at(
        self, text: HitText, words: Sequence[tuple[int, int]], analyzer: Analyzer
    ) -> list[Match]:
        """The matches among the words of the text that stand there: (position, start).

        Each word is analysed once a query: hits have the same words again and again.
        """
        if self._phrases:
            return self.matches([*tokens_at(text, words, analyzer)])
        matches: list[Match] = []
        for _, start in words:
            if found := WORD.match(text.read(start, start + _WORD)):
                inside = self._in_words.get(found[0])
                if inside is None:
                    inside = self._in_words[found[0]] = self.matches(analyzer(found[0]))
                matches += [((start + a, start + b), number) for (a, b), number in inside]
        return matches

    def matches(self, tokens: Sequence[Token]) -> list[Match]:
        """The matches among the tokens, in order, none inside another."""
        spans: dict[Span, int] = {}
        for token in tokens:
            number = self._word(token)
            if number is not None:
                spans[token.start, token.end] = number
        for number, phrase in self._phrases:
            for token in _in_phrase(tokens, phrase):
                spans[token.start, token.end] = number
        return _disjoint(sorted(spans.items()))

    def _word(self, token: Token) -> int | None:
        if token.form in self._forms:
            return self._forms[token.form]
        for lemma in token.lemmas:
            if lemma in self._terms:
                return self._terms[lemma]
        for number, start in self._prefixes:
            if token.form.startswith(start):
                return number
        return None


def _positive(query: Query) -> Iterator[Query]:
    """The leaves that a match has, not those it lacks."""
    if isinstance(query, Terms | Phrase | Prefix):
        yield query
    elif not isinstance(query, Not):
        for child in children(query):
            yield from _positive(child)


def tokens_at(
    text: HitText, words: Sequence[tuple[int, int]], analyzer: Analyzer
) -> Iterator[Token]:
    """The tokens of the words that stand there: (position, start)."""
    known: dict[str, list[Token]] = {}  # a long text has one word hundreds of times
    for position, start in words:
        if match := WORD.match(text.read(start, start + _WORD)):
            surface = match[0]
            if (tokens := known.get(surface)) is None:
                tokens = known[surface] = analyzer(surface)
            for token in tokens:
                yield _moved(token, start, position)


def _moved(token: Token, by: int, position: int) -> Token:
    surface, start, end, offset, form, lemmas = token
    return Token(surface, start + by, end + by, position + offset, form, lemmas)


def _in_phrase(tokens: Sequence[Token], phrase: Phrase) -> Iterator[Token]:
    """The tokens that stand in the phrase's order, one after another."""
    exact = is_exact(phrase)
    by_position: dict[int, list[Token]] = {}
    for token in tokens:
        by_position.setdefault(token.position, []).append(token)
    for position in by_position:
        row: list[Token] = []
        for offset, part in enumerate(phrase.parts):
            here = by_position.get(position + offset, ())
            fitting = [
                token
                for token in here
                if (token.form in part if exact else not set(part).isdisjoint(token.lemmas))
            ]
            if not fitting:
                break
            row.append(fitting[0])
        else:
            yield from row


def _disjoint(matches: list[Match]) -> list[Match]:
    """Without spans inside others: of С-400 the whole is marked, not its parts again."""
    outer: list[Match] = []
    for span, number in sorted(matches, key=lambda match: (match[0][0], -match[0][1])):
        if not outer or span[0] >= outer[-1][0][1]:
            outer.append((span, number))
    return outer


class _Matches:
    """The matches of a text, in order, to be looked up by offset: a long text has thousands."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._all = matches
        self._starts = [span[0] for span, _ in matches]

    def inside(self, start: int, end: int) -> Sequence[Match]:
        """Those that stand whole in `text[start:end]`."""
        inside = self._all[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return inside[:-1] if inside and inside[-1][0][1] > end else inside

    def richest(self, length: int) -> list[int]:
        """Offsets from which a text of this length has the most clauses, then most of the rest.

        Of equals the first is taken.
        """
        missing = {clause for _, clause in self._all}
        offsets: list[int] = []
        while missing and len(offsets) < _NEAR:
            best = self._richest(missing, length)
            start = self._starts[best]
            offsets.append(start)
            missing -= {clause for _, clause in self.inside(start, start + length)}
            missing.discard(self._all[best][1])  # of a word longer than the length
        return offsets

    def _richest(self, missing: Set[int], length: int) -> int:
        """The match from which a text of this length has the most of the missing clauses."""
        inside: Counter[int] = Counter()
        best = most = end = 0
        for first, start in enumerate(self._starts):
            while end < len(self._all) and self._starts[end] < start + length:
                clause = self._all[end][1]
                if clause in missing:
                    inside[clause] += 1
                end += 1
            if len(inside) > most:
                best, most = first, len(inside)
                if most == len(missing):
                    break
            clause = self._all[first][1]
            if clause in missing:
                inside[clause] -= 1
                if not inside[clause]:
                    del inside[clause]
        return best

    def count(self, start: int, end: int) -> int:
        """How many start in `text[start:end]`."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)


def excerpts(text: HitText, matches: Sequence[Match], length: int, most: int = 2) -> list[Excerpt]:
    """The best passages of at most `length` characters each, in the order of the text.

    A second one is taken only where it has clauses that the first lacks.
    """
    by_offset = _Matches(matches)
    bounds = _sentences_near(text, by_offset, length)
    if not bounds:
        return []
    sentence_numbers = _sentences_with(bounds, matches)
    passages = (_passage(text, bounds, by_offset, number, length) for number in sentence_numbers)
    clauses = {passage: _clauses(by_offset, passage) for passage in passages}
    missing = {clause for _, clause in matches}
    chosen: list[Excerpt] = []
    for _ in range(most):
        best = max(clauses, key=lambda passage: len(clauses[passage] & missing), default=None)
        if best is None or not clauses[best] & missing:
            break
        chosen.append(best)
        missing -= clauses[best]
        clauses = {
            passage: its
            for passage, its in clauses.items()
            if passage.end <= best.start or passage.start >= best.end
        }
    if not chosen:
        chosen = [_passage(text, bounds, by_offset, 0, length)]
    return sorted(chosen, key=lambda passage: passage.start)


def _sentences_near(text: HitText, matches: _Matches, length: int) -> Sequence[Span]:
    """The sentences of the text; of a long one those around the offsets with the most clauses.

    A sentence that begins further than `length` before such an offset would be cut anyway.
    """
    if len(text) <= WHOLE:
        return text.sentences(0, len(text))
    bounds: list[Span] = []
    for left, right in _joined(matches.richest(length), length):
        start = 0 if left <= 0 else _word_start(text, left)
        bounds += ((max(a, start), min(b, right)) for a, b in text.sentences(start, right))
    return bounds


def _joined(offsets: Sequence[int], length: int) -> list[Span]:
    """The stretches around the offsets, those that meet in one; the beginning without offsets."""
    stretches: list[Span] = []
    for offset in sorted(offsets) or (0,):
        left, right = offset - length, offset + 2 * length
        if stretches and left <= stretches[-1][1]:
            left = stretches.pop()[0]
        stretches.append((left, right))
    return stretches


def _word_start(text: HitText, offset: int) -> int:
    """The start of a word near the offset, so that none is cut; the offset in a very long one."""
    space = _SPACES.search(text.read(offset, offset + MAX_WORD))
    return offset + space.end() if space else offset


def _sentences_with(bounds: Sequence[Span], matches: Sequence[Match]) -> list[int]:
    """The numbers of the sentences that have a match, each once."""
    starts = [start for start, _ in bounds]
    numbers = (max(0, bisect_right(starts, span[0]) - 1) for span, _ in matches)
    return list(dict.fromkeys(numbers))


def _clauses(matches: _Matches, passage: Excerpt) -> frozenset[int]:
    return frozenset(clause for _, clause in matches.inside(passage.start, passage.end))


def _passage(
    text: HitText, bounds: Sequence[Span], matches: _Matches, first: int, length: int
) -> Excerpt:
    """From the first sentence on while sentences fit; a part of it if it does not fit."""
    start, end = bounds[first]
    following = first + 1
    while following < len(bounds) and bounds[following][1] - start <= length:
        end = bounds[following][1]
        following += 1
    if end - start > length:
        start, end = _window(text, start, end, matches, length)
    return Excerpt(start, end, tuple(span for span, _ in matches.inside(start, end)))


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


def marked(text: HitText, excerpt: Excerpt) -> str:
    """The passage as HTML: escaped, its matched words in <mark>, … where the text goes on."""
    first = max(0, excerpt.start - MAX_WORD)
    read = text.read(first, excerpt.end + 1)
    begin, last = excerpt.start - first, excerpt.end - first
    pieces: list[str] = []
    done = begin
    for start, end in excerpt.spans:
        pieces += (read[done : start - first], _OPENS, read[start - first : end - first], _CLOSES)
        done = end - first
    pieces.append(read[done:last])
    shown = _escaped("".join(pieces)).replace(_OPENS, "<mark>").replace(_CLOSES, "</mark>")
    before = "… " if _goes_on(read[:begin]) else ""
    after = " …" if _is_cut(read, last) else ""
    return before + shown + after


def _escaped(text: str) -> str:
    return html.escape(_OTHER_SPACES.sub(" ", text))


def _goes_on(before: str) -> bool:
    """Whether a sentence goes on after this text."""
    before = before.rstrip(" «“\"'(—–-")
    return bool(before) and before[-1] not in '.!?…»”"\n:'


def _is_cut(text: str, end: int) -> bool:
    """Whether a sentence goes on at this offset."""
    return end < len(text) and text[end - 1] not in '.!?…»”"' and text[end] != "\n"
