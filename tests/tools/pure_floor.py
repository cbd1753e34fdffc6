"""Each pure module is covered 100 %, branches too, by its own tests.

Run `python -m tests.tools.pure_floor`.

The modules are those of the "pure floor" contract in pyproject.toml; a package stands for all it
holds. The tests of `rooms.centre` are tests/rooms/test_centre*.py; those of `signalling.sfu.nack`
tests/signalling/sfu/test_nack*.py.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CONTRACT = "the pure floor knows no IO"


def pure_modules() -> list[Path]:
    settings = tomllib.loads(Path("pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    names = next(c["source_modules"] for c in contracts if c["name"] == CONTRACT)
    files: list[Path] = []
    for name in names:
        place = Path(*name.split("."))
        files += sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return [file for file in files if file.name != "__init__.py"]


def own_tests(module: Path) -> list[str]:
    folder = Path("tests", *module.parts[:-1])
    found = {folder / f"test_{module.stem}.py", *folder.glob(f"test_{module.stem}_*.py")}
    return sorted(str(path) for path in found if path.exists())


def covered(module: Path) -> tuple[Path, bool, str]:
    tests = own_tests(module)
    if not tests:
        return module, False, "has no tests of its own"
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "COVERAGE_FILE": f"{scratch}/coverage"}
        coverage = [sys.executable, "-m", "coverage"]
        own = ["--rcfile=", "--branch"]  # the settings of the whole would widen what is measured
        include = f"--include={module}"
        quiet = ["-q", "-p", "no:cacheprovider", "--no-header", "-o", "timeout=180"]
        ran = subprocess.run(
            [*coverage, "run", *own, include, "-m", "pytest", *quiet, *tests],
            env=environment,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            return module, False, ran.stdout[-2000:]
        report = subprocess.run(
            [*coverage, "report", "--rcfile=", "--show-missing", "--fail-under=100", include],
            env=environment,
            capture_output=True,
            text=True,
        )
        return module, report.returncode == 0, report.stdout


def main() -> int:
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for module, ok, said in pool.map(covered, pure_modules()):
            print(f"{'100 %' if ok else 'NO   '} {module}")
            if not ok:
                failed += 1
                print(said)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
