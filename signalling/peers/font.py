"""A font of 5 × 7 dots, enough for names of places and a clock; accents are left out."""

import unicodedata
from functools import cache

WIDTH, HEIGHT = 5, 7
UNKNOWN = "?"

# Each letter is seven rows of five dots, a row being a number in base 32.
GLYPHS: dict[str, tuple[int, ...]] = {
    letter: tuple(int(row, 32) for row in rows.split())
    for letter, rows in {
        " ": "0 0 0 0 0 0 0",
        "A": "e h h v h h h",
        "B": "u h h u h h u",
        "C": "e h g g g h e",
        "D": "u h h h h h u",
        "E": "v g g u g g v",
        "F": "v g g u g g g",
        "G": "e h g n h h f",
        "H": "h h h v h h h",
        "I": "e 4 4 4 4 4 e",
        "J": "7 2 2 2 2 i c",
        "K": "h i k o k i h",
        "L": "g g g g g g v",
        "M": "h r l l h h h",
        "N": "h p l j h h h",
        "O": "e h h h h h e",
        "P": "u h h u g g g",
        "Q": "e h h h l i d",
        "R": "u h h u k i h",
        "S": "f g g e 1 1 u",
        "T": "v 4 4 4 4 4 4",
        "U": "h h h h h h e",
        "V": "h h h h h a 4",
        "W": "h h h l l l a",
        "X": "h h a 4 a h h",
        "Y": "h h a 4 4 4 4",
        "Z": "v 1 2 4 8 g v",
        "0": "e h j l p h e",
        "1": "4 c 4 4 4 4 e",
        "2": "e h 1 2 4 8 v",
        "3": "v 2 4 2 1 h e",
        "4": "2 6 a i v 2 2",
        "5": "v g u 1 1 h e",
        "6": "6 8 g u h h e",
        "7": "v 1 2 4 8 8 8",
        "8": "e h h e h h e",
        "9": "e h h f 1 2 c",
        ":": "0 4 4 0 4 4 0",
        "-": "0 0 0 v 0 0 0",
        ".": "0 0 0 0 0 c c",
        "'": "4 4 8 0 0 0 0",
        "?": "e h 1 2 4 0 4",
    }.items()
}


def plain(text: str) -> str:
    """The letters that the font has."""
    bare = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-"))
    letters = (letter for letter in bare.upper() if not unicodedata.combining(letter))
    return "".join(letter if letter in GLYPHS else UNKNOWN for letter in letters)


def rows(text: str, scale: int, ink: int, paper: int) -> list[bytes]:
    """The text as rows of luma bytes, each dot `scale` pixels wide and high."""
    made = []
    for number in range(HEIGHT):
        row = b"".join(_dots(GLYPHS[letter][number], scale, ink, paper) for letter in plain(text))
        made += [row] * scale
    return made


def width_of(text: str, scale: int) -> int:
    """How wide the text is, in pixels."""
    return len(plain(text)) * (WIDTH + 1) * scale


@cache
def _dots(row: int, scale: int, ink: int, paper: int) -> bytes:
    dots = [ink if row >> bit & 1 else paper for bit in range(WIDTH - 1, -1, -1)]
    return b"".join(bytes([dot]) * scale for dot in [*dots, paper])
