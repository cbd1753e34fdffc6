"""The letters a signed paper can bear: those of the fonts that every PDF reader has by itself.

They are the ones of Windows-1252 (ISO 32000-1, annex D.2, WinAnsiEncoding); the press writes
another letter as a wrong one, and says nothing.
"""

from unicodedata import combining, normalize

CODE = "cp1252"


def joined(text: str) -> str:
    """The same with each accent in its letter: an accent of its own is no letter of the font."""
    return normalize("NFC", text)


def are_known(text: str) -> bool:
    """Whether the font has every letter of it; hyphens and spaces that are not seen are none."""
    try:
        text.encode(CODE)
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def made_known(text: str) -> str:
    """The text with what the font lacks brought near: without its accent, or a question mark."""
    return "".join(_near(each) for each in joined(text))


def _near(letter: str) -> str:
    if are_known(letter):
        return letter
    if letter.isspace():
        return " "
    bare = "".join(part for part in normalize("NFKD", letter) if not combining(part))
    if combining(letter):
        return ""
    return bare if bare and are_known(bare) else "?"
