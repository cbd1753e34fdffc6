"""YAML as a tree of nodes that know their line, and nothing more than a settings file needs.

Built from the parser's events: the depth is bounded before anything is nested, and anchors, tags
and a second document are refused, so that no file can grow in memory or make objects.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from yaml import events

from orchestrator.settings.problems import Problem, Refusal

LARGEST = 256 * 1024
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word, a number, a sentence: as it was written."""

    line: int
    text: str
    quoted: bool

    @property
    def is_null(self) -> bool:
        """Nothing was written after the key."""
        return not self.quoted and self.text in {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: list["Node"]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, with the line of each key."""

    line: int
    values: dict[str, "Node"]
    lines: dict[str, int]


Node = Scalar | Sequence | Mapping


def read_text(path: Path) -> str:
    """The file's text; refused when it is absent, not a text, or larger than LARGEST."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Refusal(Problem(key="settings-no-file")) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Refusal(Problem(key="settings-unreadable", facts={"reason": reason})) from None
    if len(content) > LARGEST:
        raise Refusal(Problem(key="settings-too-big", facts={"most": LARGEST // 1024}))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(Problem(key="settings-not-utf8", line=line)) from None


def parse(text: str) -> Mapping:
    """The one mapping a settings file is."""
    try:
        return _Builder(text).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Refusal(Problem(key="settings-control-character", line=line)) from None
    except yaml.MarkedYAMLError as error:
        raise Refusal(_broken(error)) from None
    except (ValueError, OverflowError):  # "\UFFFFFFFF": no such character
        raise Refusal(Problem(key="settings-no-character")) from None


def _broken(error: yaml.MarkedYAMLError) -> Problem:
    context = error.context or ""
    opened = "quoted" in context or "flow" in context  # better where it opens than where it ends
    mark = error.context_mark if opened else error.problem_mark
    line = mark.line + 1 if mark else 1
    said = error.problem or ""
    key = "settings-tab" if r"'\t'" in said else "settings-broken-yaml"
    return Problem(key=key, line=line, facts={"detail": said})


class _Builder:
    def __init__(self, text: str) -> None:
        self._events: Iterator[events.Event] = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Mapping:
        next(self._events)  # the stream starts
        if isinstance(next(self._events), events.StreamEndEvent):
            raise Refusal(Problem(key="settings-empty"))
        root = self._node(self._next(), 1)
        next(self._events)  # the document ends
        if not isinstance(after := self._next(), events.StreamEndEvent):
            raise _refusal("settings-two-documents", after)
        if not isinstance(root, Mapping):
            raise Refusal(Problem(key="settings-not-a-mapping", line=root.line, path="/"))
        return root

    def _next(self) -> events.Event:
        return next(self._events)

    def _node(self, event: events.Event, depth: int) -> Node:
        if getattr(event, "anchor", None) is not None:
            raise _refusal("settings-anchor", event)
        if getattr(event, "tag", None) is not None:
            raise _refusal("settings-tag", event)
        if isinstance(event, events.ScalarEvent):
            return Scalar(_line(event), event.value, event.style is not None)
        if depth > DEEPEST:
            raise _refusal("settings-too-deep", event, most=DEEPEST)
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(_line(event), depth)
        return self._mapping(_line(event), depth)

    def _sequence(self, line: int, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := self._next(), events.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Sequence(line, items)

    def _mapping(self, line: int, depth: int) -> Mapping:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), events.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise _refusal("settings-odd-key", event)
            if key.text in values:
                raise _refusal("settings-duplicate-key", event, found=key.text)
            values[key.text] = self._node(self._next(), depth + 1)
            lines[key.text] = key.line
        return Mapping(line, values, lines)


def _line(event: events.Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark else 0


def _refusal(key: str, event: events.Event, **facts: str | int) -> Refusal:
    return Refusal(Problem(key=key, line=_line(event), facts=dict(facts)))
