"""The page of states is the tables."""

from pathlib import Path

from orchestrator.states import page


def test_the_page_of_states_is_the_tables() -> None:
    assert Path("docs/states.md").read_text(encoding="utf-8") == page()
