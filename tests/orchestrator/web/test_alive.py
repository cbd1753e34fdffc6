"""A microphone that gives no sound, a camera that gives no picture: how one knows, in Node.js."""

import shutil
import subprocess
from pathlib import Path

from orchestrator.web import assets
from tests.conftest import need

PAGE = Path(__file__).with_name("alive.mjs")


def test_a_screen_judges_its_microphone_and_its_camera_by_how_long_they_give_nothing(
    tmp_path: Path,
) -> None:
    module = tmp_path / "alive.mjs"  # by its name a module for any Node.js
    shutil.copyfile(assets.ROOT / "alive.js", module)
    words = [need("node"), str(PAGE), module.as_uri()]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
