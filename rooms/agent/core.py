"""What an agent does, without doing it: messages and looks in, effects out, `now` handed in.

    for effect in core.receive(message, now): shell.carry_out(effect)

The line may come and go; the plan goes on. A command is known by its id: the same id twice is done
once and answered twice. Outcomes that were said just before the line broke are said again.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rooms.agent import messages
from rooms.agent.messages import FromAgent, FromService, Ping
from rooms.agent.plan import Done, Plan
from rooms.agent.report import Report
from rooms.agent.state import RoomState
from rooms.control import Command, parse_command
from rooms.errors import MargerideError
from rooms.house_commands import SceneApply
from rooms.scenes import parse_step

BEAT, SILENT = timedelta(seconds=5), timedelta(seconds=15)
REPORT_AGAIN = timedelta(minutes=1)
REMEMBERED = 256
SCENE_WITHIN = 150.0
"""Seconds: what a projector may have to warm up, and the rest of the scene."""
SAID_AGAIN_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Say:
    """Send this, if the line stands."""

    message: FromAgent


@dataclass(frozen=True, slots=True)
class Carry:
    """Carry this command out within so many seconds; answer by `accepted`, `done` or `failed`."""

    id: str
    command: Command
    within: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop carrying it out."""

    id: str


@dataclass(frozen=True, slots=True)
class Play:
    """Carry out the steps of a scene, one after the other; answer by `played`."""

    scene: str
    steps: tuple[Command, ...]
    id: str | None = None  # of the command; None: the plan wants it
    within: float = SCENE_WITHIN


@dataclass(frozen=True, slots=True)
class KeepToken:
    """Write the token to the disk, surely; answer by `token_kept`."""

    token: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Write the plan and what was done of it to the disk."""

    plan: Plan
    done: frozenset[Done]


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the line; it is dialled again."""


Effect = Say | Carry | GiveUp | Play | KeepToken | Keep | HangUp


