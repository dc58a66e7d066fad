"""How an analysed article lies in a Whoosh index: its schema, one document's fields.

Terms arrive already analysed, so the fields take them as they are; Whoosh's own
analysers, scorers and parsers are not used.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from whoosh import columns, fields, formats

from index.analysed import AnalysedArticle, FieldTerms
from index.schema import TEXT_FIELDS

ID = "id"
RECORD = "record"
ARTICLE = "article"


class TermsField(fields.FieldType):  # type: ignore[misc]  # Whoosh has no types
    """Postings with positions of terms that are already analysed."""

    scorable = True

    def __init__(self) -> None:
        self.format = formats.Positions()

    def index(
        self, value: FieldTerms, **_options: object
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(term, frequency, weight, encoded positions) of each term."""
        for term, positions in value.positions.items():
            frequency = len(positions)
            yield term.encode(), frequency, float(frequency), self.format.encode(positions)


def schema() -> fields.Schema:
    """The Whoosh schema: an id, the text fields, a record for counting, the stored article."""
    return fields.Schema(
        **{ID: fields.ID(unique=True)},
        **{name: TermsField() for name in TEXT_FIELDS},
        **{RECORD: fields.COLUMN(columns.VarBytesColumn())},
        **{ARTICLE: fields.STORED()},
    )


def document(analysed: AnalysedArticle) -> Mapping[str, Any]:
    """The arguments of Whoosh's add_document."""
    record = {
        "published": analysed.published,
        "lengths": {name: terms.length for name, terms in analysed.fields.items()},
        "facets": analysed.facets,
    }
    return {
        ID: analysed.article.id,
        **analysed.fields,
        RECORD: json.dumps(record, ensure_ascii=False).encode(),
        ARTICLE: analysed.article.model_dump_json(exclude_defaults=True).encode(),
    }
