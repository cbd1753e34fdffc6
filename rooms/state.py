"""The state document of a room: what its screen reports, and what every screen shows.

Its words are those of docs/rooms.md.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from rooms.fields import LONGEST_WORD, Fields

MessageLevel = Literal["info", "warning"]
CallStateName = Literal["idle", "joining", "in_call", "leaving", "failed"]

MESSAGE_LEVELS: tuple[str, ...] = get_args(MessageLevel)
CALL_STATES: tuple[str, ...] = get_args(CallStateName)
LONGEST_MESSAGE = 280
LOUDEST = 4
MOST_HEALTH = 32
MOST_ABLE = 64
SCREEN_ABLE = (
    "call.join",
    "call.leave",
    "audio.mic.set",
    "audio.speaker.set",
    "video.camera.set",
    "room.message.show",
)
"""The commands of a screen that does not say what it can do."""
LARGEST_DOCUMENT = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """Whether the room is in a session, which, and whether its hand is up there."""

    state: CallStateName = "idle"
    session: str | None = None
    hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioState:
    """The room's microphone and loudspeaker; `mic_level` in a session, 0 nothing to 4 loud."""

    mic_muted: bool = False
    mic_present: bool = True
    speaker_on: bool = True
    volume: int = 80
    mic_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoState:
    """The room's camera."""

    camera_on: bool = True
    camera_present: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """The line now on the screen."""

    text: str
    level: MessageLevel = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthEntry:
    """Something the screen wants looked at: `key` for programs, `text` for people."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomState:
    """The whole document: what every screen shows of a room."""

    call: CallState = CallState()
    audio: AudioState = AudioState()
    video: VideoState = VideoState()
    message: MessageState | None = None
    health: tuple[HealthEntry, ...] = ()
    able: tuple[str, ...] = SCREEN_ABLE

    def to_json(self) -> dict[str, Any]:
        """The document as JSON values; that of an older screen says less."""
        said = {**asdict(self), "health": [asdict(entry) for entry in self.health]}
        if not self.call.hand:
            del said["call"]["hand"]
        if self.audio.mic_level is None:
            del said["audio"]["mic_level"]
        if self.able == SCREEN_ABLE:
            del said["able"]
            return said
        return {**said, "able": list(self.able)}


DEFAULT_STATE = RoomState()


def parse_room_state(document: object) -> RoomState:
    """The document a screen reported, or Invalid `bad-state` naming the member."""
    fields = Fields(document, key="bad-state")
    state = RoomState(
        call=_call(fields.inner("call")),
        audio=_audio(fields.inner("audio")),
        video=_video(fields.inner("video")),
        message=_message(fields.inner("message")) if fields.has("message") else None,
        health=tuple(_health(entry) for entry in fields.items("health", MOST_HEALTH)),
        able=fields.words("able", MOST_ABLE) if fields.has("able") else SCREEN_ABLE,
    )
    fields.end()
    if len(json.dumps(state.to_json(), ensure_ascii=False).encode()) > LARGEST_DOCUMENT:
        raise fields.refuse("health", f"≤ {LARGEST_DOCUMENT} B")
    return state


def _call(fields: Fields) -> CallState:
    state = cast(CallStateName, fields.choice("state", CALL_STATES))
    session = fields.slug("session") if fields.has("session") else None
    hand = fields.flag("hand") if fields.has("hand") else False
    fields.end()
    return CallState(state=state, session=session, hand=hand)


def _audio(fields: Fields) -> AudioState:
    audio = AudioState(
        mic_muted=fields.flag("mic_muted"),
        mic_present=fields.flag("mic_present"),
        speaker_on=fields.flag("speaker_on"),
        volume=fields.whole("volume", 0, 100),
        mic_level=fields.whole("mic_level", 0, LOUDEST) if fields.has("mic_level") else None,
    )
    fields.end()
    return audio


def _video(fields: Fields) -> VideoState:
    video = VideoState(
        camera_on=fields.flag("camera_on"), camera_present=fields.flag("camera_present")
    )
    fields.end()
    return video


def _message(fields: Fields) -> MessageState:
    text = fields.text("text", LONGEST_MESSAGE)
    level = cast(MessageLevel, fields.choice("level", MESSAGE_LEVELS))
    fields.end()
    return MessageState(text=text, level=level)


def _health(fields: Fields) -> HealthEntry:
    entry = HealthEntry(
        key=fields.text("key", LONGEST_WORD), text=fields.text("text", LONGEST_MESSAGE)
    )
    fields.end()
    return entry
