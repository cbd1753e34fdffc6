import pytest

from rooms.drivers.port import BadParameter, DeviceFailure, DeviceUnreachable
from rooms.drivers.wire import cec


def test_an_input_is_a_physical_address() -> None:
    assert cec.show_input("hdmi2") == "tx 1F:82:20:00"


@pytest.mark.parametrize("word", ["hdmi", "hdmi0", "hdmi10", "31"])
def test_an_unknown_input_is_a_bad_parameter(word: str) -> None:
    with pytest.raises(BadParameter):
        cec.show_input(word)


@pytest.mark.parametrize(
    ("line", "power"),
    [
        ("power status: on", "on"),
        ("power status: standby", "off"),
        ("power status: in transition from standby to on", "warming"),
        ("power status: in transition from on to standby", "cooling"),
        ("TRAFFIC: [ 1234] << e0:8f", None),
        ("", None),
    ],
)
def test_only_one_line_tells_the_power(line: str, power: str | None) -> None:
    assert cec.power(line) == power


@pytest.mark.parametrize(
    "line", ["power status: unknown", "unable to open the device on port RPI", "autodetect FAILED"]
)
def test_nobody_on_the_bus_is_unreachable(line: str) -> None:
    with pytest.raises(DeviceUnreachable):
        cec.power(line)


def test_a_power_nobody_knows_is_a_failure() -> None:
    with pytest.raises(DeviceFailure):
        cec.power("power status: purple")


def test_a_line_is_text() -> None:
    assert cec.text(b" waiting for input\r\n") == "waiting for input"
    assert cec.text(b"\n") == ""
    for noise in (b"\xff\xfe\n", b"\x01\x02\x03\n"):
        with pytest.raises(DeviceFailure):
            cec.text(noise)
