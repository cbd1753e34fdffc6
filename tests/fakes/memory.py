"""What is held in memory, looked at without a collector that would tidy up first."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_off() -> Iterator[None]:
    """Nothing is freed but by its last reference."""
    gc.collect()
    gc.freeze()  # what was there before is not looked at: it may be a great deal
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def held(kinds: tuple[type, ...]) -> Counter[str]:
    """Those of these kinds that are in memory, reachable or not."""
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, kinds))
