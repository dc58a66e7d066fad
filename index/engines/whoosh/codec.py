"""Our segments as Whoosh sees them: its own readers and searchers work on them.

Whoosh finds a segment's codec through the segment object in its table of
contents, our commit point. Segments are written by build.py and merge.py, not posting by
posting, so the codec has no writers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from whoosh.codec import base
from whoosh.filedb.filestore import FileStorage
from whoosh.matching import ListMatcher
from whoosh.reading import TermInfo, TermNotFound

from index.article import dumped
from index.engines.whoosh.segment.arrays import Flags
from index.engines.whoosh.segment.field_groups import COLUMNS
from index.engines.whoosh.segment.field_terms import FieldPostings, OneField
from index.engines.whoosh.segment.record import Record
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.whoosh_schema import ARTICLE, ID

EXTENSION = ".poisk"


class ColumnarSegment(base.Segment):  # type: ignore[misc]  # Whoosh has no types
    """What the commit point has of a segment: its name, its size, its deleted articles.

    It is pickled there, so that its attributes are a part of the file format.
    """

    def __init__(self, indexname: str, size: int) -> None:
        super().__init__(indexname)
        self._size = size
        self._gone = b""
        self._gone_count = 0

    def codec(self) -> "ColumnarCodec":
        return ColumnarCodec()

    def path(self, folder: Path) -> Path:
        """The segment's one file."""
        name: str = self.make_filename(EXTENSION)
        return folder / name

    def doc_count_all(self) -> int:
        return self._size

    def set_doc_count(self, doccount: int) -> None:
        self._size = doccount

    def deleted_count(self) -> int:
        return self._gone_count

    def live_docs(self) -> Flags | None:
        """The live docs, one flag for each article; None: all of them."""
        if not self._gone:
            return None
        deleted = np.unpackbits(np.frombuffer(self._gone, np.uint8), count=self._size)
        live_docs: Flags = deleted == 0
        return live_docs

    def set_live(self, live_docs: Flags) -> None:
        """Replaces the live docs; they are kept as a bitmap, one bit for each article."""
        self._gone_count = int(len(live_docs) - np.count_nonzero(live_docs))
        self._gone = np.packbits(~live_docs).tobytes() if self._gone_count else b""

    def deleted_docs(self) -> frozenset[int]:
        live_docs = self.live_docs()
        return frozenset() if live_docs is None else frozenset(np.flatnonzero(~live_docs).tolist())

    def is_deleted(self, docnum: int) -> bool:
        if not self._gone or docnum >= self._size:  # Whoosh's Not asks about one past the end
            return False
        return bool(self._gone[docnum >> 3] & (128 >> (docnum & 7)))

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        live_docs = self.live_docs()
        if live_docs is None:
            live_docs = np.ones(self._size, dtype=np.bool_)
        live_docs[docnum] = not delete
        self.set_live(live_docs)


class ColumnarCodec(base.Codec):  # type: ignore[misc]
    """Reads columnar segments for Whoosh."""

    def terms_reader(self, storage: FileStorage, segment: ColumnarSegment) -> "_TermsReader":
        return _TermsReader(Segment(segment.path(Path(storage.folder))))

    def per_document_reader(self, storage: FileStorage, segment: ColumnarSegment) -> "_Articles":
        return _Articles(Segment(segment.path(Path(storage.folder))), segment)

    def new_segment(self, _storage: FileStorage, indexname: str) -> ColumnarSegment:
        return ColumnarSegment(indexname, 0)

    def per_document_writer(self, storage: FileStorage, segment: ColumnarSegment) -> NoReturn:
        raise NotImplementedError

    def field_writer(self, storage: FileStorage, segment: ColumnarSegment) -> NoReturn:
        raise NotImplementedError

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> NoReturn:
        raise NotImplementedError

    def postings_reader(self, *_arguments: Any, **_more: Any) -> NoReturn:
        raise NotImplementedError


