import base64
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from rooms.device_commands import CameraGoto, CameraMove
from rooms.drivers.port import (
    AuthFailed,
    BadParameter,
    DeviceFailure,
    DriverError,
    Unsupported,
)
from rooms.drivers.wire import onvif
from rooms.drivers.wire.onvif import Login, Place, Services

NINE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SOAP = "http://www.w3.org/2003/05/soap-envelope"


def answer(body: str) -> Element:
    text = f'<e:Envelope xmlns:e="{SOAP}" xmlns:x="urn:x"><e:Body>{body}</e:Body></e:Envelope>'
    return onvif.parse(text.encode())


def fault(*words: str) -> DriverError:
    values = "".join(f"<e:Value>ter:{word}</e:Value>" for word in words)
    with pytest.raises(DriverError) as refused:
        answer(
            f"<e:Fault><e:Code>{values}</e:Code><e:Reason><e:Text>no</e:Text></e:Reason></e:Fault>"
        )
    return refused.value


def test_the_digest_is_the_one_of_the_onvif_programmers_guide() -> None:
    """ONVIF Application Programmer's Guide 1.0, 6.1.1.3."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert onvif.digest(nonce, "2010-09-16T07:50:45Z", "userpassword") == (
        "tuOSpGlFlIXsozq4HFNeeGeFLEI="
    )


def test_who_asks_says_so_by_digest_and_never_by_password() -> None:
    sent = onvif.request(onvif.PROFILES, Login("a<b", "secret"), b"0123456789abcdef", NINE)
    envelope = fromstring(sent)
    said = {one.tag.rpartition("}")[2]: one.text for one in envelope.iter()}
    assert said["Username"] == "a<b"
    assert said["Created"] == "2026-11-26T09:00:00.000Z"
    assert said["Password"] == onvif.digest(
        b"0123456789abcdef", "2026-11-26T09:00:00.000Z", "secret"
    )
    assert b"secret" not in sent
    assert "GetProfiles" in said
    assert b"Security" not in onvif.request(onvif.CLOCK, None, b"", NINE)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (onvif.status("m"), "GetStatus"),
        (onvif.presets("m"), "GetPresets"),
        (onvif.recall("m", "a&b"), "GotoPreset"),
        (onvif.store("m", 3, None), "SetPreset"),
        (onvif.store("m", 3, "7"), "SetPreset"),
        (onvif.remove("m", "7"), "RemovePreset"),
        (onvif.home("m"), "GotoHomePosition"),
        (onvif.stop("m"), "Stop"),
        (onvif.goto("m", CameraGoto(pan=-1000, tilt=500)), "AbsoluteMove"),
        (onvif.drive("m", CameraMove(pan=100, tilt=-5, zoom=0)), "ContinuousMove"),
    ],
)
def test_every_question_is_sound_xml_about_the_profile(body: str, wanted: str) -> None:
    envelope = fromstring(onvif.request(body, None, b"", NINE))
    names = [one.tag.rpartition("}")[2] for one in envelope.iter()]
    assert names[3:5] == [wanted, "ProfileToken"]


def test_positions_are_shares_of_one_and_a_place_without_zoom_leaves_it() -> None:
    near = onvif.goto("m", CameraGoto(pan=-1000, tilt=500))
    assert '<tt:PanTilt x="-1.000" y="0.500"/></tptz:Position>' in near
    assert '<tt:Zoom x="0.250"/>' in onvif.goto("m", CameraGoto(pan=0, tilt=0, zoom=250))
    move = onvif.drive("m", CameraMove(pan=100, tilt=-5))
    assert '<tt:PanTilt x="1.000" y="-0.050"/><tt:Zoom x="0.000"/>' in move
    assert "<tptz:Timeout>PT1S</tptz:Timeout>" in move


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("Sender", "NotAuthorized"), AuthFailed),
        (("Sender", "InvalidArgVal", "NoToken"), BadParameter),
        (("Receiver", "Action", "NoHomePosition"), Unsupported),
        (("Receiver", "ActionNotSupported"), Unsupported),
        (("Receiver", "Action", "MotorFailure"), DeviceFailure),
        ((), DeviceFailure),
    ],
)
def test_a_fault_is_the_error_its_words_mean(
    words: tuple[str, ...], kind: type[DriverError]
) -> None:
    assert type(fault(*words)) is kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no",
        b"<html><br></html>",
        b"<html/>",
        f'<Envelope xmlns="{SOAP}"><Body/></Envelope>'.encode(),
        b"<a><Body><b/></Body></a>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        b'<?xml version="1.0" encoding="no-such"?><x/>',
        b"\xff\xfe<",
    ],
)
def test_what_is_no_soap_is_a_failure(data: bytes) -> None:
    with pytest.raises(DeviceFailure):
        onvif.parse(data)


@given(st.binary(max_size=300))
def test_no_bytes_do_worse_than_that(data: bytes) -> None:
    with pytest.raises(DeviceFailure):
        onvif.parse(data)


def test_a_clock_is_read_and_one_that_tells_nonsense_is_believed_to_be_ours() -> None:
    told = (
        "<x:R><x:UTCDateTime><x:Time><x:Hour>12</x:Hour><x:Minute>0</x:Minute>"
        "<x:Second>0</x:Second></x:Time><x:Date><x:Year>2026</x:Year><x:Month>{}</x:Month>"
        "<x:Day>26</x:Day></x:Date></x:UTCDateTime></x:R>"
    )
    assert onvif.skew(answer(told.format(11)), NINE) == timedelta(hours=3)
    for month in ("13", "", "x", "9" * 30):
        assert onvif.skew(answer(told.format(month)), NINE) == timedelta()
    assert onvif.skew(answer("<x:R/>"), NINE) == timedelta()


def test_only_a_year_that_a_camera_can_think_it_lives_in_is_believed() -> None:
    told = (
        "<x:R><x:UTCDateTime><x:Time><x:Hour>23</x:Hour><x:Minute>59</x:Minute>"
        "<x:Second>59</x:Second></x:Time><x:Date><x:Year>{}</x:Year><x:Month>12</x:Month>"
        "<x:Day>31</x:Day></x:Date></x:UTCDateTime></x:R>"
    )
    for year in (1970, 2000, 2025, 2099):  # the first two: switched on without a battery
        there = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
        assert onvif.skew(answer(told.format(year)), NINE) == there - NINE
    for year in (1, 1969, 2100, 9999):
        assert onvif.skew(answer(told.format(year)), NINE) == timedelta()


def capabilities(media: str, ptz: str) -> Element:
    return answer(
        f"<x:R><x:Media><x:XAddr>{media}</x:XAddr></x:Media>"
        f"<x:PTZ><x:XAddr>{ptz}</x:XAddr></x:PTZ></x:R>"
    )


def test_of_an_address_only_the_path_is_followed() -> None:
    found = onvif.services(capabilities("http://10.0.0.1/m", "http://evil.example:81/p?a=1"))
    assert found == Services(media="/m", ptz="/p?a=1")


@pytest.mark.parametrize("ptz", ["", "http://10.0.0.1", "http://[", "http://a/é", "p"])
def test_a_camera_that_has_no_address_for_turning_cannot_turn(ptz: str) -> None:
    with pytest.raises(Unsupported):
        onvif.services(capabilities("http://10.0.0.1/m", ptz))
    with pytest.raises(Unsupported):
        onvif.services(capabilities("", "http://10.0.0.1/p"))
    with pytest.raises(Unsupported):
        onvif.services(answer("<x:R/>"))


def test_the_profile_is_the_first_that_turns() -> None:
    found = answer(
        '<x:R><x:Profiles token="a"/><x:Profiles><x:PTZConfiguration/></x:Profiles>'
        '<x:Profiles token="b"><x:PTZConfiguration/></x:Profiles></x:R>'
    )
    assert onvif.profile(found) == "b"
    with pytest.raises(Unsupported):
        onvif.profile(answer('<x:R><x:Profiles token="a"/></x:R>'))


def test_a_preset_is_found_by_our_name_first_and_then_by_its_own_number() -> None:
    found = answer(
        '<x:R><x:Preset token="3"><x:Name>door</x:Name></x:Preset>'
        '<x:Preset token="9"><x:Name>margeride-3</x:Name></x:Preset>'
        '<x:Preset token="4"/><x:Preset><x:Name>margeride-5</x:Name></x:Preset></x:R>'
    )
    assert onvif.preset_token(found, 3) == "9"
    assert onvif.preset_token(found, 4) == "4"
    assert onvif.preset_token(found, 5) is None


def status(pan: str, moves: str) -> Place:
    return onvif.place(
        answer(
            f'<x:R><x:Position><x:PanTilt x="{pan}" y="-0.5"/><x:Zoom x="2"/></x:Position>'
            f"{moves}</x:R>"
        )
    )


def test_where_it_looks_is_read_as_far_as_it_tells() -> None:
    moves = "<x:MoveStatus><x:PanTilt>{}</x:PanTilt><x:Zoom>IDLE</x:Zoom></x:MoveStatus>"
    assert status("0.25", moves.format("MOVING")) == Place(250, -500, 1000, True)
    assert status("-7", moves.format("IDLE")) == Place(-1000, -500, 1000, False)
    for odd in ("", "left", "nan", "inf"):
        assert status(odd, "") == Place(None, -500, 1000, None)
    assert onvif.place(answer("<x:R/>")) == Place(None, None, None, None)
    unknown = "<x:MoveStatus><x:PanTilt>UNKNOWN</x:PanTilt></x:MoveStatus>"
    assert status("0", unknown).moving is None
