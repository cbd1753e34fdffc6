import pytest

from rooms.drivers.port import (
    BadParameter,
    DeviceBusy,
    DeviceFailure,
    DriverError,
    Superseded,
    Unsupported,
)
from rooms.drivers.wire import visca
from rooms.drivers.wire.visca import Answer, Said


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (visca.command(visca.POWER_ON), "81 01 04 00 02 ff"),
        (visca.inquiry(visca.ASK_POSITION), "81 09 06 12 ff"),
        (visca.cancel(2), "81 22 ff"),
        (visca.command(visca.recall(5)), "81 01 04 3f 02 05 ff"),
        (visca.command(visca.store(5)), "81 01 04 3f 01 05 ff"),
        (visca.command(visca.forget(127)), "81 01 04 3f 00 7f ff"),
        (visca.goto(-1, 0x1234), "06 02 18 14 0f 0f 0f 0f 01 02 03 04"),
        (visca.zoom(0x4000), "04 47 04 00 00 00"),
        (visca.focus(0x1000), "04 48 01 00 00 00"),
        (visca.drive(100, 0), "06 01 18 01 02 03"),
        (visca.drive(-1, 50), "06 01 01 0a 01 01"),
        (visca.drive(0, -200), "06 01 01 14 03 02"),
        (visca.drive(0, 0), "06 01 01 01 03 03"),
        (visca.zoom_drive(0), "04 07 00"),
        (visca.zoom_drive(100), "04 07 27"),
        (visca.zoom_drive(-1), "04 07 30"),
    ],
)
def test_a_message_is_what_the_command_list_says(message: bytes, wire: str) -> None:
    assert message.hex(" ") == wire


def test_to_stop_is_to_drive_nowhere() -> None:
    assert visca.drive(0, 0) == visca.STOP


@pytest.mark.parametrize("preset", [-1, 128])
def test_there_are_128_presets(preset: int) -> None:
    with pytest.raises(BadParameter):
        visca.recall(preset)


@pytest.mark.parametrize(
    ("wire", "answer"),
    [
        ("90 41 ff", Answer(Said.TAKEN, 1, b"")),
        ("90 52 ff", Answer(Said.DONE, 2, b"")),
        ("90 50 02 ff", Answer(Said.DONE, 0, b"\x02")),
        ("90 61 41 ff", Answer(Said.REFUSED, 1, b"\x41")),
    ],
)
def test_an_answer_is_taken_done_or_refused(wire: str, answer: Answer) -> None:
    assert visca.answer(bytes.fromhex(wire)) == answer


@pytest.mark.parametrize(
    "wire",
    ["", "90 ff", "81 41 ff", "90 31 ff", "90 41 00", "90 50 ff ff", "90" + " 50" * 20 + " ff"],
)
def test_what_is_no_answer_is_a_failure(wire: str) -> None:
    with pytest.raises(DeviceFailure):
        visca.answer(bytes.fromhex(wire))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (b"\x01", BadParameter),
        (b"\x02", Unsupported),
        (b"\x03", DeviceBusy),
        (b"\x04", Superseded),
        (b"\x05", DeviceFailure),
        (b"\x41", DeviceBusy),
        (b"\x77", DeviceFailure),
        (b"", DeviceFailure),
    ],
)
def test_a_refusal_is_an_error(code: bytes, error: type[DriverError]) -> None:
    assert type(visca.refusal(Answer(Said.REFUSED, 0, code))) is error


def test_the_power_is_on_or_off() -> None:
    assert visca.powered(b"\x02")
    assert not visca.powered(b"\x03")
    with pytest.raises(DeviceFailure):
        visca.powered(b"\x04")


@pytest.mark.parametrize(("pan", "tilt"), [(0, 0), (2448, -432), (-32768, 32767), (-1, 1)])
def test_a_position_survives_the_wire(pan: int, tilt: int) -> None:
    assert visca.position(visca.nibbles(pan) + visca.nibbles(tilt)) == (pan, tilt)


@pytest.mark.parametrize("data", ["", "00 00 00", "10 00 00 00", "00 00 00 00 00"])
def test_a_number_is_four_nibbles(data: str) -> None:
    with pytest.raises(DeviceFailure):
        visca.number(bytes.fromhex(data))


def test_a_position_is_two_numbers() -> None:
    with pytest.raises(DeviceFailure):
        visca.position(b"\x00" * 4)