class _TermsReader(base.TermsReader):  # type: ignore[misc]
    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        name, text = term
        if name == ID:
            return self._segment.find(text.decode()) is not None
        return bool(OneField(self._segment, name).postings(text).doc_ids.size)

    def _fields(self) -> list[str]:
        return sorted([ID, *(name for name in COLUMNS if self._segment.lengths(name).any())])

    def _terms(self, name: str) -> list[bytes]:
        table = self._segment.table(ID)
        if name == ID:
            return table.all() if table else []
        return OneField(self._segment, name).all()

    def indexed_field_names(self) -> list[str]:
        return self._fields()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return ((field, term) for field in self._fields() for term in self._terms(field))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        return (term for term in self.terms() if term >= (fieldname, prefix))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(
        self, fieldname: str, prefix: bytes
    ) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def _postings(self, name: str, term: bytes) -> FieldPostings:
        postings = OneField(self._segment, name).postings(term)
        if not len(postings.doc_ids):
            raise KeyError(name, term)
        return postings

    def _doc_id(self, article_id: bytes) -> int:
        doc_id = self._segment.find(article_id.decode())
        if doc_id is None:
            raise KeyError("id", article_id)
        return doc_id

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        if fieldname == ID:
            doc_id = self._doc_id(text)
            return TermInfo(1, 1, 1, 1, 1, doc_id, doc_id)
        doc_ids, frequencies, _ = self._postings(fieldname, text)
        lengths = self._segment.lengths(fieldname)[doc_ids]
        return TermInfo(
            float(frequencies.sum()),
            len(doc_ids),
            int(lengths.min()),
            int(lengths.max()),
            float(frequencies.max()),
            int(doc_ids[0]),
            int(doc_ids[-1]),
        )

    def frequency(self, fieldname: str, text: bytes) -> float:
        return self.term_info(fieldname, text).weight()  # type: ignore[no-any-return]

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return self.term_info(fieldname, text).doc_frequency()  # type: ignore[no-any-return]

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ListMatcher:
        if (fieldname, text) not in self:
            raise TermNotFound(f"{fieldname}:{text!r}")
        term, info = (fieldname, text), self.term_info(fieldname, text)
        if fieldname == ID:
            doc_id = self._doc_id(text)
            return ListMatcher([doc_id], [1.0], None, format_, scorer, term=term, terminfo=info)
        doc_ids, frequencies, positions = self._postings(fieldname, text)
        values = [
            format_.encode(some.tolist())
            for some in np.split(positions, np.cumsum(frequencies)[:-1])
        ]
        weights = frequencies.astype(float).tolist()
        return ListMatcher(
            doc_ids.tolist(), weights, values, format_, scorer, term=term, terminfo=info
        )

    def cursor(self, fieldname: str, fieldobj: Any) -> NoReturn:
        raise NotImplementedError


class _Articles(base.PerDocumentReader):  # type: ignore[misc]
    def __init__(self, segment: Segment, named: ColumnarSegment) -> None:
        self._segment = segment
        self._named = named

    def doc_count(self) -> int:
        return self._named.doc_count()  # type: ignore[no-any-return]

    def doc_count_all(self) -> int:
        return self._named.doc_count_all()

    def has_deletions(self) -> bool:
        return self._named.deleted_count() > 0

    def is_deleted(self, docnum: int) -> bool:
        return self._named.is_deleted(docnum)

    def deleted_docs(self) -> frozenset[int]:
        return self._named.deleted_docs()

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._segment.lengths(fieldname)[docnum]) or default

    def field_length(self, fieldname: str) -> int:
        return int(self._segment.lengths(fieldname).sum(dtype=np.int64))

    def min_field_length(self, fieldname: str) -> int:
        return int(self._segment.lengths(fieldname).min(initial=0))

    def max_field_length(self, fieldname: str) -> int:
        return int(self._segment.lengths(fieldname).max(initial=0))

    def stored_fields(self, docnum: int) -> dict[str, bytes]:
        return {ARTICLE: dumped(Record(self._segment.stored(docnum)).article()).encode()}
