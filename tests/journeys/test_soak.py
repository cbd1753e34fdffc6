"""Half a minute of the soak; ten minutes of it are `make bench ARGS="soak"`."""

import asyncio
import json
import sys

import pytest

from tests.fakes.far import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

SHORT = ["--seconds", "15", "--warm-up", "10", "--every", "2", "--no-calm"]


async def test_guests_come_and_go_and_leave_nothing_behind_in_the_worker() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", "soak", "--json", *SHORT,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    figures = json.loads(told.splitlines()[-1])
    assert figures["refused"] == 0, figures["refusals"]
    assert figures["received"]["rtp"] > 10_000
    assert figures["received"]["type 97"] > 0, "nothing was repeated"
    assert figures["came"] > 12
    left = figures["left_behind"]["worker"]
    assert (left["tasks"], left["threads"], left["files"]) == ([], 0, 0)
    # What has ended is freed as it ends: nothing waits for the collector.
    assert left["waited"] < 100
    # A slope over so short a time says nothing, so the bound is absolute, six times what two runs
    # took (1.5 MB): packets that pile up would pass it, a leg that stays is seen above.
    for course in figures["memory_mb"].values():
        assert course[-1] - course[0] < 10
