"""Properties of the drawer's files: the few live ones, and whatever a client sets."""

from collections.abc import Callable, Iterable
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from xandikos import webdav

from calendars.server.files import MAX_PROPERTIES, File

XML = "application/xml; charset=utf-8"


def _resource_type(found: File) -> ET.Element:
    el = ET.Element("{DAV:}resourcetype")
    if found.folder:
        ET.SubElement(el, "{DAV:}collection")
    return el


def _privileges(_found: File) -> ET.Element:
    el = ET.Element("{DAV:}current-user-privilege-set")
    for name in ("read", "write", "write-properties", "write-content", "bind", "unbind"):
        ET.SubElement(ET.SubElement(el, "{DAV:}privilege"), f"{{DAV:}}{name}")
    return el


def _text(name: str, text: Callable[[File], str]) -> Callable[[File], ET.Element]:
    def make(found: File) -> ET.Element:
        el = ET.Element(f"{{DAV:}}{name}")
        el.text = text(found)
        return el

    return make


LIVE: dict[str, Callable[[File], ET.Element]] = {
    "{DAV:}resourcetype": _resource_type,
    "{DAV:}getetag": _text("getetag", lambda found: f'"{found.etag}"'),
    "{DAV:}getcontentlength": _text("getcontentlength", lambda found: str(len(found.body))),
    "{DAV:}getcontenttype": _text("getcontenttype", lambda found: found.content_type),
    "{DAV:}getlastmodified": _text(
        "getlastmodified", lambda found: format_datetime(found.modified, usegmt=True)
    ),
    "{DAV:}current-user-privilege-set": _privileges,
}


def found_of(href: str, found: File, asked: ET.Element | None) -> ET.Element:
    """One `response` of a PROPFIND."""
    wanted = None if asked is None else asked.find("{DAV:}prop")
    if wanted is None:
        names = [*list(LIVE)[:5], *found.properties]
        bare = asked is not None and asked.find("{DAV:}propname") is not None
        values = [ET.Element(name) if bare else _value(found, name) for name in names]
        return _response(href, [(values, "200 OK")])
    known = [name for el in wanted if (name := el.tag) in LIVE or name in found.properties]
    unknown = [ET.Element(el.tag) for el in wanted if el.tag not in known]
    return _response(
        href,
        [([_value(found, name) for name in known], "200 OK"), (unknown, "404 Not Found")],
    )


def _value(found: File, name: str) -> ET.Element:
    if name in LIVE:
        return LIVE[name](found)
    return ET.fromstring(found.properties[name])


def patch(found: File, asked: ET.Element, href: str) -> tuple[dict[str, str] | None, ET.Element]:
    """The properties after a PROPPATCH (None if it is refused), and what to answer."""
    kept, named = dict(found.properties), []
    refused = []
    for action in asked:
        for el in action.iterfind("{DAV:}prop/*"):
            named.append(el.tag)
            if el.tag in LIVE:
                refused.append(el.tag)
            elif action.tag == "{DAV:}set":
                kept[el.tag] = _kept(el)
            else:
                kept.pop(el.tag, None)
    names = list(dict.fromkeys(named))
    if refused:
        rest = [ET.Element(name) for name in names if name not in refused]
        no = [ET.Element(name) for name in dict.fromkeys(refused)]
        told = [(no, "403 Forbidden"), (rest, "424 Failed Dependency")]
        return None, _response(href, told)
    elements = [ET.Element(name) for name in names]
    if len(kept) > MAX_PROPERTIES:
        return None, _response(href, [(elements, "507 Insufficient Storage")])
    return kept, _response(href, [(elements, "200 OK")])


def _kept(el: ET.Element) -> str:
    bare = ET.Element(el.tag, el.attrib)
    bare.text = el.text
    bare.extend(el)
    return ET.tostring(bare, encoding="unicode")


def _response(href: str, groups: Iterable[tuple[list[ET.Element], str]]) -> ET.Element:
    response = ET.Element("{DAV:}response")
    ET.SubElement(response, "{DAV:}href").text = href
    for elements, status in groups:
        if elements:
            group = ET.SubElement(response, "{DAV:}propstat")
            ET.SubElement(group, "{DAV:}prop").extend(elements)
            ET.SubElement(group, "{DAV:}status").text = f"HTTP/1.1 {status}"
    return response


def multistatus(responses: Iterable[ET.Element]) -> webdav.Response:
    """A 207."""
    root = ET.Element("{DAV:}multistatus")
    root.extend(responses)
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return webdav.Response(status="207 Multi-Status", headers=[("Content-Type", XML)], body=[body])
