"""A language of lines, as a file describes it: what to send for each command, what comes back.

The file is data and nothing else: it can send lines and recognise lines. docs/drivers.md lists its
members; config/devices/ has examples.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as members_of
from typing import Any

from rooms.control import COMMANDS, Command
from rooms.drivers.port import ERRORS, DeviceKind, DriverError, Patch, Value
from rooms.drivers.wire.pattern import Pattern
from rooms.fields import Fields

BAD = "bad-device-file"
ENDS = {"CR": b"\r", "LF": b"\n", "CRLF": b"\r\n"}
MOST_CASES = 32
LONGEST_TEXT = 200
FULL = 100
STATE: dict[str, type] = {
    "power": str,
    "call": str,
    "input": str,
    "blanked": bool,
    "frozen": bool,
    "mic_muted": bool,
    "speaker_on": bool,
    "volume": int,
    "people": int,
    "occupied": bool,
}
SIGNS = {"negative": range(-FULL * 10, 0), "zero": range(1), "positive": range(1, FULL * 10 + 1)}
Condition = bool | str | range
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].|\xfa.*?\xff\xf0|[\xf0-\xf9])", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A line that is recognised, and what it says of the device. `full` is what 100 % is called."""

    expect: Pattern
    state: Patch
    full: int = FULL

    def read(self, line: str, values: Mapping[str, object] | None = None) -> Patch | None:
        """What the line says; None when it is another one, or holds no number where one belongs."""
        found = self.expect.match(line, values or {})
        if found is None:
            return None
        patch: dict[str, Value] = dict(self.state)
        for name, text in found.items():
            if STATE.get(name) is int and not (text.isascii() and text.isdigit()):
                return None
            patch[name] = self._number(name, int(text)) if STATE.get(name) is int else text
        return patch

    def _number(self, name: str, number: int) -> int:
        return min(FULL, round(number * FULL / self.full)) if name == "volume" else number


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a command becomes when its arguments are like `when`."""

    when: Mapping[str, Condition]
    send: Pattern
    taken: Answer
    done: Answer | None

    def holds(self, arguments: Mapping[str, object]) -> bool:
        """Whether it is meant for these arguments; one that is not given fits."""
        asked = self.when.items()
        return all(name not in arguments or _like(arguments[name], want) for name, want in asked)

    def patch(self, arguments: Mapping[str, object]) -> Patch:
        """What is different once it is done: what the file says, and what was asked for."""
        patch: dict[str, Value] = {}
        for name, value in arguments.items():
            if name in STATE and isinstance(value, bool | int | str):
                patch[name] = value
        return {**patch, **self.taken.state}

    def values(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """The arguments as the device counts."""
        values = {name: value for name, value in arguments.items() if value is not None}
        if isinstance(volume := values.get("volume"), int):
            values["volume"] = round(volume * self.taken.full / FULL)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked to learn the state, and what may be answered."""

    send: Pattern
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What the device asks first (without the end of a line), and what it is answered."""

    expect: str
    send: Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProtocol:
    """One language."""

    name: str
    kind: DeviceKind
    port: int
    end: bytes
    login: tuple[Login, ...]
    commands: Mapping[str, tuple[Case, ...]]
    poll: tuple[Question, ...]
    events: tuple[Answer, ...]
    errors: tuple[tuple[Pattern, type[DriverError]], ...]

    def case(self, command: str, arguments: Mapping[str, object]) -> Case | None:
        """The first case that is meant for these arguments."""
        return next((c for c in self.commands.get(command, ()) if c.holds(arguments)), None)

    def error(self, line: str) -> DriverError | None:
        """The refusal that a line is, if it is one."""
        for pattern, kind in self.errors:
            if pattern.match(line, {}) is not None:
                return kind(line)
        return None

    def event(self, line: str) -> Patch | None:
        """What a line nobody asked for says."""
        said = (answer.read(line) for answer in self.events)
        return next((patch for patch in said if patch is not None), None)


def parse_protocol(document: object) -> LineProtocol:
    """The language a file describes, or Invalid `bad-device-file` naming the member."""
    fields = Fields(document, key=BAD)
    full = fields.whole("full_volume", 1, 10_000) if fields.has("full_volume") else FULL
    protocol = LineProtocol(
        name=fields.text("name", LONGEST_TEXT),
        kind=DeviceKind(fields.choice("kind", [kind.value for kind in DeviceKind])),
        port=fields.whole("port", 1, 65535),
        end=ENDS[fields.choice("ends", ENDS)],
        login=tuple(_login(one) for one in _items(fields, "login")),
        commands=_commands(fields.inner("commands"), full),
        poll=tuple(_question(one, full) for one in _items(fields, "poll")),
        events=tuple(_answer(one, full) for one in _items(fields, "events")),
        errors=tuple(_error(one) for one in _items(fields, "errors")),
    )
    fields.end()
    return protocol


def text_of(data: bytes) -> str:
    """A line as it was meant: without telnet's negotiations and without what cannot be seen."""
    return _TELNET.sub(b"", data).decode("latin-1").strip("\0\r\n\t ")


