"""The report in words says every figure of its JSON, in both languages, and no key."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.evidence import DEEDS, Facts, build
from orchestrator.evidence_document import document
from orchestrator.evidence_facts import Announced, Entry
from orchestrator.evidence_paper import paper
from orchestrator.papers.blocks import Heading, Paper, Table, Text
from orchestrator.session import State
from orchestrator.words import CATALOGUES, words
from tests.orchestrator.test_evidence import ENTRIES, MEYRUEIS, SESSION, VILLEFORT, WHOLE, at


def said(facts: Facts, locale: str = "fr") -> Paper:
    return paper(document(build(facts), at(71)), locale, words)


def flat(made: Paper) -> list[str]:
    """Everything it says, a row on a line."""
    lines = [made.title, made.foot]
    for block in made.blocks:
        if isinstance(block, Table):
            lines += [" | ".join(row) for row in (block.heads, *block.rows)]
        else:
            lines.append(block.text)
    return lines


def line(seconds: float, action: str, by: str, **detail: Any) -> Entry:
    return Entry(at=at(30) + timedelta(seconds=seconds), by=by, action=action, detail=detail)


TROUBLE = (
    line(0, "stage.slate", "clock", source=VILLEFORT, shows=VILLEFORT),
    line(6, "stage.proposed", "clock", source=VILLEFORT, shows=VILLEFORT),
    line(8, "stage.substitute", "director", source=VILLEFORT, substitute=MEYRUEIS),
    line(9, "stage.signal", "clock", source=MEYRUEIS, signal="sound"),
    line(12, "stage.signal", "clock", source=MEYRUEIS, signal="full"),
    line(20, "media.lost", "clock"),
    line(23, "media.back", "clock"),
    line(30, "stage.desk", "clock", because="lost", now="by_deputy"),
)


def test_it_reads_as_the_ceremony_was() -> None:
    told = flat(said(replace(WHOLE, entries=(*ENTRIES, *TROUBLE))))
    for one in (
        "Cérémonie du jeudi 19 septembre 2013. Ce compte rendu est établi par la machine, à partir "
        "de ce qu'elle a enregistré ; les heures sont celles de Europe/Paris.",
        "À l'antenne | 14:00:00 | 14:02:00 | +2 min 00 s",
        "Pauses : 5 min 00 s en tout.",
        "Répétition le jeudi 19 septembre 2013, de 13:00:00 à 13:20:00.",
        "Personnes annoncées à la réservation | 120",
        "Villefort | à distance | 13:50:00 | 1 | 1 min 00 s | ADSL, mesurée : 8000 kbit/s reçus, "
        "800 kbit/s envoyés, 45 ms",
        "1 | Accueil (le président) | fait | 14:00:00 | 14:03:00 | +3 min 00 s | 6 min 00 s | "
        "+1 min 00 s",
        "« Ruban » : montré par 2 écrans en l'espace de 28 ms, d'après leurs horloges (erreur de "
        "3 ms au plus).",
        "« Accueil » : lancé sans attendre Villefort.",
        "14:30:00 | Villefort : ni son ni image à l'antenne | 8 s | 8 s | écran d'attente à "
        "14:30:00, suppléant proposé à 14:30:06, Meyrueis à sa place à 14:30:08 (la régie)",
        "14:30:09 | Meyrueis : au pire, le son seul | 3 s | – | –",
        "14:30:20 | Le serveur de sons et d'images s'est arrêté | 3 s | – | –",
        "14:30:30 | La régie n'a plus été entendue | 0 s | – | régie tenue par un suppléant de la "
        "régie à 14:30:30",
        "Enregistré de 14:30:00 à 14:40:00.",
        "14:05:00 | Passer à l'antenne | Meyrueis, une personne à distance, deux images | la régie",
        "Les visiteurs de la page publique : ils n'ont pas été comptés.",
    ):
        assert one in told, one


def test_the_same_in_english() -> None:
    told = flat(said(WHOLE, "en"))
    assert "Villefort | 1 | 0.0% | 0.0% | – | 0 | – | 0" in told
    assert "Report made by Margeride on Thursday 19 September 2013 at 15:11:00" in told


def test_one_that_goes_on_is_provisional_and_says_what_is_not_there() -> None:
    going = replace(SESSION, state=State.ON_AIR, ended_at=None, started_at=at(-2))
    bare = Facts(session=going, title="Essai", zone="Europe/Paris", names={})
    told = flat(said(bare))
    for one in (
        "La cérémonie n'est pas terminée : ce compte rendu est provisoire.",
        "Personne n'a été relié.",
        "Il n'y avait pas de conducteur.",
        "Aucun incident enregistré.",
        "La cérémonie n'a pas été enregistrée.",
        "La page publique n'a pas été ouverte.",
        "Rien n'a été dirigé.",
        "À l'antenne | 14:00:00 | 13:58:00 | −2 min 00 s",
        "Fin, et durée à l'antenne | 15:00:00 | – | –",
    ):
        assert one in told, one


def test_visitors_and_long_lengths_are_said() -> None:
    counted = replace(WHOLE, visitors=31, announced=Announced())
    told = flat(said(replace(counted, session=replace(SESSION, ended_at=at(302)))))
    assert "Visiteurs de la page publique au même moment, au plus | 31" in told
    assert any("+4 h 00 min" in one for one in told)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_no_key_is_left_unsaid(locale: str) -> None:
    told = flat(said(replace(WHOLE, entries=(*ENTRIES, *TROUBLE)), locale))
    assert [one for one in told if "evidence-" in one or "…" in one] == []
    missing = {f"evidence-deed-{one}" for one in DEEDS} - CATALOGUES[locale].keys()
    assert missing == set()


def test_its_headings_are_one_title_and_parts() -> None:
    levels = [one.level for one in said(WHOLE).blocks if isinstance(one, Heading)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    assert any(isinstance(one, Text) for one in said(WHOLE).blocks)
