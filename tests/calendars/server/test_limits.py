import pytest

from calendars.server import limits
from calendars.server.limits import TooLarge, Unsupported
from rooms.errors import Invalid


def test_a_put_is_held_to_less_than_a_report() -> None:
    limits.check_head("REPORT", limits.MAX_BODY, None)
    limits.check_head("PUT", limits.MAX_OBJECT, "identity")
    for method, length in (("PUT", limits.MAX_OBJECT + 1), ("REPORT", limits.MAX_BODY + 1)):
        with pytest.raises(TooLarge):
            limits.check_head(method, length, None)


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_an_encoded_body_is_refused_unread(encoding: str) -> None:
    with pytest.raises(Unsupported):
        limits.check_head("PUT", 1, encoding)


@pytest.mark.parametrize("name", ["a.ics", "a b é.ics", "a:b@c.ics", "x" * 200])
def test_ordinary_names_pass(name: str) -> None:
    limits.check_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "\x00", "x" * 201])
def test_names_that_are_no_address_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        limits.check_name(name)
    assert refused.value.key == "bad-object-name"  # `bad-name` is about people


@pytest.mark.parametrize("path", ["/a%2Fb", "/a%5cb", "/a%00", "/%ff", "/" + "a" * 2000])
def test_paths_that_mean_two_things_are_refused(path: str) -> None:
    with pytest.raises(Invalid):
        limits.check_path(path)


def test_shallow_xml_passes() -> None:
    limits.check_path("/dav/principals/%C3%A9/")
    limits.check_xml(b'<?xml version="1.0"?><a xmlns="DAV:">' + b"<b><c/></b>" * 100 + b"</a>")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"<a>" * 65 + b"</a>" * 65, "xml-too-deep"),
        (b"<a>" + b"<b/>" * limits.MAX_ELEMENTS + b"</a>", "xml-too-large"),
        (b"<!DOCTYPE a><a/>", "xml-doctype"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml-doctype"),
        (b"<a>", "xml-malformed"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "xml-malformed"),
        (b"\xff\xfe", "xml-malformed"),
    ],
)
def test_other_xml_does_not(body: bytes, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        limits.check_xml(body)
    assert refused.value.key == key