def _commands(fields: Fields, full: int) -> dict[str, tuple[Case, ...]]:
    found = {
        name: tuple(_case(one, kind, full) for one in fields.items(name, MOST_CASES))
        for name, kind in COMMANDS.items()
        if fields.has(name)
    }
    fields.end()
    return found


def _case(fields: Fields, kind: type[Command], full: int) -> Case:
    arguments: dict[str, Any] = {member.name: member.type for member in members_of(kind)}
    send = _pattern(fields, "send", tuple(arguments))
    taken = Answer(
        expect=_pattern(fields, "expect", tuple(arguments)), state=_state(fields), full=full
    )
    done = None
    if fields.has("done"):
        done = Answer(expect=_pattern(fields, "done", tuple(arguments)), state={}, full=full)
    when = _when(fields.inner("when"), arguments) if fields.has("when") else {}
    fields.end()
    return Case(when=when, send=send, taken=taken, done=done)


def _when(fields: Fields, arguments: Mapping[str, Any]) -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    for name, kind in arguments.items():
        if fields.has(name):
            found[name] = fields.flag(name) if kind is bool else _condition(fields, name)
    fields.end()
    return found


def _condition(fields: Fields, name: str) -> Condition:
    word = fields.text(name, LONGEST_TEXT)
    if word in SIGNS:
        return SIGNS[word]
    low, dots, high = word.partition("..")
    if not dots:
        return word
    if not (low.isdigit() and high.isdigit()):
        raise fields.refuse(name, "negative|zero|positive|0..99|a word")
    return range(int(low), int(high) + 1)


def _question(fields: Fields, full: int) -> Question:
    answers = tuple(_answer(one, full) for one in fields.items("answers", MOST_CASES))
    send = _pattern(fields, "send", ())
    fields.end()
    return Question(send=send, answers=answers)


def _answer(fields: Fields, full: int) -> Answer:
    names = tuple(name for name, kind in STATE.items() if kind is not bool)
    answer = Answer(expect=_pattern(fields, "expect", names), state=_state(fields), full=full)
    fields.end()
    return answer


def _state(fields: Fields) -> dict[str, Value]:
    if not fields.has("state"):
        return {}
    inner = fields.inner("state")
    found: dict[str, Value] = {}
    for name, kind in STATE.items():
        if inner.has(name):
            found[name] = _value(inner, name, kind)
    inner.end()
    return found


def _value(fields: Fields, name: str, kind: type) -> Value:
    if kind is bool:
        return fields.flag(name)
    return fields.whole(name, 0, 10_000) if kind is int else fields.text(name, LONGEST_TEXT)


def _error(fields: Fields) -> tuple[Pattern, type[DriverError]]:
    found = _pattern(fields, "expect", ()), ERRORS[fields.choice("code", ERRORS)]
    fields.end()
    return found


def _login(fields: Fields) -> Login:
    login = Login(
        expect=fields.text("expect", LONGEST_TEXT),
        send=_pattern(fields, "send", ("user", "password")),
    )
    fields.end()
    return login


def _pattern(fields: Fields, name: str, names: tuple[str, ...]) -> Pattern:
    pattern = Pattern(fields.text(name, LONGEST_TEXT))
    known = "|".join(f"{{{one}}}" for one in names)
    if not pattern.well or not set(pattern.names) <= set(names):
        raise fields.refuse(name, f"a line with at most 4 of {known or 'none'}, *")
    return pattern


def _items(fields: Fields, name: str) -> list[Fields]:
    return fields.items(name, MOST_CASES) if fields.has(name) else []


def _like(value: object, wanted: Condition) -> bool:
    if isinstance(wanted, range):
        return isinstance(value, int) and value in wanted
    return value == wanted
