"""Limits on what a message of the wire may hold (docs/protocol.md)."""

from typing import Annotated

from rooms.ids import LegId
from signalling.codec import Limit

Name = Annotated[str, Limit(most=200)]
Word = Annotated[str, Limit(most=64)]
Secret = Annotated[str, Limit(most=512)]
Sdp = Annotated[str, Limit(most=60_000)]
Count = Annotated[int, Limit(low=0, high=2**53)]
LegName = Annotated[LegId, Limit(pattern=r"lg-[0-9a-f]{20}")]
Rate = Annotated[float, Limit(low=0, high=1e9)]
