"""Stands in the place of `cec-client`: standard input and output are those of a simulator.

Run `python -m rooms.simulators.cec_client HOST PORT`.
"""

import os
import socket
import sys
import threading

CHUNK = 4096
STDIN, STDOUT = 0, 1


def main() -> int:
    """Carry bytes both ways until either side ends."""
    host, port = sys.argv[1], int(sys.argv[2])
    try:
        line = socket.create_connection((host, port))
    except OSError:
        print("unable to open the device on port SIMULATED")
        return 1
    threading.Thread(target=_from_input, args=(line,), daemon=True).start()
    while data := line.recv(CHUNK):
        os.write(STDOUT, data)
    return 0


def _from_input(line: socket.socket) -> None:
    while data := os.read(STDIN, CHUNK):
        line.sendall(data)
    line.close()


if __name__ == "__main__":
    sys.exit(main())
