"""The `alerts:` of a network description: who is told of what is wrong, besides pages and mail.

alerts:
  webhooks: [{id, url, secret_file, centres, when, language}]
  ntfy: [{id, server, topic, token_file, person, centres, when, language}]
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import cast

from orchestrator.settings import forms
from orchestrator.settings.read import Table
from orchestrator.settings.targets import Target, When
from rooms.ids import CentreId

ALERTS = ("webhooks", "ntfy")
SHARED = ("id", "centres", "when", "language")
WEBHOOK = (*SHARED, "url", "secret_file")
NTFY = (*SHARED, "server", "topic", "token_file", "person")
MOST_TARGETS = 20
WHEN = ("needed", "always")
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


def read_targets(
    file: Table, centres: Collection[str], languages: Sequence[str]
) -> tuple[Target, ...]:
    """Every one of the file; its centres must be among `centres`."""
    own = file.table("alerts", ALERTS, required=False)
    taken: set[str] = set()
    found = [
        _webhook(table, centres, languages)
        for table in own.tables("webhooks", WEBHOOK, MOST_TARGETS, required=False)
    ]
    found += [
        _ntfy(table, centres, languages)
        for table in own.tables("ntfy", NTFY, MOST_TARGETS, required=False)
    ]
    for target, table in found:
        if target.id and target.id in taken:
            table.wrong("settings-duplicate-id", "id", found=target.id)
        taken.add(target.id)
    return tuple(target for target, _ in found)


def _webhook(
    table: Table, centres: Collection[str], languages: Sequence[str]
) -> tuple[Target, Table]:
    target = Target(
        id=table.parsed("id", forms.slug, "settings-bad-id", ""),
        kind="webhook",
        url=table.parsed("url", forms.web_address, "settings-bad-target-url", ""),
        secret=_file(table, "secret_file", required=True),
        centres=_centres(table, centres),
        when=cast(When, table.choice("when", WHEN, "needed")),
        locale=table.choice("language", languages, languages[0]),
    )
    return target, table


def _ntfy(table: Table, centres: Collection[str], languages: Sequence[str]) -> tuple[Target, Table]:
    target = Target(
        id=table.parsed("id", forms.slug, "settings-bad-id", ""),
        kind="ntfy",
        url=table.parsed("server", forms.public_url, "settings-bad-url", ""),
        topic=table.parsed("topic", _topic, "settings-bad-topic", ""),
        person=table.text("person", ""),
        secret=_file(table, "token_file", required=False),
        centres=_centres(table, centres),
        when=cast(When, table.choice("when", WHEN, "needed")),
        locale=table.choice("language", languages, languages[0]),
    )
    return target, table


def _file(table: Table, name: str, *, required: bool) -> Path | None:
    written = table.text(name, None if required else "")
    if not written:
        return None
    if not Path(written).is_absolute():
        table.wrong("settings-not-absolute", name, found=written)
    return Path(written)


def _centres(table: Table, known: Collection[str]) -> tuple[CentreId, ...]:
    if not table.has("centres"):
        return ()
    return tuple(CentreId(word) for word in table.choices("centres", tuple(known)))


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise ValueError(text)
    return text
