"""What is wrong with a network description, as facts; words come later."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rooms.errors import Fact, Invalid
from rooms.fields import clean_text

LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to put right. `path` is the key's path in the file (`centres[2].level`)."""

    key: str
    line: int = 0
    path: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)


class SettingsError(Invalid):
    """The file is refused. `key` and `fields` are those of the first problem, with the file."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.key, **fields_of(file, first))
        self.file = file
        self.problems = tuple(problems)


def fields_of(file: str, problem: Problem) -> dict[str, Fact]:
    """Everything a sentence about this problem may name."""
    facts = {name: shown(value) for name, value in problem.facts.items()}
    return {"file": file, "line": problem.line, "path": shown(problem.path), **facts}


def shown(value: Fact) -> Fact:
    """A fact fit for a sentence on a terminal: one printable line, not too long."""
    if not isinstance(value, str):
        return value
    cleaned = clean_text(value)
    return cleaned if len(cleaned) <= LONGEST_SHOWN else cleaned[: LONGEST_SHOWN - 1] + "…"


class Refusal(Exception):
    """The file cannot be read any further; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem
