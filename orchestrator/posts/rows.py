"""Who was told of what, between the store and the ledger."""

from collections.abc import Collection

from sqlalchemy import Connection

from orchestrator.alerts.seen import Alert
from orchestrator.posts.news import Name, News, Told
from orchestrator.settings.model import Network
from orchestrator.settings.targets import Target
from orchestrator.store import posts
from orchestrator.store.posts import ToldRow


def known(conn: Connection, targets: Collection[Target], network: Network) -> dict[Name, Told]:
    """What these targets were told to have opened. What was told to others, or of rooms that are
    no more or no longer theirs, is forgotten: nobody can say that it closed."""
    centres = {room.id: room.centre for room in network.rooms}
    by_id = {target.id: target for target in targets}
    found: dict[Name, Told] = {}
    for row in posts.told(conn, [*by_id]):
        centre = centres.get(row.room)
        if centre is not None and by_id[row.target].hears_of(centre):
            found[row.target, row.room, row.key, row.device] = _told(row)
        else:
            posts.forget(conn, row.target, row.room, row.key, row.device)
    return found


def _told(row: ToldRow) -> Told:
    alert = Alert(
        key=row.key,
        room=row.room,
        text=row.text,
        device=row.device or None,
        faults=row.faults,
    )
    return Told(alert=alert, since=row.since, session=row.session)


def note(conn: Connection, news: News) -> None:
    """This was told."""
    target, room, key, device = news.name
    if news.closed:
        posts.forget(conn, target, room, key, device)
        return
    told = news.told
    row = ToldRow(
        target=target,
        room=room,
        key=key,
        device=device,
        session=told.session,
        since=told.since,
        text=told.alert.text,
        faults=told.alert.faults,
    )
    posts.note_opened(conn, row)
