import os
import signal
import socket
import subprocess
import sys

import pytest

from orchestrator.__main__ import main


def test_a_projector_is_simulated_until_it_is_interrupted() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "simulate", "pjlink"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MARGERIDE_LANG": "en"},
    ) as process:
        assert process.stdout is not None
        head = [process.stdout.readline().strip() for _ in range(6)]
        assert head[0].startswith("Projector listens on 127.0.0.1")
        port = int(next(line for line in head if line.startswith("port: ")).split()[1])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            assert line.recv(100) == b"PJLINK 0\r"
            line.sendall(b"%1POWR ?\r")
            assert line.recv(100) == b"%1POWR=0\r"
        assert process.stdout.readline() == "← %1POWR ?\n"
        assert process.stdout.readline() == "→ %1POWR=0\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_an_unknown_name_is_refused_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "visca", "--as", "Telescope"]) == 1
    assert "LossyCamera" in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["simulate", "pjlink", "--port", port]) == 1
    assert port in capsys.readouterr().err
