"""Words are as wide as the fonts that every reader has say, and break where a line ends."""

from itertools import product

import pytest

from orchestrator.papers.widths import width_of, wrapped

KNOWN = {  # of a line of Adobe's metrics: plain, bold
    "A": (667, 722),
    "i": (222, 278),
    "W": (944, 944),
    "5": (556, 556),
    "é": (556, 556),
    "ï": (278, 278),
    "Ç": (722, 722),
    "œ": (944, 944),
    "«": (556, 556),
    "€": (556, 556),
    "\xa0": (278, 278),
}


@pytest.mark.parametrize("letter", KNOWN)
def test_a_letter_is_as_wide_as_the_metrics_of_its_font_say(letter: str) -> None:
    plain, bold = KNOWN[letter]
    assert width_of(letter, 1000) == pytest.approx(plain)
    assert width_of(letter, 1000, bold=True) == pytest.approx(bold)


def test_words_are_the_sum_of_their_letters() -> None:
    assert width_of("Ai", 10) == pytest.approx(8.89)


def test_no_line_is_wider_than_asked_and_no_word_is_lost() -> None:
    text = "Une inauguration simultanée dans quatre télécentres de la Lozère"
    for width, bold in product((60.0, 120.0, 400.0), (False, True)):
        lines = wrapped(text, width, 10, bold=bold)
        assert all(width_of(line, 10, bold=bold) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_word_that_is_wider_than_a_line_is_broken() -> None:
    assert wrapped("ab " + "m" * 10, 30, 10) == ["ab", "mmm", "mmm", "mmm", "m"]
    assert wrapped("mm", 1, 10) == ["m", "m"]


def test_nothing_is_one_empty_line() -> None:
    assert wrapped("", 100, 10) == [""]
