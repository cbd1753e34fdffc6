from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.rembs import STALE, Rembs
from signalling.sfu.rtcp import Remb


def remb(kbps: int, *media: int) -> Remb:
    return Remb(sender=1, bitrate=kbps * 1000, media=media)


def test_one_for_all_is_taken_as_it_is() -> None:
    rembs = Rembs()
    assert rembs.heard(remb(700, 1, 2, 3), {1, 2}, 0.0) == 700_000
    assert rembs.heard(remb(500, 1, 2, 3), {1, 2}, 1.0) == 500_000
    assert rembs.heard(remb(600, 1, 2), {1, 2}, 2.0) == 600_000


def test_one_for_each_stream_is_added_up_once_all_are_known() -> None:
    rembs = Rembs()
    assert rembs.heard(remb(200, 1), {1, 2}, 0.0) is None
    assert rembs.heard(remb(300, 2), {1, 2}, 0.5) == 500_000
    assert rembs.heard(remb(100, 1), {1, 2}, 1.0) == 400_000


def test_a_stream_of_which_nothing_is_said_any_more_counts_no_longer() -> None:
    rembs = Rembs()
    rembs.heard(remb(200, 1), {1, 2}, 0.0)
    rembs.heard(remb(300, 2), {1, 2}, STALE)
    assert rembs.heard(remb(300, 2), {2}, STALE + 0.1) == 300_000
    assert rembs.heard(remb(300, 2), {1, 2}, STALE + 0.2) is None


def test_one_that_names_no_stream_of_ours_is_for_the_line() -> None:
    assert Rembs().heard(remb(400), {1, 2}, 0.0) == 400_000


@given(
    st.lists(
        st.tuples(st.sets(st.integers(1, 4)), st.integers(1, 999), st.floats(0, 2)), max_size=9
    )
)
def test_no_stream_is_ever_counted_twice(story: list[tuple[set[int], int, float]]) -> None:
    rembs, now = Rembs(), 0.0
    for media, kbps, later in story:
        now += later
        rembs.heard(remb(kbps, *media), {1, 2, 3, 4}, now)
        named = [ssrc for group in rembs._said for ssrc in group]
        assert len(named) == len(set(named))
