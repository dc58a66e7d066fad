"""The schema that Whoosh knows the index by.

Terms arrive already analysed and segments are written by build.py; Whoosh's own
analysers, scorers and parsers are not used, but its readers can read every field.
"""

from typing import NoReturn

from whoosh import fields, formats

from index.results import Checkpoint
from index.schema import TEXT_FIELDS

ID = "id"
ARTICLE = "article"


class TermsField(fields.FieldType):  # type: ignore[misc]  # Whoosh has no types
    """Postings with positions of terms that are already analysed."""

    scorable = True

    def __init__(self) -> None:
        self.format = formats.Positions()

    def index(self, value: object, **_options: object) -> NoReturn:
        """Segments are written in bulk (build.py)."""
        raise NotImplementedError


class MarkedSchema(fields.Schema):  # type: ignore[misc]
    """A schema that says how far the index has come: Whoosh writes it with every commit."""

    checkpoint: Checkpoint | None = None


def schema() -> MarkedSchema:
    """The Whoosh schema: an id, the text fields, the stored article."""
    return MarkedSchema(
        **{ID: fields.ID(unique=True)},
        **{name: TermsField() for name in TEXT_FIELDS},
        **{ARTICLE: fields.STORED()},
    )
