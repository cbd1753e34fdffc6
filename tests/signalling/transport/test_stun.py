import pytest
from aioice import stun as other
from hypothesis import given
from hypothesis import strategies as st

from signalling.transport.ice_lite import IceLite, candidate_lines, new_credentials
from signalling.transport.stun import BadStun, parse_request, request, success

TRANSACTION = b"123456789012"
HERE = ("192.0.2.7", 4000)


def test_a_browsers_check_is_read_and_its_signature_told_from_a_forged_one() -> None:
    message = other.Message(
        message_method=other.Method.BINDING,
        message_class=other.Class.REQUEST,
        transaction_id=TRANSACTION,
        attributes={"USERNAME": "ours:theirs", "PRIORITY": 1, "USE-CANDIDATE": None},
    )
    message.add_message_integrity(b"secret")
    read = parse_request(bytes(message))
    assert (read.ufrag, read.peer, read.nominated) == ("ours", "theirs", True)
    assert read.signed_by("secret")
    assert not read.signed_by("another")


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_the_answer_says_where_the_check_came_from(host: str) -> None:
    answer = other.parse_message(success(TRANSACTION, (host, 4000), "secret"))
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (host, 4000)
    assert answer.check_message_integrity(b"secret")


def test_only_a_check_of_ours_gets_an_answer_and_it_is_not_larger_by_much() -> None:
    ice: IceLite[str] = IceLite()
    ours = new_credentials()
    ice.add(ours, "the leg")
    good = request(TRANSACTION, f"{ours.ufrag}:them", ours.password, nominate=True)
    checked = ice.check(good, HERE)
    assert checked is not None
    assert (checked.owner, checked.nominated) == ("the leg", True)
    assert len(checked.answer) <= len(good)
    assert ice.check(request(TRANSACTION, "who:them", ours.password), HERE) is None
    assert ice.check(request(TRANSACTION, f"{ours.ufrag}:them", "wrong"), HERE) is None
    assert ice.check(b"\0\1", HERE) is None
    ice.forget(ours)
    ice.forget(ours)
    assert ice.check(good, HERE) is None


def test_candidates_are_told_best_first() -> None:
    first, second, last = candidate_lines(["192.0.2.7", "127.0.0.1"], 8189)
    assert first == "a=candidate:1 1 udp 2130706431 192.0.2.7 8189 typ host"
    assert int(second.split()[3]) < 2130706431
    assert last == "a=end-of-candidates"


def test_the_same_port_is_told_for_tcp_too_after_udp() -> None:
    lines = candidate_lines(["192.0.2.7", "2001:db8::7"], 8189, tcp=True)
    alone = candidate_lines(["127.0.0.1"], 8189, tcp=True)
    assert [line.split()[2] for line in alone[:-1]] == ["udp", "tcp"]
    both = candidate_lines(["192.0.2.7", "127.0.0.1"], 8189, tcp=True)
    assert [line.split()[4] for line in both[:-1]] == ["192.0.2.7", "127.0.0.1", "192.0.2.7"]
    assert [line.split()[2] for line in lines[:-1]] == ["udp", "udp", "tcp", "tcp"]
    assert lines[2].endswith(" 192.0.2.7 8189 typ host tcptype passive")
    assert len({line.split()[0] for line in lines}) == 5
    priorities = [int(line.split()[3]) for line in lines[:-1]]
    assert priorities == sorted(priorities, reverse=True)


def test_the_link_of_an_address_is_not_told() -> None:
    answer = other.parse_message(success(TRANSACTION, ("fe80::1%eth0", 4000, 0, 2), "secret"))
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("fe80::1", 4000)


GOOD = request(TRANSACTION, "ours:theirs", "secret", nominate=True)
# The fingerprint, eight bytes at the end, is not covered by the signature.
SIGNED = len(GOOD) - 8


@given(st.integers(0, SIGNED - 1), st.integers(0, 255))
def test_no_changed_byte_passes_for_signed(at: int, value: int) -> None:
    changed = GOOD[:at] + bytes([value]) + GOOD[at + 1 :]
    try:
        read = parse_request(changed)
    except BadStun:
        return
    assert changed == GOOD or not read.signed_by("secret")


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_quietly(data: bytes) -> None:
    for start in (b"", GOOD[:20], GOOD[:48], b"\0\1" + len(data).to_bytes(2, "big") + GOOD[4:20]):
        with pytest.raises(BadStun):
            parse_request(start + data)


def test_a_huge_message_is_not_looked_at() -> None:
    with pytest.raises(BadStun, match="length"):
        parse_request(GOOD + bytes(1000))
