"""A published picture as subscribers may have it: its layers' rates, and which of them to send."""

from rooms.ids import LegId
from signalling.engine import Track
from signalling.sfu.allocate import Ladder, Layer
from signalling.sfu.demand import Picture, Watched, highest
from signalling.sfu.pace import Rests, Seen
from signalling.sfu.simulcast import Layers
from signalling.sfu.source import Source

# What layers take before they were seen, by how many there are.
NOMINAL = {1: (350.0,), 2: (120.0, 400.0), 3: (120.0, 330.0, 1000.0)}
SCREEN = (1000.0,)
# Headers, protection and repeats beside the payload.
OVERHEAD = 1.08
# A rate is believed fast when it grows and slowly when it falls: pictures come in waves.
UP, DOWN = 0.2, 0.05
# What has just begun is not measured before a second is full, then believed fast either way.
FIRST, YOUNG = 1.2, 4.0
# A still picture costs little, but the next movement does not.
LEAST_SHARE = 0.3
# So much must change before subscribers are given other figures.
NEWS = 0.1
CAMERA_SILENT, SCREEN_SILENT = 2.0, 8.0
SHARES_EVERY = 2.0

Told = tuple[tuple[str, ...], float | None]


class Published:
    """One video track of one publisher. `part` is what it may take of his uplink, None: anything.

    `ladder` is what subscribers choose from, another object when it has changed; `alive` are the
    layers that arrive.
    """

    def __init__(self, track: Track, layers: Layers, now: float) -> None:
        self.track = track
        self.layers = layers
        self.screen = track.source == "screen"
        count = len(layers.sources)
        self.nominal = SCREEN if self.screen and count == 1 else NOMINAL[count]
        self.part: float | None = None
        self.watched = Watched(count, now)
        self.ladder = Ladder(track.id, (), screen=self.screen)
        # What each leg that sends it was told last.
        self.told: dict[LegId, Told] = {}
        self._rates = list(self.nominal)
        self._began = [now] * count
        self._shares: list[tuple[float, ...]] = [(1.0,)] * count
        self._shared = now - SHARES_EVERY
        self._basis: tuple[object, ...] = ()
        self._offered: list[Layer] = []
        self.alive: list[int] = []
        self._rests = Rests(count, now)

    @property
    def picture(self) -> Picture:
        """What it takes of an uplink."""
        return Picture(kbps=self.nominal, screen=self.screen, rank=self.ladder.rank)

    def measure(self, rank: int, now: float) -> bool:
        """Look at what arrives; whether subscribers have something else to choose from."""
        if now - self._shared >= SHARES_EVERY:
            self._shared = now
            self._shares = [_rounded(source.shares) for source in self.layers.sources]
        silent = SCREEN_SILENT if self.screen else CAMERA_SILENT
        most = len(self._rates) - 1 if self.part is None else highest(self.nominal, self.part)
        resting = self._resting(most, now)
        there: list[int] = []
        self.alive = []
        for layer, source in enumerate(self.layers.sources):
            if now - source.latest < silent:
                self._weigh(layer, source, now)
                self.alive.append(layer)
            else:
                self._began[layer] = now
                self.watched.gone(layer, now)
                if not self.watched.awaited(layer, now):
                    continue
            if most is not None and layer <= most and layer not in resting:
                there.append(layer)
        return self._rebuild(there, rank)

    def _resting(self, most: int | None, now: float) -> set[int]:
        """The layers that starve; a screen has its own pace, and who is muted none."""
        on = () if self.screen or self.layers.muted else self.watched.on(now)
        return self._rests.look(
            [
                Seen(
                    asked=layer in on and most is not None and layer <= most,
                    alive=source.alive(now),
                    rate=source.pace.rate(now),
                    since=self._began[layer],
                )
                for layer, source in enumerate(self.layers.sources)
            ],
            now,
        )

    def _weigh(self, layer: int, source: Source, now: float) -> None:
        kbps, rate = source.kbps(now) * OVERHEAD, self._rates[layer]
        age = now - self._began[layer]
        if age < FIRST:
            return
        young = age < YOUNG
        rate += (kbps - rate) * (UP if kbps > rate or young else DOWN)
        self._rates[layer] = max(rate, LEAST_SHARE * self.nominal[layer])

    def _rebuild(self, there: list[int], rank: int) -> bool:
        layers = self.layers
        heights = [source.height for source in layers.sources]
        off = layers.muted or (self.part is not None and highest(self.nominal, self.part) is None)
        basis = (tuple(there), tuple(heights), tuple(self._shares), off, rank)
        used = {layer.layer: layer.kbps for layer in self._offered}
        far = any(abs(self._rates[n] - used.get(n, 0.0)) > NEWS * self._rates[n] for n in there)
        if basis == self._basis and not far:
            return False
        self._basis = basis
        known = next((n for n, height in enumerate(heights) if height), None)
        # Something stopped is not taken away: it may go on with its next picture.
        self._offered = [
            Layer(n, self._rates[n], _height(heights, n, known), self._shares[n])
            for n in there or [0]
        ]
        self.ladder = Ladder(
            self.track.id,
            () if off else self._offered,
            screen=self.screen,
            rank=rank,
            short=there[-1:] != [len(heights) - 1],
        )
        return True

    def wanted(self, now: float) -> Told:
        """The layers he should send, and what they may take together."""
        on = self.watched.on(now)
        part = self.part
        if part is not None:
            most = highest(self.nominal, part)
            on = tuple(n for n in on if most is not None and n <= most)
        if not on:
            return (), 0.0
        limit = None if part is None or part >= sum(self.nominal) else float(round(part, -1))
        rids = self.layers.rids
        return tuple(rids[n] for n in on) if rids else (), limit


def _height(heights: list[int], layer: int, known: int | None) -> int:
    """A layer that has not been seen is half as high as the next, as browsers make them."""
    if heights[layer] or known is None:
        return heights[layer]
    return round(heights[known] * 2.0 ** (layer - known))


def _rounded(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(share * 20) / 20 for share in shares)
