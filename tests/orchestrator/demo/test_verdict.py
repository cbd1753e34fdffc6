from typing import Any

from orchestrator.demo.verdict import Site, Verdict

ROOMS = ("meyrueis-visio", "villefort-visio", "marvejols-visio")


def remote(room: str, frames: int = 30, level: float = 0.1) -> dict[str, Any]:
    return {"room": room, "frames": frames, "level": level, "kbps": 100.0, "loss": 0.01}


def verdict(muted: str = "villefort-visio") -> Verdict:
    return Verdict(sites={room: Site(room=room, name=room) for room in ROOMS}, muted=muted)


def hear_all(verdict: Verdict, **levels: float) -> None:
    for room, site in verdict.sites.items():
        site.report(
            {
                "state": "in_call",
                "rtt_ms": 3,
                "first_frame_ms": 210,
                "remotes": [
                    remote(other, level=levels.get(other.split("-")[0], 0.1))
                    for other in ROOMS
                    if other != room
                ],
            }
        )


def test_all_seen_and_heard_is_complete_but_not_yet_a_success() -> None:
    show = verdict()
    assert not show.complete()
    hear_all(show)
    assert show.complete()
    assert not show.success()
    show.mute_observed = show.unmute_observed = True
    assert show.success()


def test_a_picture_without_sound_is_not_complete() -> None:
    show = verdict()
    hear_all(show, villefort=0.0)
    assert not show.complete()


def test_a_single_frame_is_not_a_picture() -> None:
    site = Site(room="a", name="a")
    site.report({"remotes": [remote("b", frames=1)]})
    assert not site.complete(["a", "b"])


def test_a_mute_is_observed_only_when_nobody_hears_the_room() -> None:
    show = verdict()
    hear_all(show)
    assert show.everybody_hears("villefort-visio")
    hear_all(show, villefort=0.001)
    assert show.nobody_hears("villefort-visio")
    assert show.everybody_hears("meyrueis-visio")
    assert show.complete()  # the sound had been heard before


def test_a_participant_who_is_no_room_does_not_count() -> None:
    site = Site(room="a", name="a")
    site.report({"remotes": [{"room": None, "frames": 99, "level": 1.0}]})
    assert site.others == {}


def test_the_summary_has_what_the_issue_asks_of_it() -> None:
    show = verdict()
    hear_all(show)
    summary = show.summary()
    assert summary["first_frame_ms"]["villefort-visio"] == 210
    assert summary["decoded"]["villefort-visio"]["meyrueis-visio"] == {"frames": 30, "sound": True}
    assert summary["mute_observed"] is False
    assert {site["room"] for site in summary["sites"]} == set(ROOMS)


def test_a_site_adds_up_what_it_receives_and_shows_its_worst_loss() -> None:
    site = Site(room="a", name="a")
    site.report({"remotes": [remote("b"), {**remote("c"), "loss": 0.2}]})
    assert site.kbps == 200
    assert site.loss == 0.2
