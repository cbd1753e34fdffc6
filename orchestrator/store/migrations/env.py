"""Alembic's entry: runs the revisions on the connection it is handed."""

from alembic import context

from orchestrator.store.tables_outside import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # one transaction around everything, opened by `versions.upgrade`
)
context.run_migrations()
