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
class Page:
    """What a subscriber wants: his wishes (None: his page said nothing yet), his mode, and how
    many pictures at most."""

    wishes: Mapping[TrackId, Wish] | None = None
    mode: Mode = Mode.FULL
    pictures: int = UNRANKED


class Arrangement:
    """The tracks of one subscriber in their order, each with the best his page has use for.

    It holds until a ladder or the page changes; what the line carries is another matter.
    """

    __slots__ = ("_best", "_costs", "_decent", "_limits", "_order", "_others", "_shown", "ideal")

    def __init__(self, ladders: Sequence[Ladder], page: Page) -> None:
        self._order = [ladder.track for ladder in ladders]
        self._others: dict[TrackId, Choice] = {}
        shown = self._kept(self._ranked(ladders, page), page)
        self._shown = [ladder for ladder, _, _ in shown]
        self._limits = [_most(ladder, height, page) for ladder, height, _ in shown]
        self._costs = [ladder.costs for ladder in self._shown]
        self._decent = [
            ladder.decent(most) if worth == STAGE else 0
            for (ladder, _, worth), most in zip(shown, self._limits, strict=True)
        ]
        self.ideal = sum(c[most] for c, most in zip(self._costs, self._limits, strict=True))
        saves = page.mode is Mode.SAVING
        self._best = [
            ladder.choice(most, _why(ladder, most, saves))
            for ladder, most in zip(self._shown, self._limits, strict=True)
        ]

    def _ranked(
        self, ladders: Sequence[Ladder], page: Page
    ) -> list[tuple[int, int, int, int, Ladder]]:
        """Worth, height (negative), rank and place of each picture that might be sent."""
        wishes, others = page.wishes, self._others
        shown: list[tuple[int, int, int, int, Ladder]] = []
        for at, ladder in enumerate(ladders):
            height, stage = 1 << 16, ladder.screen
            if wishes is not None:
                wish = wishes.get(ladder.track)
                height, stage = (wish.height, stage or wish.stage) if wish else (0, stage)
            if not height:
                others[ladder.track] = ladder.choice(-1, Why.HIDDEN)
            elif page.mode is Mode.SOUND:
                others[ladder.track] = ladder.choice(-1, Why.SAVING)
            elif not ladder.steps:
                others[ladder.track] = ladder.choice(-1, Why.SOURCE)
            else:
                worth = STAGE if stage else OTHERS if ladder.rank else SPEAKER
                shown.append((worth, -height, ladder.rank, at, ladder))
        shown.sort()
        return shown

    def _kept(
        self, ranked: Sequence[tuple[int, int, int, int, Ladder]], page: Page
    ) -> list[tuple[Ladder, int, int]]:
        """Ladder, height and worth of those that are not too many."""
        room = page.pictures
        cameras = SAVING_CAMERAS if page.mode is Mode.SAVING else room
        kept: list[tuple[Ladder, int, int]] = []
        for worth, height, _, _, ladder in ranked:
            if room <= 0:
                self._others[ladder.track] = ladder.choice(-1, Why.MANY)
            elif cameras <= 0 and not ladder.screen:
                self._others[ladder.track] = ladder.choice(-1, Why.SAVING)
            else:
                room -= 1
                cameras -= not ladder.screen
                kept.append((ladder, -height, worth))
        return kept

    def fill(self, kbps: float, why: Why, before: Mapping[TrackId, Choice]) -> Allocation:
        """What he is sent with so much for pictures; `why` says what set that, `before` what he
        was sent, so that nothing flaps."""
        if self.ideal * SPARE <= kbps:
            return self._allocation(self._best, self.ideal, None)
        levels = self._levels(kbps, before)
        used, chosen, more = 0.0, [], []
        for ladder, best, most, level in zip(
            self._shown, self._best, self._limits, levels, strict=True
        ):
            cost = ladder.costs[level] if level >= 0 else 0.0
            used += cost
            if level < most:
                more.append(ladder.costs[level + 1] - cost)
            chosen.append(best if level == most else ladder.choice(level, why))
        return self._allocation(chosen, used, (used + min(more)) * SPARE if more else None)

    def _allocation(
        self, chosen: Sequence[Choice], kbps: float, following: float | None
    ) -> Allocation:
        by_track = {choice.track: choice for choice in chosen} | self._others
        return Allocation(
            choices=tuple(by_track[track] for track in self._order),
            kbps=kbps,
            ideal=self.ideal,
            following=following,
        )

    def _levels(self, kbps: float, before: Mapping[TrackId, Choice]) -> list[int]:
        """It rises when it fits with something to spare, and falls when it no longer fits."""
        low = improve(self._costs, self._limits, self._decent, kbps / SPARE)
        high = improve(self._costs, self._limits, self._decent, kbps)
        if low == high:
            levels = high
        else:
            levels = [
                min(max(ladder.level_of(before.get(ladder.track)), least), most)
                for ladder, least, most in zip(self._shown, low, high, strict=True)
            ]
        if max(levels) < 0:
            self._keep_one(levels, kbps, before)
        return levels

    def _keep_one(self, levels: list[int], kbps: float, before: Mapping[TrackId, Choice]) -> None:
        for at, ladder in enumerate(self._shown):
            held = ladder.level_of(before.get(ladder.track)) >= 0
            if held and ladder.costs[0] <= kbps * TENACITY:
                levels[at] = 0
                return


def _most(ladder: Ladder, height: int, page: Page) -> int:
    most = ladder.highest(height)
    if page.mode is Mode.SAVING and not ladder.screen:
        lowest = ladder.steps[0].layer
        return min(most, max(n for n, step in enumerate(ladder.steps) if step.layer == lowest))
    return most


def _why(ladder: Ladder, most: int, saves: bool) -> Why:
    """Why there is no more than the best his page has use for."""
    if saves and not ladder.screen:
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
