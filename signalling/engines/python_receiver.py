"""The leg of a plain receiver (WHEP): he offers, we answer once, and nothing is renegotiated."""

from collections.abc import Sequence

from signalling.engine import SubscribeOffer, Track
from signalling.engines.python_subscriber import SubscriberLeg
from signalling.transport.sdp import Description
from signalling.transport.sdp_answer import Ours
from signalling.transport.sdp_receive import Receiving, receive_answer, receiving_lines


class ReceiverLeg(SubscriberLeg):
    """A subscriber whose m-lines are his own."""

    def want(self, tracks: Sequence[Track]) -> bool:
        """He gets what he got: another offer of ours would not be understood."""
        return False

    def accept(
        self, offer: Description, tracks: Sequence[Track], ours: Ours, now: float
    ) -> SubscribeOffer:
        """Put each track on the first free m-line of its kind, and answer."""
        waiting = list(tracks)
        for line in receiving_lines(offer):
            track = next((one for one in waiting if one.kind.value == line.kind), None)
            if track is not None:
                waiting.remove(track)
                self._take_up(line, track)
        self.serial = 1
        sent = {place.mid: self.sending(place) for place in self.places}
        sdp = receive_answer(offer, ours, self.number, sent)
        described = next(media for media in offer.media if media.fingerprints)
        self.expect(tuple(described.fingerprints), now)
        return SubscribeOffer(leg=self.owner.leg, serial=1, sdp=sdp, tracks=self.placed)

    def _take_up(self, wanted: Receiving, track: Track) -> None:
        place = self.new_place(wanted.kind, wanted.mid)
        place.track, place.taken = track, True
        line = place.line
        line.extensions(wanted.mid, wanted.mid_id, wanted.level_id, wanted.stamp_id)
        line.rewriter.payload_type = wanted.payload_type
        line.rewriter.rtx_payload_type = wanted.rtx_payload_type
