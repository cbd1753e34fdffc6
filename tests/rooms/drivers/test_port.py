import pytest

from rooms.drivers.port import ERRORS, Capabilities, DeviceBusy, DeviceKind, DriverError


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_is_known_by_its_code(code: str) -> None:
    assert str(ERRORS[code]()) == code
    assert str(ERRORS[code]("warming up")) == f"{code}: warming up"
    assert issubclass(ERRORS[code], DriverError)


def test_the_codes_are_those_of_the_vocabulary() -> None:
    assert set(ERRORS) == {
        "device_unreachable",
        "device_busy",
        "device_failure",
        "unsupported",
        "bad_parameter",
        "auth_failed",
        "no_device",
        "timeout",
        "superseded",
    }
    assert ERRORS["device_busy"] is DeviceBusy


def test_a_device_without_inputs_or_presets_has_none() -> None:
    able = Capabilities(kind=DeviceKind.SWITCH, commands=frozenset({"room.wake"}))
    assert (able.inputs, able.presets) == ((), 0)
