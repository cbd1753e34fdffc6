"""What a line says to the role of its site: each way it can fail, with a sentence and a remedy."""

import pytest

from orchestrator.ceremony import SiteRole
from orchestrator.ceremony_lines import Bears, bearings
from orchestrator.words import CATALOGUES
from rooms.ids import RoomId
from rooms.line import Profile

ROOM = RoomId("meyrueis-visio")
HOST, REMOTE, VIEWER = SiteRole.HOST, SiteRole.REMOTE, SiteRole.VIEWER


@pytest.mark.parametrize(
    ("role", "up", "down", "bears", "key"),
    [
        (HOST, 800, 8000, Bears.CARRIED, ""),
        (HOST, 400, 8000, Bears.LOWERED, "ceremony-line-small-picture"),
        (HOST, 177, 8000, Bears.REFUSED, "ceremony-line-no-host"),
        (REMOTE, 178, 8000, Bears.CARRIED, ""),
        (REMOTE, 177, 8000, Bears.LOWERED, "ceremony-line-sound-alone"),
        (REMOTE, 47, 8000, Bears.REFUSED, "ceremony-line-mute"),
        (REMOTE, 800, 177, Bears.LOWERED, "ceremony-line-sees-nothing"),
        (VIEWER, 10, 178, Bears.CARRIED, ""),
        (VIEWER, 10, 177, Bears.LOWERED, "ceremony-line-sees-nothing"),
        (VIEWER, 10, 47, Bears.REFUSED, "ceremony-line-deaf"),
        (HOST, 800, 47, Bears.REFUSED, "ceremony-line-deaf"),
    ],
)
def test_a_line_bears_its_role_or_is_told_why_not(
    role: SiteRole, up: int, down: int, bears: Bears, key: str
) -> None:
    line = Profile(up_kbps=up, down_kbps=down, rtt_ms=40)
    (found,) = bearings([(ROOM, role)], {ROOM: line})
    assert (found.bears, found.key) == (bears, key)
    assert (found.facts["up"], found.facts["down"]) == (up, down)
    for locale in ("fr", "en") if key else ():
        assert CATALOGUES[locale][key]
        assert CATALOGUES[locale][f"{key}-remedy"]
