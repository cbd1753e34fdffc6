"""docs/drivers.md and the code are twins."""

import re
import shutil
from pathlib import Path

from rooms.control import COMMANDS
from rooms.drivers.build import DRIVERS, drivers_of
from rooms.drivers.port import ERRORS
from rooms.drivers.wire.line_protocol import STATE

PAGE = Path("docs/drivers.md").read_text(encoding="utf-8")
EXAMPLE = Path("tests/rooms/drivers/example.py").read_text(encoding="utf-8")
ABLE: dict[str, dict[str, object]] = {
    "pjlink": {"host": "h", "class": 2, "sound": True},
    "visca": {"host": "h"},
    "onvif": {"host": "h", "user": "u"},
    "xapi": {"host": "h", "user": "u"},
    "cec": {},
    "mqtt": {"host": "h", "announced_as": "a"},
    "wake-on-lan": {"mac": "00:11:22:33:44:55"},
}
if shutil.which("pulseaudio"):
    ABLE["sound"] = {}


def test_the_driver_of_the_page_is_the_one_that_is_tested() -> None:
    assert f"```python\n{EXAMPLE}```" in PAGE
    assert len(EXAMPLE.splitlines()) <= 60


def test_every_driver_has_its_row_in_both_tables() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    for driver in DRIVERS:
        assert rows.count(driver) == 2, driver


def test_every_error_has_its_row() -> None:
    for code, kind in ERRORS.items():
        assert f"| `{code}` | `{kind.__name__}` |" in PAGE


def test_what_each_can_do_is_what_the_table_says() -> None:
    table = PAGE.partition("### What each can do")[2].partition("`visca` stands")[0]
    head, *rows = [row.split("|")[1:-1] for row in table.strip().splitlines() if "---" not in row]
    names = [name.strip() for name in head[1:]]
    said: dict[str, set[str]] = {name: set() for name in names}
    for commands, *cells in rows:
        for name, cell in zip(names, cells, strict=True):
            if "●" in cell:
                said[name] |= _commands(commands)
    for name, settings in ABLE.items():
        (driver,) = drivers_of([{"id": "a", "driver": name, **settings}])
        assert said[name] == driver.capabilities().commands, name


def test_every_member_of_a_state_is_explained() -> None:
    for member in STATE:
        assert f"`{member}`" in PAGE


def _commands(cell: str) -> set[str]:
    found: set[str] = set()
    before = ""
    for word in re.findall(r"`([a-z.]+)`", cell):
        before = word if not word.startswith(".") else before.rpartition(".")[0] + word
        found.add(before)
    assert found <= set(COMMANDS)
    return found
