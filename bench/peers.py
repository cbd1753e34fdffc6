"""Peers installed by the bench itself: each in a venv of its own below `.bench/`, or by apt."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import machine

CACHE = Path(__file__).parent.parent / ".bench"


class Missing(RuntimeError):
    """A peer cannot be had here; the text says why."""


def cache() -> Path:
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    return CACHE


def folder() -> tempfile.TemporaryDirectory[str]:
    """On the disk of the project: /tmp may be memory, and then fsync costs nothing."""
    return tempfile.TemporaryDirectory(dir=cache(), prefix="run-")


def from_pypi(name: str, version: str) -> Path:
    """The `bin` folder of a venv that holds this version and nothing of ours."""
    home = cache() / f"{name}-{version}"
    if not (home / "installed").exists():
        machine.say(f"installing {name} {version} from PyPI into .bench/…")
        shutil.rmtree(home, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(home))
        _run(str(home / "bin" / "pip"), "install", "--quiet", f"{name}=={version}")
        (home / "installed").touch()
    return home / "bin"


def from_apt(package: str, program: str) -> str:
    """The version of a Debian package, installed where it is not yet and we may."""
    if shutil.which(program) is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise Missing(f"{program} is not installed; as root: apt-get install {package}")
        machine.say(f"installing {package} by apt…")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        command = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)
        _run(*command, env=environment)
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True
    )
    return asked.stdout.strip() or "unknown version"


def _run(*command: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode != 0:
        raise Missing(f"{' '.join(command)}: {(done.stderr or done.stdout)[-500:].strip()}")
