"""Which picture a subscriber is sent in which quality, within what his line carries.

The sound is not here: its rate is taken off beforehand, and it is never paused. Pictures come in
the order of their worth: what is on stage and shared screens, then who speaks, then those shown
largest. What is on stage is made decent first, then everybody gets a first step, then all are
improved in turn while the line carries it. A ladder is the same for all subscribers of a track.
Rates are kbit/s, heights pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rooms.ids import TrackId
from signalling.engine import Choice, Mode, Why, Wish

# What is improved must fit with this to spare; what is there stays while it fits.
SPARE = 1.15
# The last picture that is left stays though it costs a little more than there is thought to be.
TENACITY = 1.25
# A layer a little lower than it is shown is good enough.
NEARLY = 0.8
# Cameras of those who asked for little.
SAVING_CAMERAS = 1
UNRANKED = 1 << 16
STAGE, SPEAKER, OTHERS = 0, 1, 2


class Layer(NamedTuple):
    """One layer as it is, or would be, sent. `shares` of `kbps`: up to each temporal layer."""

    layer: int
    kbps: float
    height: int
    shares: tuple[float, ...] = (1.0,)


class Step(NamedTuple):
    """One quality of a track."""

    layer: int
    temporal: int
    kbps: float
    height: int


class Ladder:
    """A track's qualities, from the cheapest to the best; each costs more than the one before.

    `rank` is his place among those who speak (0: dominant), `short` that the publisher sends less
    than he might. Without steps he sends nothing. `tops` are the highest temporal layers there are.
    """

    __slots__ = ("_choices", "costs", "rank", "screen", "short", "steps", "tops", "track")

    def __init__(
        self,
        track: TrackId,
        layers: Sequence[Layer],
        *,
        screen: bool = False,
        rank: int = UNRANKED,
        short: bool = False,
    ) -> None:
        self.track = track
        self.screen = screen
        self.rank = rank
        self.short = short
        self.steps = steps_of(layers, screen=screen)
        self.costs = tuple(step.kbps for step in self.steps)
        self.tops = {layer.layer: len(layer.shares) - 1 for layer in layers}
        self._choices: dict[tuple[int, Why], Choice] = {}

    def choice(self, level: int, why: Why) -> Choice:
        """The choice of this step (-1: none), made once for all who are sent the same."""
        made = self._choices.get((level, why))
        if made is None:
            step = self.steps[level] if level >= 0 else Step(-1, 0, 0.0, 0)
            made = self._choices[level, why] = Choice(
                track=self.track,
                layer=step.layer if level >= 0 else None,
                temporal=step.temporal,
                kbps=round(step.kbps, 1),
                why=why,
            )
        return made

    def whole(self, choice: Choice) -> bool:
        """Whether every temporal layer of its layer is chosen."""
        return choice.layer is not None and choice.temporal >= self.tops.get(choice.layer, 0)

    def level_of(self, choice: Choice | None) -> int:
        """The step of a choice made before: the best that is no better than it was."""
        if choice is None or choice.layer is None:
            return -1
        found = -1
        for level, step in enumerate(self.steps):
            if (step.layer, step.temporal) <= (choice.layer, choice.temporal):
                found = level
        return found

    def highest(self, height: int) -> int:
        """The best step that is worth sending for a picture shown at this height."""
        top = len(self.steps) - 1
        for level, step in enumerate(self.steps):
            if step.height and step.height >= height * NEARLY:
                layer = step.layer
                return max(n for n in range(level, top + 1) if self.steps[n].layer == layer)
        return top

    def decent(self, most: int) -> int:
        """What is on stage gets this before anybody gets anything: half size, or sharp text."""
        if self.screen:
            top = self.steps[most].layer
            return next(n for n, step in enumerate(self.steps) if step.layer == top)
        return max((n for n in range(most + 1) if self.steps[n].layer <= 1), default=0)


def steps_of(layers: Sequence[Layer], *, screen: bool) -> tuple[Step, ...]:
    """Qualities in the order in which they are better.

    A camera's larger layers are not sent at their lowest rate of pictures, a screen's are: text
    must be sharp before it moves.
    """
    steps: list[Step] = []
    for place, layer in enumerate(layers):
        least = 1 if place and not screen and len(layer.shares) > 1 else 0
        for temporal, share in enumerate(layer.shares):
            if temporal < least:
                continue
            step = Step(layer.layer, temporal, layer.kbps * share, layer.height)
            # What costs no less than something better is left out.
            while steps and steps[-1].kbps >= step.kbps:
                steps.pop()
            steps.append(step)
    return tuple(steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What one subscriber is sent. `kbps` of it all, `ideal` of what his page would have.

    `following` is the rate at which something would be better, None when the line is no limit.
    """

    choices: tuple[Choice, ...]
    kbps: float
    ideal: float
    following: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What limits one subscriber: his page (None: it said nothing yet), his mode, the number of
    pictures, and `kbps` for pictures; `why` says what set that."""

    wishes: Mapping[TrackId, Wish] | None = None
    mode: Mode = Mode.FULL
    pictures: int = UNRANKED
    kbps: float
    why: Why = Why.LINE


def allocate(
    ladders: Sequence[Ladder], viewer: Viewer, before: Mapping[TrackId, Choice]
) -> Allocation:
    """What he is sent now; `before` is what he was sent, so that nothing flaps."""
    shown, chosen = _shown(ladders, viewer)
    limits = [most for _, most, _ in shown]
    costs = [ladder.costs for ladder, _, _ in shown]
    ideal = sum(cost[most] for cost, most in zip(costs, limits, strict=True))
    levels = limits
    if ideal * SPARE > viewer.kbps:
        decent = [one.decent(most) if stage == STAGE else 0 for one, most, stage in shown]
        low = improve(costs, limits, decent, viewer.kbps / SPARE)
        high = improve(costs, limits, decent, viewer.kbps)
        # It rises when it fits with something to spare, and falls when it no longer fits.
        levels = [
            min(max(ladder.level_of(before.get(ladder.track)), least), most)
            for (ladder, _, _), least, most in zip(shown, low, high, strict=True)
        ]
        if max(levels) < 0:
            _keep_one(shown, levels, viewer, before)
    used, more = 0.0, []
    for (ladder, most, _), level in zip(shown, levels, strict=True):
        cost = ladder.costs[level] if level >= 0 else 0.0
        used += cost
        if level < most:
            more.append(ladder.costs[level + 1] - cost)
        chosen[ladder.track] = ladder.choice(level, _why(ladder, level, most, viewer))
    return Allocation(
        choices=tuple(chosen[ladder.track] for ladder in ladders),
        kbps=used,
        ideal=ideal,
        following=(used + min(more)) * SPARE if more else None,
    )


def _keep_one(
    shown: Sequence[tuple[Ladder, int, int]],
    levels: list[int],
    viewer: Viewer,
    before: Mapping[TrackId, Choice],
) -> None:
    for at, (ladder, _, _) in enumerate(shown):
        held = ladder.level_of(before.get(ladder.track)) >= 0
        if held and ladder.costs[0] <= viewer.kbps * TENACITY:
            levels[at] = 0
            return


def _shown(
    ladders: Sequence[Ladder], viewer: Viewer
) -> tuple[list[tuple[Ladder, int, int]], dict[TrackId, Choice]]:
    """Pictures that may be sent, in their order: ladder, best step, class. And the others."""
    out: dict[TrackId, Choice] = {}
    shown: list[tuple[int, int, int, int, Ladder]] = []
    wishes = viewer.wishes
    for at, ladder in enumerate(ladders):
        height, stage = 1 << 16, ladder.screen
        if wishes is not None:
            wish = wishes.get(ladder.track)
            height, stage = (wish.height, stage or wish.stage) if wish is not None else (0, stage)
        if not height:
            out[ladder.track] = ladder.choice(-1, Why.HIDDEN)
        elif viewer.mode is Mode.SOUND:
            out[ladder.track] = ladder.choice(-1, Why.SAVING)
        elif not ladder.steps:
            out[ladder.track] = ladder.choice(-1, Why.SOURCE)
        else:
            worth = STAGE if stage else OTHERS if ladder.rank else SPEAKER
            shown.append((worth, -height, ladder.rank, at, ladder))
    shown.sort()
    room = viewer.pictures
    cameras = SAVING_CAMERAS if viewer.mode is Mode.SAVING else room
    kept: list[tuple[Ladder, int, int]] = []
    for worth, height, _, _, ladder in shown:
        if room <= 0:
            out[ladder.track] = ladder.choice(-1, Why.MANY)
        elif cameras <= 0 and not ladder.screen:
            out[ladder.track] = ladder.choice(-1, Why.SAVING)
        else:
            room -= 1
            cameras -= not ladder.screen
            kept.append((ladder, _most(ladder, -height, viewer), worth))
    return kept, out


def _most(ladder: Ladder, height: int, viewer: Viewer) -> int:
    most = ladder.highest(height)
    if viewer.mode is Mode.SAVING and not ladder.screen:
        lowest = ladder.steps[0].layer
        return min(most, max(n for n, step in enumerate(ladder.steps) if step.layer == lowest))
    return most


def _why(ladder: Ladder, level: int, most: int, viewer: Viewer) -> Why:
    if level < most:
        return viewer.why
    if viewer.mode is Mode.SAVING and not ladder.screen:
        return Why.SAVING
    if most < len(ladder.steps) - 1:
        return Why.SMALL
    return Why.SOURCE if ladder.short else Why.FULL


def improve(
    costs: Sequence[tuple[float, ...]],
    limits: Sequence[int],
    decent: Sequence[int],
    kbps: float,
) -> list[int]:
    """Steps (-1: none) for tracks in the order of their worth, all together within `kbps`."""
    levels, left = [-1] * len(costs), kbps
    for at, cost in enumerate(costs):
        for level in range(decent[at] + 1):
            more = cost[level] - (cost[level - 1] if level else 0.0)
            if more > left:
                break
            left -= more
            levels[at] = level
    moving = [at for at, level in enumerate(levels) if -1 < level < limits[at]]
    while moving:
        still = []
        for at in moving:
            level, cost = levels[at], costs[at]
            more = cost[level + 1] - cost[level]
            if more <= left:
                left -= more
                levels[at] = level + 1
                if level + 1 < limits[at]:
                    still.append(at)
        moving = still
    return levels


def shares(total: float, wanted: Sequence[float]) -> list[float]:
    """Parts of a line for these wants: all of a small one, the rest alike for the others."""
    parts = [0.0] * len(wanted)
    left, many = total, len(wanted)
    for at in sorted(range(len(wanted)), key=wanted.__getitem__):
        parts[at] = min(wanted[at], max(left, 0.0) / many)
        left -= parts[at]
        many -= 1
    return parts
