"""Answers as text for a terminal."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import assert_never

from click import style

from index.results import Stats
from search.answer import (
    AnalyzeAnswer,
    ExplanationAnswer,
    HitAnswer,
    QueryEcho,
    RelatedAnswer,
    SearchAnswer,
)
from search.plurals import counted
from search.query.dates import in_zone
from search.query.loosening import Loosening
from search.query.notes import Note
from search.rendering.summary import byline

_MARKED = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def search_text(answer: SearchAnswer, zone: tzinfo = UTC) -> Iterator[str]:
    """Hits with snippets, days those of the zone, then facets."""
    yield f"{answer.total} found in {answer.took_ms:g} ms: {_clean(answer.query.parsed)}"
    yield from _notes(answer.query)
    page = answer.page
    for place, hit in enumerate(answer.hits, 1):
        yield ""
        yield from _hit(
            f"{(page.number - 1) * page.per_page + place}." if page.number else "·", hit, zone
        )
    if page.number and page.pages > 1:
        yield f"\npage {page.number} of {page.pages}"
    if page.next and page.number in {None, page.pages}:
        yield f"\nfor the next hits: --after {page.next}"
    yield ""
    for name, values in answer.facets.items():
        if values:
            some = ", ".join(f"{_clean(one.value)} {one.count}" for one in values[:10])
            yield f"{style(name, bold=True)}: {some}"


def _notes(query: QueryEcho) -> Iterator[str]:
    """What was done with the query text, in words."""
    for note in query.notes:
        yield f"note: {_note(note, query)}"
    for one in query.suggestions:
        there = counted(one.total, "article")
        yield f"no article has all of this; {there} {_how(one.kind)}: {_clean(one.text)}"


def _note(note: Note, query: QueryEcho) -> str:
    match note:
        case Note.CUT:
            return "the query is too long: only its first words were used"
        case Note.RELAXED:
            return "no article has all the words; these have some of them"
        case Note.OPENINGS:
            return "the query takes too long: the last articles show their opening"
        case Note.IGNORED:
            return f"ignored: {_clean('  '.join(query.ignored))}"
        case Note.AS_WORDS:
            return f"searched for as plain words: {_clean('  '.join(query.as_words))}"
        case _:
            assert_never(note)


def _how(kind: Loosening) -> str:
    match kind:
        case Loosening.ANY:
            return "with part of it"
        case Loosening.UNQUOTED:
            return "without the quotes"
        case _:
            assert_never(kind)


def _hit(number: str, hit: HitAnswer, zone: tzinfo) -> Iterator[str]:
    yield f"{number:>4} {style(_plain(hit.highlight.title), bold=True)}"
    about = (hit.id, hit.language, _day(hit, zone), *byline(hit)[:1])
    yield "     " + " · ".join(_clean(one) for one in about if one)
    for snippet in hit.snippets:
        yield "     " + _plain(snippet)


def related_text(answer: RelatedAnswer) -> Iterator[str]:
    """Related articles and why; near-duplicates below."""
    for number, hit in enumerate(answer.hits, 1):
        yield f"{number:3}. {style(_clean(hit.title), bold=True)}"
        yield f"     {_clean(hit.id)} · {hit.language} · {', '.join(map(_clean, hit.because))}"
    if not answer.hits:
        yield "no related articles found"
    if answer.duplicates:
        yield "\nduplicates"
    for duplicate in answer.duplicates:
        yield f"     {_clean(duplicate.title)}"
        yield f"     {_clean(duplicate.id)} · {duplicate.resemblance:.0%} alike"


def analyze_text(answer: AnalyzeAnswer) -> Iterator[str]:
    """One token a line: position, offsets, surface, terms."""
    for token in answer.tokens:
        terms = " ".join(token.lemmas)
        note = " (stop word)" if token.stopword else ""
        surface = _clean(token.surface)
        yield f"{token.position:4}  {token.start}–{token.end}  {surface}  →  {terms}{note}"


def explanation_text(explanation: ExplanationAnswer, depth: int = 0) -> Iterator[str]:
    """The tree of clauses, each with what it gave."""
    score = "no match" if explanation.score is None else f"{explanation.score:.4f}"
    yield f"{'  ' * depth}{score}  {_clean(explanation.clause)}"
    for part in explanation.parts:
        yield from explanation_text(part, depth + 1)


def stats_text(stats: Stats) -> Iterator[str]:
    """The index in numbers."""
    yield f"articles    {stats.articles}"
    for language, count in stats.languages.items():
        yield f"  {language}        {count}"
    yield f"segments    {stats.segments}"
    yield f"size        {stats.size / 2**20:.1f} MiB"
    yield f"generation  {stats.generation}"
    yield f"analysis    {stats.analysis}"


def _plain(marked: str) -> str:
    """Marked HTML as text on one line, the matched words underlined."""
    text = _clean(marked).replace("\n", " ")
    return html.unescape(_MARKED.sub(lambda found: style(found[1], underline=True), text))


def _clean(text: str) -> str:
    """Text without what would move a terminal's cursor."""
    return _CONTROL.sub("", text)


def _day(hit: HitAnswer, zone: tzinfo) -> str:
    return in_zone(hit.published_at, zone).date().isoformat() if hit.published_at else ""
