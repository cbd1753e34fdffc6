"""What has changed in a calendar since a revision of it."""

from sqlalchemy import Connection, bindparam, select

from orchestrator.store.tables import item_changes, items

_SINCE = (
    select(item_changes.c.rev, item_changes.c.name, item_changes.c.old_etag,
           item_changes.c.new_etag)
    .where(item_changes.c.calendar_id == bindparam("calendar_"),
           item_changes.c.rev > bindparam("since_"))
    .order_by(item_changes.c.rev)
)  # fmt: skip
_STANDING = (
    select(items.c.rev, items.c.name, items.c.etag)
    .where(items.c.calendar_id == bindparam("calendar_"))
    .order_by(items.c.rev)
)


def changes(conn: Connection, calendar: int, since: int) -> list[tuple[int, str, str | None]]:
    """(revision, name, etag or None) of the last change of each name, oldest first.

    What was made and deleted since is left out: the client never saw it. What was changed back is
    not: the token may be one from within a first sync that has not come to it yet.
    """
    if since == 0:
        standing = conn.execute(_STANDING, {"calendar_": calendar})
        return [(rev, name, etag) for rev, name, etag in standing]
    rows = conn.execute(_SINCE, {"calendar_": calendar, "since_": since})
    before: dict[str, str | None] = {}
    after: dict[str, tuple[int, str | None]] = {}
    for row in rows:
        before.setdefault(row.name, row.old_etag)
        after[row.name] = (row.rev, row.new_etag)
    last = [(rev, name, etag) for name, (rev, etag) in after.items() if etag or before[name]]
    return sorted(last)
