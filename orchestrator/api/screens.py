"""The paired screen of a room, as the caller."""

from orchestrator.api.endpoint import Call
from orchestrator.store.devices import Device
from rooms.errors import Forbidden, Unauthenticated


def screen_of(call: Call) -> Device:
    """The screen that calls, paired with the room of the address."""
    device = call.caller.device
    if device is None:
        raise Unauthenticated("login-required")
    if device.room != call.path("room"):
        raise Forbidden("not-your-room", room=call.path("room"))
    return device
