"""What a bench says of the machine it ran on."""

from pathlib import Path

import pytest

from bench import machine


class Stat:
    """/proc/stat as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self._file = tmp_path / "stat"
        real = Path.read_text

        def read(path: Path, *rest: object) -> str:
            return real(self._file if str(path) == "/proc/stat" else path)

        monkeypatch.setattr(Path, "read_text", read)

    def says(self, *, user: int, idle: int, stolen: int) -> None:
        self._file.write_text(f"cpu  {user} 0 0 {idle} 0 0 0 {stolen} 0 0\n")


def test_what_the_host_took_is_a_share_of_what_was_wanted_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stat = Stat(monkeypatch, tmp_path)
    stat.says(user=1000, idle=500, stolen=900)
    stolen = machine.Stolen()
    assert stolen.share == 0.0
    stat.says(user=1300, idle=9500, stolen=1000)
    assert stolen.share == 0.25


async def test_a_calm_is_waited_for_and_given_up_in_the_end() -> None:
    shares = [0.4, 0.3, 0.05, 0.6, 0.6]

    async def look() -> float:
        return shares.pop(0)

    assert await machine.calm(0.05, 60.0, look, between=0.0)
    assert shares == [0.6, 0.6]
    assert not await machine.calm(0.05, 0.0, look, between=0.0)


async def test_an_idle_machine_is_put_to_work_to_see_what_is_taken() -> None:
    assert 0.0 <= await machine.taken_at_work() <= 1.0
