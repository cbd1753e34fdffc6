"""What was held when the service stopped, made a wish again."""

from orchestrator.cases import fan_out, rights
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.room_wishes import Prepare, Wish, allowed
from orchestrator.store.commands import Order
from rooms.control import parse_command
from rooms.house_commands import SceneApply
from signalling.ports import Json


def again(conductor: Conductor, order: Order) -> Wish:
    """The wish behind a stored command; its right is looked at when it is sent.

    Raises:
        MargerideError: the room has left the network, or the command is no longer one.
    """
    command = parse_command(order.command, order.arguments)
    by_the_house = order.by == CLOCK
    return Wish(
        room=order.room,
        command=command,
        by=order.by,
        session=order.session,
        check=allowed
        if by_the_house
        else rights.commands_by(conductor, order.by, order.room, order.command),
        prepare=_steps(conductor, order, command) if isinstance(command, SceneApply) else None,
        not_before=order.not_before,
        expires_at=order.expires_at,
    )


def _steps(conductor: Conductor, order: Order, scene: SceneApply) -> Prepare:
    """The scene as it is when it is applied; those steps of the screen are held beside it."""
    conductor.scenes[order.room] = scene.preset

    async def steps() -> Json:
        return await fan_out.steps_of_agent(conductor, order.room, scene.preset)

    return steps
