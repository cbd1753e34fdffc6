"""Which letters a signed paper can bear, and what is written instead of the others."""

import pytest

from orchestrator.papers.letters import are_known, joined, made_known


@pytest.mark.parametrize("name", ["Hélène Œuvré", "Zoë Ça-Nuñez", "L’Hôpital", "Jürgen Groß", ""])
def test_the_names_of_here_are_written(name: str) -> None:
    assert are_known(name)
    assert made_known(name) == name


@pytest.mark.parametrize(
    "name", ["Ирина", "Łukasz", "محمد", "王芳", "Şule", "a\u00adb", "a\u00a0b", "a\tb", "e\u0301"]
)
def test_a_letter_that_the_font_lacks_is_known_before_it_is_written(name: str) -> None:
    assert not are_known(name)
    assert are_known(made_known(name))


def test_an_accent_apart_is_that_of_its_letter() -> None:
    assert joined("He\u0301le\u0300ne") == "Hélène"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Accueil de Şule", "Accueil de Sule"),
        ("Łódź", "?ódz"),
        ("Accueil\u00a0nº\u202f1", "Accueil nº 1"),
        ("q\u0303 ﬁn ①", "q fin 1"),
        ("Приём", "?????"),
        ("a\u00adb", "a?b"),
    ],
)
def test_what_is_written_instead_is_near(name: str, near: str) -> None:
    assert made_known(name) == near
