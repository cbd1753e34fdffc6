"""What an engine does with a publisher's packets, and what it asks of him (media, D and E)."""

import asyncio
from itertools import pairwise

from signalling.engine import Kind, LegState
from signalling.sfu.rtcp import KeyframeRequest, Nack, ReceiverReport, Remb, picture_loss
from tests.fakes.by_hand import (
    AUDIO_SSRC,
    MID,
    REPAIRED,
    RTX,
    RTX_SSRC,
    SDES,
    Hall,
    pulse,
    quiet,
)
from tests.fakes.media import until
from tests.fakes.packets import as_rtx, padding
from tests.signalling.conformance.conftest import SESSION

FEEDBACK = 205


async def test_a_layer_is_told_by_its_id_and_remembered_when_that_is_said_no_more(
    home: Hall,
) -> None:
    anne = await home.sender(rids=("q", "h"))
    bruno = await home.receiver(anne.track(Kind.VIDEO))
    await bruno.look(anne.track(Kind.VIDEO), 180)
    await pulse(lambda: anne.shoot(0, 1), lambda: len(bruno.got) > 4, "the first pictures")
    before = len(bruno.heard_of(anne.track(Kind.VIDEO)))
    for _ in range(5):
        anne.shoot(ids=False)
    heard = await bruno.hears(anne.track(Kind.VIDEO), before + 10)
    numbers = [packet.sequence for packet in heard]
    assert [(b - a) & 0xFFFF for a, b in zip(numbers, numbers[1:], strict=False)] == [1] * (
        len(numbers) - 1
    )


async def test_a_repeat_is_undone_and_an_empty_one_is_nothing(home: Hall) -> None:
    anne = await home.sender(rids=("q",))
    bruno = await home.receiver(anne.track(Kind.VIDEO))
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) > 4, "the first pictures")
    [camera] = anne.cameras
    first, lost, last = camera(3)
    before = len(await bruno.hears(anne.track(Kind.VIDEO), 5))
    anne.send([first, last])
    await until(lambda: anne.told(Nack) != [], "a NACK")
    named = [(MID, b"1"), (REPAIRED, b"q")]
    empty = as_rtx(lost, RTX_SSRC, RTX, 1)
    empty.payload = b""
    anne.put(empty, named)
    anne.put(as_rtx(lost, RTX_SSRC, RTX, 2), named)
    await until(
        lambda: lost.payload in {p.payload for p in bruno.heard_of(anne.track(Kind.VIDEO))},
        "the lost packet",
    )
    heard = bruno.heard_of(anne.track(Kind.VIDEO))[before:]
    assert len({packet.sequence for packet in heard}) == len(heard)


async def test_what_is_lost_is_asked_for_at_once_then_in_patience_and_not_for_ever(
    home: Hall,
) -> None:
    anne = await home.sender()
    [camera] = anne.cameras
    anne.shoot(0)
    _, lost, _ = packets = camera(3)
    anne.send([packets[0], packets[2]])
    await until(lambda: anne.told(Nack) != [], "a first NACK")
    assert anne.told(Nack)[0].lost == (lost.sequence,)
    assert anne.told(Nack)[0].media == camera.ssrc
    # Nobody answers: it gives up, and has never asked in a burst.
    await asyncio.sleep(2.2)
    asked = [at for at, report in anne.reports if isinstance(report, Nack)]
    await quiet(0.5)
    assert len([r for r in anne.told(Nack)]) == len(asked) <= 10
    assert all(b - a >= 0.015 for a, b in zip(asked, asked[1:], strict=False))


async def test_a_sound_is_asked_for_while_it_can_be_heard_and_silence_is_no_loss(
    home: Hall,
) -> None:
    anne = await home.sender()
    bruno = await home.receiver(anne.track(Kind.AUDIO))
    await pulse(anne.speak, lambda: len(bruno.got) > 3, "the first sounds")
    number = anne.speak(skipped=2).sequence
    await until(lambda: bool(anne.told(Nack)), "it is asked for")
    await asyncio.sleep(0.5)  # DTX: nothing is sent
    asked = len(anne.told(Nack))
    gone = {number - 1, number - 2}
    assert all(set(one.lost) <= gone for one in anne.told(Nack))
    before = len(bruno.got)
    last = anne.speak(b"\xf8again")
    await bruno.hears(anne.track(Kind.AUDIO), before + 1)
    assert bruno.heard_of(anne.track(Kind.AUDIO))[-1].payload == last.payload
    assert len(anne.told(Nack)) == asked


async def test_a_publisher_is_told_how_he_is_received_and_by_whom(home: Hall) -> None:
    anne = await home.sender()
    await pulse(
        lambda: (anne.shoot(0), anne.speak()),
        lambda: any(r.blocks for r in anne.told(ReceiverReport)),
        "a report",
    )
    blocks = {block.ssrc for report in anne.told(ReceiverReport) for block in report.blocks}
    assert blocks <= {AUDIO_SSRC, anne.cameras[0].ssrc}
    assert anne.parts(SDES)
    assert anne.told(Remb)


