"""WHIP and WHEP: an encoder and a plain receiver are participants like any other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from blockbuster import BlockBuster

from orchestrator import keys
from rooms.ids import ParticipantId, SessionId
from signalling.engine import EngineBack, Role
from signalling.engines.python import PythonEngine
from signalling.engines.silent import SilentEngine
from signalling.transport.seam import peer_connection
from tests.fakes.media import Picture, Tone, let_aiortc_join, until
from tests.fakes.service import Browser, RunningService, running_service

SDP = {"Content-Type": "application/sdp"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


async def opened(browser: Browser) -> str:
    """A session whose doors are open."""
    now = datetime.now(UTC)
    sent = {
        "title": "Inauguration",
        "kind": "ceremony",
        "rooms": ["meyrueis-visio"],
        "from": (now + timedelta(minutes=10)).isoformat(),
        "to": (now + timedelta(minutes=70)).isoformat(),
    }
    async with browser.post("/api/v1/bookings", sent) as answer:
        assert answer.status == 201, await answer.text()
        session: str = (await answer.json())["booking"]["session"]
    async with browser.post(f"/api/v1/sessions/{session}/open") as answer:
        assert answer.status in (200, 409)  # the clock may have been quicker
    return session


async def place(browser: Browser, session: str, way: str = "publish") -> dict[str, str]:
    sent = {"name": "Caméra de la salle", "way": way}
    async with browser.post(f"/api/v1/sessions/{session}/encoders", sent) as answer:
        assert answer.status == 201, await answer.text()
        made: dict[str, str] = await answer.json()
        return made


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def people(browser: Browser, session: str) -> dict[str, dict[str, Any]]:
    async with browser.get(f"/api/v1/sessions/{session}") as answer:
        media = (await answer.json())["session"]["media"]
    return {one["id"]: one for one in media["participants"]}


async def emptied(browser: Browser, session: str) -> None:
    """Wait until nobody is there."""
    async with asyncio.timeout(20):
        while True:
            if not await people(browser, session):
                return
            await asyncio.sleep(0.01)


async def test_an_encoder_sends_into_the_session_and_leaves_it(service: RunningService) -> None:
    tom = await service.log_in("tom")
    session = await opened(tom)
    made = await place(tom, session)
    nobody, headers = service.browser(), bearing(made["token"]) | SDP
    async with nobody.post(f"/whip/{session}", data="sendrecv video", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (201, "application/sdp")
        assert (await answer.text()).startswith("answer to lg-")
        resource = answer.headers["Location"]
    seen = (await people(tom, session))[made["participant"]]
    assert (seen["name"], seen["kind"], seen["state"]) == (
        "Caméra de la salle",
        "encoder",
        "joined",
    )
    assert [track["kind"] for track in seen["tracks"]] == ["video"]
    async with nobody.request("PATCH", resource, headers=bearing(made["token"])) as answer:
        assert answer.status == 405
    async with nobody.delete(resource, headers=bearing(made["token"])) as answer:
        assert answer.status == 200
    assert await people(tom, session) == {}
    async with nobody.delete(resource, headers=bearing(made["token"])) as answer:
        assert answer.status == 404


async def test_a_receiver_is_sent_the_sound_and_picture_of_a_room(service: RunningService) -> None:
    tom = await service.log_in("tom")
    session = await opened(tom)
    camera, screen = await place(tom, session), await place(tom, session, "receive")
    nobody = service.browser()
    headers = bearing(camera["token"]) | SDP
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        assert answer.status == 201
    headers = bearing(screen["token"]) | SDP
    async with nobody.post(f"/whep/{session}", data="recvonly", headers=headers) as answer:
        assert answer.status == 201
        resource = answer.headers["Location"]
    [(_, participant, leg, offer, asked)] = service.engine.called("receive")
    assert (participant, offer) == (screen["participant"], "recvonly")
    sent = (await people(tom, session))[camera["participant"]]["tracks"]
    assert asked == tuple(track["id"] for track in sent)
    assert resource == f"/whep/{session}/{leg}"
    async with nobody.delete(resource, headers=bearing(screen["token"])) as answer:
        assert answer.status == 200


async def test_a_door_opens_only_to_the_token_made_for_it(service: RunningService) -> None:
    tom, nobody = await service.log_in("tom"), service.browser()
    session = await opened(tom)
    camera, screen = await place(tom, session), await place(tom, session, "receive")
    for door, headers, status in (
        ("whip", {}, 401),
        ("whip", bearing("never-given"), 401),
        ("whip", {"Authorization": "Basic x"}, 401),
        ("whip", bearing(screen["token"]), 403),
        ("whep", bearing(camera["token"]), 403),
    ):
        url = f"/{door}/{session}"
        async with nobody.post(url, data="x", headers=headers | SDP) as answer:
            assert answer.status == status, (door, headers)
            assert answer.content_type == "application/problem+json"
            assert ("WWW-Authenticate" in answer.headers) is (status == 401)
    headers = bearing(camera["token"])
    async with nobody.post("/whip/se-another", data="x", headers=headers | SDP) as answer:
        assert answer.status == 404
    assert service.engine.called("publish") == []


async def test_what_is_no_offer_is_refused_and_takes_no_place(service: RunningService) -> None:
    tom, nobody = await service.log_in("tom"), service.browser()
    session = await opened(tom)
    made = await place(tom, session)
    headers = bearing(made["token"])
    for data, kind, status in (
        (b"", "application/sdp", 422),  # the engine reads no SDP in it
        (b"x", "application/json", 415),
        (b"x" * 60_001, "application/sdp", 413),
    ):
        more = headers | {"Content-Type": kind}
        async with nobody.post(f"/whip/{session}", data=data, headers=more) as answer:
            assert answer.status == status, await answer.text()
    assert await people(tom, session) == {}


async def test_only_who_runs_the_session_gives_places_and_takes_them_back(
    service: RunningService,
) -> None:
    tom, bea, nobody = await service.log_in("tom"), await service.log_in("bea"), service.browser()
    session = await opened(tom)
    made = await place(tom, session)
    url = f"/api/v1/sessions/{session}/encoders"
    async with bea.post(url, {"name": "Caméra", "way": "publish"}) as answer:
        assert answer.status == 404
    async with bea.delete(f"{url}/{made['participant']}") as answer:
        assert answer.status == 404
    headers = bearing(made["token"]) | SDP
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        resource = answer.headers["Location"]
    async with tom.delete(f"{url}/{made['participant']}") as answer:
        assert answer.status == 204
    assert await people(tom, session) == {}
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        assert answer.status == 401
    async with nobody.delete(resource, headers=headers) as answer:
        assert answer.status == 401
    async with tom.delete(f"{url}/pa-unknown") as answer:
        assert answer.status == 404
    given = [await place(tom, session) for _ in range(20)]
    async with tom.post(url, {"name": "Une de trop", "way": "publish"}) as answer:
        assert answer.status == 429
    async with tom.delete(f"{url}/{given[0]['participant']}") as answer:
        assert answer.status == 204
    await place(tom, session)


async def test_who_comes_too_soon_or_too_late_is_told_so(service: RunningService) -> None:
    tom, nobody = await service.log_in("tom"), service.browser()
    start = datetime.now(UTC) + timedelta(hours=5)
    sent = {
        "title": "Conférence",
        "kind": "ceremony",
        "rooms": ["meyrueis-visio"],
        "from": start.isoformat(),
        "to": (start + timedelta(hours=1)).isoformat(),
    }
    async with tom.post("/api/v1/bookings", sent) as answer:
        session = (await answer.json())["booking"]["session"]
    headers = bearing((await place(tom, session))["token"]) | SDP
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        assert answer.status == 403
        assert (await answer.json())["type"].endswith("/not-open-yet")
    async with tom.post(f"/api/v1/sessions/{session}/open") as answer:
        assert answer.status == 200, await answer.text()
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        assert answer.status == 201
    async with tom.post(f"/api/v1/sessions/{session}/end") as answer:
        assert answer.status == 200, await answer.text()
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        assert answer.status == 409
        assert (await answer.json())["type"].endswith("/session-over")


async def test_an_encoder_whose_media_have_gone_is_gone(service: RunningService) -> None:
    tom, nobody = await service.log_in("tom"), service.browser()
    session = await opened(tom)
    made = await place(tom, session)
    headers = bearing(made["token"]) | SDP
    async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
        assert answer.status == 201
    engine, stored = service.engine, (await people(tom, session))[made["participant"]]
    assert stored["publish"]["state"] == "new"
    engine.fail(SessionId(session), ParticipantId(made["participant"]), Role.PUBLISH)
    await emptied(tom, session)


async def test_an_encoder_sends_on_while_the_service_restarts(tmp_path: Path) -> None:
    engine = SilentEngine()
    async with running_service(tmp_path, engine=engine) as service:
        tom, nobody = await service.log_in("tom"), service.browser()
        session = await opened(tom)
        made = await place(tom, session)
        headers = bearing(made["token"]) | SDP
        async with nobody.post(f"/whip/{session}", data="x", headers=headers) as answer:
            resource = answer.headers["Location"]
    engine.emit(EngineBack(fresh=False))
    async with running_service(tmp_path, engine=engine) as service:
        tom, nobody = await service.log_in("tom"), service.browser()
        await until(lambda: keys.SWITCHBOARD in service.app, "the wire")
        assert (await people(tom, session))[made["participant"]]["state"] == "joined"
        async with nobody.delete(resource, headers=bearing(made["token"])) as answer:
            assert answer.status == 200
        assert await people(tom, session) == {}
    assert len(engine.called("publish")) == 1


async def test_a_page_of_another_origin_may_knock(service: RunningService) -> None:
    nobody = service.browser()
    async with nobody.request("OPTIONS", "/whip/se-any") as answer:
        assert answer.headers["Accept-Post"] == "application/sdp"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def offered(pc: RTCPeerConnection, url: str, token: str, browser: Browser) -> str:
    """Do what a WHIP or WHEP client does; the resource."""
    await pc.setLocalDescription(await pc.createOffer())
    sdp, headers = pc.localDescription.sdp, bearing(token) | SDP
    async with browser.http.post(url, data=sdp, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        await pc.setRemoteDescription(RTCSessionDescription(await answer.text(), "answer"))
        return answer.headers["Location"]


async def test_what_an_encoder_sends_is_seen_and_heard_by_a_plain_receiver(
    tmp_path: Path, no_blocking_call: BlockBuster
) -> None:
    let_aiortc_join(no_blocking_call)
    engine = PythonEngine("127.0.0.1", announce=["127.0.0.1"])
    encoder, receiver = peer_connection(), peer_connection()
    seen: dict[str, int] = {}

    async def watch(track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                seen[track.kind] = seen.get(track.kind, 0) + 1

    watching: list[asyncio.Task[None]] = []
    receiver.on("track", lambda track: watching.append(asyncio.create_task(watch(track))))
    async with running_service(tmp_path, engine=engine) as service:
        tom, nobody = await service.log_in("tom"), service.browser()
        session = await opened(tom)
        camera, screen = await place(tom, session), await place(tom, session, "receive")
        for track in (Tone(), Picture()):
            encoder.addTrack(track)
        resource = await offered(encoder, camera["url"], camera["token"], nobody)
        for kind in ("video", "audio", "video"):  # one more than there is to be sent
            receiver.addTransceiver(kind, direction="recvonly")
        await offered(receiver, screen["url"], screen["token"], nobody)
        await until(
            lambda: min(seen.get("audio", 0), seen.get("video", 0)) >= 20,
            f"sound and picture {seen}",
        )
        async with nobody.delete(resource, headers=bearing(camera["token"])) as answer:
            assert answer.status == 200
        assert list(await people(tom, session)) == [screen["participant"]]
        await encoder.close()
        await receiver.close()
        await asyncio.gather(*watching)
    engine.stop()
