import hashlib

import pytest

from rooms.drivers.port import (
    AuthFailed,
    BadParameter,
    DeviceBusy,
    DeviceFailure,
    DriverError,
    Unsupported,
)
from rooms.drivers.wire import pjlink


def test_a_projector_without_password_wants_nothing_first() -> None:
    assert pjlink.login(b"PJLINK 0\r", "whatever") == b""


def test_the_password_is_mixed_with_the_salt_of_the_connection() -> None:
    # the example of the specification, section 5.1
    assert pjlink.login(b"PJLINK 1 498e4a67\r", "JBMIAProjectorLink") == (
        b"5d8409bc1c3fa39749434aa3a5c38682"
    )
    assert pjlink.login(b"PJLINK 1 00\r", "x") == hashlib.md5(b"00x").hexdigest().encode()


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"PJLINK 1 498e4a67\r", AuthFailed),
        (b"PJLINK ERRA\r", AuthFailed),
        (b"PJLINK 1 \r", DeviceFailure),
        (b"SSH-2.0-OpenSSH\r", DeviceFailure),
        (b"\xff\xfe\r", DeviceFailure),
    ],
)
def test_a_greeting_may_be_no_greeting(greeting: bytes, error: type[DriverError]) -> None:
    with pytest.raises(error):
        pjlink.login(greeting, "")


def test_a_line_has_its_class_and_its_end() -> None:
    assert pjlink.line("POWR") == b"%1POWR ?\r"
    assert pjlink.line("INPT", "31") == b"%1INPT 31\r"
    assert pjlink.line("FREZ", "1") == b"%2FREZ 1\r"


def test_a_value_is_what_stands_behind_the_word() -> None:
    assert pjlink.value(b"%1POWR=OK\r", "POWR") == "OK"
    assert pjlink.value(b"%1powr=3\r", "POWR") == "3"
    assert pjlink.value("%1NAME=Salle d'été\r".encode(), "NAME") == "Salle d'été"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"%1POWR=ERR1\r", Unsupported),
        (b"%1POWR=ERR2\r", BadParameter),
        (b"%1POWR=ERR3\r", DeviceBusy),
        (b"%1POWR=ERR4\r", DeviceFailure),
        (b"PJLINK ERRA\r", AuthFailed),
        (b"%1INPT=31\r", DeviceFailure),
        (b"%2POWR=1\r", DeviceFailure),
        (b"\xff\xfe??\r", DeviceFailure),
        (b"%1POWR=" + b"1" * 200 + b"\r", DeviceFailure),
        (b"\r", DeviceFailure),
    ],
)
def test_what_is_no_value_is_an_error(answer: bytes, error: type[DriverError]) -> None:
    with pytest.raises(error):
        pjlink.value(answer, "POWR")


@pytest.mark.parametrize(
    ("word", "code"),
    [("hdmi1", "31"), ("digital2", "32"), ("rgb1", "11"), ("31", "31"), ("video9", "29")],
)
def test_an_input_has_a_name_or_two_characters(word: str, code: str) -> None:
    assert pjlink.input_code(word) == code


@pytest.mark.parametrize("word", ["scart1", "hdmi", "hdmi0", "71", "99x"])
def test_an_unknown_input_is_a_bad_parameter(word: str) -> None:
    with pytest.raises(BadParameter):
        pjlink.input_code(word)


def test_an_input_is_named_back() -> None:
    assert pjlink.input_name("31") == "digital1"
    assert pjlink.input_name("5A") == "networka"
    assert pjlink.input_name("??") == "??"


@pytest.mark.parametrize(
    ("word", "said", "patch"),
    [
        ("POWR", "3", {"power": "warming"}),
        ("INPT", "32", {"input": "digital2"}),
        ("AVMT", "31", {"blanked": True}),
        ("AVMT", "11", {"blanked": True}),
        ("AVMT", "21", {"blanked": False}),
        ("AVMT", "30", {"blanked": False}),
        ("LAMP", "1234 1 77 0", {"hours": 1234}),
        ("ERST", "000000", {"errors": []}),
        ("ERST", "020010", {"errors": ["lamp-error", "filter-warning"]}),
        ("FREZ", "1", {"frozen": True}),
    ],
)
def test_what_an_answer_says_of_the_display(word: str, said: str, patch: object) -> None:
    assert pjlink.state(word, said) == patch


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("POWR", "9"),
        ("AVMT", "41"),
        ("LAMP", "many"),
        ("LAMP", ""),
        ("LAMP", "1 1 2"),
        ("ERST", "0"),
    ],
)
def test_an_answer_that_means_nothing_is_a_failure(word: str, said: str) -> None:
    with pytest.raises(DeviceFailure):
        pjlink.state(word, said)
