"""Reads the QR codes our screens show, from the drawing to the text (ISO/IEC 18004, byte mode).

Nothing is corrected: a drawing with one wrong module in its data reads wrongly.
"""

import re
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote

from segno import consts

LEVELS = {
    0: consts.ERROR_LEVEL_M,
    1: consts.ERROR_LEVEL_L,
    2: consts.ERROR_LEVEL_H,
    3: consts.ERROR_LEVEL_Q,
}
MASKS = (
    lambda r, c: (r + c) % 2,
    lambda r, c: r % 2,
    lambda r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)
FORMAT = 0x5412
Dark = set[tuple[int, int]]


def read(address: str) -> str:
    """The text of a `data:` picture as our service draws it: one path of strokes, a border of 4."""
    drawing = unquote(address)
    size = int(re.findall(r"viewBox='0 0 (\d+) ", drawing)[0]) - 8
    dark = {
        (r - 4, c - 4) for r, c in _strokes(re.findall(r"stroke='#000' d='([^']+)'", drawing)[0])
    }
    level, mask = _format(dark)
    data = _data(_codewords(dark, size, mask), (size - 17) // 4, level)
    bits = "".join(f"{byte:08b}" for byte in data)
    assert bits[:4] == "0100", "not in byte mode"
    length = int(bits[4:12], 2)
    text = bytes(int(bits[at : at + 8], 2) for at in range(12, 12 + 8 * length, 8))
    return text.decode()


def _strokes(path: str) -> Iterator[tuple[int, int]]:
    """The dark modules, as row and column in the drawing."""
    column, row = 0, 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        if step == "h":
            yield from ((int(row), column + more) for more in range(int(first)))
            column += int(first)
        else:
            column = int(first) + (column if step == "m" else 0)
            row = float(second) + (row if step == "m" else 0)


def _format(dark: Dark) -> tuple[int, int]:
    """The level of correction and the mask, from beside the first finder."""
    places = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)]
    places += [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    told = int("".join("1" if place in dark else "0" for place in places), 2) ^ FORMAT
    return LEVELS[told >> 13], told >> 10 & 7


def _codewords(dark: Dark, size: int, mask: int) -> list[int]:
    bits = "".join(str(int(((r, c) in dark) ^ (MASKS[mask](r, c) == 0))) for r, c in _zigzag(size))
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)]


def _zigzag(size: int) -> Iterator[tuple[int, int]]:
    """Where data stands, two columns at a time, upwards first; the timing column is left out."""
    upwards = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for r in range(size - 1, -1, -1) if upwards else range(size):
            yield from ((r, c) for c in (right, right - 1) if not _is_pattern(r, c, size))
        upwards = not upwards


def _is_pattern(r: int, c: int, size: int) -> bool:
    version, far = (size - 17) // 4, size - 8
    finder = (r < 9 and c < 9) or (r < 9 and c >= far) or (r >= far and c < 9)
    told = version >= 7 and ((r < 6 and c >= size - 11) or (c < 6 and r >= size - 11))
    return finder or told or r == 6 or c == 6 or _is_alignment(r, c, version, size)


def _is_alignment(r: int, c: int, version: int, size: int) -> bool:
    centres = consts.ALIGNMENT_POS[version - 2] if version > 1 else ()
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    return any(
        abs(r - row) <= 2 and abs(c - column) <= 2
        for row in centres
        for column in centres
        if (row, column) not in corners
    )


def _data(words: list[int], version: int, level: int) -> list[int]:
    """The data without its correction, block after block as it was before it was woven."""
    kinds = cast(Any, consts.ECC)[version][level]
    lengths = [kind.num_data for kind in kinds for _ in range(kind.num_blocks)]
    blocks: list[list[int]] = [[] for _ in lengths]
    woven = iter(words)
    for at in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if at < length:
                block.append(next(woven))
    return [word for block in blocks for word in block]
