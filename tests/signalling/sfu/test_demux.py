import pytest

from signalling.sfu.demux import MOST_SSRCS, Demux, Section, Whose
from signalling.sfu.packet import Packet, one_byte_block

MID, RID, REPAIRED = 4, 10, 11
SOUND = Section(mid="0", payload_types=frozenset({111, 63}), mid_id=MID, ssrcs={7: False})
CAMERA = Section(
    mid="1",
    payload_types=frozenset({96}),
    rtx_payload_type=97,
    mid_id=MID,
    rid_id=RID,
    repaired_id=REPAIRED,
    rids=("q", "h"),
    ssrcs={90: False},
)
SCREEN = Section(
    mid="2",
    payload_types=frozenset({96}),
    rtx_payload_type=97,
    mid_id=MID,
    ssrcs={20: False, 21: True},
)


def packet(ssrc: int, kind: int = 96, **told: str) -> Packet:
    ids = {"mid": MID, "rid": RID, "repaired": REPAIRED}
    block = one_byte_block([(ids[name], value.encode()) for name, value in told.items()])
    return Packet(
        payload_type=kind,
        sequence=1,
        timestamp=1,
        ssrc=ssrc,
        payload=b"",
        profile=0xBEDE if block else 0,
        extension=block[4:],
    )


def demux(*sections: Section) -> Demux:
    made = Demux()
    made.agree(sections)
    return made


@pytest.mark.parametrize(
    ("heard", "whose"),
    [
        (packet(7, 111), Whose("0", 0, False)),
        (packet(8, 63), Whose("0", 0, False)),
        (packet(20), Whose("2", 0, False)),
        (packet(21, 97), Whose("2", 0, True)),
        (packet(5, mid="1", rid="q"), Whose("1", 0, False)),
        (packet(5, mid="1", rid="h"), Whose("1", 1, False)),
        (packet(5, 97, mid="1", repaired="h"), Whose("1", 1, True)),
        (packet(5, mid="2"), Whose("2", 0, False)),
        (packet(5, 97, mid="2"), Whose("2", 0, True)),
        (packet(5, mid="1", rid="x"), None),
        (packet(5, mid="1"), None),
        (packet(5, mid="9"), None),
        (packet(5), None),
        (packet(5, 100), None),
        (packet(90), None),
    ],
)
def test_a_packet_is_told_by_ssrc_then_by_ids_then_by_payload_type(
    heard: Packet, whose: Whose | None
) -> None:
    assert demux(SOUND, CAMERA, SCREEN).find(heard) == whose


def test_what_ids_have_told_is_remembered_when_they_are_told_no_more() -> None:
    table = demux(SOUND, CAMERA, SCREEN)
    table.find(packet(50, mid="1", rid="h"))
    assert table.known(50) == table.find(packet(50)) == Whose("1", 1, False)
    # Also over a further offer, as long as the m-line goes on with as many layers.
    table.agree([SOUND, CAMERA])
    assert table.known(50) == Whose("1", 1, False)
    assert table.known(20) is None
    table.agree([SOUND, Section(mid="1", payload_types=frozenset({96}), rids=("q",), ssrcs={})])
    assert table.known(50) is None


def test_one_m_line_of_a_payload_type_needs_no_ids() -> None:
    bare = Section(mid="1", payload_types=frozenset({96}), ssrcs={})
    assert demux(bare).find(packet(5)) == Whose("1", 0, False)
    # A simulcast without ids could be any of its layers.
    layered = Section(mid="1", payload_types=frozenset({96}), rids=("q", "h"), ssrcs={})
    assert demux(layered).find(packet(5, mid="1", rid="q")) is None


def test_a_flood_of_ssrcs_ends() -> None:
    table = demux(SCREEN)
    for ssrc in range(100, 100 + MOST_SSRCS):
        table.find(packet(ssrc))
    assert table.find(packet(9999)) is None
    assert table.find(packet(100)) is not None
