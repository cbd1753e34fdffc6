"""What of all that is wrong is news to whom. Pure: `now` is an argument.

A target is told once that something opened, and once that it closed. What comes and goes within
two minutes has not closed; nor does anything close in the first minutes of a service, which has to
hear from its rooms first. A call for help is told session or none, and so is the next one: that the
former is over comes with it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.alerts.help_wanted import KEY as HELP
from orchestrator.alerts.post_failing import KEY as FAILING
from orchestrator.alerts.seen import Alert, Need, Standing
from orchestrator.settings.targets import Target
from rooms.ids import CentreId, RoomId, SessionId

CALM = timedelta(minutes=2)
DEAF = timedelta(minutes=5)
Name = tuple[str, RoomId, str, str]
"""Target, room, key, device ("": none)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a target was told to have opened, and for which session."""

    alert: Alert
    since: datetime
    session: SessionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """To be told: that it opened (`need`: the session that suffers), or that it closed."""

    name: Name
    told: Told
    closed: bool = False
    need: Need | None = None


@dataclass(slots=True)
class Ledger:
    """Who was told of what. `told` is what the store knows."""

    targets: tuple[Target, ...]
    centre_of: Callable[[RoomId], CentreId]
    told: dict[Name, Told] = field(default_factory=dict)
    _gone: dict[Name, datetime] = field(default_factory=dict)
    _began: datetime | None = None

    def news(self, now: datetime, standing: Iterable[Standing]) -> list[News]:
        """What is to be told now; it stays news until it is `noted`."""
        self._began = self._began or now
        wanted = {name: one for one in standing for name in self._names(one.alert)}
        self._gone = {name: self._gone.get(name, now) for name in self.told.keys() - wanted.keys()}
        anew = [
            News(name=name, told=self.told[name], closed=True)
            for name, one in wanted.items()
            if self._anew(name, one)
        ]
        opened = [self._opened(name, one) for name, one in wanted.items() if self._calls(name, one)]
        closed = [
            News(name=name, told=self.told[name], closed=True)
            for name, since in self._gone.items()
            if now - max(since, self._began + DEAF - CALM) >= CALM
        ]
        return [*anew, *(one for one in opened if one is not None), *closed]

    def noted(self, news: Iterable[News]) -> None:
        """These are written down."""
        for one in news:
            if one.closed:
                self.told.pop(one.name, None)
            else:
                self.told[one.name] = one.told

    def _names(self, alert: Alert) -> Iterable[Name]:
        centre = self.centre_of(alert.room)
        for target in self.targets:
            own = alert.key == FAILING and alert.device == target.id
            if target.hears_of(centre) and not own:
                yield target.id, alert.room, alert.key, alert.device or ""

    def _calls(self, name: Name, one: Standing) -> bool:
        """Whether it is for this target now. The telephone of a person: while he is on duty, or
        nobody is who has one. Who was on duty and was told need not be there any more."""
        person = self._by_id[name[0]].person
        if not person or person in one.duty:
            return True
        centre = self.centre_of(one.alert.room)
        others = {other.person for other in self.targets if other.hears_of(centre)}
        told = {other.person for other in self.told_of(one.alert)}
        return not others & one.duty and not (told - {"", person})

    def told_of(self, alert: Alert) -> tuple[Target, ...]:
        """Those that were told of it."""
        where = alert.room, alert.key, alert.device or ""
        return tuple(one for one in self.targets if (one.id, *where) in self.told)

    def _opened(self, name: Name, one: Standing) -> News | None:
        known, need = None if self._anew(name, one) else self.told.get(name), one.need
        if self._by_id[name[0]].when == "needed" and one.alert.key != HELP:
            if need is None or not one.alert.pressing:
                return None
            session = need.session
            if known is not None and known.session == session:
                return None
        elif known is not None:
            return None
        else:
            session = None
        told = Told(alert=one.alert, since=one.since, session=session)
        return News(name=name, told=told, need=need)

    def _anew(self, name: Name, one: Standing) -> bool:
        """Whether what was told is a call for help, and this is a later one."""
        known = self.told.get(name)
        return one.alert.key == HELP and known is not None and known.since < one.since

    @property
    def _by_id(self) -> Mapping[str, Target]:
        return {target.id: target for target in self.targets}
