"""What the network description says of calendars kept elsewhere."""

from pathlib import Path

import pytest

from orchestrator.settings import SettingsError, load_settings

GOOD = (Path(__file__).parents[2] / "data/config/good.yaml").read_text(encoding="utf-8")
OUTSIDE = """outside:
  allow: [10.48.0.0/16, "::1"]
  every_seconds: 30
"""
REMOTE = """    remote:
      url: https://sogo.example.org/SOGo/dav/salle/Calendar/personal/
      server: sogo
      login: salle
      password_env: SALLE
    feeds:
      - {id: council, url: https://mairie.example.org/council.ics, label: Mairie}
"""


def write(folder: Path, *changes: tuple[str, str], remote: str = REMOTE) -> Path:
    lines = GOOD.splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if line.strip().startswith("capacity:"))
    text = "".join([*lines[: first + 1], remote, *lines[first + 1 :]]) + OUTSIDE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "network.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_room_on_another_server_and_a_feed(tmp_path: Path) -> None:
    found = load_settings(write(tmp_path)).outside
    (remote,) = found.remotes
    (feed,) = found.feeds
    assert (remote.room, remote.server, remote.login) == ("villefort-visio", "sogo", "salle")
    assert (feed.id, feed.room, feed.label) == ("council", "villefort-visio", "Mairie")
    assert found.allow == ("10.48.0.0/16", "::1/128")
    assert (found.every_seconds, found.feeds_every_minutes) == (30, 15)


def test_without_a_word_of_it_nothing_is_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_text(GOOD, encoding="utf-8")
    found = load_settings(path).outside
    assert (found.remotes, found.feeds, found.allow) == ((), (), ())


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("password_env: SALLE", "password_env: SALLE\n      password_file: /x",
         "settings-one-password"),
        ("      password_env: SALLE\n", "", "settings-one-password"),
        ("https://sogo.example.org", "https://a:b@sogo.example.org", "settings-bad-calendar-url"),
        ("https://sogo.example.org", "ftp://sogo.example.org", "settings-bad-calendar-url"),
        ("org/council.ics", "org/é.ics", "settings-bad-calendar-url"),
        ("server: sogo", "server: exchange", "settings-not-accepted"),
        ("10.48.0.0/16", "intranet", "settings-bad-network"),
        ("id: council", "id: Le Conseil", "settings-bad-id"),
        ("label: Mairie}", "label: Mairie}\n      - {id: council, url: 'https://a.example/'}",
         "settings-duplicate-id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(write(tmp_path, (old, new)))
    assert [problem.key for problem in refused.value.problems] == [key]
