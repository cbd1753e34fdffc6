"""Frames stand where their sender's clock says, as long as the wall agrees."""

from orchestrator.recording.timeline import Timeline


def test_frames_stand_where_their_senders_clock_says_however_they_arrive() -> None:
    line = Timeline(100.0)
    arrivals = (100.0, 100.3, 100.31, 100.32)
    placed = [line.place(7 + n * 4800, 48_000, at) for n, at in enumerate(arrivals)]
    assert placed == [0, 100, 200, 300]


def test_a_clock_that_begins_anew_is_held_to_the_wall() -> None:
    line = Timeline(100.0)
    assert line.place(0, 1000, 100.0) == 0
    assert line.place(900_000, 1000, 105.0) == 5000
    assert line.place(900_020, 1000, 105.9) == 5020
    line.afresh()
    assert line.place(900_500, 1000, 106.0) == 6000


def test_time_never_goes_back() -> None:
    line = Timeline(100.0)
    assert [line.place(stamp, 1000, 100.0) for stamp in (500, 500, 400)] == [0, 1, 2]
    assert line.last == 2
