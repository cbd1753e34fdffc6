"""The terms of a recording: kept as they were said, and how long that is."""

from datetime import UTC, datetime

from orchestrator.recorded import Basis, Found, Terms

TERMS = Terms(keeper="Lozère", purpose="Archives", basis=Basis.PUBLIC_TASK, days=30)


def test_terms_are_kept_as_they_were_said() -> None:
    assert Terms.from_json(TERMS.to_json()) == TERMS


def test_what_is_recorded_is_kept_for_its_days() -> None:
    began = datetime(2013, 9, 19, 9, tzinfo=UTC)
    assert TERMS.until(began) == datetime(2013, 10, 19, 9, tzinfo=UTC)


def test_a_part_says_whose_it_is() -> None:
    part = Found(
        number=1, file="0001-camera.webm", participant="pa-1", room=None, name="Léa", of="camera",
        kind="video", began=0, ended=40, size=100, frames=2, lost=0,
    )  # fmt: skip
    assert (part.name, part.of) == ("Léa", "camera")
