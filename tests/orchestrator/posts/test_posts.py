"""From a room where something is wrong to a telephone that rings, over the watch and the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.agents import Agents
from orchestrator.alerts.watch import ALERTS, Alerts
from orchestrator.posts import Posts, open_posts, read_secret
from orchestrator.posts.send import Courier
from orchestrator.settings import Settings
from orchestrator.settings.outside import Outside
from orchestrator.settings.targets import Target
from orchestrator.store import posts
from orchestrator.words import words
from rooms.agent.report import Ailment, DeviceReport, Report
from rooms.errors import Unavailable
from rooms.ids import CentreId, RoomId
from tests.fakes.dav import rows_of
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished
from tests.fakes.service import demo_settings, running_service
from tests.fakes.targets import SECRET, TOKEN, Ntfy, SilentWebhook, Webhook, listening
from tests.fakes.wire import until

CAMERA = DeviceReport(id="cam", kind="camera", driver="visca", here=False)
LOST = Report(devices=(CAMERA,), health=(Ailment(key="device_lost", device="cam"),))
WELL = Report(devices=(replace(CAMERA, here=True),))


class Reports:
    """The hub, as far as it is asked here."""

    def __init__(self) -> None:
        self.of: dict[RoomId, Report] = {}

    def report_of(self, room: RoomId) -> Report | None:
        return self.of.get(room)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where `hook` and `token` are kept."""
    (tmp_path / "hook").write_text(SECRET + "\n", encoding="utf-8")
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    return tmp_path


@asynccontextmanager
async def watching(scene: Scene, hub: Reports, *targets: Target) -> AsyncIterator[Alerts]:
    """A service that has just started, as far as alerts go."""
    means = scene.house.means
    app = web.Application()
    outside = Outside(allow=("127.0.0.1",))
    app[keys.SETTINGS] = replace(means.settings, targets=targets, outside=outside)
    app[keys.DATABASE], app[keys.WORDS] = scene.database, words
    app[keys.PUBLIC_URL] = "https://visio.test"
    watch = Alerts(means, cast(Agents, hub))
    async with open_posts(app) as posted:
        if posted is not None:
            _hand(scene, posted)
            watch.tell, watch.unreached = posted.tell, posted.unreached
        yield watch


def _hand(scene: Scene, posted: Posts) -> None:
    """The hour of the couriers is that of the scene."""
    for courier in posted.couriers.values():
        courier.clock = lambda: scene.now


def secret(folder: Path, text: str) -> Path:
    path = folder / "secret"
    path.write_text(text + "\n", encoding="utf-8")
    return path


def hook_of(server: Webhook, files: Path, **more: Any) -> Target:
    facts: dict[str, Any] = {"id": "board", "when": "always"}
    facts |= {"url": server.url, "secret": files / "hook"}
    return Target(kind="webhook", **facts | more)


async def test_what_opens_and_closes_reaches_a_webhook_in_words_once_also_over_a_restart(
    scene: Scene, files: Path
) -> None:
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    async with listening(Webhook()) as hook:
        board = hook_of(hook, files)
        for _ in range(2):
            async with watching(scene, hub, board) as watch:
                await watch.look()
                await watch.look()
                await hook.until(1)
        hub.of[VILLEFORT] = WELL
        async with watching(scene, hub, board) as watch:
            for _ in range(7):
                scene.now += timedelta(minutes=1)
                await watch.look()
            await hook.until(2)
    assert len({one["id"] for one in hook.taken}) == 2
    opened, closed = hook.taken[0], hook.taken[-1]
    assert opened.pop("id") != closed["id"]
    assert opened == {
        "event": "alert.opened",
        "at": "2026-11-26T09:00:00Z",
        "network": scene.house.means.network.name,
        "centre": {"id": "villefort", "name": "Villefort"},
        "room": {"id": "villefort-visio", "name": "Salle visio de Villefort"},
        "key": "device_lost",
        "device": "cam",
        "since": "2026-11-26T09:00:00Z",
        "title": "Salle visio de Villefort (Villefort) : problème",
        "text": "La caméra ne répond pas. Vérifiez qu'elle est allumée et que son câble est "
        "branché.",
        "suggestion": words("alert-device_lost-suggestion", "fr", {}),
        "session": None,
        "url": "https://visio.test/centres/villefort",
    }
    assert (closed["event"], closed["key"], closed["device"]) == (
        "alert.closed",
        "device_lost",
        "cam",
    )
    assert closed["text"].startswith(
        "C'est rétabli. Le problème était : « La caméra ne répond pas."
    )


async def test_a_telephone_rings_for_a_session_and_not_for_an_empty_room(
    scene: Scene, files: Path
) -> None:
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    async with listening(Ntfy()) as ntfy:
        phone = Target(
            id="phone",
            kind="ntfy",
            url=ntfy.url,
            topic="rooms",
            secret=files / "token",
            centres=(CentreId("villefort"),),
            locale="en",
        )
        async with watching(scene, hub, phone) as watch:
            await watch.look()
            await scene.session([VILLEFORT], start=NINE + timedelta(minutes=10))
            await watch.look()
            await ntfy.until(1)
    (message,) = ntfy.taken
    assert message["title"] == "Salle visio de Villefort (Villefort): problem"
    assert message["message"].startswith("The camera does not answer.")
    assert (message["priority"], message["tags"]) == (4, ["warning"])
    assert message["click"] == "https://visio.test/centres/villefort"


