"""docs/rooms.md and the code are twins."""

import json
import re
from pathlib import Path

from rooms.control import COMMANDS, LIFE, parse_room_state
from rooms.equipment import Equipment
from rooms.state import CALL_STATES

PAGE = Path("docs/rooms.md").read_text(encoding="utf-8")


def test_every_command_has_its_row() -> None:
    table = PAGE.partition("## Commands")[2].partition("###")[0]
    assert re.findall(r"^\| `([a-z.]+)` \|", table, re.MULTILINE) == list(COMMANDS)


def test_the_table_of_the_life_is_that_of_the_page() -> None:
    for state, after in LIFE.items():
        name = "(none)" if state is None else f"`{state}`"
        steps = ", ".join(f"`{event}` → `{end}`" for event, end in after.items())
        assert f"| {name} | {steps} |" in PAGE or (not after and name in PAGE)


def test_the_document_of_the_page_is_a_good_one() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    document = json.loads(example[1].replace("se-1f0c…", "se-1f0c"))
    assert parse_room_state(document).to_json() == document


def test_every_word_of_a_state_is_explained() -> None:
    for word in (*CALL_STATES, *Equipment):
        assert re.search(rf"[`\s]{word}[`\s]", PAGE), word
