"""The pictures of the documentation: each is made by a test, and each that is shown is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
SHOWN = re.compile(r"!\[[^\]]+\]\(pictures/([a-z0-9-]+)\.png\)")


def test_every_picture_that_a_page_shows_is_there() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        for name in SHOWN.findall(page.read_text("utf-8")):
            assert (PICTURES / f"{name}.png").is_file(), (page.name, name)


def test_every_picture_is_renewed_by_a_test() -> None:
    said = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "web").glob("test_*.py"))
    for path in PICTURES.glob("*.png"):
        assert f'"{path.stem}"' in said, path.name


def test_every_screen_of_rooms_and_desks_is_in_the_gallery() -> None:
    shown = set(SHOWN.findall((ROOT / "docs" / "screens.md").read_text("utf-8")))
    of_rooms = re.compile(r"(kiosk|remote|panel|desk|desks|scenes)(-|$)")
    there = {path.stem for path in PICTURES.glob("*.png") if of_rooms.match(path.stem)}
    assert there - shown == {"kiosk-phone-code"}  # the same screen as idle, shown in remote.md
