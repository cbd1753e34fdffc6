"""The body of a post: everything a machine or a person may want to know of an alert."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.alerts.seen import Need, Say
from orchestrator.posts.news import News
from orchestrator.settings.model import Network
from orchestrator.settings.targets import Target
from orchestrator.store.instants import iso
from rooms.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes in the language of each target."""

    network: Network
    targets: tuple[Target, ...]
    public_url: str
    words: Say

    def body(self, news: News, now: datetime) -> dict[str, Any]:
        """As docs/alerts.md has it."""
        alert = news.told.alert
        centre, room = self.network.centre_of(alert.room), self.network.room(alert.room)
        locale = next(one.locale for one in self.targets if one.id == news.name[0])
        text, suggestion = alert.said(self.words, locale)
        event = "closed" if news.closed else "opened"
        names = {"room": room.name, "centre": centre.name}
        if news.closed:
            text = self.words("post-mended", locale, {"text": text})
        return {
            "id": new_id("po"),
            "event": f"alert.{event}",
            "at": iso(now.replace(microsecond=0)),
            "network": self.network.name,
            "centre": {"id": centre.id, "name": centre.name},
            "room": {"id": room.id, "name": room.name},
            "key": alert.key,
            "device": alert.device,
            "since": iso(news.told.since),
            "title": self.words(f"post-{event}", locale, names),
            "text": text,
            "suggestion": suggestion,
            "session": _session(news.need),
            "url": f"{self.public_url.rstrip('/')}/centres/{centre.id}",
        }


def _session(need: Need | None) -> dict[str, Any] | None:
    if need is None:
        return None
    return {
        "id": need.session,
        "title": need.title,
        "starts_at": iso(need.starts_at),
        "ends_at": iso(need.ends_at),
    }
