import asyncio
import logging
from typing import Any

import pytest

from rooms.ids import CommandId, SessionId
from signalling.messages import ClientMessage, Command, CommandAccepted, CommandDone, CommandFailed
from signalling.peers.commands import Commands, Failed
from signalling.peers.screen import Screen
from tests.fakes.wire import settle


class StubbornRoom:
    """Does what it is told, except to join a session called `full` or `broken`, or to leave."""

    def __init__(self) -> None:
        self.screen = Screen()
        self.did: list[tuple[Any, ...]] = []

    async def join(self, session: SessionId | None, token: str | None) -> None:
        if session == "full":
            raise Failed("session-over")
        if session == "broken":
            raise RuntimeError("broken")
        self.did.append(("join", session, token))

    async def leave(self) -> None:
        await asyncio.Event().wait()

    async def mic(self, on: bool) -> None:
        self.did.append(("mic", on))

    async def camera(self, on: bool) -> None:
        self.did.append(("camera", on))

    async def report(self, changed: bool = True) -> None:
        self.did.append(("report", changed))


class Desk:
    def __init__(self) -> None:
        self.room = StubbornRoom()
        self.said: list[ClientMessage] = []
        self.commands = Commands(self.room, self._say)

    async def _say(self, message: ClientMessage) -> bool:
        self.said.append(message)
        return True

    async def take(self, name: str, number: int = 1, /, **arguments: Any) -> list[ClientMessage]:
        self.said.clear()
        command = Command(
            id=CommandId(f"cm-{number}"), command=name, arguments=arguments, deadline=""
        )
        await self.commands.take(command)
        await settle()
        return list(self.said)


@pytest.fixture
def desk() -> Desk:
    return Desk()


ONE = CommandId("cm-1")


async def test_a_command_is_done_once_and_answered_twice(desk: Desk) -> None:
    answers = [CommandAccepted(id=ONE), CommandDone(id=ONE)]
    assert await desk.take("audio.mic.set", on=False) == answers
    assert await desk.take("audio.mic.set", on=False) == answers
    assert desk.room.did == [("mic", False)]
    desk.said.clear()
    await desk.commands.say_again()
    assert desk.said == [CommandDone(id=ONE)]


async def test_what_the_service_adds_to_a_call_is_understood(desk: Desk) -> None:
    await desk.take("call.join", session="se-1", token="t", title="Essai")
    assert desk.room.did == [("join", "se-1", "t")]


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("call.join", {"session": "full"}, "session-over"),
        ("audio.mic.set", {"on": "yes"}, "bad-argument"),
        ("make.coffee", {}, "bad-command"),
    ],
)
async def test_a_command_that_cannot_be_done_fails_with_a_reason(
    desk: Desk, name: str, arguments: dict[str, Any], error: str
) -> None:
    assert await desk.take(name, **arguments) == [
        CommandAccepted(id=ONE),
        CommandFailed(id=ONE, error=error),
    ]


async def test_a_fault_of_ours_is_said_to_be_one(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        said = await desk.take("call.join", session="broken")
    assert said[-1] == CommandFailed(id=ONE, error="internal")


async def test_the_screen_shows_what_it_is_told_and_wipes_it(desk: Desk) -> None:
    await desk.take("room.message.show", text="Bonjour", level="warning", seconds=1)
    assert desk.room.screen.document()["message"] == {"text": "Bonjour", "level": "warning"}
    await desk.take("room.message.show", 2, text="Bonsoir")
    assert desk.commands._wipe is not None
    assert desk.commands._wipe.cancelled()
    await desk.commands._clear()
    assert desk.room.screen.document()["message"] is None
    await desk.commands.close()


async def test_the_loudspeaker_and_the_camera_obey(desk: Desk) -> None:
    await desk.take("audio.speaker.set", on=True, volume=30)
    await desk.take("audio.speaker.set", 2, on=False)
    assert desk.room.screen.document()["audio"]["volume"] == 30
    assert not desk.room.screen.document()["audio"]["speaker_on"]
    await desk.take("video.camera.set", 3, on=False)
    assert ("camera", False) in desk.room.did


async def test_a_command_that_is_given_up_is_not_answered(desk: Desk) -> None:
    assert await desk.take("call.leave") == [CommandAccepted(id=ONE)]
    desk.commands.cancel(ONE)
    desk.commands.cancel(CommandId("cm-unknown"))
    await settle()
    assert desk.said == [CommandAccepted(id=ONE)]
    await desk.take("audio.mic.set", 2, on=True)
    assert desk.room.did == [("mic", True)]


async def test_only_so_many_outcomes_are_remembered(desk: Desk) -> None:
    for number in range(70):
        await desk.take("audio.mic.set", number, on=True)
    desk.said.clear()
    await desk.commands.say_again()
    assert len(desk.said) == 64
