"""The engines that are compared: each is given the same tokens and asked the same questions."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import tantivy
from whoosh import fields
from whoosh import query as stock
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.index import create_in
from whoosh.sorting import FieldFacet

from bench.corpus import Made
from index.analysed import AnalysedArticle, FieldTerms
from index.analysis.token import Word, word_of
from index.article import Article
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.read.answer import answer
from index.engines.whoosh.segment.field_groups import COLUMNS
from index.query import And, In, Or, Phrase, Prefix, Query, Terms
from index.results import EngineRequest
from index.schema import BODY
from index.stages import Stopwatch

_START = datetime(2021, 1, 1, tzinfo=UTC)
_BODY = (In(BODY),)
_COLUMN = COLUMNS[BODY]
_TOGETHER = 100_000
"""Articles that are held until they are loaded together, as `poisk load` loads a file at once."""


class Asked(NamedTuple):
    """A question: its kind (term, and, or, phrase, prefix) and its words."""

    kind: str
    words: tuple[str, ...]


class Peer(Protocol):
    """An engine in the comparison."""

    name: str

    def __init__(self, folder: Path) -> None: ...

    def add(self, articles: Sequence[Made]) -> None: ...

    def finish(self) -> None: ...

    def prepare(self, asked: Asked) -> Any: ...

    def search(self, question: Any) -> int:
        """Retrieves the ten best and the exact total, which it returns."""
        ...

    def count(self, question: Any) -> int:
        """As search, and subjects, languages and months are counted."""
        ...

    def size(self) -> int: ...


def day(made: Made) -> datetime:
    """When the article was published."""
    return _START + timedelta(days=made.day)


class _Words(dict[str, Word]):
    """What tokens are, each once: an analyzer keeps them so."""

    def __missing__(self, token: str) -> Word:
        self[token] = word = word_of(token)
        return word


_words = _Words()


def unanalysed(made: Made) -> Article:
    """The article as it is stored."""
    return Article.model_construct(
        id=str(made.number), body=made.text, language=made.language, subjects=made.subjects,
        published_at=day(made),
    )  # fmt: skip


def analysed(made: Made, article: Article | None = None) -> AnalysedArticle:
    """The article as our engines are given it."""
    words = list(map(_words.__getitem__, made.tokens))
    return AnalysedArticle(
        article or unanalysed(made),
        {BODY: FieldTerms(len(words), words, range(len(words)))},
        {"subject": made.subjects, "language": (made.language,)},
        int(day(made).timestamp()),
    )


class Ours:
    """Poisk's own engine; many articles are loaded on all cores, as tantivy's are."""

    name = "poisk"

    def __init__(self, folder: Path) -> None:
        self.engine = WhooshEngine(folder, "bench")
        self._waiting: list[Made] = []

    def add(self, articles: Sequence[Made]) -> None:
        self._waiting += articles
        if len(self._waiting) >= _TOGETHER:
            self._load()

    def finish(self) -> None:
        self._load()
        self.snapshot = self.engine._snapshots.newest()

    def _load(self) -> None:
        given = {str(made.number): made for made in self._waiting}  # the forked cores have it too
        self._waiting = []

        def analyse(article: Article) -> AnalysedArticle:
            return analysed(given[article.id], article)

        for _ in self.engine.load(map(unanalysed, given.values()), analyse):
            pass

    def prepare(self, asked: Asked) -> Query:
        return ours(asked)

    def search(self, question: Query) -> int:
        return answer(self.snapshot, EngineRequest(question), Stopwatch()).total

    def count(self, question: Query) -> int:
        retrieval = EngineRequest(question, facets=("subject", "language"), histogram="month")
        return answer(self.snapshot, retrieval, Stopwatch()).total

    def make_one(self, made: Made) -> None:
        """Makes one article more ready."""
        self._one = analysed(made), EngineRequest(Terms((made.tokens[-1],), _BODY))

    def add_one_and_find(self) -> None:
        """Writes it, and a search finds it."""
        article, retrieval = self._one
        self.engine.write([article])
        assert self.engine.reader().search(retrieval).total

    def postings(self, asked: Asked) -> int:
        """How many postings the question reads."""
        if asked.kind == "prefix":
            return len(self.snapshot.starting(_COLUMN.group, (_COLUMN.row,), asked.words[0]))
        return sum(self.engine.reader().frequencies(BODY, asked.words).values())

    def size(self) -> int:
        return self.engine.stats().size


def ours(asked: Asked) -> Query:
    """The question as a Query tree."""
    words = tuple(Terms((word,), _BODY, word) for word in asked.words)
    match asked.kind:
        case "phrase":
            return Phrase(tuple((word,) for word in asked.words), _BODY)
        case "prefix":
            return Prefix(asked.words[0], (BODY,))
        case "and":
            return And(words)
        case "or":
            return Or(words)
        case _:
            return words[0]


class Stock:
    """Whoosh 2.7.4 as it comes."""

    name = "whoosh"

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._index = create_in(
            str(folder),
            fields.Schema(
                id=fields.ID(stored=True),
                body=fields.TEXT(analyzer=SpaceSeparatedTokenizer()),
                text=fields.STORED(),
                subject=fields.KEYWORD(commas=True, sortable=True),
                language=fields.ID(sortable=True),
                month=fields.ID(sortable=True),
            ),
        )
        self._writer = self._index.writer(limitmb=256)

    def add(self, articles: Sequence[Made]) -> None:
        for one in articles:
            self._writer.add_document(
                id=str(one.number), body=" ".join(one.tokens), text=one.text,
                subject=",".join(one.subjects), language=one.language,
                month=day(one).strftime("%Y-%m"),
            )  # fmt: skip

    def finish(self) -> None:
        self._writer.commit()
        self._searcher = self._index.searcher()

    def prepare(self, asked: Asked) -> stock.Query:
        terms = [stock.Term("body", word) for word in asked.words]
        match asked.kind:
            case "phrase":
                return stock.Phrase("body", list(asked.words))
            case "prefix":
                return stock.Prefix("body", asked.words[0])
            case "and":
                return stock.And(terms)
            case "or":
                return stock.Or(terms)
            case _:
                return terms[0]

    def search(self, question: stock.Query) -> int:
        return len(self._searcher.search(question, limit=10))

    def count(self, question: stock.Query) -> int:
        groups = {
            "subject": FieldFacet("subject", allow_overlap=True),
            "language": FieldFacet("language"),
            "month": FieldFacet("month"),
        }
        results = self._searcher.search(question, limit=10, groupedby=groups)
        for name in groups:
            results.groups(name)
        return len(results)

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.iterdir())


class Tantivy:
    """tantivy, hits counted; facets by its aggregations."""

    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("body", tokenizer_name="spaces", index_option="position")
        builder.add_text_field("text", stored=True, tokenizer_name="raw", index_option="basic")
        for name in ("subject", "language"):
            builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_date_field("date", fast=True)
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("spaces", spaces)
        self._writer = self._index.writer(heap_size=256_000_000, num_threads=2)

    def add(self, articles: Sequence[Made]) -> None:
        for one in articles:
            self._writer.add_document(
                tantivy.Document(
                    id=str(one.number), body=" ".join(one.tokens), text=one.text[:60_000],
                    subject=list(one.subjects), language=one.language,
                    date=day(one).replace(tzinfo=None),
                )
            )  # fmt: skip

    def finish(self) -> None:
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def prepare(self, asked: Asked) -> Any:
        make, schema = tantivy.Query, self._schema
        terms = [make.term_query(schema, "body", word) for word in asked.words]
        match asked.kind:
            case "phrase":
                return make.phrase_query(schema, "body", list(asked.words))
            case "prefix":
                return make.regex_query(schema, "body", asked.words[0] + ".*")
            case "and":
                return make.boolean_query([(tantivy.Occur.Must, term) for term in terms])
            case "or":
                return make.boolean_query([(tantivy.Occur.Should, term) for term in terms])
            case _:
                return terms[0]

    def search(self, question: Any) -> int:
        total: int = self._searcher.search(question, 10, count=True).count
        return total

    def count(self, question: Any) -> int:
        total = self.search(question)
        month = {"date_histogram": {"field": "date", "fixed_interval": "30d"}}
        counted = {
            "subject": {"terms": {"field": "subject"}},
            "language": {"terms": {"field": "language"}},
            "month": month,
        }
        self._searcher.aggregate(question, counted)
        return total

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.iterdir())


class Fts5:
    """SQLite's FTS5; facets by joins."""

    name = "fts5"

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._path = folder / "fts.db"
        self._db = sqlite3.connect(self._path)
        self._db.executescript(
            """
            CREATE VIRTUAL TABLE words USING fts5(body, content='',
                tokenize="unicode61 remove_diacritics 0");
            CREATE TABLE article (id INTEGER PRIMARY KEY, text, language, month);
            CREATE TABLE subject (article, name);
            """
        )

    def add(self, articles: Sequence[Made]) -> None:
        rows = [(one.number + 1, " ".join(one.tokens)) for one in articles]
        self._db.executemany("INSERT INTO words (rowid, body) VALUES (?, ?)", rows)
        self._db.executemany(
            "INSERT INTO article VALUES (?, ?, ?, ?)",
            [(one.number + 1, one.text, one.language, one.day // 30) for one in articles],
        )
        self._db.executemany(
            "INSERT INTO subject VALUES (?, ?)",
            [(one.number + 1, name) for one in articles for name in one.subjects],
        )

    def finish(self) -> None:
        self._db.execute("CREATE INDEX of_article ON subject (article)")
        self._db.commit()

    def prepare(self, asked: Asked) -> str:
        quoted = [f'"{word}"' for word in asked.words]
        match asked.kind:
            case "phrase":
                return f'"{" ".join(asked.words)}"'
            case "prefix":
                return quoted[0] + "*"
            case "and":
                return " AND ".join(quoted)
            case _:
                return " OR ".join(quoted)

    def search(self, question: str) -> int:
        ten = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10"
        self._db.execute(ten, (question,)).fetchall()
        return self._one("SELECT count(*) FROM words WHERE words MATCH ?", question)

    def count(self, question: str) -> int:
        total = self.search(question)
        for column in ("language", "month"):
            self._db.execute(
                f"SELECT {column}, count(*) FROM words JOIN article ON article.id = words.rowid "
                f"WHERE words MATCH ? GROUP BY {column}",
                (question,),
            ).fetchall()
        self._db.execute(
            "SELECT name, count(*) FROM words JOIN subject ON subject.article = words.rowid "
            "WHERE words MATCH ? GROUP BY name",
            (question,),
        ).fetchall()
        return total

    def size(self) -> int:
        return self._path.stat().st_size

    def _one(self, statement: str, question: str) -> int:
        count: int = self._db.execute(statement, (question,)).fetchone()[0]
        return count
