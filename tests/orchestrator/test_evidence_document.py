"""The report as JSON says every instant in UTC, and null for what nobody measured."""

import json

from orchestrator.evidence import build
from orchestrator.evidence_document import document
from tests.orchestrator.test_evidence import NOON, WHOLE, at


def test_the_document_is_json_and_says_all_of_it() -> None:
    found = document(build(WHOLE), at(71))
    assert json.loads(json.dumps(found)) == found
    assert (found["format"], found["made_at"]) == (1, "2013-09-19T13:11:00.000Z")
    assert found["hours"]["rehearsals"] == [
        {"from": "2013-09-19T11:00:00.000Z", "until": "2013-09-19T11:20:00.000Z"}
    ]
    assert found["recorded"][0]["from"] == "2013-09-19T12:30:00.000Z"
    assert found["public"][0]["until"] == "2013-09-19T13:10:00.000Z"
    assert found["people"]["visitors_at_once"] is None
    assert found["people"]["connections"] == {"room": 2, "guest": 1}
    assert found["cues"][1]["shown"] == {"endpoints": 2, "spread_ms": 28, "error_ms": 3}
    assert found["hours"]["planned_start"].startswith(f"{NOON:%Y-%m-%dT%H:%M}")
