import pytest

from rooms.drivers.port import AuthFailed, DeviceFailure, DeviceUnreachable, DriverError
from rooms.drivers.wire import mqtt
from rooms.drivers.wire.mqtt import Message, Packet, Packets


@pytest.mark.parametrize(
    ("packet", "wire"),
    [
        (mqtt.connect("a"), "10 0d 00 04 4d 51 54 54 04 02 00 3c 00 01 61"),
        (
            mqtt.connect("a", "u", "p"),
            "10 13 00 04 4d 51 54 54 04 c2 00 3c 00 01 61 00 01 75 00 01 70",
        ),
        (mqtt.connect("a", "u"), "10 10 00 04 4d 51 54 54 04 82 00 3c 00 01 61 00 01 75"),
        (mqtt.subscribe(1, ("a/b",)), "82 08 00 01 00 03 61 2f 62 01"),
        (mqtt.publish(258, "t", b"ON"), "32 07 00 01 74 01 02 4f 4e"),
        (mqtt.acknowledge(7), "40 02 00 07"),
    ],
)
def test_a_packet_is_what_the_standard_says(packet: bytes, wire: str) -> None:
    assert packet.hex(" ") == wire


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 200_000])
def test_packets_of_any_size_survive_the_wire_in_pieces(size: int) -> None:
    data = mqtt.publish(1, "t", b"x" * size) + mqtt.acknowledge(2)
    packets = Packets()
    step = max(1, len(data) // 7)
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    found = [packet for piece in pieces for packet in packets.feed(piece)]
    assert [packet.kind for packet in found] == [mqtt.PUBLISH, mqtt.PUBACK]
    assert mqtt.message(found[0]) == Message("t", b"x" * size, 1)
    assert mqtt.number_of(found[1]) == 2


def test_bytes_that_are_no_packet_are_a_failure() -> None:
    with pytest.raises(DeviceFailure):
        list(Packets().feed(b"\x30\xff\xff\xff\xff"))
    with pytest.raises(DeviceFailure):
        list(Packets().feed(b"\x30\xff\xff\xff\x7f"))


@pytest.mark.parametrize(
    ("packet", "error"),
    [
        (Packet(mqtt.CONNACK, 0, b"\x00\x05"), AuthFailed),
        (Packet(mqtt.CONNACK, 0, b"\x00\x04"), AuthFailed),
        (Packet(mqtt.CONNACK, 0, b"\x00\x03"), DeviceUnreachable),
        (Packet(mqtt.CONNACK, 0, b""), DeviceFailure),
        (Packet(mqtt.PUBLISH, 0, b"\x00\x00"), DeviceFailure),
    ],
)
def test_a_broker_may_refuse(packet: Packet, error: type[DriverError]) -> None:
    with pytest.raises(error):
        mqtt.check_welcome(packet)


def test_a_broker_may_welcome() -> None:
    mqtt.check_welcome(Packet(mqtt.CONNACK, 0, b"\x01\x00"))


def test_what_needs_no_answer_has_no_number() -> None:
    assert mqtt.message(Packet(mqtt.PUBLISH, 1, b"\x00\x01tON")) == Message("t", b"ON", 0)


@pytest.mark.parametrize(
    ("flags", "body"),
    [(0, b"\x00\x09t"), (2, b"\x00\x01t\x00"), (4, b"\x00\x01t\x00\x01"), (0, b"")],
)
def test_a_message_cut_short_is_a_failure(flags: int, body: bytes) -> None:
    with pytest.raises(DeviceFailure):
        mqtt.message(Packet(mqtt.PUBLISH, flags, body))


def test_a_topic_is_text() -> None:
    with pytest.raises(DeviceFailure):
        mqtt.message(Packet(mqtt.PUBLISH, 0, b"\x00\x02\xff\xfe"))
