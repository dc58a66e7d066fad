"""An article ready for an engine: its terms by field, its facet values, its moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile

from index.analysis.names import name_keys
from index.analysis.token import Token
from index.article import Article
from index.schema import (
    ANALYSED,
    AUTHORS,
    BODY,
    EXACT,
    HEADLINE,
    LEAD,
    NAMES,
    OPENING,
    OPENING_WORDS,
    RUBRIC,
    SOURCE,
    SUBJECTS,
    TITLE,
    Facet,
)

Analyse = Callable[[str], Sequence[Token]]

_GAP = 100
"""Positions between two values of one field, so that no phrase spans two subjects."""


@dataclass(frozen=True, slots=True)
class FieldTerms:
    """The terms of one field in their order in the text: where each stands, and how many words.

    `terms[i]` stands at `positions[i]`; positions never descend.
    """

    length: int
    terms: Sequence[str]
    positions: Sequence[int]

    def by_term(self) -> Mapping[str, Sequence[int]]:
        """The ascending positions of each term, each once."""
        found: dict[str, list[int]] = {}
        for term, position in zip(self.terms, self.positions, strict=True):
            at = found.setdefault(term, [])
            if not at or at[-1] < position:
                at.append(position)
        return found


@dataclass(frozen=True, slots=True)
class AnalysedArticle:
    """What an engine is given. `published` is in unix seconds, None without a date."""

    article: Article
    fields: Mapping[str, FieldTerms]
    facets: Mapping[Facet, tuple[str, ...]]
    published: int | None


def analyse_article(article: Article, analyse: Analyse) -> AnalysedArticle:
    """The article's terms in every field of the schema that has any."""
    tokens = {name: _tokens(values, analyse) for name, values in _texts(article).items()}
    fields: dict[str, FieldTerms] = {}
    for name in ANALYSED:
        if tokens[name]:
            fields[name] = _lemma_space(tokens[name])
            fields[EXACT[name]] = _exact_space(tokens[name])
    if opening := _opening(tokens[TITLE], tokens[LEAD], tokens[BODY]):
        fields[OPENING] = _lemma_space(opening)
    if headline := headline_key(tokens[TITLE]):
        fields[HEADLINE] = FieldTerms(1, (headline,), (0,))
    if names := name_keys(chain(tokens[TITLE], tokens[LEAD], tokens[BODY])):
        fields[NAMES] = FieldTerms(len(names), names, range(len(names)))
    return AnalysedArticle(article, fields, _facets(article), _seconds(article))


def headline_key(tokens: Iterable[Token]) -> str:
    """A title as one term: its forms in order, without punctuation; "" where it has no words."""
    forms: list[str] = []
    last = -1
    for token in tokens:
        if token.position > last:  # parts of a hyphenated word follow the whole: С-400 and С 400
            forms.append(token.form.replace("-", " "))
            last = token.position + token.form.count("-")
    return " ".join(forms)


def join_tokens(runs: Iterable[Sequence[Token]], gap: int = 0) -> list[Token]:
    """Runs of tokens one after another, positions going on, `gap` more between two."""
    joined: list[Token] = []
    start = 0
    for run in runs:
        joined.extend(token._replace(position=token.position + start) for token in run)
        if run:
            start = joined[-1].position + 1 + gap
    return joined


def _opening(*runs: Sequence[Token]) -> list[Token]:
    """The first words of the runs, one after another."""
    short = [list(takewhile(lambda token: token.position < OPENING_WORDS, run)) for run in runs]
    return [token for token in join_tokens(short) if token.position < OPENING_WORDS]


def _texts(article: Article) -> dict[str, tuple[str, ...]]:
    return {
        TITLE: (article.title,),
        LEAD: (article.lead,),
        BODY: (article.body,),
        SUBJECTS: article.subjects,
        RUBRIC: (article.rubric,),
        SOURCE: (article.source,),
        AUTHORS: article.authors,
    }


def _tokens(values: Sequence[str], analyse: Analyse) -> Sequence[Token]:
    runs = [analyse(value) for value in values if value]
    return runs[0] if len(runs) == 1 else join_tokens(runs, _GAP)


def _lemma_space(tokens: Sequence[Token]) -> FieldTerms:
    terms: list[str] = []
    positions: list[int] = []
    for token in tokens:
        terms.extend(token.lemmas)
        positions.extend((token.position,) * len(token.lemmas))
    return FieldTerms(len(set(positions)), terms, positions)


def _exact_space(tokens: Sequence[Token]) -> FieldTerms:
    positions = [token.position for token in tokens]
    return FieldTerms(len(set(positions)), [token.form for token in tokens], positions)


def _facets(article: Article) -> dict[Facet, tuple[str, ...]]:
    values: dict[Facet, tuple[str, ...]] = {
        "subject": article.subjects,
        "language": (article.language,),
        "rubric": (article.rubric,),
        "source": (article.source,),
        "author": article.authors,
    }
    return {facet: kept for facet, some in values.items() if (kept := tuple(filter(None, some)))}


def _seconds(article: Article) -> int | None:
    return None if article.published_at is None else int(article.published_at.timestamp())
