"""The state document of a room, as its endpoint reports it."""

from dataclasses import replace
from typing import Any

from rooms.state import DEFAULT_STATE, CallState, MessageState, RoomState


class Screen:
    """What the room's screen shows. Every change says whether it was one."""

    def __init__(self) -> None:
        self._state: RoomState = DEFAULT_STATE

    @property
    def call_state(self) -> str:
        """Idle, joining, in_call, leaving or failed."""
        return self._state.call.state

    @property
    def session(self) -> Any:
        """The session the room is in."""
        return self._state.call.session

    def document(self) -> dict[str, Any]:
        """As it goes on the wire."""
        return self._state.to_json()

    def call(self, state: Any, session: str | None) -> bool:
        """The room is in a session, or not."""
        return self._become(replace(self._state, call=CallState(state=state, session=session)))

    def mic(self, on: bool) -> bool:
        """The microphone is open, or cut."""
        audio = replace(self._state.audio, mic_muted=not on)
        return self._become(replace(self._state, audio=audio))

    def speaker(self, on: bool, volume: int | None) -> bool:
        """The room hears, and how loud."""
        audio = self._state.audio
        louder = audio.volume if volume is None else volume
        return self._become(
            replace(self._state, audio=replace(audio, speaker_on=on, volume=louder))
        )

    def camera(self, on: bool) -> bool:
        """The room is shown, or not."""
        video = replace(self._state.video, camera_on=on)
        return self._become(replace(self._state, video=video))

    def message(self, message: MessageState | None) -> bool:
        """A line on the screen."""
        return self._become(replace(self._state, message=message))

    def _become(self, state: RoomState) -> bool:
        changed, self._state = state != self._state, state
        return changed
