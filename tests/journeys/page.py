"""A page of the documentation as somebody reads it: parts, who is where, numbered steps, sentences.

Every sentence of a numbered step is one of `SENTENCES`, or nobody could follow it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PART, PLACE = re.compile(r"## (.+)"), re.compile(r"### (.+)")
STEP = re.compile(r"\d+\. (.+)")
WORDS = r"\*\*(?P<where>[^*]+)\*\*"
QUOTED = r"« (?P<words>[^»]+?) »"
AT = r"(?: à la ligne \*\*(?P<line>[^*]+)\*\*)?"
SENTENCES = {
    "open": re.compile(r"Ouvrez la page `(?P<words>/[^`]*)`\."),
    "back": re.compile(r"Revenez à la page précédente\."),
    "press": re.compile(rf"Appuyez sur {WORDS}{AT}\."),
    "write": re.compile(rf"Dans {WORDS}, écrivez {QUOTED}\."),
    "choose": re.compile(rf"Dans {WORDS}, choisissez {QUOTED}\."),
    "put": re.compile(rf"Dans {WORDS}, mettez \*(?P<words>[^*]+)\*\."),
    "tick": re.compile(rf"Cochez {WORDS}\."),
    "see": re.compile(rf"Vous voyez {QUOTED}{AT}\.?"),
    "wait": re.compile(rf"Attendez {QUOTED}{AT}\."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What is to be done, or seen; `told` is how the page says it, and where."""

    place: str
    told: str
    does: str
    where: str = ""
    words: str = ""
    line: str = ""


class Unclear(AssertionError):
    """A sentence of a step says nothing that can be done."""


def sentences(text: str) -> list[Sentence]:
    """All of a page, in order."""
    return list(_read(text))


def _read(text: str) -> Iterator[Sentence]:
    part = place = ""
    for line in text.splitlines():
        if found := PLACE.fullmatch(line):
            place = found[1]
        elif found := PART.fullmatch(line):
            part, place = found[1], ""
        elif found := STEP.fullmatch(line):
            if not place:
                raise Unclear(f"nobody knows where to do this: {line}")
            yield from _step(found[1], part, place)


def _step(step: str, part: str, place: str) -> Iterator[Sentence]:
    rest = step.strip()
    while rest:
        does, found = _first(rest, f"{part}: {step}")
        told = found[0]
        said = {name: value or "" for name, value in found.groupdict().items()}
        yield Sentence(place=place, told=f"{part}: {told}", does=does, **said)
        rest = rest[len(told) :].strip()


def _first(rest: str, told: str) -> tuple[str, re.Match[str]]:
    for does, pattern in SENTENCES.items():
        if found := pattern.match(rest):
            return does, found
    raise Unclear(f"{told}: {rest}")
