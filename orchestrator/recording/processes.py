"""Processes that outlive the service: started apart, seen to be alive by the lock they hold."""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.recording import shelf


class Children:
    """Those that this service started. Blocking."""

    def __init__(self) -> None:
        self._running: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        """How those ended that have: their exit code."""

    def alive(self, name: str) -> bool:
        """Whether the one of this name still runs; when it has ended, it is forgotten."""
        child = self._running.get(name)
        if child is None:
            return False
        with contextlib.suppress(ChildProcessError):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid == 0:
                return True
            self.ended[name] = os.waitstatus_to_exitcode(status)
        del self._running[name]
        return False

    def spawn(self, name: str, words: Sequence[str], log: Path) -> None:
        """`python -m` these words, in a session of its own; what it says goes to `log`."""
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # Not by asyncio or subprocess: both want to end the child with its parent.
            self._running[name] = os.posix_spawn(
                sys.executable,
                [sys.executable, "-m", *words],
                {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, said, 1),
                    (os.POSIX_SPAWN_DUP2, said, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(said)


def tell_to_end(lock: Path) -> None:
    """End whoever holds this lock: his number is in it. Blocking."""
    if shelf.is_written(lock.parent, lock.name):
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            os.kill(int(lock.read_text()), signal.SIGTERM)
