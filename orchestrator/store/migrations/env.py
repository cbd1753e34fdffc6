"""Alembic's entry: runs the revisions on the connection it is handed."""

from alembic import context

from orchestrator.store.tables_broadcasts import broadcasts
from orchestrator.store.tables_ceremonies import ceremonies
from orchestrator.store.tables_cues import session_cues
from orchestrator.store.tables_desks import desk_calls
from orchestrator.store.tables_evidence import session_evidence
from orchestrator.store.tables_files import files
from orchestrator.store.tables_lines import line_tests
from orchestrator.store.tables_outside import metadata
from orchestrator.store.tables_recordings import recordings
from orchestrator.store.tables_rundowns import rundowns
from orchestrator.store.tables_stagings import stagings

TABLES = (
    broadcasts,
    ceremonies,
    desk_calls,
    files,
    line_tests,
    recordings,
    rundowns,
    session_cues,
    session_evidence,
    stagings,
)
for table in TABLES:
    assert table.metadata is metadata  # imported: their tables are known

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # one transaction around everything, opened by `versions.upgrade`
)
context.run_migrations()
