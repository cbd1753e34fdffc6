import pytest

from rooms.drivers.port import DeviceBusy, DeviceFailure, DeviceUnreachable
from rooms.drivers.wire import visca_ip
from rooms.drivers.wire.visca import Answer, Said
from rooms.drivers.wire.visca_ip import Exchange, Packet, parse

GOTO = Packet(visca_ip.COMMAND, 7, b"\x81\x01\x06\x04\xff")


def reply(wire: str, sequence: int = 7) -> Packet:
    return Packet(visca_ip.REPLY, sequence, bytes.fromhex(wire))


def test_a_packet_survives_the_wire() -> None:
    assert bytes(GOTO).hex(" ") == "01 00 00 05 00 00 00 07 81 01 06 04 ff"
    assert parse(bytes(GOTO)) == GOTO


@pytest.mark.parametrize(
    "wire", ["", "01 11 00 05", "01 11 00 00 00 00 00 01", "01 11 00 09 00 00 00 01 90 41 ff"]
)
def test_what_is_no_packet_is_a_failure(wire: str) -> None:
    with pytest.raises(DeviceFailure):
        parse(bytes.fromhex(wire))


def test_a_packet_longer_than_a_message_can_be_is_a_failure() -> None:
    with pytest.raises(DeviceFailure):
        parse(bytes(Packet(visca_ip.REPLY, 1, b"\x90" * 17)))


def test_a_message_is_repeated_under_its_number_until_it_is_given_up() -> None:
    exchange = Exchange(GOTO, now=100.0)
    for attempt in range(5):
        now = 100.0 + attempt * 0.25
        assert exchange.to_send(now) == bytes(GOTO)
        assert exchange.to_send(now + 0.1) is None
    with pytest.raises(DeviceUnreachable):
        exchange.to_send(101.25)
    assert exchange.sent == 5


def test_what_is_taken_is_waited_for_and_asked_after() -> None:
    exchange = Exchange(GOTO, now=0.0)
    exchange.to_send(0.0)
    assert exchange.receive(reply("90 42 ff"), 0.1) is None
    assert exchange.taken
    assert exchange.socket == 2
    assert exchange.to_send(1.0) is None
    for second in range(1, 30):
        assert exchange.to_send(0.1 + second) == bytes(GOTO)
    assert exchange.receive(reply("90 52 ff"), 31.0) == Answer(Said.DONE, 2, b"")


def test_answers_to_something_else_are_not_ours() -> None:
    exchange = Exchange(GOTO, now=0.0)
    assert exchange.receive(reply("90 51 ff", sequence=6), 0.0) is None
    assert exchange.receive(Packet(visca_ip.CONTROL_REPLY, 7, b"\x01"), 0.0) is None
    assert not exchange.taken


def test_a_refusal_is_raised() -> None:
    with pytest.raises(DeviceBusy):
        Exchange(GOTO, now=0.0).receive(reply("90 60 41 ff"), 0.0)


def test_the_sequence_is_reset_by_a_control_message() -> None:
    exchange = Exchange(Packet(visca_ip.CONTROL, 0, visca_ip.RESET), now=0.0)
    assert exchange.receive(reply("90 41 ff", sequence=0), 0.0) is None
    done = exchange.receive(Packet(visca_ip.CONTROL_REPLY, 0, b"\x01"), 0.0)
    assert done == Answer(Said.DONE, 0, b"")
