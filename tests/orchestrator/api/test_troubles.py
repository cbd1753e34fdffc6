"""What is wrong in a room is said to the people in it, in words, while somebody can tell."""

from pathlib import Path

from orchestrator.api.agent_socket import AGENTS
from orchestrator.presence import Presence
from orchestrator.words import CATALOGUES
from rooms.agent.report import HEALTH, KINDS
from rooms.drivers.port import DeviceUnreachable, Patch
from rooms.ids import RoomId
from tests.fakes.agents import QuickDevice, agent_of, until
from tests.fakes.service import running_service

ROOM = "villefort-visio"


class LostCamera(QuickDevice):
    """Somebody pulled its cable."""

    async def poll(self) -> Patch:
        raise DeviceUnreachable("gone")


def test_every_ailment_an_agent_may_report_has_its_sentence() -> None:
    named = {f"trouble-device_lost-{kind}" for kind in KINDS}
    keys = {f"trouble-{key}" for key in HEALTH} | named
    assert keys - CATALOGUES["fr"].keys() == set()


async def test_the_screen_of_a_room_is_told_of_a_lost_camera_in_its_language(
    tmp_path: Path,
) -> None:
    async with running_service(tmp_path) as service:
        screen = await service.screen(ROOM)
        camera = LostCamera("camera")

        async def told(language: str) -> list[str]:
            headers = {"Authorization": f"Bearer {screen}", "Accept-Language": language}
            path = f"/api/v1/rooms/{ROOM}/state"
            async with service.browser().get(path, headers=headers) as answer:
                assert answer.status == 200
                return list((await answer.json())["troubles"])

        assert await told("fr") == []
        async with agent_of(service, ROOM, [camera], tmp_path / "agent"):
            hub = service.app[AGENTS]
            await until(lambda: (report := hub.report_of(RoomId(ROOM))) and report.health)
            assert await told("fr") == [CATALOGUES["fr"]["trouble-device_lost-camera"]]
            assert await told("en") == [CATALOGUES["en"]["trouble-device_lost-camera"]]
            await until(lambda: hub.presence.of(RoomId(ROOM)) is Presence.ONLINE)
        await until(lambda: hub.presence.of(RoomId(ROOM)) is not Presence.ONLINE)
        assert await told("fr") == []
