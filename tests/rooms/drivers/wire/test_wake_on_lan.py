import pytest

from rooms.drivers.port import BadParameter
from rooms.drivers.wire.wake_on_lan import address, magic_packet


@pytest.mark.parametrize("text", ["00:11:22:aa:BB:cc", "00-11-22-AA-bb-CC"])
def test_an_address_is_written_in_two_ways(text: str) -> None:
    assert address(text) == bytes.fromhex("001122aabbcc")


@pytest.mark.parametrize("text", ["", "001122aabbcc", "00:11:22:aa:bb", "00:11-22:aa:bb:cc", "zz"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(BadParameter):
        address(text)


def test_the_packet_is_what_network_cards_look_for() -> None:
    packet = magic_packet(b"\x00\x11\x22\xaa\xbb\xcc")
    assert len(packet) == 102
    assert packet[:6] == b"\xff" * 6
    assert packet[6:] == b"\x00\x11\x22\xaa\xbb\xcc" * 16
