"""The screen of a room finds a camera and a microphone that were unplugged, in Node.js."""

import subprocess
from pathlib import Path

from orchestrator.web import assets
from tests.conftest import need

PAGE = Path(__file__).with_name("kiosk_devices.mjs")


def test_a_room_says_what_was_unplugged_and_opens_it_when_it_is_back() -> None:
    run = subprocess.run(
        [need("node"), PAGE, assets.ROOT], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
