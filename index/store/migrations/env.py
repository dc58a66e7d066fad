"""How alembic reaches the store: on the connection it is given, in its transaction."""

from alembic import context

from index.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all
)
context.run_migrations()
