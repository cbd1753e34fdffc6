"""Alembic's entry: runs the revisions on the connection it is handed."""

from alembic import context

from orchestrator.store.tables_files import files
from orchestrator.store.tables_outside import metadata

assert files.metadata is metadata  # imported, so that its table is known

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # one transaction around everything, opened by `versions.upgrade`
)
context.run_migrations()
