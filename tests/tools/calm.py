"""Run the tests; those that failed in a storm of the machine run again when it is over.

`python -m tests.tools.calm ARGUMENTS…` (those of pytest). A test that fails while the machine runs
us fails. What runs again is said; who fails in a storm again may wait for a calm twice more, since
some storms last an evening. Not when many failed: something is broken then, and the time is short.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.tools.weather import storms

FOLDER = "MARGERIDE_WEATHER"
AT_MOST, REPEATS = 24, 3
CALM_FOR, PATIENCE = 20.0, 400.0  # seconds
WORK = """import sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    pass"""
FAILED = 1  # pytest's exit code where tests failed, and nothing else went wrong


class Failures:
    """The pytest plugin: tells which tests are worth another run, where all that failed are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.in_storm: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.in_storm[report.nodeid] = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        began = time.monotonic()
        yield
        if item.nodeid in self.in_storm:
            self.in_storm[item.nodeid] = bool(noted(self.folder, began))

    def pytest_sessionfinish(self) -> None:
        if all(self.in_storm.values()) and len(self.in_storm) <= AT_MOST:
            (self.folder / "again").write_text(json.dumps(sorted(self.in_storm)))


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get(FOLDER):
        config.pluginmanager.register(Failures(Path(folder)))


def noted(folder: Path, since: float) -> list[float]:
    """The moments of storm since one on the clock `time.monotonic`."""
    file = folder / "storms"
    lines = file.read_text().splitlines() if file.exists() else []
    return storms(lines, since, time.monotonic())


def wait_for_calm(folder: Path) -> None:
    """Until nothing was noted while all cores worked for a while; not for ever.

    From idle cores nobody takes anything: such a calm would end with the first test.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        began = time.monotonic()
        at_work(CALM_FOR)
        if not noted(folder, began) or time.monotonic() > deadline:
            return


def at_work(seconds: float) -> None:
    """Keep every core at work for so long."""
    command = [sys.executable, "-c", WORK, str(seconds)]
    for busy in [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]:
        busy.wait()


def run(folder: Path, arguments: Sequence[str]) -> int:
    """Run pytest, and again what failed in a storm; its exit code."""
    pytest_ = [sys.executable, "-m", "pytest", "-p", "tests.tools.calm"]
    around, again = os.environ | {FOLDER: str(folder)}, folder / "again"
    code = subprocess.call([*pytest_, *arguments], env=around)
    for _ in range(REPEATS):
        if code != FAILED or not again.exists():
            break
        names = json.loads(again.read_text())
        again.unlink()
        print("\nThe machine did not run us during these; again, in calm:", *names, sep="\n  ")
        sys.stdout.flush()
        wait_for_calm(folder)
        code = subprocess.call([*pytest_, "-q", *names], env=around)
    return code


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        watch = [sys.executable, "-m", "tests.tools.weather", str(folder / "storms")]
        with subprocess.Popen(watch) as watcher:
            try:
                sys.exit(run(folder, sys.argv[1:]))
            finally:
                watcher.kill()


if __name__ == "__main__":
    main()
