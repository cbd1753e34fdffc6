"""What is worked out from a page's record is what happened in it."""

from typing import Any

import pytest

from tests.fakes.lived import Lived, freezes, longest_gap

FPS = 20


def steady(since: float, until: float) -> list[float]:
    return [since + n / FPS for n in range(round((until - since) * FPS))]


def record(**parts: Any) -> Lived:
    whole = {"began": 0, "ended": 30_000, "marks": [], "said": [], "rows": [], "out": []}
    return Lived({**whole, "shown": {}, **parts})


def video(at: float, frames: int, octets: int = 0, height: int = 360) -> list[Any]:
    return [at * 1000, 1, "v", "video", 0, octets, frames, 0, 0, 0, 0, height, 0, 0, 0, None]


def audio(at: float, packets: int, samples: int, concealed: int, silent: int) -> list[Any]:
    return [at * 1000, 1, "a", "audio", packets, 0, samples, concealed, silent, 0, 0, 0, 0, 0, None]


def chosen(at: float, layer: int | None, why: str) -> list[Any]:
    track = {"track": "tr", "layer": layer, "kbps": 0, "why": why}
    return [at * 1000, {"type": "view.chosen", "tracks": [track]}]


def test_a_steady_picture_has_no_freeze() -> None:
    assert freezes(steady(0, 20), 5, 20) == []


def test_a_picture_that_stays_for_half_a_second_is_a_freeze_of_half_a_second() -> None:
    times = steady(0, 10) + steady(10.45, 20)
    ((begin, end),) = freezes(times, 5, 20)
    assert end - begin == pytest.approx(0.5)
    assert longest_gap(times, 5, 20, []) == pytest.approx(0.5)


def test_one_that_never_comes_back_lasts_to_the_end_and_one_before_the_time_counts_from_it() -> (
    None
):
    ((begin, end),) = freezes(steady(0, 10), 5, 20)
    assert (begin, end) == pytest.approx((9.95, 20))
    assert freezes(steady(0, 3), 5, 20) == [(5, 20)]
    assert freezes([], 5, 20) == [(5, 20)]


def test_a_pause_on_purpose_is_no_freeze() -> None:
    times = [at * 1000 for at in steady(0, 10) + steady(15, 30)]
    said = [chosen(9.9, None, "line"), chosen(14.9, 0, "line")]
    rows = [video(1, 20), video(29.9, 480)]
    lived = record(shown={"t": times}, said=said, rows=rows)
    seen = lived.seen(5, 30)
    assert (seen.freezes, seen.frozen, seen.longest) == pytest.approx((0, 0, 0.05))
    assert list(lived.paused(30)) == [(9.9, 14.9)]
    assert lived.reasons(5) == ["0:line", "pause:line"]


def test_decoded_pictures_stand_in_where_none_is_told_as_shown() -> None:
    rows = [video(n / 10, 2 * n, octets=1000 * n) for n in range(300)]
    seen = record(rows=rows).seen(10, 20)
    assert seen.fps == pytest.approx(20, rel=0.02)
    assert seen.kbps == pytest.approx(80, rel=0.02)
    assert (seen.height, seen.freezes) == (360, 0)


def test_concealed_is_what_was_not_silent_of_all_samples() -> None:
    rows = [audio(n, 50 * n, 48_000 * n, 4_800 * n, 2_400 * n) for n in range(30)]
    assert record(rows=rows).heard(10, 20).concealed == pytest.approx(0.05)


def test_without_any_sound_all_of_it_is_missing() -> None:
    assert record().heard(10, 20).concealed == 1.0


def test_sound_is_back_when_packets_come_again_on_any_leg() -> None:
    rows = [audio(n / 10, 5 * min(n, 100), 0, 0, 0) for n in range(300)]
    again = [[*audio(20 + n / 10, 5 * n, 0, 0, 0)] for n in range(1, 50)]
    for row in again:
        row[1] = 2
    lived = record(rows=rows + again)
    assert lived.sound_back(18.0) == pytest.approx(2.1)
    assert record(rows=rows).sound_back(18.0) is None


def test_the_first_picture_counts_from_the_moment_asked() -> None:
    lived = record(shown={"t": [1_000, 1_500, 2_500]})
    assert lived.first_frame_after(1.2) == pytest.approx(0.3)
    assert lived.first_frame_after(3.0) is None


def test_an_m_line_that_is_used_again_counts_on() -> None:
    """Its counters begin anew: that is no rate below zero."""
    rows = [video(n / 10, 2 * n, octets=1000 * n) for n in range(150)]
    rows += [video(15 + n / 10, 2 * n, octets=1000 * n) for n in range(150)]
    for packets, row in enumerate(rows):
        row[4] = packets % 150
    seen = record(rows=rows).seen(10, 20)
    assert seen.fps == pytest.approx(20, rel=0.03)
    assert seen.kbps == pytest.approx(80, rel=0.03)
