"""What is installed elsewhere is whole: pages, catalogues, networks and migrations travel along."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TYPES = "tsconfig.json"  # for whoever edits the scripts, not for the service
PACKAGES = ("orchestrator", "rooms", "signalling", "calendars")


@pytest.fixture
def wheel(tmp_path: Path) -> set[str]:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path)]
    built = subprocess.run([*pip, *options, str(tree)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (made,) = tmp_path.glob("*.whl")
    return set(zipfile.ZipFile(made).namelist())


@pytest.mark.timeout(120)
def test_everything_the_service_reads_is_in_the_wheel_and_nothing_else(wheel: set[str]) -> None:
    needed = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != TYPES
    }
    assert needed <= wheel, needed - wheel
    assert any(name.startswith("orchestrator/store/migrations/") for name in wheel)
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
