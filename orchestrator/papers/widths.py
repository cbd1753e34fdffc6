"""How wide words are in Helvetica, which every reader of PDF has by itself, and where they break.

In thousandths of the size, from Adobe's metrics of the fourteen standard fonts; a letter with an
accent is as wide as without it, but for the i.
"""

from unicodedata import combining, normalize

_PLAIN = {
    191: "'",
    222: "ijl‚‘’",
    260: "|¦",
    278: " !,./:;I[\\]ft\xa0·ìíîï",
    333: "()-`r„ˆ‹“”›¡\xad²³¹˜¨¯´¸",
    334: "{}",
    350: "•",
    355: '"',
    365: "º",
    370: "ª",
    389: "*",
    400: "°",
    469: "^",
    500: "Jcksvxyz",
    537: "¶",
    584: "+<=>~¬±×÷",
    611: "FTZ¿ßø",
    667: "&ABEKPSVXYÞ",
    722: "CDHNRUwÐ",
    737: "©®",
    778: "GOQØ",
    833: "Mm",
    834: "¼½¾",
    889: "%æ",
    944: "Wœ",
    1000: "…‰Œ—™Æ",
    1015: "@",
}
_BOLD = {
    238: "'",
    278: " ,./I\\ijl‚‘’\xa0·ìíîï",
    280: "|¦",
    333: "!()-:;[]`ftˆ‹›¡\xad²³¹˜¨¯´¸",
    350: "•",
    365: "º",
    370: "ª",
    389: "*r{}",
    400: "°",
    474: '"',
    500: "z„“”",
    584: "+<=>^~¬±×÷",
    611: "?FLTZbdghnopquµ¿ßðøþ",
    667: "EPSVXYÞ",
    722: "&ABCDHKNRUÐ",
    737: "©®",
    778: "GOQwØ",
    833: "M",
    834: "¼½¾",
    889: "%mæ",
    944: "Wœ",
    975: "@",
    1000: "…‰Œ—™Æ",
}
USUAL = 556
"""Of all others: figures, most small letters, the signs of money."""
PLAIN = {letter: width for width, letters in _PLAIN.items() for letter in letters}
BOLD = {letter: width for width, letters in _BOLD.items() for letter in letters}


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """In points, of letters that `papers.letters` knows."""
    widths = BOLD if bold else PLAIN
    return sum(widths.get(_base(letter, widths), USUAL) for letter in text) * size / 1000


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The lines of a text that are no wider than this; at least one. A word that is wider than a
    line is broken where the line ends."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold=bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while len(word) > 1 and width_of(word, size, bold=bold) > width:
            fits = _fits(word, width, size, bold=bold)
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line]


def _fits(word: str, width: float, size: float, *, bold: bool) -> int:
    """How many letters of it fit; at least one."""
    fits = 1
    while fits < len(word) and width_of(word[: fits + 1], size, bold=bold) <= width:
        fits += 1
    return fits


def _base(letter: str, widths: dict[str, int]) -> str:
    if letter in widths:
        return letter
    return "".join(part for part in normalize("NFKD", letter) if not combining(part))
