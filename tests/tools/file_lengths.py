"""No file of ours is longer than 400 lines: `python -m tests.tools.file_lengths`."""

import subprocess
import sys
from pathlib import Path

LIMIT = 400
SUFFIXES = {".py", ".js", ".css", ".html", ".c", ".h", ".yaml"}


def ours() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = (Path(name) for name in listed)
    return [path for path in paths if path.suffix in SUFFIXES and "vendor" not in path.parts]


def main() -> int:
    too_long = 0
    for path in ours():
        if path.is_file() and (lines := len(path.read_text().splitlines())) > LIMIT:
            print(f"{path}: {lines} lines, {LIMIT} at most: cut it where it has two subjects")
            too_long += 1
    return min(too_long, 1)


if __name__ == "__main__":
    sys.exit(main())
