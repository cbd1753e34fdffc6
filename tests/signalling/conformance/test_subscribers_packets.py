"""What a subscriber is sent: one stream of his own without seams (media, F, G and H)."""

import asyncio
from collections.abc import Sequence

import pytest

from signalling.engine import Kind
from signalling.sfu.packet import Packet, extension_of
from signalling.sfu.rtcp import Block, Bye, KeyframeRequest, SenderReport, nack, receiver_report
from signalling.sfu.vp8 import parse_vp8
from tests.fakes.by_hand import SDES, Hall, Receiver, Sender, pulse, quiet
from tests.fakes.media import until
from tests.fakes.packets import padding

MID_ID, LEVEL_ID, STAMP_ID = 1, 2, 3


def without_seam(heard: Sequence[Packet]) -> None:
    """Numbers without a hole, time never backwards, each picture numbered one more."""
    for before, after in zip(heard, heard[1:], strict=False):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31
        one, two = parse_vp8(before.payload), parse_vp8(after.payload)
        new = after.timestamp != before.timestamp
        assert (two.number - one.number) & 0x7FFF == new
        assert (two.tl0 - one.tl0) & 0xFF <= new
        assert (two.key_index - one.key_index) & 31 <= new


async def seen(anne: Sender, bruno: Receiver, height: int) -> None:
    """Look at that height until a key picture of it has come."""
    picture = anne.track(Kind.VIDEO)
    await bruno.look(picture, height)

    def come() -> bool:
        heights = [parse_vp8(p.payload).height for p in bruno.heard_of(picture)[-200:]]
        return [one for one in heights if one][-1:] == [height]

    # A key picture whenever one is asked for, as a browser does.
    def shoot() -> None:
        asked = {ssrc for report in anne.told(KeyframeRequest) for ssrc in report.media}
        anne.reports.clear()
        anne.shoot(*(n for n, camera in enumerate(anne.cameras) if camera.ssrc in asked))

    await pulse(shoot, come, f"a picture of {height}")


async def test_a_change_of_layer_begins_with_a_key_picture_and_leaves_no_seam(home: Hall) -> None:
    anne = await home.sender(rids=("q", "h", "f"))
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    anne.shoot(0, 1, 2)
    anne.clocks(3 / 90)
    for height in (180, 360, 180, 720, 360):
        await seen(anne, bruno, height)
    await quiet()
    heard = bruno.heard_of(picture)
    assert {packet.ssrc for packet in heard} == {bruno.ssrcs(picture)[0]}
    without_seam(heard)
    # Where the height changes, there is a key picture.
    heights = [p.height for p in (parse_vp8(h.payload) for h in heard) if p.key]
    assert {180, 360, 720} <= set(heights)


async def test_the_first_number_is_low_and_markers_and_pictures_stay_whole(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) >= 8, "pictures")
    heard = bruno.heard_of(picture)
    assert heard[0].sequence < 0x8000
    pictures: dict[int, list[Packet]] = {}
    for packet in heard:
        pictures.setdefault(packet.timestamp, []).append(packet)
    for packets in list(pictures.values())[:-1]:
        assert [bool(packet.marker) for packet in packets] == [False, True]
        assert parse_vp8(packets[0].payload).start


async def test_padding_is_kept_from_subscribers_and_leaves_no_hole(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) >= 4, "pictures")
    for _ in range(3):
        anne.send([padding(anne.cameras[0])])
        anne.shoot()
    await bruno.hears(picture, 8)
    await quiet()
    heard = bruno.heard_of(picture)
    assert all(packet.payload for packet in heard)
    without_seam(heard)


