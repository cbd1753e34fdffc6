"""When the collector comes in a service that has started; another Python is asked, it stays so."""

import subprocess
import sys

from tests.fakes.far import ROOT

SCRIPT = """
import gc, weakref
gc.disable()  # as `margeride serve` does
import orchestrator.serve

class Knot:
    def __init__(self):
        self.me = self

orchestrator.serve._keep_what_stays()
knots = [Knot() for _ in range(2_000)]
gc.collect(0), gc.collect(1)  # old enough for the last generation alone
seen = weakref.WeakSet(knots)
del knots
for _ in range(40):
    kept = [[] for _ in range(5_000)]
print(len(seen))
"""


def test_what_has_grown_old_and_ended_does_not_wait_for_a_quarter_of_all_that_was_loaded() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "0"), ran.stderr
