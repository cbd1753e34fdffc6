import pytest
from blockbuster import BlockBuster


@pytest.fixture(autouse=True)
def aiortc_may_wait_for_its_decoder(no_blocking_call: BlockBuster) -> None:
    """A client of aiortc joins its decoder thread on the loop, for a moment, when a leg ends."""
    for name in ("threading.Lock.acquire", "threading.Lock.acquire_lock"):
        if name in no_blocking_call.functions:
            guarded = no_blocking_call.functions[name]
            guarded.can_block_in("aiortc/rtcrtpreceiver.py", {"__stop_decoder"})
