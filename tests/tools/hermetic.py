"""Run a command in a network of its own: `python -m tests.tools.hermetic COMMAND…`.

Loopback, one address of each family that is not loopback (10.9.0.1, fd09::1; Firefox needs one to
gather a candidate) and a default route that leads nowhere: nothing a test does can leave. Where the
system allows no namespace the command runs in the ordinary network, and that is said.
"""

import os
import shutil
import subprocess
import sys

PLUMBING = """
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 10.9.0.1/24 dev v0
ip addr add fd09::1/64 dev v0 nodad 2>/dev/null || true
ip link set v0 up
ip link set v1 up
ip route add default via 10.9.0.254 dev v0
exec "$@"
"""


def namespace() -> list[str]:
    """The words that put a command into a network of its own; none where that is not allowed."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return []
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", "--net", *user, "bash", "-ec", PLUMBING, "hermetic"]
    tried = subprocess.run([*words, "true"], capture_output=True)
    return words if tried.returncode == 0 else []


def main() -> None:
    inside = namespace()
    if not inside:
        print("No network namespace here: the tests use this machine's own network.", flush=True)
    os.execvp((inside or sys.argv[1:])[0], [*inside, *sys.argv[1:]])


if __name__ == "__main__":
    main()
