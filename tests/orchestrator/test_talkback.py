"""Whom the desk speaks to: never somebody whom everybody hears."""

from dataclasses import replace

import pytest

from orchestrator import stage as place
from orchestrator.stage_table import Layout, Stage
from orchestrator.talkback import begun, spoken_to
from rooms.errors import NotFound
from tests.fakes.rooms import NINE

MEYRUEIS, VILLEFORT, FLORAC = "meyrueis-visio", "villefort-visio", "florac-visio"
ANNE, TOM = "pe-anne", "pe-tom"


def staged() -> Stage:
    """Meyrueis is on air, the others are in the wings."""
    stage = place.enrol(Stage(), (MEYRUEIS, VILLEFORT, FLORAC))
    for source in (MEYRUEIS, VILLEFORT):
        stage = place.passed(place.came(stage, source, NINE), source)
    return place.take(place.prepare(stage, Layout.ONE, (MEYRUEIS,)), ANNE)


def test_it_speaks_to_those_named_or_to_all_the_wings() -> None:
    stage, heard = staged(), frozenset({MEYRUEIS})
    one = begun(stage, ANNE, (VILLEFORT,), wings=False)
    assert spoken_to(one, stage, heard) == {VILLEFORT}
    wings = begun(stage, ANNE, (), wings=True)
    assert spoken_to(wings, stage, heard) == {VILLEFORT, FLORAC}
    assert begun(stage, ANNE, (), wings=False) is None
    assert spoken_to(None, stage, heard) == frozenset()
    with pytest.raises(NotFound):
        begun(stage, ANNE, ("nowhere",), wings=False)


def test_who_is_heard_by_everybody_is_not_spoken_to_and_who_is_only_seen_is() -> None:
    stage = staged()
    talk = begun(stage, ANNE, (MEYRUEIS,), wings=False)
    assert spoken_to(talk, stage, frozenset({MEYRUEIS})) == frozenset()
    assert spoken_to(talk, stage, frozenset()) == {MEYRUEIS}
    gone = replace(stage, sources=stage.sources[1:])
    assert spoken_to(talk, gone, frozenset()) == frozenset()