async def test_a_silent_webhook_holds_nobody_up_and_is_itself_told_to_the_others(
    scene: Scene, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.posts.send.WITHIN", 0.2)
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    async with listening(SilentWebhook()) as deaf, listening(Webhook()) as hook:
        targets = hook_of(deaf, files, id="deaf"), hook_of(hook, files)
        async with watching(scene, hub, *targets) as watch:
            await watch.look()
            await hook.until(1)
            await until(lambda: couriers_of(watch)["deaf"].failing_since, 20)
            scene.now += timedelta(minutes=5)
            await watch.look()
            rooms = len(scene.house.means.network.centres)
            await hook.until(1 + rooms)
            told = [one for one in hook.taken if one["key"] == "post_failing"]
            assert {one["device"] for one in told} == {"deaf"}
            assert "« deaf »" in told[0]["text"]
            assert len(told) == rooms  # one for each centre
            standing = watch.of([MEYRUEIS])
            assert [one.alert.key for one in standing] == ["post_failing"]
    assert deaf.taken == []


def couriers_of(watch: Alerts) -> dict[str, Courier]:
    posted = cast(Any, watch.tell).__self__
    assert isinstance(posted, Posts)
    return posted.couriers


async def test_a_place_taken_out_of_the_file_is_forgotten(scene: Scene, files: Path) -> None:
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    async with listening(Webhook()) as hook:
        pass
    async with watching(scene, hub, hook_of(hook, files)) as watch:
        await watch.look()
    assert len(await scene.database.read(lambda conn: posts.states(conn, "board"))) == 1
    async with watching(scene, hub, hook_of(hook, files, id="other")) as watch:
        assert await scene.database.read(lambda conn: posts.states(conn, "board")) == []
    async with watching(scene, hub) as watch:
        await watch.look()  # nobody to post to
        assert await scene.database.read(lambda conn: posts.states(conn, "other")) == []
        assert await scene.database.read(lambda conn: rows_of(conn, "posts_told")) == []


async def test_what_was_told_of_a_room_that_is_no_more_is_forgotten(
    scene: Scene, files: Path
) -> None:
    row = posts.ToldRow(
        target="board", room=RoomId("sold"), key="too_hot", device="", session=None, since=NINE,
        text="trouble-too_hot", faults=(),
    )  # fmt: skip
    elsewhere = replace(row, room=MEYRUEIS)
    async with listening(Webhook()) as hook:
        board = hook_of(hook, files, centres=(CentreId("villefort"),))

        def remember(conn: Connection) -> None:
            posts.note_opened(conn, row)
            posts.note_opened(conn, elsewhere)

        await scene.database.write(remember)
        async with watching(scene, Reports(), board) as watch:
            for _ in range(8):
                await watch.look()
                scene.now += timedelta(minutes=1)
        assert await scene.database.write(lambda conn: posts.told(conn, ["board"])) == []
        assert hook.asked == 0


async def test_the_whole_service_posts_what_it_finds(tmp_path: Path, files: Path) -> None:
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    async with listening(Webhook()) as hook:
        board = hook_of(hook, files)

        def settings() -> Settings:
            allowed = Outside(allow=("127.0.0.1",))
            return replace(demo_settings(), targets=(board,), outside=allowed)

        async with running_service(tmp_path, settings=settings) as service:
            service.app[ALERTS].hub = cast(Agents, hub)
            service.app[keys.BUS].publish("room.health.changed", room=VILLEFORT)
            await hook.until(1)
            assert hook.taken[0]["url"] == f"{service.url}/centres/villefort"


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("webhook", "secret", "must begin with whsec_"),
        ("webhook", "", "must begin with whsec_"),
        ("ntfy", "", "empty, or not a token"),
        ("ntfy", "tk_\x07", "empty, or not a token"),
    ],
)
def test_a_secret_that_is_no_good_stops_the_start_and_says_why(
    tmp_path: Path, kind: Any, text: str, reason: str
) -> None:
    target = Target(id="place", kind=kind, url="", secret=secret(tmp_path, text))
    with pytest.raises(Unavailable) as refused:
        read_secret(target)
    assert refused.value.fields["reason"] == reason
    assert "« place »" in words("no-post-secret", "fr", refused.value.fields)


def test_a_secret_file_that_is_not_there_or_not_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "absent"
    with pytest.raises(Unavailable) as refused:
        read_secret(Target(id="place", kind="ntfy", url="", secret=path))
    assert refused.value.fields["reason"] == "No such file or directory"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Unavailable) as refused:
        read_secret(Target(id="place", kind="ntfy", url="", secret=path))
    assert refused.value.fields["reason"] == "not text"
    assert read_secret(Target(id="place", kind="ntfy", url="")) == ""
