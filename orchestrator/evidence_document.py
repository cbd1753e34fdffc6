"""The report of a ceremony as JSON: the names are those of `orchestrator.evidence`."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from orchestrator.evidence import Report
from orchestrator.rundown_document import instant

FORMAT = 1
Json = dict[str, Any]


def document(report: Report, made_at: datetime) -> Json:
    """Instants in UTC to the millisecond, spans `{from, until}`; None is what nobody measured."""
    found: Json = _told(report)
    for name in ("recorded", "public"):
        found[name] = [_span(each) for each in getattr(report, name)]
    found["hours"]["rehearsals"] = [_span(each) for each in report.hours.rehearsals]
    return {"format": FORMAT, "made_at": instant(made_at), **found}


def _told(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _told(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Mapping):
        return {str(name): _told(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_told(one) for one in value]
    return value


def _span(span: tuple[datetime, datetime | None]) -> Json:
    return {"from": instant(span[0]), "until": instant(span[1])}
