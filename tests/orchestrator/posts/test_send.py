"""A courier hands over what waits, in order, whatever the other end does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import InvalidURL

from orchestrator.outside.guard import Guard
from orchestrator.posts import send
from orchestrator.posts.send import Courier
from orchestrator.settings.targets import Target
from orchestrator.store import posts
from tests.fakes.rooms import Scene, furnished
from tests.fakes.targets import (
    SECRET,
    TOKEN,
    BusyWebhook,
    EndlessWebhook,
    GarbledWebhook,
    Ntfy,
    PickyWebhook,
    RefusingNtfy,
    SilentWebhook,
    StumblingWebhook,
    WanderingWebhook,
    Webhook,
    listening,
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


def courier(scene: Scene, server: Webhook, **more: Any) -> Courier:
    ntfy = isinstance(server, Ntfy)
    facts: dict[str, Any] = {"id": "place", "url": server.url, "topic": "rooms"}
    target = Target(kind="ntfy" if ntfy else "webhook", **facts)
    return Courier(
        database=scene.database,
        target=target,
        secret=TOKEN if ntfy else SECRET,
        guard=more.get("guard", Guard(["127.0.0.1"])),
        clock=lambda: scene.now,
    )


async def post(scene: Scene, name: str) -> None:
    body = {
        "id": name,
        "event": "alert.opened",
        "at": "2026-11-26T09:00:00Z",
        "title": "Salle (Villefort) : problème",
        "text": "La caméra ne répond pas.",
        "suggestion": "Vérifiez le câble.",
        "session": None,
        "url": "https://visio.example/centres/villefort",
    }
    await scene.database.write(lambda conn: posts.add(conn, scene.now, "place", body))


async def states(scene: Scene) -> list[tuple[str, str | None]]:
    return await scene.database.read(lambda conn: posts.states(conn, "place"))


async def test_what_waits_leaves_in_order_and_once(scene: Scene) -> None:
    for name in ("po-1", "po-2", "po-3"):
        await post(scene, name)
    async with listening(Webhook()) as hook:
        carrier = courier(scene, hook)
        while await carrier.post():
            pass
        assert not await carrier.post()
    assert [one["id"] for one in hook.taken] == ["po-1", "po-2", "po-3"]
    assert await states(scene) == [("sent", None)] * 3


async def test_a_webhook_that_stumbles_gets_it_after_pauses_and_is_told_of_once_each_way(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=send.__name__)
    await post(scene, "po-1")
    async with listening(StumblingWebhook()) as hook:
        carrier = courier(scene, hook)
        assert not await carrier.post()
        assert not await carrier.post()  # not due yet
        assert hook.asked == 1
        scene.now += timedelta(seconds=5)
        assert not await carrier.post()
        scene.now += timedelta(seconds=14)
        assert not await carrier.post()
        assert hook.asked == 2
        scene.now += timedelta(seconds=1)
        assert await carrier.post()
    assert [one["id"] for one in hook.taken] == ["po-1"]
    assert [record.getMessage() for record in caplog.records] == [
        "place does not take alerts: 500 traceback [31m of somebody else",
        "place takes alerts again",
    ]


async def test_a_silent_webhook_is_left_in_time_and_the_next_try_comes_later(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "WITHIN", 0.2)
    await post(scene, "po-1")
    async with listening(SilentWebhook()) as hook:
        carrier = courier(scene, hook)
        async with asyncio.timeout(20):
            assert not await carrier.post()
        assert hook.asked == 1
    assert await states(scene) == [("waiting", "no answer in 0 s")]
    assert not carrier.unreached
    scene.now += timedelta(minutes=5)
    assert carrier.unreached


async def test_a_server_that_asks_for_time_is_given_it(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(BusyWebhook()) as hook:
        carrier = courier(scene, hook)
        await carrier.post()
        scene.now += timedelta(seconds=119)
        await carrier.post()
        assert hook.asked == 1
        scene.now += timedelta(seconds=1)
        assert await carrier.post()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(None, None), ("", None), ("soon", None), ("-1", None), ("0", 5), ("30", 30), ("86400", 3600)],
)
def test_what_an_answer_asks_for_is_taken_within_reason(
    said: str | None, seconds: int | None
) -> None:
    found = send._pause(said)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


async def test_an_endless_answer_is_not_read(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(EndlessWebhook()) as hook:
        async with asyncio.timeout(20):
            assert not await courier(scene, hook).post()
        ((_, why),) = await states(scene)
    assert why is not None
    assert why.startswith("500 no no")
    assert len(why) <= send.LONGEST_ANSWER
    assert hook.said < 20_000_000  # what fits the buffers of two sockets


@pytest.mark.parametrize("status", [400, 410, 413, 415, 422])
async def test_what_is_refused_for_good_holds_nothing_up(scene: Scene, status: int) -> None:
    await post(scene, "po-1")
    await post(scene, "po-2")
    async with listening(PickyWebhook(refused=("po-1",), status=status)) as hook:
        carrier = courier(scene, hook)
        assert not await carrier.post()
        scene.now += timedelta(seconds=5)
        assert not await carrier.post()
        scene.now += timedelta(seconds=15)
        assert await carrier.post()  # given up
        assert await carrier.post()
        assert hook.asked == 4
    assert [one["id"] for one in hook.taken] == ["po-2"]
    assert await states(scene) == [("failed", f"{status} no such field"), ("sent", None)]
    assert carrier.failing_since is None


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500])
async def test_what_people_or_time_mend_is_waited_for(scene: Scene, status: int) -> None:
    await post(scene, "po-1")
    async with listening(PickyWebhook(refused=("po-1",), status=status)) as hook:
        carrier = courier(scene, hook)
        for asked in range(1, 8):
            assert not await carrier.post()
            assert hook.asked == asked
            scene.now += timedelta(minutes=15)
        hook.refused = ()
        assert await carrier.post()
    assert await states(scene) == [("sent", None)]


async def test_a_place_that_refuses_whatever_comes_is_told_of_until_it_takes_one(
    scene: Scene,
) -> None:
    await post(scene, "po-1")
    async with listening(PickyWebhook(refused=("po-1",))) as hook:
        carrier = courier(scene, hook)
        for _ in range(3):
            await carrier.post()
            scene.now += timedelta(minutes=2)
        assert not await carrier.post()  # nothing waits any more
        assert carrier.unreached
        await post(scene, "po-2")
        assert await carrier.post()
        assert not carrier.unreached
    assert [state for state, _ in await states(scene)] == ["failed", "sent"]


async def test_refusals_count_only_when_they_follow_one_another(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(PickyWebhook(refused=("po-1",))) as hook:
        carrier = courier(scene, hook)
        for hook.status in (400, 400, 500, 400, 400):
            assert not await carrier.post()
            scene.now += timedelta(minutes=15)
        assert [state for state, _ in await states(scene)] == ["waiting"]
        hook.status = 400
        assert await carrier.post()
    assert [state for state, _ in await states(scene)] == ["failed"]


async def test_an_alert_of_yesterday_is_not_posted_as_new(scene: Scene) -> None:
    await post(scene, "po-1")
    scene.now += timedelta(hours=24)
    await post(scene, "po-2")
    async with listening(Webhook()) as hook:
        carrier = courier(scene, hook)
        while await carrier.post():
            pass
    assert [one["id"] for one in hook.taken] == ["po-2"]
    assert await states(scene) == [("failed", "a day old"), ("sent", None)]


async def test_an_address_that_is_a_secret_is_neither_logged_nor_kept(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    await post(scene, "po-1")
    async with listening(GarbledWebhook()) as hook:
        await courier(scene, hook).post()
        assert hook.asked == 1
    ((state, why),) = await states(scene)
    assert state == "waiting"
    assert (why or "").startswith("ClientResponseError: ")
    for said in (why or "", caplog.text):
        assert "/hook" not in said
    assert "place does not take alerts: ClientResponseError" in caplog.text


def test_an_address_that_is_none_is_not_said_either() -> None:
    assert send._said(InvalidURL("https://h.example:x/s3cret")) == "InvalidURL"


async def test_a_redirection_is_not_followed(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(WanderingWebhook()) as hook:
        await courier(scene, hook).post()
        assert hook.asked == 1
    ((state, why),) = await states(scene)
    assert (state, (why or "")[:3]) == ("waiting", "307")


async def test_a_private_address_nobody_listed_is_not_reached(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(Webhook()) as hook:
        await courier(scene, hook, guard=Guard()).post()
        assert hook.asked == 0
    assert await states(scene) == [("waiting", "outside-not-https")]


async def test_a_refusing_ntfy_is_told_of_with_what_it_says(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(RefusingNtfy()) as ntfy:
        await courier(scene, ntfy).post()
    ((_, why),) = await states(scene)
    assert why == '403 {"code": 40301, "http": 403, "error": "forbidden"}'


async def test_ntfy_publishes_with_its_token(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(Ntfy()) as ntfy:
        assert await courier(scene, ntfy).post()
    (message,) = ntfy.taken
    assert message["topic"] == "rooms"
    assert message["title"] == "Salle (Villefort) : problème"


async def test_nobody_there_for_a_day_gives_it_up_and_goes_on_with_the_next(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(Webhook()) as hook:
        pass
    carrier = courier(scene, hook)
    assert not await carrier.post()
    scene.now += timedelta(hours=24)
    await post(scene, "po-2")
    assert await carrier.post()
    assert carrier.unreached
    async with listening(hook):
        assert await carrier.post()
    assert not carrier.unreached
    assert [state for state, _ in await states(scene)] == ["failed", "sent"]
    assert not await carrier.post()


async def test_a_service_that_starts_again_knows_since_when_it_fails(scene: Scene) -> None:
    await post(scene, "po-1")
    async with listening(Webhook()) as hook:
        pass
    await courier(scene, hook).post()
    scene.now += timedelta(minutes=6)
    again = courier(scene, hook)
    assert not again.unreached
    await again.post()
    assert again.unreached


async def test_the_task_posts_what_comes_and_ends_with_the_service(scene: Scene) -> None:
    async with listening(Webhook()) as hook:
        carrier = courier(scene, hook)
        task = asyncio.create_task(carrier.run())
        await post(scene, "po-1")
        carrier.kick()
        await hook.until(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
