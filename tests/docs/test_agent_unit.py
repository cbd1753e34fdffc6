"""The unit of a room's agent, as systemd reads it: what it starts is what there is, and the browser
it starts finds a place for its socket, its profile and its sound."""

import shlex
from collections import defaultdict
from pathlib import Path

from orchestrator.__main__ import parser
from rooms.agent.config import POLICIES

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "config" / "margeride-agent.service"
INSTALL = (ROOT / "docs" / "install-room.md").read_text()


def settings() -> dict[str, list[str]]:
    """What each setting is given, in any section."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found[name].append(value)
    return dict(found)


def test_it_starts_a_command_that_exists_with_the_file_that_the_page_has_written() -> None:
    [command] = settings()["ExecStart"]
    program, *arguments = shlex.split(command)
    wanted = parser().parse_args(arguments)
    assert program.startswith("/opt/margeride/")
    assert "/opt/margeride" in INSTALL
    assert str(wanted.config) in INSTALL


def test_the_browser_may_write_its_policy_its_home_and_its_socket() -> None:
    given = settings()
    assert given["ReadWritePaths"] == [POLICIES]
    assert f"install -d -o {given['User'][0]} {POLICIES}" in INSTALL
    # `strict` makes /tmp and the home read-only, and Chromium does not start then.
    assert given["ProtectSystem"] == ["full"]
    assert "ProtectHome" not in given


def test_it_has_a_session_of_its_user_and_so_his_sound() -> None:
    assert settings()["PAMName"] == ["login"]
    assert settings()["Environment"] == ["DISPLAY=:0"]


def test_it_is_begun_again_for_ever() -> None:
    given = settings()
    assert (given["Restart"], given["StartLimitIntervalSec"]) == (["always"], ["0"])
    assert given["WantedBy"] == ["graphical.target"]
