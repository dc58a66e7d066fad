"""The store's tables."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

ID = String(512).with_variant(String(512, collation="C"), "postgresql")
"""Ids are ordered by their bytes, in both."""

articles = Table(
    "articles",
    metadata,
    Column("id", ID, primary_key=True),
    Column("body", Text),  # the checked article as JSON; NULL where it was deleted
    Column("digest", String(64), nullable=False),
    Column("updated_at", Float),  # unix seconds; kept when the article is deleted
    Column("change", BigInteger, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("article_id", ID, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("at", Float, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("article_id", ID, primary_key=True),
    Column("number", BigInteger, nullable=False),  # of the change that failed
    Column("error", Text, nullable=False),
    Column("at", Float, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Float, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", String(8), nullable=False),
    Column("hash", String(64), nullable=False),  # of the secret, which is not kept
    Column("origins", Text, nullable=False),  # a JSON list
    Column("created", Float, nullable=False),
    Column("expires", Float),
    Column("revoked", Float),
)

answers = Table(
    "answers",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("name", String(255), primary_key=True),  # the Idempotency-Key
    Column("digest", String(64)),  # of the request's body; NULL while it is read
    Column("status", Integer),
    Column("body", Text),
    Column("at", Float, nullable=False),
)

jobs = Table(
    "works",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("said", Text, key="message", nullable=False),
    Column("at", Float, nullable=False),
)

Index("failures_number", failures.c.number)
