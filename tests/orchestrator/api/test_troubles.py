"""What is wrong in a room is said to the people in it, in words, while somebody can tell."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection

from orchestrator.alerts import camera_still, microphone_silent, told_by_screen
from orchestrator.alerts.seen import Alert, Standing
from orchestrator.alerts.watch import ALERTS, Alerts
from orchestrator.api.agent_socket import AGENTS
from orchestrator.keys import DATABASE
from orchestrator.presence import Presence
from orchestrator.settings.targets import Target
from orchestrator.store import mails, people, rooms
from orchestrator.words import CATALOGUES
from rooms.agent.report import HEALTH, KINDS
from rooms.drivers.port import DeviceUnreachable, Patch
from rooms.ids import RoomId
from rooms.state import DEFAULT_STATE, HealthEntry
from tests.fakes.agents import QuickDevice, agent_of, until
from tests.fakes.service import RunningService, running_service
from tests.orchestrator.alerts.helpers import NINE, need

ROOM = "villefort-visio"
ANNES = Target(id="annes", kind="ntfy", url="", person="anne")
BOARD = Target(id="board", kind="webhook", url="")


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


async def troubles(service: RunningService, screen: str, language: str = "fr") -> list[str]:
    headers = {"Authorization": f"Bearer {screen}", "Accept-Language": language}
    async with service.browser().get(f"/api/v1/rooms/{ROOM}/state", headers=headers) as answer:
        assert answer.status == 200
        return list((await answer.json())["troubles"])


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        (told_by_screen, "no_camera"),
        (microphone_silent, "microphone_silent"),
        (camera_still, "camera_still"),
    ],
)
async def test_the_screen_says_what_is_wrong_with_its_devices_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, condition: ModuleType, key: str
) -> None:
    monkeypatch.setattr(condition, "PATIENCE", timedelta(0))
    async with running_service(tmp_path) as service:
        screen = await service.screen(ROOM)

        async def reports(version: int, *keys: str) -> None:
            health = tuple(HealthEntry(key=key, text="…") for key in keys)
            document = replace(DEFAULT_STATE, health=health).to_json()

            def keep(conn: Connection) -> None:
                rooms.keep_state(conn, NINE, RoomId(ROOM), version, document)

            await service.app[DATABASE].write(keep)
            await service.app[ALERTS].look()

        await reports(1, key)
        assert await troubles(service, screen) == [CATALOGUES["fr"][f"trouble-{key}"]]
        assert await troubles(service, screen, "en") == [CATALOGUES["en"][f"trouble-{key}"]]
        await reports(2)
        assert await troubles(service, screen) == []


async def test_the_screen_says_that_the_animateur_is_told_only_once_he_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = Alert(key="no_camera", room=RoomId(ROOM), text="trouble-no_camera")
    needed = Standing(alert, NINE, need())
    monkeypatch.setattr(Alerts, "of", lambda *_: [needed])
    wrong, known = (CATALOGUES["fr"][f"trouble-{key}"] for key in ("no_camera", "told"))

    def letter(conn: Connection) -> None:
        people.add(
            conn, NINE, login="zoe", name="Zoé", role="animateur", centres=["villefort"],
            email="zoe@ailleurs.example",
        )  # fmt: skip
        mails.add(
            conn, NINE, dedupe=f"alert/se-1/{ROOM}/no_camera//zoe@ailleurs.example",
            recipient="zoe@ailleurs.example", kind="alert", booking=None, message=b"",
        )  # fmt: skip

    def sent(conn: Connection) -> None:
        (row,) = mails.due(conn, NINE, 2)
        mails.settle(conn, NINE, row.id, mails.SENT)

    async with running_service(tmp_path) as service:
        screen = await service.screen(ROOM)
        await service.app[DATABASE].write(letter)
        assert await troubles(service, screen) == [wrong]
        await service.app[DATABASE].write(sent)
        assert await troubles(service, screen) == [f"{wrong} {known}"]
        anne = await service.log_in("anne")
        monkeypatch.setattr(service.app[ALERTS], "posted", lambda _: (ANNES, BOARD))
        async with anne.get("/api/v1/alerts") as answer:
            (shown,) = (await answer.json())["alerts"]
        assert shown["told"] == ["Zoé", "Anne", "board"]
