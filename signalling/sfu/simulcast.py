"""One published track and its layers, low to high: what a line chooses from."""

from collections.abc import Callable, Sequence

from signalling.sfu.source import Source

MOST_LAYERS = 3
BEHIND = 0.4


class Layers:
    """`sources` are 1 to 3, low to high; `rids` name them, none for a track without simulcast."""

    __slots__ = ("rids", "sources", "video")

    def __init__(self, *, video: bool, rids: Sequence[str] = ()) -> None:
        self.video = video
        self.rids = tuple(rids)
        self.sources = [
            Source(video=video, rid=rid, index=n) for n, rid in enumerate(self.rids or ("",))
        ]

    def alert(self, told: Callable[[], None]) -> None:
        """Who is told when feedback to the publisher should leave soon."""
        for source in self.sources:
            source.alert = told

    @property
    def muted(self) -> bool:
        """Whether nothing of it is forwarded."""
        return self.sources[0].muted

    def mute(self, muted: bool) -> None:
        """Stop forwarding, or go on with a key picture."""
        if muted == self.muted:
            return
        for source in self.sources:
            source.mute(muted)
        for source in self.sources:
            source.halt()

    def end(self) -> None:
        """Nothing more will come of it."""
        for source in self.sources:
            source.end()

    def layer(self, wanted: int) -> Source:
        """The source of this layer, or the highest there is."""
        return self.sources[min(wanted, len(self.sources) - 1)]

    def stopped(self, source: Source) -> bool:
        """Whether others of its layers have gone on without it for a while."""
        return max(other.latest for other in self.sources) - source.latest > BEHIND

    def alive(self, now: float) -> list[Source]:
        """The layers that go on."""
        return [source for source in self.sources if source.alive(now)]
