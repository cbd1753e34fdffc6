"""The single UDP port: STUN, ICE-lite, DTLS, SRTP, SDP."""
