"""What may enter by the CalDAV door: sizes, encodings, depth of XML, names.

Checked before Xandikos sees anything, so that its parsers only meet reasonable input.
"""

import re
from urllib.parse import unquote
from xml.parsers import expat

from rooms.errors import Invalid, MargerideError

MAX_BODY = 1024 * 1024
MAX_OBJECT = 256 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 20_000
MAX_PATH = 1024
XML_METHODS = frozenset({"PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR"})
NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")


class TooLarge(MargerideError):
    """More bytes than this door takes."""

    status = 413


class Unsupported(MargerideError):
    """An encoding this door does not speak."""

    status = 415


def largest(method: str) -> int:
    """How many bytes a request of this method may carry."""
    return MAX_OBJECT if method == "PUT" else MAX_BODY


def is_xml(method: str, *, drawer: bool) -> bool:
    """Whether a body of this method is XML."""
    return method in XML_METHODS or (method == "MKCOL" and not drawer)


def check_head(method: str, length: int | None, encoding: str | None) -> None:
    """Refuse by the headers alone."""
    if encoding is not None and encoding.strip().lower() not in ("", "identity"):
        raise Unsupported("content-encoding", accepted="identity")
    if length is not None and length > largest(method):
        raise TooLarge("body-too-large", limit=largest(method))


def check_name(name: str) -> None:
    """Refuse a name that could not be found again at its own address."""
    if not NAME.fullmatch(name) or name in (".", ".."):
        raise Invalid("bad-object-name")


def check_path(raw_path: str) -> None:
    """Refuse a path that means two things: an escaped slash, a null byte, not UTF-8, a book."""
    if len(raw_path) > MAX_PATH or re.search(r"%(2f|5c|00)", raw_path, re.IGNORECASE):
        raise Invalid("bad-path")
    try:
        unquote(raw_path, errors="strict")
    except UnicodeDecodeError as error:
        raise Invalid("bad-path") from error


def check_xml(body: bytes) -> None:
    """Refuse what is not plain, shallow XML: no DTD, hence no entities."""
    depth = elements = 0
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH:
            raise Invalid("xml-too-deep", limit=MAX_DEPTH)
        if elements > MAX_ELEMENTS:
            raise Invalid("xml-too-large", limit=MAX_ELEMENTS)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise Invalid("xml-doctype")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Invalid("xml-malformed") from error