async def test_extensions_are_his_and_the_publishers_own_are_not_passed_on(home: Hall) -> None:
    anne = await home.sender(rids=("q",), twcc=True)
    picture, sound = anne.track(Kind.VIDEO), anne.track(Kind.AUDIO)
    bruno = await home.receiver(picture, sound)
    plain = await home.receiver(
        picture, sound, participant="pa-plain", without=("abs-send-time", "audio-level")
    )
    await pulse(
        lambda: (anne.shoot(0), anne.speak()),
        lambda: all(r.heard_of(t) for r in (bruno, plain) for t in (picture, sound)),
        "all of it",
    )
    shown, heard = bruno.heard_of(picture)[-1], bruno.heard_of(sound)[-1]
    assert extension_of(shown, MID_ID) == b"0"
    assert extension_of(heard, MID_ID) == b"1"
    assert extension_of(heard, LEVEL_ID) == b"\x1e"
    for packet in (shown, heard):
        assert len(extension_of(packet, STAMP_ID) or b"") == 3
        assert all(extension_of(packet, number) is None for number in range(4, 15))
    bare = plain.heard_of(sound)[-1]
    assert extension_of(bare, MID_ID) == b"1"
    assert extension_of(bare, STAMP_ID) is extension_of(bare, LEVEL_ID) is None
    assert bare.payload == heard.payload


async def test_who_comes_late_sees_the_last_key_picture_at_once(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    anne.shoot(0)
    for _ in range(10):
        anne.shoot()
    await quiet()
    anne.reports.clear()
    bruno = await home.receiver(picture)
    heard = await bruno.hears(picture, 22)  # while she takes no new one
    assert parse_vp8(heard[0].payload).key
    without_seam(heard)
    # Nobody had to be asked.
    assert anne.told(KeyframeRequest) == []
    anne.shoot()
    without_seam(await bruno.hears(picture, 24))


async def test_a_repeat_is_of_the_right_layer_and_sent_once_in_a_round_trip(
    home: Hall,
) -> None:
    anne = await home.sender(rids=("q", "h"))
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    anne.shoot(0, 1)
    for height in (180, 360):
        await seen(anne, bruno, height)
    heard = bruno.heard_of(picture)[-30:]
    bruno.got.clear()
    wanted = [packet.sequence for packet in heard]
    lost = nack(1, heard[0].ssrc, wanted)
    for _ in range(5):
        bruno.tell(lost)

    def repeated() -> dict[int, Packet]:
        found = {}
        for again in bruno.heard_of(picture, rtx=True):
            if len(again.payload) > 2:
                found[int.from_bytes(again.payload[:2], "big")] = again
        return found

    await until(lambda: set(wanted) <= set(repeated()), "every one of them")
    for packet in heard:
        again = repeated()[packet.sequence]
        assert again.payload[2:] == packet.payload
        assert (again.timestamp, again.marker) == (packet.timestamp, packet.marker)
    await quiet()
    numbers = [
        int.from_bytes(again.payload[:2], "big")
        for again in bruno.heard_of(picture, rtx=True)
        if len(again.payload) > 2
    ]
    # Five questions in an instant: a round trip on loopback lets at most two be answered.
    assert max(numbers.count(number) for number in wanted) <= 2
    sequences = [again.sequence for again in bruno.heard_of(picture, rtx=True)]
    assert len(set(sequences)) == len(sequences)


async def test_what_left_almost_two_seconds_ago_can_still_be_repeated(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) >= 2, "a first picture")
    first = bruno.heard_of(picture)[0]
    began = asyncio.get_running_loop().time()
    await pulse(anne.shoot, lambda: asyncio.get_running_loop().time() - began > 1.9, "")
    bruno.tell(nack(1, first.ssrc, [first.sequence]))
    asked = first.sequence.to_bytes(2, "big")

    def repeated() -> list[bytes]:
        return [p.payload[2:] for p in bruno.heard_of(picture, rtx=True) if p.payload[:2] == asked]

    await until(lambda: bool(repeated()), "a satellite's question comes late")
    assert set(repeated()) == {first.payload}


async def test_who_has_no_repair_stream_gets_the_packet_again_as_it_was(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture, without=("rtx/90000", "apt="))
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) >= 4, "pictures")
    await quiet()
    last = bruno.heard_of(picture)[-1]
    bruno.deaf = 1
    [[lost, _]] = anne.shoot()
    await until(lambda: bruno.deaf == 0, "a loss")
    number = (last.sequence + 1) & 0xFFFF
    bruno.tell(nack(1, last.ssrc, [number]))
    await until(lambda: number in {p.sequence for p in bruno.heard_of(picture)}, "again")
    again = next(p for p in bruno.heard_of(picture) if p.sequence == number)
    assert again.payload == lost.payload
    assert bruno.heard_of(picture, rtx=True) == []


