"""The fields of an index: their names, the term spaces, the facets.

A *text field* holds terms with positions. Most have two term spaces: the field
itself (surface form and lemmas at one position) and its exact space (surface
forms only), which gives the exact-form bonus, exact quotes and prefixes.
"""

from typing import Final, Literal

SCHEMA_VERSION: Final = 5
"""Raised when what is written into an index changes: an older index must be rebuilt."""

TITLE: Final = "title"
LEAD: Final = "lead"
BODY: Final = "body"
SUBJECTS: Final = "subjects"
RUBRIC: Final = "rubric"
SOURCE: Final = "source"
AUTHORS: Final = "authors"

ANALYSED: Final = (TITLE, LEAD, BODY, SUBJECTS, RUBRIC, SOURCE, AUTHORS)
"""Fields of an article whose text becomes terms."""

STORY: Final = (TITLE, LEAD, BODY)
"""Fields that tell the story: hits show their words."""

EXACT: Final = {name: f"{name}_exact" for name in ANALYSED}
"""Each analysed field's exact space."""

EXACT_OF: Final = {exact: name for name, exact in EXACT.items()}
"""Which field an exact space belongs to: what asks for one of these is exact."""

OPENING: Final = "opening"
"""The first words of title, lead and body together: news puts its gist first."""

HEADLINE: Final = "headline"
"""The whole title as one term: an exact headline is the first hit."""

NAMES: Final = "names"
"""Keys of names, the same for Рябков and Ryabkov: related articles across languages."""

TEXT_FIELDS: Final = (*ANALYSED, *EXACT.values(), OPENING, HEADLINE, NAMES)
"""Every field an index keeps postings for."""

OPENING_WORDS: Final = 30

Facet = Literal["subject", "language", "rubric", "source", "author"]
FACETS: Final[tuple[Facet, ...]] = ("subject", "language", "rubric", "source", "author")

Interval = Literal["year", "month", "day"]
