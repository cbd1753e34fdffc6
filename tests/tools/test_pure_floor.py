"""The floor sees what a module's own tests leave out, whoever else runs it."""

from pathlib import Path

import pytest

from tests.tools import pure_floor

MODULE = """def double(number: int) -> int:
    if number > 100:
        return 0
    return 2 * number
"""


def module_in(folder: Path, **tests: tuple[int, ...]) -> Path:
    """A pure module and its test files, each of which doubles these numbers."""
    for place in (folder / "pure", folder / "tests" / "pure"):
        place.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "pure" / "doubles.py").write_text(MODULE)
    (folder / "pure" / "other.py").write_text("OTHER = 1\n")
    for name, numbers in tests.items():
        lines = [f"    assert doubles.double({n}) == {0 if n > 100 else 2 * n}" for n in numbers]
        body = "\n".join(["from pure import doubles\n\n\ndef test_it() -> None:", *lines, ""])
        (folder / "tests" / "pure" / f"test_{name}.py").write_text(body)
    return Path("pure/doubles.py")


def said_of(
    folder: Path, module: Path, monkeypatch: pytest.MonkeyPatch, *beside: Path
) -> tuple[bool, str]:
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{Path(__file__).parents[2]}")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.chdir(folder)
    found = {each: (ok, said) for each, ok, said in pure_floor.covered([module, *beside])}
    return found[module]


def test_all_of_it_run_by_its_own_tests_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = module_in(tmp_path, doubles=(1,), doubles_large=(101,))
    ok, said = said_of(tmp_path, module, monkeypatch)
    assert ok, said


def test_what_only_the_tests_of_another_module_run_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = module_in(tmp_path, doubles=(1,), other=(101,))
    ok, said = said_of(tmp_path, module, monkeypatch, Path("pure/other.py"))
    assert not ok
    assert "67%" in said, said


def test_a_module_without_tests_and_one_whose_tests_fail_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = module_in(tmp_path)
    assert said_of(tmp_path, module, monkeypatch) == (False, "has no tests of its own")
    wrong = tmp_path / "tests" / "pure" / "test_doubles.py"
    wrong.write_text("def test_it() -> None:\n    assert 1 == 2\n")
    ok, said = said_of(tmp_path, module, monkeypatch)
    assert not ok
    assert "1 == 2" in said
