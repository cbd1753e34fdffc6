"""A storm of the machine is seen, and excuses nothing else."""

import os
import resource
import time
from pathlib import Path

import pytest

from tests.tools import calm
from tests.tools.weather import WINDOW, Ticks, storms, stormy, ticks

HEAD = """import os, pathlib, time
TIMES = pathlib.Path(__file__).with_suffix(".times")
STORMS = pathlib.Path(os.environ["MARGERIDE_WEATHER"]) / "storms"

def count() -> int:
    TIMES.write_text(TIMES.read_text() + "." if TIMES.exists() else ".")
    return len(TIMES.read_text())

def storm() -> None:
    with STORMS.open("a") as out:
        print(time.monotonic(), file=out)

"""
ONCE_IN_A_STORM = "def test_it():\n    if count() == 1:\n        storm()\n        assert False\n"
ONCE_IN_CALM = "def test_it():\n    assert count() > 1\n"
THRICE_IN_A_STORM = "def test_it():\n    storm()\n    assert count() > 3\n"
ALWAYS_IN_A_STORM = "def test_it():\n    storm()\n    assert count() > 9\n"
AT_LAST_IN_CALM = "def test_it():\n    if count() < 3:\n        storm()\n    assert False\n"
ONE_OF_TWO = ONCE_IN_A_STORM + "\ndef test_other():\n    assert False\n"


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest inside runs in a folder of its own, and nobody waits for the weather."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(calm, "CALM_FOR", 0.0)


def outcome(tmp_path: Path, source: str) -> tuple[int, int]:
    """The exit code of the run, and how often the test ran."""
    file = tmp_path / "test_inside.py"
    file.write_text(HEAD + source)
    folder = tmp_path / "weather"
    folder.mkdir()
    code = calm.run(folder, ["-q", str(file)])
    return code, len(file.with_suffix(".times").read_text())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ONCE_IN_A_STORM, (0, 2)),
        (ONCE_IN_CALM, (1, 1)),
        (THRICE_IN_A_STORM, (0, 4)),
        (ALWAYS_IN_A_STORM, (1, 4)),
        (AT_LAST_IN_CALM, (1, 3)),
        (ONE_OF_TWO, (1, 1)),
    ],
    ids=[
        "once in a storm",
        "once in calm",
        "thrice in a storm",
        "always in a storm",
        "at last in calm",
        "in a storm beside one in calm",
    ],
)
def test_only_what_failed_in_a_storm_runs_again_and_no_more_than_thrice(
    tmp_path: Path, source: str, expected: tuple[int, int]
) -> None:
    assert outcome(tmp_path, source) == expected


def test_where_much_fails_nothing_runs_again(tmp_path: Path) -> None:
    failing = "".join(
        f"def test_{n}():\n    count()\n    storm()\n    assert False\n"
        for n in range(calm.AT_MOST + 1)
    )
    assert outcome(tmp_path, failing) == (1, calm.AT_MOST + 1)


def test_the_first_line_of_stat_says_what_was_wanted_and_what_was_taken() -> None:
    stat = "cpu  10 1 5 1000 50 0 4 30 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
    assert ticks(stat) == Ticks(wanted=50, stolen=30)


@pytest.mark.parametrize(
    ("late", "stolen", "expected"),
    [(0.0, 10, False), (0.6, 0, True), (0.0, 30, True), (0.4, 19, False)],
)
def test_a_late_waking_or_a_large_theft_is_a_storm(
    late: float, stolen: int, expected: bool
) -> None:
    samples = [Ticks(0, 0)] * (WINDOW - 1) + [Ticks(100, stolen)]
    assert stormy(late, samples) is expected


def test_a_short_look_accuses_nobody_of_theft() -> None:
    assert not stormy(0.0, [Ticks(0, 0), Ticks(10, 10)])


def test_a_storm_before_or_after_the_test_excuses_nothing() -> None:
    now = time.monotonic()
    assert storms([str(now - 1), str(now), str(now + 1)], now - 0.5, now + 0.5) == [now]


@pytest.mark.parametrize(("patience", "looks"), [(60.0, 3), (0.0, 1)], ids=["enough", "none"])
def test_a_calm_is_one_that_lasts_while_the_cores_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float, looks: int
) -> None:
    worked: list[float] = []

    def work(seconds: float) -> None:
        worked.append(seconds)
        with (tmp_path / "storms").open("a") as out:
            if len(worked) < 3:
                print(time.monotonic(), file=out)

    monkeypatch.setattr(calm, "at_work", work)
    monkeypatch.setattr(calm, "PATIENCE", patience)
    calm.wait_for_calm(tmp_path)
    assert len(worked) == looks


def test_every_core_is_put_to_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    calm.at_work(0.05)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before
