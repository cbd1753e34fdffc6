"""What evidence is built from names nobody."""

from dataclasses import fields

from orchestrator.evidence_facts import Announced, Entry, Firing, Line, Outage, Reading


def test_none_of_the_facts_has_a_place_for_a_name() -> None:
    for shape in (Announced, Entry, Firing, Line, Outage, Reading):
        assert not {"name", "person", "who"} & {one.name for one in fields(shape)}
