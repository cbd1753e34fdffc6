"""Whose a packet is: told by its SSRC, else by its stream id (RFC 8852), m-line or payload type.

Browsers say ids only until we have reported on the SSRC, so what was learned is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from signalling.sfu.packet import Packet, extension_of

MOST_SSRCS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One m-line that sends. Ids are those of header extensions, 0 for none.

    `rids` are its layers, none without simulcast; `ssrcs` those its author announced, with whether
    each of them repeats.
    """

    mid: str
    payload_types: frozenset[int]
    rtx_payload_type: int = 0
    mid_id: int = 0
    rid_id: int = 0
    repaired_id: int = 0
    rids: tuple[str, ...] = ()
    ssrcs: Mapping[int, bool]


class Whose(NamedTuple):
    """The m-line of a packet, its layer counted from the lowest, and whether it is a repeat."""

    mid: str
    layer: int
    rtx: bool


class Demux:
    """The SSRCs of one leg."""

    __slots__ = ("_by_ssrc", "_sections")

    def __init__(self) -> None:
        self._sections: dict[str, Section] = {}
        self._by_ssrc: dict[int, Whose] = {}

    def agree(self, sections: Iterable[Section]) -> None:
        """Take over what was agreed; SSRCs of m-lines that are no more are forgotten."""
        self._sections = {section.mid: section for section in sections}
        self._by_ssrc = {ssrc: whose for ssrc, whose in self._by_ssrc.items() if self._still(whose)}
        for section in self._sections.values():
            # With simulcast only the ids say which SSRC is which layer.
            for ssrc, rtx in () if section.rids else section.ssrcs.items():
                self._by_ssrc[ssrc] = Whose(section.mid, 0, rtx)

    def _still(self, whose: Whose) -> bool:
        section = self._sections.get(whose.mid)
        return section is not None and whose.layer < max(len(section.rids), 1)

    def find(self, packet: Packet) -> Whose | None:
        """Whose this packet is; None when nothing tells."""
        return self._by_ssrc.get(packet.ssrc) or self._learn(packet)

    def known(self, ssrc: int) -> Whose | None:
        """Whose this SSRC is, if that was told already."""
        return self._by_ssrc.get(ssrc)

    def _learn(self, packet: Packet) -> Whose | None:
        section = self._section(packet)
        if section is None or len(self._by_ssrc) >= MOST_SSRCS:
            return None
        whose = self._layer(packet, section) if section.rids else self._single(packet, section)
        if whose is not None:
            self._by_ssrc[packet.ssrc] = whose
        return whose

    def _section(self, packet: Packet) -> Section | None:
        number = packet.payload_type
        fitting = [
            section
            for section in self._sections.values()
            if number in section.payload_types or number == section.rtx_payload_type != 0
        ]
        for section in fitting:
            told = extension_of(packet, section.mid_id) if section.mid_id else None
            if told is not None:
                return next((one for one in fitting if told == one.mid.encode()), None)
        return fitting[0] if len(fitting) == 1 else None

    def _single(self, packet: Packet, section: Section) -> Whose:
        return Whose(section.mid, 0, packet.payload_type == section.rtx_payload_type)

    def _layer(self, packet: Packet, section: Section) -> Whose | None:
        for number, rtx in ((section.rid_id, False), (section.repaired_id, True)):
            told = extension_of(packet, number) if number else None
            for layer, rid in enumerate(section.rids if told is not None else ()):
                if told == rid.encode():
                    return Whose(section.mid, layer, rtx)
        return None
