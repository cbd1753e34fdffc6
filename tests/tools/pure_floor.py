"""Each pure module is covered 100 %, branches too, by its own tests.

Run `python -m tests.tools.pure_floor [MODULE.py…]`.

The modules are those of the "pure floor" contract in pyproject.toml; a package stands for all it
holds. The tests of `rooms.centre` are tests/rooms/test_centre*.py; those of `signalling.sfu.nack`
tests/signalling/sfu/test_nack*.py. One process for each processor runs all tests of its part; what
is executed is noted by the file whose test it was, and only that of a module's own files counts.
"""

import importlib
import io
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from coverage import Coverage

CONTRACT = "the pure floor knows no IO"
QUIET = ("-q", "-p", "no:cacheprovider", "--no-header", "-o", "timeout=180")
IMPORTED = "imported"


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


class Notes:
    """The pytest plugin: what is executed from now on is noted under the file of the test."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        self._coverage.switch_context(noted(collector.path))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(noted(item.path))
        return (yield)


def noted(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def coverage_of(modules: Sequence[Path], data: str) -> Coverage:
    # The settings of the whole would widen what is measured.
    return Coverage(
        config_file=False, branch=True, data_file=data, include=[str(each) for each in modules]
    )


def measure(modules: Sequence[Path], data: str) -> int:
    """Run the tests of these in this process; pytest's exit code."""
    coverage = coverage_of(modules, data)
    tests = sorted({test for module in modules for test in own_tests(module)})
    coverage.start()
    coverage.switch_context(IMPORTED)
    for module in modules:
        importlib.import_module(".".join(module.with_suffix("").parts))
    code = pytest.main([*QUIET, *tests], plugins=[Notes(coverage)])
    coverage.stop()
    coverage.save()
    return int(code)


def covered(modules: Sequence[Path]) -> list[tuple[Path, bool, str]]:
    """Each module, whether its own tests run through all of it, and if not, what is missing."""
    tested = [module for module in modules if own_tests(module)]
    found = [
        (module, False, "has no tests of its own") for module in modules if module not in tested
    ]
    if not tested:
        return found
    with tempfile.TemporaryDirectory() as scratch:
        data = f"{scratch}/coverage"
        words = [sys.executable, "-m", "tests.tools.pure_floor", "--measure", data]
        ran = subprocess.run([*words, *map(str, tested)], capture_output=True, text=True)
        if ran.returncode:
            said = (ran.stdout + ran.stderr)[-4000:]
            return found + [(module, False, said) for module in tested[:1]]
        coverage = coverage_of(tested, data)
        coverage.load()
        return found + [(module, *judged(coverage, module)) for module in tested]


def judged(coverage: Coverage, module: Path) -> tuple[bool, str]:
    said = io.StringIO()
    contexts = [f"^{re.escape(name)}$" for name in (IMPORTED, *own_tests(module))]
    share = coverage.report(include=[str(module)], contexts=contexts, show_missing=True, file=said)
    return share == 100, said.getvalue()


def main(words: Sequence[str]) -> int:
    if words and words[0] == "--measure":
        return measure([Path(word) for word in words[2:]], words[1])
    modules = [Path(word) for word in words] or pure_modules()
    parts = os.cpu_count() or 1
    with ThreadPoolExecutor(parts) as pool:
        found = pool.map(covered, [modules[part::parts] for part in range(parts)])
    failed = 0
    for module, ok, said in sorted(each for part in found for each in part):
        print(f"{'100 %' if ok else 'NO   '} {module}")
        if not ok:
            failed += 1
            print(said)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
