"""PJLink class 1 and 2, the bytes: what is sent to a projector, what its lines mean.

PJLink Specifications, version 2.10 (JBMIA, 2021). Lines end with CR. The greeting is `PJLINK 0`, or
`PJLINK 1 <salt>`: then the MD5 of salt and password in hexadecimal stands before the first command
of the connection. An `OK` says that a command is taken, not that it is done.
"""

import hashlib
import re

from rooms.drivers.port import (
    AuthFailed,
    BadParameter,
    DeviceBusy,
    DeviceFailure,
    Patch,
    Unsupported,
    Value,
)

PORT = 4352
END = b"\r"
LONGEST = 136
CLASS_2 = frozenset({"FREZ"})
POWERS = {"0": "off", "1": "on", "2": "cooling", "3": "warming"}
SOURCES = {"rgb": "1", "video": "2", "digital": "3", "hdmi": "3", "storage": "4", "network": "5"}
_NAMES = {"1": "rgb", "2": "video", "3": "digital", "4": "storage", "5": "network", "6": "internal"}
_WORD = re.compile(r"([a-z]+)([1-9a-z])")
_CODE = re.compile(r"[1-6][1-9A-Z]")
_FAULTS = ("fan", "lamp", "temperature", "cover", "filter", "other")
_REFUSALS = {
    "ERR1": Unsupported,
    "ERR2": BadParameter,
    "ERR3": DeviceBusy,
    "ERR4": DeviceFailure,
}


def login(greeting: bytes, password: str) -> bytes:
    """What must stand before the first command, from the first line of the projector."""
    words = _text(greeting).split(" ")
    match words:
        case ["PJLINK", "0"]:
            return b""
        case ["PJLINK", "1", salt] if salt:
            if not password:
                raise AuthFailed("it wants a password")
            return (
                hashlib.md5((salt + password).encode(), usedforsecurity=False).hexdigest().encode()
            )
        case ["PJLINK", "ERRA"]:
            raise AuthFailed("it refuses us")
        case _:
            raise DeviceFailure("not the greeting of a projector")


def line(word: str, value: str = "?") -> bytes:
    """A command with its value, or the question."""
    return f"%{'2' if word in CLASS_2 else '1'}{word} {value}".encode() + END


def value(answer: bytes, word: str) -> str:
    """What the projector answers to a line about `word`; its refusals are errors."""
    text = _text(answer)
    if text == "PJLINK ERRA":
        raise AuthFailed("wrong password")
    if len(answer) > LONGEST or text[1:7].upper() != f"{'2' if word in CLASS_2 else '1'}{word}=":
        raise DeviceFailure(f"not an answer to {word}")
    said = text[7:]
    refusal = _REFUSALS.get(said.upper())
    if refusal is not None:
        raise refusal(f"{word}: {said}")
    return said


def input_code(word: str) -> str:
    """`hdmi1`, `digital2`, `rgb1`, or the projector's own two characters."""
    if _CODE.fullmatch(word.upper()):
        return word.upper()
    match = _WORD.fullmatch(word)
    if match is None or match[1] not in SOURCES:
        raise BadParameter(f"no input {word}")
    return SOURCES[match[1]] + match[2].upper()


def input_name(code: str) -> str:
    """`digital1` for `31`; what the standard does not know stays as it is."""
    return _NAMES[code[0]] + code[1].lower() if _CODE.fullmatch(code) else code


def state(word: str, said: str) -> Patch:
    """What an answer to a question says of the display."""
    return _READ[word](said)


def _power(said: str) -> dict[str, Value]:
    if said not in POWERS:
        raise DeviceFailure("POWR: neither on nor off")
    return {"power": POWERS[said]}


def _input(said: str) -> dict[str, Value]:
    return {"input": input_name(said)}


def _mute(said: str) -> dict[str, Value]:
    if re.fullmatch(r"[123][01]", said) is None:
        raise DeviceFailure("AVMT: neither shown nor muted")
    return {"blanked": said in ("11", "31")}


def _lamp(said: str) -> dict[str, Value]:
    words = said.split(" ")
    hours = [int(word) for word in words[::2] if word.isascii() and word.isdigit()]
    if len(hours) * 2 != len(words):
        raise DeviceFailure("LAMP: not hours and lamps in turn")
    return {"hours": max(hours)}


def _errors(said: str) -> dict[str, Value]:
    if re.fullmatch(r"[012]{6}", said) is None:
        raise DeviceFailure("ERST: not six digits")
    found = [(name, digit) for name, digit in zip(_FAULTS, said, strict=True) if digit != "0"]
    return {"errors": [f"{name}-{'error' if digit == '2' else 'warning'}" for name, digit in found]}


def _freeze(said: str) -> dict[str, Value]:
    return {"frozen": said == "1"}


_READ = {
    "POWR": _power,
    "INPT": _input,
    "AVMT": _mute,
    "LAMP": _lamp,
    "ERST": _errors,
    "FREZ": _freeze,
}


def _text(data: bytes) -> str:
    try:
        return data.removesuffix(END).decode()
    except UnicodeDecodeError:
        raise DeviceFailure("not text") from None