async def test_arrivals_are_told_ten_times_a_second_and_then_no_estimate(home: Hall) -> None:
    anne = await home.sender(twcc=True)
    bruno = await home.receiver(anne.track(Kind.VIDEO))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await pulse(lambda: (anne.shoot(0), anne.speak()), lambda: loop.time() > began + 1.5, "")
    told = [part for part in anne.parts(FEEDBACK) if part[0] & 31 == 15]
    assert 5 <= len(told) <= 30
    # Each names a stream of the leg: a browser passes over what names none.
    known = {AUDIO_SSRC, anne.cameras[0].ssrc}
    assert {int.from_bytes(part[8:12], "big") for part in told} <= known
    first = [int.from_bytes(part[12:14], "big") for part in told]
    counts = [int.from_bytes(part[14:16], "big") for part in told]
    assert first[0] == 0
    assert all(a + n <= b for a, n, b in zip(first, counts, first[1:], strict=False))
    assert anne.told(Remb) == []
    # Downward it is the other way about: the browser estimates, we tell no arrivals.
    assert bruno.offered is not None
    assert "transport-wide" not in bruno.offered.sdp


async def test_requests_of_many_become_one_and_are_not_repeated_sooner_than_allowed(
    home: Hall,
) -> None:
    anne = await home.sender(rids=("q", "h"))
    picture = anne.track(Kind.VIDEO)
    anne.shoot(0, 1)
    watching = [await home.receiver(picture, participant=f"pa-{n}") for n in range(3)]
    for one in watching:
        await one.look(picture, 360)
    await pulse(
        lambda: anne.shoot(0, 1), lambda: all(len(one.got) > 4 for one in watching), "pictures"
    )
    await asyncio.sleep(1.1)
    anne.reports.clear()
    for _ in range(10):
        for one in watching:
            one.tell(picture_loss(1, one.ssrcs(picture)[0]))
    await until(lambda: anne.told(KeyframeRequest) != [], "a request")
    [media] = {report.media for report in anne.told(KeyframeRequest)}
    assert len(media) == 1

    def times() -> list[float]:
        return [at for at, report in anne.reports if isinstance(report, KeyframeRequest)]

    # It was not answered: it comes again, each time later, up to twice a second.
    await until(lambda: len(times()) > 5, "asked again and again")
    gaps = [after - before for before, after in pairwise(times())]
    assert sum(gaps[:3]) >= 0.6
    assert sum(gaps[3:5]) >= 0.9


async def test_a_request_that_may_be_lost_is_repeated_until_it_is_answered(home: Hall) -> None:
    anne = await home.sender(rids=("q", "h"))
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    await bruno.look(picture, 180)
    await pulse(lambda: anne.shoot(0, 1), lambda: len(bruno.got) > 4, "pictures")
    await asyncio.sleep(0.6)
    anne.reports.clear()
    bruno.tell(picture_loss(1, bruno.ssrcs(picture)[0]))
    await until(lambda: len(anne.told(KeyframeRequest)) > 1, "asked twice")
    anne.shoot(0, 1)
    await quiet(0.3)
    anne.reports.clear()
    await quiet(1.2)
    assert anne.told(KeyframeRequest) == []


async def test_a_full_intra_request_is_a_request_too(home: Hall) -> None:
    anne = await home.sender()
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    await pulse(lambda: anne.shoot(0), lambda: len(bruno.got) > 4, "pictures")
    await asyncio.sleep(0.6)
    anne.reports.clear()
    ssrc = bruno.ssrcs(picture)[0]
    fir = bytes((0x84, 206, 0, 4)) + (1).to_bytes(4, "big") + bytes(4)
    bruno.tell(fir + ssrc.to_bytes(4, "big") + b"\x07\0\0\0")
    await until(lambda: anne.told(KeyframeRequest) != [], "it is passed on")
    assert anne.told(KeyframeRequest)[0].media == (anne.cameras[0].ssrc,)


async def test_packets_of_nobody_cost_nobody_anything(home: Hall) -> None:
    anne = await home.sender(rids=("q", "h"))
    bruno = await home.receiver(anne.track(Kind.VIDEO))
    await pulse(lambda: anne.shoot(0, 1), lambda: len(bruno.got) > 4, "pictures")
    [camera, _] = anne.cameras
    strange = camera()[0]
    strange.ssrc = 0xDEAD
    before = len(bruno.got)
    anne.put(strange, [(MID, b"7")])
    strange.payload_type = 5
    anne.put(strange, [(MID, b"1")])
    anne.put(padding(camera), [(MID, b"1")])
    broken = camera()[0]
    broken.payload = b"\x90"
    anne.put(broken, [(MID, b"1")])
    await quiet()
    assert len(bruno.heard_of(anne.track(Kind.VIDEO))) <= before
    anne.shoot(0, 1)
    await until(lambda: len(bruno.got) > before, "it goes on")
    [member] = [
        m
        for m in (await home.engine.state()).sessions[SESSION]
        if m.participant == anne.participant
    ]
    assert [leg.state for leg in member.legs] == [LegState.CONNECTED]
    assert member.legs[0].counts["refused"] >= 1
