"""The fields of an article that every list of hits shows, read from its stored JSON."""

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from index.article import Language
from index.schema import LABELS


class _Fields(msgspec.Struct, frozen=True):
    id: str
    language: Language
    url: str = ""
    title: str = ""
    published_at: datetime | None = None


if TYPE_CHECKING:  # the names of labels are known when the schema has been read
    HitFields = _Fields
else:
    HitFields = msgspec.defstruct(
        "HitFields",
        [
            (field.name, tuple[str, ...], ()) if field.many else (field.name, str, "")
            for field in LABELS
        ],
        bases=(_Fields,),
        frozen=True,
    )

_DECODER = msgspec.json.Decoder(HitFields)


def hit_fields(dumped: bytes) -> HitFields:
    """Those of an article that was dumped (see index.article): other fields are not read."""
    return _DECODER.decode(dumped)