class Core:
    """One for the agent's whole life."""

    def __init__(
        self, state: RoomState, version: str, plan: Plan | None, done: frozenset[Done]
    ) -> None:
        self.state = state
        self.plan = plan
        self.done_of_plan = done
        self._version = version
        self._greeted = False
        self._open = False
        self._heard_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._pings: dict[int, datetime] = {}
        self._pinged = 0
        self._reported: Report | None = None
        self._reported_at: datetime | None = None
        self._reports = 0
        self._outcomes: OrderedDict[str, tuple[datetime, FromAgent] | None] = OrderedDict()
        self._playing = False

    # --- the line ---------------------------------------------------------------

    def opened(self, now: datetime) -> list[Effect]:
        """The line stands: say who is here."""
        self._open, self._greeted = True, False
        self._heard_at = self._beat_at = now
        self._pings.clear()
        known = None if self.plan is None else self.plan.version
        return [Say(messages.Hello(agent=self._version, now=now, plan=known))]

    def closed(self) -> None:
        """The line broke."""
        self._open = self._greeted = False
        self.state.rtt_ms = None

    def receive(self, message: FromService, now: datetime) -> list[Effect]:
        """The service said something."""
        self._heard_at = now
        match message:
            case messages.Welcome():
                return self._welcomed(message, now)
            case messages.Do():
                return self._asked(message, now)
            case messages.Cancel(id):
                return [GiveUp(id)] if self._outcomes.get(id, ()) is None else []
            case messages.Planned(plan):
                self.plan = plan
                self.done_of_plan = plan.remembered(self.done_of_plan)
                return [Keep(plan, self.done_of_plan)]
            case messages.Rotate(token):
                return [KeepToken(token)]
            case messages.Ping(n):
                return [Say(messages.Pong(n))]
            case messages.Pong(n):
                self._measured(n, now)
                return []
            case _:  # it is only told
                return []

    def _welcomed(self, message: messages.Welcome, now: datetime) -> list[Effect]:
        self._greeted = True
        offset = int((now - message.now) / timedelta(milliseconds=1))
        machine = self.state.machine
        self.state.machine = type(machine)(
            agent=machine.agent,
            uptime_s=machine.uptime_s,
            disk_free_mb=machine.disk_free_mb,
            disk_used_percent=machine.disk_used_percent,
            temperature_c=machine.temperature_c,
            clock_offset_ms=offset,
        )
        self._reported = None
        again: list[Effect] = [
            Say(known[1])
            for known in self._outcomes.values()
            if known is not None and now - known[0] < SAID_AGAIN_FOR
        ]
        return [*self._report(now), *again]

    def _measured(self, n: int, now: datetime) -> None:
        sent = self._pings.pop(n, None)
        if sent is not None:
            self.state.rtt_ms = max(0, int((now - sent) / timedelta(milliseconds=1)))

    # --- commands -----------------------------------------------------------------

    def _asked(self, message: messages.Do, now: datetime) -> list[Effect]:
        if message.id in self._outcomes:
            known = self._outcomes[message.id]
            return [Say(messages.Accepted(message.id)) if known is None else Say(known[1])]
        self._remember(message.id)
        within = max(0.1, (message.deadline - now).total_seconds())
        try:
            command = parse_command(message.command, message.arguments)
            steps = tuple(parse_step(one) for one in message.steps)
        except MargerideError as refusal:
            return self.failed(message.id, "bad_parameter", refusal.key, now)
        if command.name not in self.state.commands:
            return self.failed(message.id, "unsupported", command.name, now)
        if isinstance(command, SceneApply):
            self._playing = True
            accepted = Say(messages.Accepted(message.id))
            return [accepted, Play(command.preset, steps, message.id, within)]
        return [Carry(message.id, command, within)]

    def _remember(self, command: str) -> None:
        self._outcomes[command] = None
        ended = [name for name, known in self._outcomes.items() if known is not None]
        for name in ended[: max(0, len(self._outcomes) - REMEMBERED)]:
            del self._outcomes[name]

    def accepted(self, command: str) -> list[Effect]:
        """The device has taken it."""
        return [Say(messages.Accepted(command))]

    def done(self, command: str, result: Mapping[str, Any], now: datetime) -> list[Effect]:
        """It is so."""
        return self._ended(command, messages.Done(command, result), now)

    def failed(self, command: str, error: str, detail: str, now: datetime) -> list[Effect]:
        """It is not, and why."""
        if error == "superseded":
            return self._ended(command, messages.Superseded(command), now)
        short = detail[: messages.LONGEST_DETAIL]
        return self._ended(command, messages.Failed(command, error, short), now)

    def _ended(self, command: str, outcome: FromAgent, now: datetime) -> list[Effect]:
        if command in self._outcomes:
            self._outcomes[command] = now, outcome
        return [Say(outcome), *self._report(now)]

    # --- scenes and the plan -----------------------------------------------------

    def played(
        self, scene: str, failures: Mapping[str, str], now: datetime, command: str | None
    ) -> list[Effect]:
        """A scene was carried out; `failures` are the steps that were not, and why."""
        self._playing = self.state.by_plan = False
        self.state.scene = scene
        if command is None:
            return self._report(now)
        if not failures:
            return self.done(command, {"scene": scene}, now)
        detail = ", ".join(f"{step}: {error}" for step, error in failures.items())
        return self.failed(command, "device_failure", detail, now)

    def _look_at_plan(self, now: datetime) -> list[Effect]:
        if self.plan is None or self._playing:
            return []
        due = self.plan.due(self.done_of_plan, now)
        if due is None:
            return []
        self.done_of_plan |= {due.done}
        kept = Keep(self.plan, self.done_of_plan)
        try:
            scene = self.plan.scenes.scene(due.scene)
        except MargerideError:
            return [kept]
        self._playing = self.state.by_plan = True
        self.state.failed.clear()
        mine = tuple(step for step in scene.steps if step.name in self.state.commands)
        return [kept, Play(scene.id, mine, within=SCENE_WITHIN)]

    # --- time ---------------------------------------------------------------------

    def token_kept(self, kept: bool) -> list[Effect]:
        """The new token is on the disk, or could not be written."""
        self.state.token_kept = kept
        return [Say(messages.Rotated())] if kept else []

    def changed(self, now: datetime) -> list[Effect]:
        """The room told something: report it if it is news."""
        return self._report(now)

    def tick(self, now: datetime) -> list[Effect]:
        """A second went by."""
        effects = self._look_at_plan(now)
        if not self._open:
            return effects
        if self._heard_at is not None and now - self._heard_at >= SILENT:
            return [*effects, HangUp()]
        if self._beat_at is not None and now - self._beat_at >= BEAT:
            self._beat_at = now
            self._pinged += 1
            self._pings = {self._pinged: now}
            effects.append(Say(Ping(self._pinged)))
        return [*effects, *self._report(now)]

    def _report(self, now: datetime) -> list[Effect]:
        if not self._greeted:
            return []
        report = self.state.report()
        old = self._reported_at is None or now - self._reported_at >= REPORT_AGAIN
        if self._reported is not None and self._reported.steady == report.steady and not old:
            return []
        self._reports += 1
        self._reported, self._reported_at = report, now
        return [Say(messages.Reported(version=self._reports, report=report))]