async def test_reports_map_the_publishers_clock_and_one_name_ties_sound_and_picture(
    home: Hall,
) -> None:
    anne = await home.sender(rids=("q", "h"))
    picture, sound = anne.track(Kind.VIDEO), anne.track(Kind.AUDIO)
    bruno = await home.receiver(picture, sound)
    await seen(anne, bruno, 180)
    made = anne.shoot(0, 1)
    anne.clocks(1 / 30)
    ours = bruno.ssrcs(picture)[0]

    def reports() -> list[SenderReport]:
        return [report for report in bruno.told(SenderReport) if report.ssrc == ours]

    await pulse(lambda: (anne.shoot(), anne.speak()), lambda: bool(reports()), "a report")
    [report] = reports()[:1]
    keys = [p for p in bruno.heard_of(picture) if p.payload[6:] == made[0][0].payload[6:]]
    first = keys[-1]
    # That picture was taken a thirtieth before the moment of the publisher's report.
    at_report = (first.timestamp + 3000) & 0xFFFFFFFF
    seconds = (report.ntp - (3_900_000_000 * 30 + 1 << 32) // 30) / (1 << 32)
    ticks = (report.timestamp - at_report) & 0xFFFFFFFF
    assert ticks == pytest.approx(seconds * 90_000, abs=90)
    assert 0 < report.packets <= len(bruno.heard_of(picture))
    names = {part[10 : 10 + part[9]] for part in bruno.parts(SDES)}
    assert names == {str(anne.participant).encode()}


async def test_reports_of_loss_are_shown_and_the_round_trip_is_learned(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    anne.shoot(0)
    anne.clocks(1 / 30)
    ssrc = bruno.ssrcs(picture)[0]

    def answer() -> None:
        anne.shoot()
        told = bruno.told(SenderReport)
        if told:
            block = Block(ssrc=ssrc, fraction=64, lsr=told[-1].ntp >> 16 & 0xFFFFFFFF, dlsr=0)
            bruno.tell(receiver_report(1, [block]))

    async def leg_of_bruno() -> tuple[float, float | None]:
        members = (await home.engine.state()).sessions[home.session]
        [leg] = next(m.legs for m in members if m.participant == bruno.participant)
        return leg.loss, leg.rtt_ms

    for _ in range(90):
        answer()
        await asyncio.sleep(1 / 30)
    loss, rtt = await leg_of_bruno()
    assert loss == pytest.approx(0.25)
    assert rtt is not None


async def test_a_subscriber_is_told_when_all_is_over(home: Hall) -> None:
    anne = await home.sender()
    bruno = await home.receiver(anne.track(Kind.VIDEO))
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) >= 2, "a picture")
    ssrc = bruno.ssrcs(anne.track(Kind.VIDEO))[0]
    await home.engine.remove(home.session, bruno.participant)
    await until(lambda: bruno.told(Bye) != [], "a goodbye")
    assert bruno.told(Bye)[0].sources == (ssrc,)


async def test_a_line_is_used_again_for_another_track(home: Hall) -> None:
    anne, carole = await home.sender(), await home.sender(participant="pa-carole")
    one, two = anne.track(Kind.VIDEO), carole.track(Kind.VIDEO)
    bruno = await home.receiver(one)
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) >= 4, "a first picture")
    await bruno.want()
    assert bruno.offered is not None
    assert "a=inactive" in bruno.offered.sdp
    await bruno.want(two)
    assert [placed.mid for placed in bruno.offered.tracks] == ["0"]
    before = len(bruno.heard_of(two))
    await pulse(
        lambda: carole.shoot(0), lambda: len(bruno.heard_of(two)) > before + 4, "the other's"
    )
    await quiet()
    without_seam(bruno.heard_of(two))
